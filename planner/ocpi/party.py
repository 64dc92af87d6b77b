"""Our own side of OCPI without a server: a request and the state go in, a response comes out.

Serves ``/ocpi/versions``, ``/ocpi/2.2.1`` and ``/ocpi/2.2.1/credentials``. The state is a frozen
value: a response comes with the state after it, which the caller keeps. Whatever mounts this
serves its further modules itself and asks `partner_of` who is calling.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from planner.errors import FeedError
from planner.ocpi.handshake import NEXT_STANDING, Handshake, Partner, Request, Standing
from planner.ocpi.messages import (
    CLIENT_API_UNUSABLE,
    CLIENT_ERROR,
    INVALID_PARAMETERS,
    UNSUPPORTED_VERSION,
    Credentials,
    Endpoint,
    Role,
    VersionDetail,
    read_credentials,
    tokens_of,
    write_credentials,
    write_envelope,
    write_version_detail,
)

VERSION = "2.2.1"
"""The version that is served."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another platform that may call us by ``token``; ``partner`` once it has registered."""

    name: str
    token: str = field(repr=False)
    standing: Standing = Standing.INVITED
    partner: Partner | None = None
    versions_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyState:
    """Who we are and whom we know.

    Attributes
    ----------
    base_url : str
        Where ``/ocpi`` is reached from outside, without a slash at the end.
    roles : tuple of Role
        Whom we speak for.
    modules : tuple of (identifier, role, path)
        Served besides credentials, paths below ``base_url/2.2.1``.
    peers : tuple of Peer
        Those who may call.
    """

    base_url: str
    roles: tuple[Role, ...]
    modules: tuple[tuple[str, str, str], ...] = ()
    peers: tuple[Peer, ...] = ()

    @property
    def versions_url(self) -> str:
        """Our versions endpoint, as partners are told it."""
        return f"{self.base_url}/versions"

    def invite(self, name: str, token: str) -> "PartyState":
        """Let a platform in by a token A that it was given out of band."""
        return replace(self, peers=(*self.peers, Peer(name, token)))

    def with_peer(self, peer: Peer) -> "PartyState":
        """Replace the peer of that name, or drop it if it is gone."""
        others = tuple(p for p in self.peers if p.name != peer.name)
        kept = () if peer.standing is Standing.GONE else (peer,)
        return replace(self, peers=(*others, *kept))


@dataclass(frozen=True, slots=True)
class Response:
    """What is to be answered."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Fetch = Callable[[Request], tuple[int, bytes]]
"""Sends a request and gives status and body; may raise FeedError."""


def partner_of(headers: Mapping[str, str], state: PartyState) -> Peer | None:
    """Say who is calling, by the token; None where nobody we know."""
    said = next((v for k, v in headers.items() if k.lower() == "authorization"), "")
    tokens = tokens_of(said)
    return next((peer for peer in state.peers if peer.token in tokens), None)


def respond(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    state: PartyState,
    *,
    fetch: Fetch,
    new_token: Callable[[], str],
    now: float,
) -> tuple[Response, PartyState]:
    """Answer a request to our versions, details or credentials endpoint.

    Parameters
    ----------
    path : str
        Below the mount, such as ``/versions`` or ``/2.2.1/credentials``.
    fetch : callable
        Sends our own requests: a party that registers is called back for its endpoints.
    new_token : callable
        Gives a fresh secret for a party to call us by.
    now : float
        UTC epoch seconds.

    Returns
    -------
    (Response, PartyState)
        The state is the same object where nothing has changed.
    """
    desk = _Desk(state, fetch, new_token, now)
    response = desk.answer(method.upper(), "/" + path.strip("/"), headers, body)
    echoed = {
        name: value
        for name, value in headers.items()
        if name.lower() in ("x-request-id", "x-correlation-id")
    }
    plain = {"Content-Type": "application/json", **response.headers, **echoed}
    return Response(response.status, response.body, plain), desk.state


class _Desk:
    """One request at our counter."""

    def __init__(
        self, state: PartyState, fetch: Fetch, new_token: Callable[[], str], now: float
    ) -> None:
        self.state = state
        self._fetch = fetch
        self._new_token = new_token
        self._now = now

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        peer = partner_of(headers, self.state)
        if peer is None:
            return self._refuse(401, CLIENT_ERROR, "the token is not known here")
        credentials = f"/{VERSION}/credentials"
        if path == credentials:
            return self._serve_credentials(method, peer, body)
        pages = {"/versions": self._versions, f"/{VERSION}": self._details}
        if path not in pages:
            return self._refuse(404, CLIENT_ERROR, "there is nothing at this address")
        if method != "GET":
            return self._refuse(405, CLIENT_ERROR, f"{method} is not served here", allow="GET")
        return self._say(pages[path]())

    def _versions(self) -> list[dict[str, str]]:
        return [{"version": VERSION, "url": f"{self.state.base_url}/{VERSION}"}]

    def _details(self) -> dict[str, Any]:
        root = f"{self.state.base_url}/{VERSION}"
        endpoints = [
            Endpoint("credentials", role, f"{root}/credentials") for role in ("SENDER", "RECEIVER")
        ]
        endpoints += [
            Endpoint(name, role, f"{root}/{path.strip('/')}")
            for name, role, path in self.state.modules
        ]
        return write_version_detail(VersionDetail(VERSION, tuple(endpoints)))

    def _serve_credentials(self, method: str, peer: Peer, body: bytes) -> Response:
        standing = NEXT_STANDING.get((peer.standing, method))
        if standing is None:
            allowed = sorted(m for s, m in NEXT_STANDING if s is peer.standing)
            detail = f"a party that is {peer.standing} may not {method} its credentials"
            return self._refuse(405, CLIENT_ERROR, detail, allow=", ".join(allowed))
        if method == "GET":
            return self._say(self._ours(peer.token))
        if method == "DELETE":
            self.state = self.state.with_peer(replace(peer, standing=standing))
            return self._say(None)
        return self._register(peer, body)

    def _register(self, peer: Peer, body: bytes) -> Response:
        """Take the other side's credentials, look up its endpoints and give it a new token."""
        try:
            theirs = read_credentials(msgspec.json.decode(body), place="credentials")
        except (FeedError, msgspec.DecodeError, UnicodeDecodeError) as error:
            return self._refuse(400, INVALID_PARAMETERS, str(error))
        if not theirs.roles:
            return self._refuse(400, INVALID_PARAMETERS, "the credentials name no role")
        steps = Handshake(theirs.url, theirs.token, spoken=(VERSION,))
        try:
            partner = self._look_up(steps)
        except FeedError as error:
            unsupported = bool(steps.offered) and VERSION not in steps.offered
            code = UNSUPPORTED_VERSION if unsupported else CLIENT_API_UNUSABLE
            return self._say(None, code, error.faults[0].detail)
        token = self._new_token()
        registered = Peer(
            peer.name,
            token,
            Standing.REGISTERED,
            replace(partner, credentials=theirs),
            theirs.url,
        )
        self.state = self.state.with_peer(registered)
        return self._say(self._ours(token))

    def _look_up(self, steps: Handshake) -> Partner:
        while (request := steps.request()) is not None:
            status, body = self._fetch(request)
            steps.receive(status, body)
        if steps.partner is None:
            raise ValueError("a handshake that is done has a partner")
        return steps.partner

    def _ours(self, token: str) -> dict[str, Any]:
        ours = Credentials(token, self.state.versions_url, self.state.roles)
        return write_credentials(ours, VERSION)

    def _say(self, data: Any, code: int = 1000, message: str = "") -> Response:
        return Response(200, write_envelope(data, now=self._now, status_code=code, message=message))

    def _refuse(self, status: int, code: int, message: str, *, allow: str = "") -> Response:
        body = write_envelope(None, now=self._now, status_code=code, message=message)
        return Response(status, body, {"Allow": allow} if allow else {})
