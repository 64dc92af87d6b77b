"""Telling webhooks: signed, bounded, and never into our own network unless that was allowed.

A notice carries its time, and a signature over time and body, so that who is told can refuse what
others made up and what is sent a second time::

    Plugsure-Timestamp: 1763884800
    Plugsure-Signature: v1=HMAC-SHA256(secret, "1763884800." + body), in hexadecimal digits
"""

import hashlib
import hmac
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpx

from planner.errors import FeedError, InputError
from planner.feeds.peers import Network
from planner.ocpi.addresses import is_inward, is_inward_address, shown, split
from planner.store.webhooks import Delivery

CONNECT_S = 5.0
WHOLE_S = 15.0
MOST_BYTES = 65_536
"""Bounds on one try: who is told answers soon and shortly, or is told again later."""

FIRST_WAIT_S = 10.0
LONGEST_WAIT_S = 3_600.0
GIVE_UP_S = 86_400.0
"""Waits double from try to try up to an hour; after a day nobody is told any more."""

GONE = 410
"""An address that answers this wants no more. Source: RFC 9110, 15.5.11."""

_CONNECTED = "connection.connect_tcp.complete"


@dataclass(frozen=True, slots=True)
class Told:
    """How a try went: ``state`` is ``delivered``, ``again`` or ``gone``; in words."""

    state: str
    words: str


def demand_usable(url: str, networks: Sequence[Network]) -> None:
    """Raise InputError if a URL is no address that may be told, as far as its text tells."""
    try:
        parts = split(url)
        port = parts.port
    except (FeedError, ValueError):
        raise InputError("is no URL", place="/url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise InputError("should be an http or https URL", place="/url")
    if parts.username or parts.password or parts.fragment:
        raise InputError("holds a user, a password or a fragment", place="/url")
    inward = is_inward(url)
    if inward and not networks:
        raise InputError(
            "leads into our own network",
            place="/url",
            remedy="Allow the network with PLUGSURE_WEBHOOK_NETWORKS",
        )
    if parts.scheme == "http" and not inward:
        raise InputError("is not encrypted", place="/url", remedy="Use https")


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Sign a body as told at a time (UTC epoch seconds)."""
    signed = f"{timestamp}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def wait_s(attempts: int) -> float:
    """Return for how long to wait after so many tries."""
    return float(min(FIRST_WAIT_S * 2.0 ** min(attempts - 1, 30), LONGEST_WAIT_S))


class Messenger:
    """Tells webhooks; safe to use from several threads.

    Parameters
    ----------
    networks : sequence of networks
        Of our own, to which webhooks may lead.
    verify : ssl.SSLContext or bool
        How certificates are checked.
    clock : callable
        A clock in seconds that never goes back.
    """

    def __init__(
        self,
        networks: Sequence[Network] = (),
        *,
        verify: ssl.SSLContext | bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._networks = tuple(networks)
        self._clock = clock
        # A proxy would hide whom we are connected to.
        self._http = httpx.Client(
            verify=verify,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(WHOLE_S, connect=CONNECT_S),
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def tell(self, url: str, secret: str, delivery: Delivery, now: float) -> Told:
        """Tell once; whatever goes wrong is an answer too."""
        timestamp = int(now)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Plugsure",
            "Plugsure-Event": delivery.event,
            "Plugsure-Delivery": delivery.id,
            "Plugsure-Timestamp": str(timestamp),
            "Plugsure-Signature": sign(secret, timestamp, delivery.body),
        }
        try:
            demand_usable(url, self._networks)
            status = self._post(url, headers, delivery.body)
        except InputError as error:
            return Told("again", f"the address {error.faults[0].detail}")
        except FeedError as error:
            return Told("again", error.faults[0].detail)
        except httpx.TimeoutException:
            return Told("again", "no answer in time")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Told("again", f"no connection, or no HTTP ({type(error).__name__})")
        if 200 <= status < 300:  # noqa: PLR2004 -- RFC 9110: successful
            return Told("delivered", f"answered {status}")
        return Told("gone" if status == GONE else "again", f"answered {status}")

    def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        deadline = self._clock() + WHOLE_S
        extensions = {"trace": self._watch(url)}
        with self._http.stream(
            "POST", url, headers=headers, content=body, extensions=extensions
        ) as response:
            size = 0
            for part in response.iter_raw():
                size += len(part)
                if size > MOST_BYTES or self._clock() > deadline:
                    break  # what it says beyond its status is not for us
            return response.status_code

    def _watch(self, url: str) -> Callable[[str, dict[str, Any]], None]:
        """Make what ends a request that was connected to a machine of our own network."""

        def trace(step: str, told: dict[str, Any]) -> None:
            if step != _CONNECTED:
                return
            stream = told["return_value"]
            peer = str(stream.get_extra_info("server_addr")[0]).partition("%")[0]
            allowed = any(ip_address(peer) in network for network in self._networks)
            if is_inward_address(peer) and not allowed:
                stream.close()
                raise FeedError("the name leads into our own network", place=shown(url))

        return trace
