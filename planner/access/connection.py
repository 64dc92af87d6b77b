"""Whether a party can be reached: asked of the hub, or of our own last pull.

A hub tells of its parties (OCPI HubClientInfo). A party that we pull from directly counts as
connected while the last pull succeeded within a day. A file is not a connection: there is none to
ask about, and nothing that needs one may be built on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from planner.model.station import Feed
from planner.store.snapshot import ClientInfo

FRESH_S = 86_400.0
"""Seconds for which a successful pull, or a hub's word, says that a party is connected.

Source: the design's rule for direct parties, applied to the hub's own word as well.
"""


class Link(StrEnum):
    """State of a connection: OCPI's ConnectionStatus, SILENT (nothing is known), FILE (none)."""

    CONNECTED = "CONNECTED"
    OFFLINE = "OFFLINE"
    PLANNED = "PLANNED"
    SUSPENDED = "SUSPENDED"
    SILENT = "SILENT"
    FILE = "FILE"

    @property
    def is_cut(self) -> bool:
        """Whether the hub lets nothing of that party through, now or soon."""
        return self in {Link.PLANNED, Link.SUSPENDED}


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of a connection, by whom, and when."""

    link: Link
    source: str
    as_of: float | None


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections as they are known at ``now``."""

    feeds: Mapping[str, Feed]
    infos: Iterable[ClientInfo]
    now: float
    _said: dict[tuple[str, str, bool], ClientInfo] = field(init=False, repr=False)
    _heard: dict[str, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        said: dict[tuple[str, str, bool], ClientInfo] = {}
        for info in self.infos:
            if info.as_of > self.now:
                continue
            key = (info.hub, info.party, _is_provider(info.role))
            if key not in said or _rank(said[key]) < _rank(info):
                said[key] = info
        heard: dict[str, float] = {}
        for feed in self.feeds.values():
            if feed.is_live and feed.last_sync is not None:
                heard[feed.sender] = max(heard.get(feed.sender, feed.last_sync), feed.last_sync)
        object.__setattr__(self, "_said", said)
        object.__setattr__(self, "_heard", heard)

    def of_feed(self, feed: Feed, party: str) -> Word:
        """Say how the operator is connected by the feed that its station came in."""
        if not feed.is_live:
            return Word(Link.FILE, f"feed {feed.name}", None)
        if feed.is_hub:
            return self.at_hub(feed.sender, party)
        link = Link.CONNECTED if self._is_fresh(feed) else Link.SILENT
        return Word(link, f"feed {feed.name}", feed.last_sync)

    def at_hub(self, hub: str, party: str, *, provider: bool = False) -> Word:
        """Say what a hub says of a party, as an operator or as a provider.

        Bad news holds until newer; CONNECTED holds for `FRESH_S` after the hub was last heard.
        """
        info = self._said.get((hub, party, provider))
        if info is None:
            return Word(Link.SILENT, f"hub {hub}", None)
        link = _read(info.status)
        heard_at = max(info.as_of, self._heard.get(hub, info.as_of))
        if link is Link.CONNECTED and self.now - heard_at >= FRESH_S:
            link = Link.SILENT
        return Word(link, f"hub {hub}", info.as_of)

    def state(self) -> tuple[object, ...]:
        """Name all that these connections answer, without the dates of our own pulls."""
        feeds = tuple(
            (f.name, f.kind, f.sender, f.is_hub, f.own_of, self._is_fresh(f))
            for f in self.feeds.values()
        )
        said = tuple(
            (info, self.at_hub(hub, party, provider=provider).link)
            for (hub, party, provider), info in self._said.items()
        )
        return feeds, frozenset(said)

    def _is_fresh(self, feed: Feed) -> bool:
        return feed.last_sync is not None and self.now - feed.last_sync < FRESH_S


def _is_provider(role: str) -> bool:
    return role.upper() in {"EMSP", "NSP"}


def _rank(info: ClientInfo) -> tuple[float, bool]:
    """Newer wins; of two at the same moment, the one that is not CONNECTED."""
    return info.as_of, info.status.upper() != Link.CONNECTED


def _read(status: str) -> Link:
    try:
        link = Link(status.upper())
    except ValueError:
        return Link.SILENT
    return Link.SILENT if link is Link.FILE else link
