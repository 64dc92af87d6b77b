"""Dated roaming agreements: whose tokens an operator has promised to accept, and by which way.

An agreement is a promise between a provider and an operator, direct or through a hub. It counts
if it covers the whole stay and the kind of token, and if the way can be used: through a hub, both
sides must be connected there; directly, the operator must be reachable by the feed that its
station came in. Stations from a file have no connection to ask about: there an agreement stands
unless a hub says that it is cut or offline. A wildcard operator only hints.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from planner.access.connection import Connections, Link, Word
from planner.model.grade import Evidence
from planner.model.station import Feed
from planner.model.token import Token
from planner.store.snapshot import Agreement

ANY_OPERATOR = "*"

PROVIDER_ALIASES: Mapping[str, str] = {}
"""Provider (``CC*PPP``) by the name under which operators list it, in lower case.

OCPI 2.3.0's ``accepted_service_providers`` holds names, not ids, and nothing keeps them unique: a
name counts only where someone has looked at it. So the list that is shipped is empty, and an
installation passes its own to `accessible`.
"""


@dataclass(frozen=True, slots=True)
class Way:
    """An agreement together with the state of its way: ``words`` say how it was found."""

    agreement: Agreement
    link: Link
    words: tuple[Word, ...]

    @property
    def is_open(self) -> bool:
        """Whether a token can be let through: connected, or a file that nothing speaks against."""
        return self.link in {Link.CONNECTED, Link.FILE}


@dataclass(frozen=True, slots=True)
class Roaming:
    """All agreements, by provider and operator."""

    agreements: Iterable[Agreement]
    aliases: Mapping[str, str] = field(default_factory=dict)
    _by_pair: dict[tuple[str, str], list[Agreement]] = field(
        init=False, repr=False, default_factory=dict
    )
    _points: dict[str, list[float]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for agreement in self.agreements:
            self._by_pair.setdefault((agreement.emsp, agreement.cpo), []).append(agreement)
            points = self._points.setdefault(agreement.emsp, [])
            points += [t for t in (agreement.valid_from, agreement.valid_to) if t is not None]
        for rows in self._by_pair.values():
            rows.sort(key=_preference)

    def knows(self, provider: str) -> bool:
        """Whether any agreement of the provider is known at all."""
        return provider in self._points

    def between(self, provider: str, operator: str) -> list[Agreement]:
        """List the agreements of a provider with an operator by name, preferred first."""
        return self._by_pair.get((provider, operator), [])

    def with_anyone(self, provider: str) -> list[Agreement]:
        """List the agreements that name no operator: they hint, they do not promise."""
        return self._by_pair.get((provider, ANY_OPERATOR), [])

    def provider_named(self, name: str) -> str | None:
        """Return the provider that a curated alias stands for, None if nobody has looked at it."""
        return self.aliases.get(name.strip().lower())

    def turning_points(self, providers: Iterable[str]) -> list[float]:
        """List the moments at which an agreement of these providers begins or ends."""
        return [point for name in set(providers) for point in self._points.get(name, ())]


def covers_type(agreement: Agreement, token: Token) -> bool:
    """Whether the agreement is for this kind of token; none named means all."""
    return not agreement.token_types or token.type.value in agreement.token_types


def way_of(agreement: Agreement, connections: Connections, feed: Feed, party: str) -> Way:
    """Find whether a token gets through by this agreement to that operator."""
    if not agreement.via:
        word = connections.of_feed(feed, party)
        return Way(agreement, word.link, (word,))
    operator = connections.at_hub(agreement.via, party)
    provider = connections.at_hub(agreement.via, agreement.emsp, provider=True)
    words = (operator,) if provider.link is Link.SILENT else (operator, provider)
    return Way(agreement, _joint(operator.link, provider.link, feed), words)


def _joint(operator: Link, provider: Link, feed: Feed) -> Link:
    """Join both ends at a hub; a provider of whom the hub says nothing is not held against it."""
    for link in (operator, provider):
        if link.is_cut:
            return link
    if Link.OFFLINE in {operator, provider}:
        return Link.OFFLINE
    if operator is Link.SILENT and not feed.is_live:
        return Link.FILE
    return operator


def evidence_of(agreement: Agreement) -> Evidence:
    """Tell an agreement as a fact with its date."""
    through = f" through {agreement.via}" if agreement.via else ""
    since = _day(agreement.valid_from, "any time")
    until = "until further notice"
    if agreement.valid_to is not None:
        until = f"to {_day(agreement.valid_to, '')}"
    dates = f"{since} {until}"
    return Evidence(
        agreement.source,
        "agreement",
        f"{agreement.emsp} with {agreement.cpo}{through}, {dates}",
        agreement.as_of,
    )


def _preference(agreement: Agreement) -> tuple[bool, float, str, tuple[str, ...]]:
    """Direct before through a hub, then the one that lasts longest, then by its source."""
    end = float("inf") if agreement.valid_to is None else agreement.valid_to
    return bool(agreement.via), -end, agreement.source, agreement.token_types


def _day(epoch: float | None, otherwise: str) -> str:
    if epoch is None:
        return otherwise
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d %H:%M} UTC"
