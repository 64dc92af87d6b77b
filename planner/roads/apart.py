"""The draft of a network with its turn restrictions and its destination-only roads laid into it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from planner.roads.destinations import doubled
from planner.roads.draft import Draft
from planner.roads.graph import Flag
from planner.roads.junctions import Turn, split
from planner.roads.links import VIRTUAL, Links

_Value = TypeVar("_Value", bound=np.generic)

VIRTUAL_KMH = 30.0
"""Speed on edges without length, where some speed must stand; no time comes of it."""


def set_apart(draft: Draft, arriving: NDArray[np.bool_], turns: Sequence[Turn]) -> Draft:
    """Return the draft in which no forbidden turn and no way through destination-only roads is.

    Parameters
    ----------
    draft : Draft
        As the map tells, without ``leaves_from`` and ``arrives``.
    arriving : bool[m]
        Edges on which one may drive to a place there, but not through.
    turns : sequence of tuple of int
        Edges of the draft that may not follow each other.
    """
    if not arriving.any() and not turns:
        return draft
    links = split(doubled(draft.tail, draft.head, arriving, len(draft.lon)), turns)
    return _taken(draft, links)


def _taken(draft: Draft, links: Links) -> Draft:
    """Look up all that is known of edges at their sources, and of nodes at their places."""
    real = links.source != VIRTUAL
    source, place = links.source, links.place

    def at_source(column: NDArray[_Value] | None, otherwise: float) -> NDArray[_Value]:
        """Return a column by edge, virtual ones with another value."""
        assert column is not None, "the draft is of a map, with shapes and names"
        taken = column[source]
        taken[~real] = otherwise
        return taken

    return replace(
        draft,
        lon=draft.lon[place],
        lat=draft.lat[place],
        ele_m=draft.ele_m[place],
        tail=links.tail,
        head=links.head,
        length_m=at_source(draft.length_m, 0.0),
        speed_kmh=at_source(draft.speed_kmh, VIRTUAL_KMH),
        duration_s=at_source(draft.duration_s, 0.0),
        climb_m=at_source(draft.climb_m, 0.0),
        descent_m=at_source(draft.descent_m, 0.0),
        flags=at_source(draft.flags, Flag.VIRTUAL),
        road_class=at_source(draft.road_class, 0),
        speed_from=at_source(draft.speed_from, 0),
        shape_of=at_source(draft.shape_of, 0),
        name_of=at_source(draft.name_of, 0),
        leaves_from=links.leaves_from,
        arrives=links.arrives,
        through=links.through,
    )
