"""A place of a source that does not speak OCPI, written as an OCPI Location.

Such sources are written by volunteers and other third parties. Who operates a station there is a
name, not a party of OCPI, so no roaming agreement can name it: the party of all their stations is
that of the source (``ZZ*OSM``, ``ZZ*OCM``; ZZ is a country code that ISO 3166 leaves to users).
Where an operator's own feed has the same EVSE, by its id, that feed says more and wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from planner.errors import Fault

NO_COUNTRY = "ZZ"


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a place came to; ``location`` is None where all of it is lost.

    ``besides`` are fields of `planner.model.station.Station` that a Location has no words for.
    """

    place: str
    location: Mapping[str, Any] | None
    besides: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def share_out(plugs: list[tuple[dict[str, Any], int]], posts: int) -> list[list[dict[str, Any]]]:
    """Share connectors out to EVSEs, so that no more cars are counted on than there is room for.

    Sources count plugs of each kind; which of them are on one post, of which only one charges at a
    time, is not told. So there are as many EVSEs as plugs of the commonest kind, and no more than
    ``posts`` where that is told (0: it is not); kinds that are rarer are on the first of them.
    """
    count = max((number for _, number in plugs), default=0)
    if posts:
        count = min(count, posts)
    return [[plug for plug, number in plugs if number > place] for place in range(count)]
