"""Our counter for partners: who is calling, what they want, and who serves it.

`Desk.answer` takes a request as plain values and gives a response; whatever mounts it opens the
sockets. The handshake is served by `planner.ocpi.party`, each functional module by a server of
its own in this room.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

import msgspec

from planner.errors import PlugsureError
from planner.ocpi.answers import Refusal, Response, refuse, routed_party, say, with_tracing
from planner.ocpi.messages import (
    CLIENT_ERROR,
    INVALID_PARAMETERS,
    SERVED,
    SERVER_ERROR,
    UNKNOWN_RECEIVER,
    Role,
    tokens_of,
)
from planner.store.callers import Caller
from planner.store.store import Store

log = logging.getLogger(__name__)

REMEMBERED_S = 1.0
"""Seconds for which a caller is known without asking the store: a token that is withdrawn in
another process opens nothing after this."""

MOST_REMEMBERED = 10_000

_COUNTRY = 2

CONFIGURATION = frozenset({"", "credentials", "hubclientinfo"})
"""Modules whose requests carry no routing. Source: OCPI 2.2.1, transport and format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request of a functional module, let in and read.

    Attributes
    ----------
    method, version, parts
        The address below the module, unquoted.
    query : mapping
    value : object
        The body's JSON; None where there is no body.
    caller : Caller
    url : str
        Our address of the module.
    routed_from : str
        ``CC*PPP`` of the party behind a hub that the request is of; may be empty.
    now : float
        UTC epoch seconds.
    """

    method: str
    version: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    value: Any
    caller: Caller
    url: str
    routed_from: str
    now: float

    def party(self) -> str:
        """Give the party that the address names, ``CC*PPP``; Refusal 404 for one of others."""
        named = "*".join(self.parts[:2]).upper()
        if not self.caller.source.speaks_for(named):
            raise Refusal(404, CLIENT_ERROR, "there is no such party here")
        return named


@dataclass(frozen=True, slots=True)
class Given:
    """What a server answers: data, whether something new was made, further headers."""

    data: Any = None
    created: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    code: int = 1000
    message: str = ""


class Server(Protocol):
    """Serves a functional module."""

    def methods(self, parts: Sequence[str]) -> tuple[str, ...]:
        """Name the methods that are served at this address; none where there is nothing."""
        ...

    def serve(self, asked: Asked) -> Given:
        """Answer; raises Refusal or PlugsureError."""
        ...


Handshake = Callable[[str, str, Mapping[str, str], bytes], Response]
"""Serves versions, details and credentials: method, path, headers, body."""


class Desk:
    """Answers all requests of partners; safe to share between threads.

    Parameters
    ----------
    store : callable
        Gives the store.
    base_url : str
        Where ``/ocpi`` is reached from outside.
    roles : sequence of Role
        Whom we speak for.
    servers : mapping of str to Server
        By module.
    handshake : callable
        Serves the rest.
    clock : callable
        UTC epoch seconds.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        *,
        base_url: str,
        roles: Sequence[Role],
        servers: Mapping[str, Server],
        handshake: Handshake,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._base_url = base_url
        self._parties = {role.party for role in roles}
        self._servers = servers
        self._handshake = handshake
        self._clock = clock
        self._known: dict[tuple[str, ...], tuple[float, Caller]] = {}
        self._lock = threading.Lock()

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> Response:
        """Answer a request.

        Parameters
        ----------
        path : str
            Below ``/ocpi``, still quoted, such as ``2.2.1/locations/NL/TNM/LOC1``.
        """
        now = self._clock()
        try:
            response = self._serve(method.upper(), path.strip("/"), query, headers, body, now)
        except Refusal as refusal:
            response = refuse(refusal, now=now)
        except PlugsureError as error:
            response = refuse(_told(error), now=now)
        is_routed = "".join(path.strip("/").split("/")[1:2]) not in CONFIGURATION
        return with_tracing(response, headers, routed=is_routed)

    def _serve(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        now: float,
    ) -> Response:
        caller = self._admit(headers)
        version, _, rest = path.partition("/")
        module, below = self._part(rest)
        server = self._servers.get(module) if version in SERVED else None
        if server is None:
            response = self._handshake(method, path, headers, body)
            self._known.clear()
            return response
        if not caller.registered:
            raise Refusal(401, CLIENT_ERROR, "this token opens the handshake only")
        routed_from = ""
        if not version.startswith("2.1"):  # 2.1.1 knows no routing; hubs are still trying it out
            self._demand_receiver(headers)
            routed_from = _sender(headers, caller)
        parts = tuple(unquote(part) for part in below.split("/")) if below else ()
        allowed = server.methods(parts)
        if not allowed:
            raise Refusal(404, CLIENT_ERROR, "there is nothing at this address")
        if method not in allowed:
            said = f"{method} is not served here"
            raise Refusal(405, CLIENT_ERROR, said, allow=", ".join(allowed))
        given = server.serve(
            Asked(
                method=method,
                version=version,
                parts=parts,
                query=query,
                value=_read(body),
                caller=caller,
                url=f"{self._base_url}/{version}/{module}",
                routed_from=routed_from,
                now=now,
            )
        )
        return say(
            given.data,
            now=now,
            status=201 if given.created else 200,
            code=given.code,
            message=given.message,
            headers=given.headers,
        )

    def _part(self, rest: str) -> tuple[str, str]:
        """Part the module from the address below it.

        Some partners write their party right behind our address, without a slash between:
        ``locationsNL/TNM/LOC1``.
        """
        module, _, below = rest.partition("/")
        if module in self._servers or not below:
            return module, below
        name, country = module[:-_COUNTRY], module[-_COUNTRY:]
        return (name, f"{country}/{below}") if name in self._servers else (module, below)

    def _admit(self, headers: Mapping[str, str]) -> Caller:
        """Say who is calling; Refusal 401 for nobody we know."""
        said = next((v for k, v in headers.items() if k.lower() == "authorization"), "")
        tokens = tokens_of(said)
        known = self._known.get(tokens)
        if known is not None and time.monotonic() - known[0] < REMEMBERED_S:
            return known[1]
        caller = self._store().callers.find(tokens)
        if caller is None:
            raise Refusal(401, CLIENT_ERROR, "the token is not known here")
        with self._lock:
            if len(self._known) > MOST_REMEMBERED:
                self._known.clear()
            self._known[tokens] = (time.monotonic(), caller)
        return caller

    def _demand_receiver(self, headers: Mapping[str, str]) -> None:
        """Refuse what is routed to a party that is not ours."""
        receiver = routed_party(headers, "to")
        if receiver and receiver not in self._parties:
            raise Refusal(200, UNKNOWN_RECEIVER, f"{receiver} is not served here")


def _sender(headers: Mapping[str, str], caller: Caller) -> str:
    """Name the party that a request is of, if it says; the caller must speak for it."""
    sender = routed_party(headers, "from")
    if sender and caller.source.sender and not caller.source.speaks_for(sender):
        raise Refusal(200, INVALID_PARAMETERS, f"{sender} does not speak by this token")
    return sender


def _told(error: PlugsureError) -> Refusal:
    """Tell an error as the protocol does; one of ours goes to the log, not to the partner."""
    refusal = Refusal.of(error)
    if refusal.code >= SERVER_ERROR:
        log.warning("a partner's request failed: %s", error)
    return refusal


def _read(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(400, INVALID_PARAMETERS, "the body is no JSON") from None
