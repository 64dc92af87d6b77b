"""Our own side of OCPI without a server: a request and the state go in, a response comes out.

Serves ``/ocpi/versions`` and, for each version of `SERVED`, its details and credentials. The state
is a frozen value: a response comes with the state after it, which the caller keeps. Whatever
mounts this serves its further modules itself and asks `partner_of` who is calling.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from planner.errors import FeedError
from planner.ocpi.addresses import keep_outward
from planner.ocpi.answers import Refusal, Response, refuse, say, with_tracing
from planner.ocpi.handshake import NEXT_STANDING, Handshake, Partner, Request, Standing
from planner.ocpi.messages import (
    CLIENT_API_UNUSABLE,
    CLIENT_ERROR,
    INVALID_PARAMETERS,
    NO_MATCHING_ENDPOINTS,
    SERVED,
    UNSUPPORTED_VERSION,
    Credentials,
    Endpoint,
    Role,
    VersionDetail,
    read_credentials,
    tokens_of,
    write_credentials,
    write_version_detail,
)

ONLY_FROM_2_2 = frozenset({"hubclientinfo"})
"""Modules that 2.1.1 does not know."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another platform that may call us by ``token``; ``partner`` once it has registered.

    ``token_form`` is how it takes its own token: base64, raw, or empty for what its version says.
    """

    name: str
    token: str = field(repr=False)
    standing: Standing = Standing.INVITED
    partner: Partner | None = None
    versions_url: str = ""
    token_form: str = ""


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
        Served besides credentials, paths below ``base_url/VERSION``.
    peers : tuple of Peer
        Those who may call.
    needs : tuple of (identifier, role)
        Endpoints of which a party that registers must serve one (status 3003); none: anything.
    """

    base_url: str
    roles: tuple[Role, ...]
    modules: tuple[tuple[str, str, str], ...] = ()
    peers: tuple[Peer, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()

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
    try:
        response = desk.answer(method.upper(), "/" + path.strip("/"), headers, body)
    except Refusal as refusal:
        response = refuse(refusal, now=now)
    return with_tracing(response, headers), desk.state


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
            raise Refusal(401, CLIENT_ERROR, "the token is not known here")
        if path == "/versions":
            return self._show(method, self._versions())
        version, _, module = path.removeprefix("/").partition("/")
        if version not in SERVED or module not in ("", "credentials"):
            raise Refusal(404, CLIENT_ERROR, "there is nothing at this address")
        if not module:
            return self._show(method, self._details(version))
        return self._serve_credentials(method, version, peer, body)

    def _show(self, method: str, page: Any) -> Response:
        if method != "GET":
            raise Refusal(405, CLIENT_ERROR, f"{method} is not served here", allow="GET")
        return self._say(page)

    def _versions(self) -> list[dict[str, str]]:
        return [{"version": v, "url": f"{self.state.base_url}/{v}"} for v in reversed(SERVED)]

    def _details(self, version: str) -> dict[str, Any]:
        root = f"{self.state.base_url}/{version}"
        is_old = version.startswith("2.1")
        roles = ("",) if is_old else ("SENDER", "RECEIVER")
        endpoints = [Endpoint("credentials", role, f"{root}/credentials") for role in roles]
        endpoints += [
            Endpoint(name, "" if is_old else role, f"{root}/{path.strip('/')}")
            for name, role, path in self.state.modules
            if not (is_old and name in ONLY_FROM_2_2)
        ]
        return write_version_detail(VersionDetail(version, tuple(dict.fromkeys(endpoints))))

    def _serve_credentials(self, method: str, version: str, peer: Peer, body: bytes) -> Response:
        standing = NEXT_STANDING.get((peer.standing, method))
        if standing is None:
            allowed = sorted(m for s, m in NEXT_STANDING if s is peer.standing)
            detail = f"a party that is {peer.standing} may not {method} its credentials"
            raise Refusal(405, CLIENT_ERROR, detail, allow=", ".join(allowed))
        if method == "GET":
            return self._say(self._ours(peer.token, version))
        if method == "DELETE":
            self.state = self.state.with_peer(replace(peer, standing=standing))
            return self._say(None)
        return self._register(version, peer, body)

    def _register(self, version: str, peer: Peer, body: bytes) -> Response:
        """Take the other side's credentials, look up its endpoints and give it a new token."""
        theirs = _read_theirs(body)
        steps = Handshake(theirs.url, theirs.token, spoken=(version,), form=peer.token_form)
        try:
            keep_outward(self.state.base_url, theirs.url)
            partner = self._look_up(steps)
        except FeedError as error:
            unsupported = bool(steps.offered) and version not in steps.offered
            code = UNSUPPORTED_VERSION if unsupported else CLIENT_API_UNUSABLE
            raise Refusal(200, code, error.faults[0].detail) from None
        needs = self.state.needs
        if needs and not any(partner.detail.url_of(*needed) for needed in needs):
            served = ", ".join(sorted({e.identifier for e in partner.detail.endpoints}))
            raise Refusal(200, NO_MATCHING_ENDPOINTS, f"nothing of {served} is of use to us")
        token = self._new_token()
        registered = replace(
            peer,
            token=token,
            standing=Standing.REGISTERED,
            partner=replace(partner, credentials=theirs),
            versions_url=theirs.url,
        )
        self.state = self.state.with_peer(registered)
        return self._say(self._ours(token, version))

    def _look_up(self, steps: Handshake) -> Partner:
        while (request := steps.request()) is not None:
            status, body = self._fetch(request)
            steps.receive(status, body)
        if steps.partner is None:
            raise ValueError("a handshake that is done has a partner")
        return steps.partner

    def _ours(self, token: str, version: str) -> dict[str, Any]:
        ours = Credentials(token, self.state.versions_url, self.state.roles)
        return write_credentials(ours, version)

    def _say(self, data: Any) -> Response:
        return say(data, now=self._now)


def _read_theirs(body: bytes) -> Credentials:
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(400, INVALID_PARAMETERS, "the body is no JSON") from None
    try:
        theirs = read_credentials(raw, place="credentials")
    except FeedError as error:
        raise Refusal(200, INVALID_PARAMETERS, error.faults[0].detail) from None
    if not theirs.roles:
        raise Refusal(200, INVALID_PARAMETERS, "the credentials name no role and no party")
    return theirs
