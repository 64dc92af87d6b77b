"""Sending requests and bearing what comes back: bounded in size and time, tried again if safe.

TLS is verified. Reading is tried again when a connection breaks or the party is busy; what
changes something at the other side is not, once it may have arrived. Whatever goes wrong ends as
a `FeedError` that names the address without query, and never a token.
"""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

import httpx

from planner.errors import FeedError
from planner.feeds.peers import Network, watch_peer
from planner.ocpi.addresses import shown
from planner.ocpi.handshake import Request

MAX_BODY_BYTES = 64 * 1024 * 1024
"""A page that is larger is refused; the whole Dutch feed in one page has 130 MB."""

_BUSY = (429, 500, 502, 503, 504)
_UNTOUCHED = (429,)
_LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")
_BROKEN = (httpx.TransportError, httpx.DecodingError)
_HOPELESS = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_MOST_REDIRECTS = 5
_SAME_METHOD = (307, 308)
"""Redirects that were not acted on, and are followed by the same request. Source: RFC 9110."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds, and how often to try.

    ``page_s`` bounds a whole answer, so that one that trickles in does not hold a worker.
    ``first_wait_s`` doubles from try to try, up to ``longest_wait_s``.
    """

    connect_s: float = 10.0
    silence_s: float = 30.0
    page_s: float = 300.0
    attempts: int = 4
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0


AT_THE_DOOR = Patience(connect_s=5.0, silence_s=10.0, page_s=10.0, attempts=1)
"""For calling back a party that waits for our answer meanwhile: it does so for 30 s or so."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """Sends requests over HTTP; one for each feed and thread.

    Parameters
    ----------
    transport : httpx.BaseTransport or None
        The seam by which tests swap the network for a function.
    patience : Patience
        Times and tries.
    max_body_bytes : int
        Bound on one answer, after decompression.
    networks : sequence of networks
        Of our own, to which the names of parties may lead.
    sleep, clock : callable
        Waiting, and a clock in seconds that never goes back.
    new_id : callable
        Gives a fresh X-Request-ID.
    """

    def __init__(
        self,
        *,
        transport: httpx.BaseTransport | None = None,
        patience: Patience | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
        networks: Sequence[Network] = (),
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._patience = patience or Patience()
        self._max_body_bytes = max_body_bytes
        self._networks = networks
        self._sleep = sleep
        self._clock = clock
        self.new_id = new_id
        self._http = httpx.Client(
            transport=transport,
            mounts=dict.fromkeys(_LOOPBACK) if transport is None else None,
            timeout=httpx.Timeout(self._patience.silence_s, connect=self._patience.connect_s),
            headers={"User-Agent": "Plugsure", "Accept-Encoding": "gzip, deflate"},
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def send(self, request: Request, correlation: str) -> Answer:
        """Send a request, again if that is safe and may help.

        Any HTTP status comes back as an answer; FeedError is for what is no whole answer.
        """
        place = shown(request.place or request.url)
        wait_s = self._patience.first_wait_s
        for attempt in range(1, self._patience.attempts + 1):
            is_last = attempt == self._patience.attempts
            try:
                answer = self._send_once(request, correlation)
            except _HOPELESS as error:
                raise _unreachable(error, place, attempt) from None
            except _BROKEN as error:
                is_safe = request.method == "GET" or isinstance(error, _NEVER_SENT)
                if is_last or not is_safe:
                    raise _unreachable(error, place, attempt) from None
                self._sleep(wait_s)
            else:
                busy = _BUSY if request.method == "GET" else _UNTOUCHED
                if answer.status not in busy or is_last:
                    return answer
                asked_s = _retry_after_s(answer.headers)
                self._sleep(min(max(wait_s, asked_s), self._patience.longest_wait_s))
            wait_s = min(2 * wait_s, self._patience.longest_wait_s)
        raise ValueError("at least one attempt is made")

    def _send_once(self, request: Request, correlation: str) -> Answer:
        """Send a request, follow where it is sent on to, and give the answer."""
        for _ in range(_MOST_REDIRECTS + 1):
            answer, onward = self._exchange(request, correlation)
            if onward is None:
                return answer
            request = replace(request, url=_keep_home(request, onward))
        raise httpx.TooManyRedirects("")

    def _exchange(self, request: Request, correlation: str) -> tuple[Answer, str | None]:
        """Send a request and read the answer, bounded in size and time; say where it leads on."""
        deadline = self._clock() + self._patience.page_s
        place = shown(request.place or request.url)
        with self._http.stream(
            request.method,
            request.url,
            headers={
                **request.headers,
                "X-Request-ID": self.new_id(),
                "X-Correlation-ID": correlation,
            },
            content=request.body,
            extensions={"trace": watch_peer(request.url, self._networks, place)},
        ) as response:
            is_movable = request.method == "GET" or response.status_code in _SAME_METHOD
            if response.next_request is not None and is_movable:
                onward = str(response.next_request.url)
                return Answer(response.status_code, response.headers, b""), onward
            body = bytearray()
            announced = response.headers.get("content-length", "")
            size = int(announced) if announced.isascii() and announced.isdigit() else 0
            self._demand_small(size, place)
            for part in response.iter_bytes():  # as it comes, so that a trickle is noticed
                self._demand_small(len(body) + len(part), place)
                if self._clock() > deadline:
                    raise FeedError(
                        f"the answer took longer than {self._patience.page_s:.0f} s",
                        place=place,
                        remedy="Try again later, or ask the operator to send smaller pages",
                    )
                body += part
            return Answer(response.status_code, response.headers, bytes(body)), None

    def _demand_small(self, size: int, place: str) -> None:
        if size > self._max_body_bytes:
            raise FeedError(
                f"the answer is larger than {self._max_body_bytes // 2**20} MB",
                place=place,
                remedy="Ask the operator of the feed to send smaller pages",
            )


def _keep_home(request: Request, onward: str) -> str:
    """Give the address that a request is sent on to, if its token may be sent there too."""
    here, there = httpx.URL(request.url), httpx.URL(onward)
    is_same = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
    is_raised = (here.scheme, there.scheme) == ("http", "https") and here.host == there.host
    if is_same or (is_raised and here.port is there.port is None):
        return onward
    raise FeedError(
        f"the party sends us on to {shown(onward)}",
        place=shown(request.place or request.url),
        remedy="The token is sent to no other host: ask the operator of the feed for the right "
        "address, and change the feed's",
    )


def _unreachable(error: Exception, place: str, attempts: int) -> FeedError:
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (httpx.ConnectTimeout, "no connection in time"),
        (httpx.TimeoutException, "no answer in time"),
        (httpx.ConnectError, "no connection"),
        (httpx.RemoteProtocolError, "the connection was cut, or the answer is no HTTP"),
        (httpx.DecodingError, "the answer's compression is damaged"),
        (httpx.TooManyRedirects, "the address leads in a circle"),
        (httpx.InvalidURL, "the address is no URL"),
        (httpx.UnsupportedProtocol, "the address is no http URL"),
    )
    said = next((text for kind, text in kinds if isinstance(error, kind)), "the request failed")
    is_certificate = "CERTIFICATE_VERIFY_FAILED" in str(error)
    if is_certificate:
        said = "the party's certificate is not valid"
    tries = f" after {attempts} attempts" if attempts > 1 else ""
    return FeedError(
        f"{said}{tries}",
        place=place,
        remedy="Ask the operator of the feed to renew its certificate"
        if is_certificate
        else "Check the address and the network, and try again later",
    )


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """Read Retry-After in seconds; 0 where it is missing or a date that cannot be used."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, (until - now).total_seconds())
