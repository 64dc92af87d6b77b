"""The OCPI client: runs the machines of `planner.ocpi` over the wire.

Whatever a party answers ends as objects or as a `FeedError` that names the address, never a
token.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

import msgspec

from planner.errors import Fault, FeedError
from planner.feeds.wire import Answer, Wire
from planner.ocpi.addresses import keep_safe, shown
from planner.ocpi.handshake import Handshake, Partner, Request
from planner.ocpi.messages import (
    SERVED,
    SPOKEN,
    Credentials,
    Role,
    authorization,
    demand_success,
    read_credentials,
    read_envelope,
)
from planner.ocpi.pager import Page, Pager

CONFIGURATION = frozenset({"credentials", "hubclientinfo"})
"""Modules whose requests carry no routing. Source: OCPI 2.2.1, transport and format."""

LED_NOWHERE = (400, 404, 405, 410, 422)
"""What a server says of an address that it does not know, or whose query it cannot read."""

PAGE_LIMIT = 500
"""Objects asked for at once; the party may give fewer."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A party whose endpoints are known, and the token to call them by."""

    versions_url: str
    token: str = field(repr=False)
    partner: Partner
    sender: tuple[str, str] = ("", "")
    receiver: tuple[str, str] = ("", "")
    """(country code, party id) of us and of the other side, for a hub's routing; may be empty."""


@dataclass(slots=True)
class Pull:
    """What a walk through a list brings besides its objects."""

    pages: int = 0
    received: int = 0
    total: int | None = None
    missing: int = 0
    links_broken: bool = False
    """Whether a link led nowhere, so that the rest was asked for by offset."""
    faults: list[Fault] = field(default_factory=list)


class OcpiClient:
    """Calls other parties; one for each feed and thread.

    ``wire`` is how requests are sent; by default over the network with the usual patience.
    """

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def connect(
        self,
        versions_url: str,
        token: str,
        *,
        form: str = "",
        version: str = "",
        sender: str = "",
        receiver: str = "",
    ) -> Connection:
        """Look up the endpoints of a party that may be called by ``token``.

        Parameters
        ----------
        form : str
            How it takes the token: ``base64``, ``raw``, or empty to find out.
        version : str
            That was agreed on; empty for the best that both sides speak.
        sender, receiver : str
            ``CC*PPP`` of us and of the other side, for routing; may be empty.
        """
        spoken = (version,) if version else SPOKEN
        partner = self._run(Handshake(versions_url, token, spoken=spoken, form=form), token)
        return Connection(versions_url, token, partner, _parts(sender), _parts(receiver))

    def register(
        self,
        versions_url: str,
        token_a: str,
        our_versions_url: str,
        our_roles: Sequence[Role],
        *,
        our_token: str,
        again: bool = False,
        form: str = "",
    ) -> Connection:
        """Register with a party; gives the connection by the token that it issued.

        Parameters
        ----------
        versions_url, token_a : str
            As the party gave them out of band.
        our_versions_url, our_roles
            Where it may call us, and whom we speak for.
        our_token : str
            Fresh secret by which it is to call us; our own endpoints must know it already, since
            it may call back before it answers.
        again : bool
            Change an existing registration (PUT) rather than make one.
        form : str
            How the party takes tokens: ``base64``, ``raw``, or empty to find out.

        Raises
        ------
        FeedError
            If any step fails; nothing is registered then, or the party says that it is already.
        """
        ours = Credentials(our_token, our_versions_url, tuple(our_roles))
        method = "PUT" if again else "POST"
        steps = Handshake(versions_url, token_a, ours, method=method, spoken=SERVED, form=form)
        partner = self._run(steps, token_a, our_token)
        theirs = partner.credentials
        if theirs is None:
            raise ValueError("a registration that is done has credentials")
        return Connection(
            versions_url,
            theirs.token,
            partner,
            _party(our_roles),
            _party(theirs.roles),
        )

    def pull(
        self,
        connection: Connection,
        module: str,
        *,
        date_from: float | None = None,
        limit: int = PAGE_LIMIT,
        told: Pull | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Walk through a module's list and give its objects one by one.

        Parameters
        ----------
        module : str
            ``locations``, ``tariffs``, ``hubclientinfo``.
        date_from : float or None
            Only what has changed since (UTC epoch seconds).
        told : Pull or None
            Filled while walking: pages, entries, faults, entries that were promised and missing.

        Raises
        ------
        FeedError
            If the party does not serve the module, or a page cannot be had: the walk is not
            complete then, and objects given before may stand but none counts as gone.
        """
        url = self.endpoint(connection, module)
        pager = Pager(url, date_from=date_from, limit=limit)
        for page in self.walk(connection, module, pager, told if told is not None else Pull()):
            yield from page.objects

    def walk(self, connection: Connection, module: str, pager: Pager, told: Pull) -> Iterator[Page]:
        """Walk through a module's list page by page; see `pull`."""
        routing = {} if module in CONFIGURATION else _routing(connection)
        headers = {**_headers(connection), **routing}
        correlation = self._wire.new_id()
        while pager.url is not None:
            place = shown(pager.url)
            answer = self._wire.send(Request("GET", pager.url, headers), correlation)
            if answer.status in LED_NOWHERE and pager.pass_over_link():
                told.links_broken = True
                continue
            if answer.status in LED_NOWHERE and pager.end_here():
                continue
            try:
                _demand_ok(answer, place)
                page = pager.receive(answer.headers, answer.body)
            except FeedError as error:
                raise _hushed(error, connection.token) from None
            told.pages += 1
            told.received, told.total = pager.received, pager.total
            told.missing = pager.missing
            told.faults.extend(page.faults)
            yield page

    def credentials(self, connection: Connection) -> Credentials:
        """Ask a party who it is; FeedError if it does not say."""
        url = _credentials_url(connection)
        data = self._exchange(connection, Request("GET", url, _headers(connection)))
        try:
            return read_credentials(data, place=shown(url))
        except FeedError as error:
            raise _hushed(error, connection.token) from None

    def unregister(self, connection: Connection) -> None:
        """End the registration with a party; FeedError if it does not agree."""
        url = _credentials_url(connection)
        self._exchange(connection, Request("DELETE", url, _headers(connection)))

    def call(
        self,
        connection: Connection,
        method: str,
        url: str,
        value: Any = None,
        *,
        receiver: str = "",
        place: str = "",
    ) -> Any:
        """Call an endpoint of a functional module and give the data of its answer.

        Parameters
        ----------
        value : object
            The body, as JSON values; None for none.
        receiver : str
            ``CC*PPP`` behind a hub; empty for the other side itself.
        place : str
            What errors name in place of an address that holds a secret.

        Raises
        ------
        FeedError
            If the party did not answer, or refused.
        """
        to = replace(connection, receiver=_parts(receiver)) if receiver else connection
        headers = {**_headers(to), **_routing(to)}
        body = None if value is None else msgspec.json.encode(value)
        if body is not None:
            headers["Content-Type"] = "application/json"
        safe = keep_safe(connection.versions_url, url)
        return self._exchange(connection, Request(method, safe, headers, body, place))

    def _exchange(self, connection: Connection, request: Request) -> Any:
        place = shown(request.place or request.url)
        answer = self._wire.send(request, self._wire.new_id())
        try:
            _demand_ok(answer, place)
            if not answer.body.strip():
                return None
            return demand_success(read_envelope(answer.body, place=place), place=place)
        except FeedError as error:
            raise _hushed(error, connection.token) from None

    def endpoint(self, connection: Connection, module: str) -> str:
        """Give the URL of a module that the party sends; FeedError if it does not serve it."""
        detail = connection.partner.detail
        url = detail.url_of(module)
        if url is None:
            served = ", ".join(sorted({e.identifier for e in detail.endpoints}))
            raise FeedError(
                f"the party does not send {module}; it serves {served}",
                place=shown(connection.versions_url),
                remedy="Ask the operator of the feed to open the module to the token",
            )
        return keep_safe(connection.versions_url, url)

    def serves(self, connection: Connection, module: str) -> bool:
        """Say whether the party sends a module."""
        return connection.partner.detail.url_of(module) is not None

    def fetch(self, request: Request) -> tuple[int, bytes]:
        """Send one request: what `planner.ocpi.party.respond` asks for."""
        answer = self._wire.send(request, self._wire.new_id())
        return answer.status, answer.body

    def _run(self, steps: Handshake, *secrets: str) -> Partner:
        correlation = self._wire.new_id()
        try:
            while (request := steps.request()) is not None:
                answer = self._wire.send(request, correlation)
                steps.receive(answer.status, answer.body)
        except FeedError as error:
            raise _hushed(error, *secrets) from None
        if steps.partner is None:
            raise ValueError("a handshake that is done has a partner")
        return steps.partner


def _credentials_url(connection: Connection) -> str:
    urls = [e.url for e in connection.partner.detail.endpoints if e.identifier == "credentials"]
    if not urls:
        raise FeedError(
            "the party has no credentials endpoint",
            place=shown(connection.versions_url),
            remedy="Name the sender's party when adding the feed",
        )
    return keep_safe(connection.versions_url, urls[0])


def _parts(party: str) -> tuple[str, str]:
    """Part ``CC*PPP``; empty where it is none."""
    country_code, _, party_id = party.partition("*")
    return (country_code, party_id) if party_id else ("", "")


def _headers(connection: Connection) -> dict[str, str]:
    return {
        "Authorization": authorization(connection.token, encoded=connection.partner.encoded),
        "Accept": "application/json",
    }


def _demand_ok(answer: Answer, place: str) -> None:
    """Let only success through, with a remedy for what goes wrong most."""
    if 200 <= answer.status < 300:  # noqa: PLR2004 -- success, RFC 9110
        return
    remedies = {
        401: "Check the token; it may have been changed or withdrawn",
        403: "Ask the operator of the feed to open the module to the token",
        404: "Check the address with the operator of the feed",
        429: "The party limits requests; sync less often",
    }
    raise FeedError(
        f"the party answered HTTP {answer.status}",
        place=place,
        remedy=remedies.get(
            answer.status, "Try again later, and ask the operator of the feed if it lasts"
        ),
    )


def _hushed(error: FeedError, *secrets: str) -> FeedError:
    """Take out of an error what a party may have echoed of a token."""
    faults = []
    for fault in error.faults:
        texts = [fault.place, fault.detail, fault.remedy]
        for secret in secrets:
            texts = [text.replace(secret, "••••") if secret else text for text in texts]
        faults.append(Fault(*texts))
    hushed = FeedError.of(faults)
    return hushed if isinstance(hushed, FeedError) else error


def _party(roles: Sequence[Role]) -> tuple[str, str]:
    """Name the one party of a platform; empty where it speaks for several."""
    parties = {(role.country_code, role.party_id) for role in roles}
    return parties.pop() if len(parties) == 1 else ("", "")


def _routing(connection: Connection) -> dict[str, str]:
    """Name both ends, for hubs; 2.1.1 knows no routing.

    Source: OCPI 2.2.1, transport and format, message routing. A list that is asked of the hub
    itself is that of all parties behind it.
    """
    if connection.partner.detail.version.startswith("2.1"):
        return {}
    ends = (("from", connection.sender), ("to", connection.receiver))
    return {
        name: value
        for end, (country, party) in ends
        if country and connection.sender[0]
        for name, value in (
            (f"OCPI-{end}-country-code", country),
            (f"OCPI-{end}-party-id", party),
        )
    }
