"""Names and numbers of roads: how they are kept, shown, and told for a drive.

An edge's label holds both, parted by a tab, so that a name that looks like a number stays a name.
Several numbers of one road are parted by a comma, as signed: ``A 8, E 52``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from planner.roads.graph import RoadGraph

_PARTED = "\t"
_BLANKS = re.compile(r"\s+")

PASSED_OVER_M = 1_000.0
"""A stretch without name and number that is shorter, such as a slip road or a roundabout, is
counted with the road before it. Source: chosen by hand; slip roads of motorways are some 500 m."""

MAIN_SHARE = 0.08
"""Least share of a drive that makes a road one of its main roads. Source: chosen by hand."""


def label_of(name: str, number: str) -> str:
    """Return the label of a road's ``name`` and ``ref`` tags; empty for neither."""
    refs = [_BLANKS.sub(" ", ref).strip() for ref in number.split(";")]
    said = ", ".join(dict.fromkeys(ref for ref in refs if ref))
    label = f"{_BLANKS.sub(' ', name).strip()}{_PARTED}{said}"
    return label if label != _PARTED else ""


def name_and_ref(label: str) -> tuple[str, str]:
    """Take a label apart; either may be empty."""
    name, _tab, ref = label.partition(_PARTED)
    return name, ref


def shown(label: str) -> str:
    """Return a label as a driver sees it: ``Brennerstraße (B 182)``."""
    name, ref = name_and_ref(label)
    return f"{name} ({ref})" if name and ref else name or ref


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a drive along one road; ``name`` or ``ref``, or both, may be empty."""

    name: str
    ref: str
    distance_m: float

    @property
    def title(self) -> str:
        """What a driver follows: the number where the road has one, else the name."""
        return self.ref.split(",", 1)[0] if self.ref else self.name


def roads_along(
    graph: "RoadGraph", edges: Sequence[int] | NDArray[np.integer]
) -> tuple[Stretch, ...]:
    """Return the roads that a path follows, in order; their lengths add up to the path's.

    Edges that share a number are one road, whatever its name there; so are edges of one name. Short
    stretches without either count as part of the road before them (the first: after them).
    """
    path = np.asarray(edges, dtype=np.int64)
    if not len(path):
        return ()
    label = graph.name_of[path]
    cut = np.flatnonzero(np.diff(label)) + 1
    first = np.concatenate(([0], cut))
    lengths = np.add.reduceat(graph.length_m[path].astype(np.float64), first)
    found: list[Stretch] = []
    for edge, length_m in zip(path[first].tolist(), lengths.tolist(), strict=True):
        name, ref = graph.edge_road(edge)
        _follow(found, Stretch(name, ref, length_m))
    if len(found) > 1 and not found[0].title and found[0].distance_m < PASSED_OVER_M:
        found[:2] = [_longer(found[1], found[0].distance_m)]
    return tuple(found)


def main_roads(stretches: Sequence[Stretch], most: int = 5) -> tuple[Stretch, ...]:
    """Return the longest of the named stretches in their order, those that matter for the drive."""
    total_m = sum(stretch.distance_m for stretch in stretches)
    named = [
        index
        for index, stretch in enumerate(stretches)
        if stretch.title and stretch.distance_m >= MAIN_SHARE * total_m
    ]
    named.sort(key=lambda index: -stretches[index].distance_m)
    return tuple(stretches[index] for index in sorted(named[:most]))


def _follow(found: list[Stretch], onward: Stretch) -> None:
    """Add what comes next to the roads so far, to the last of them where it is the same."""
    before = found[-1] if found else None
    if before is None:
        found.append(onward)
    elif not onward.title and onward.distance_m < PASSED_OVER_M:
        found[-1] = _longer(before, onward.distance_m)
    elif (one := _same(before, onward)) is not None:
        found[-1] = one
    else:
        found.append(onward)


def _same(before: Stretch, onward: Stretch) -> Stretch | None:
    """Return both as one stretch if they are one road, with the numbers that both have."""
    refs = before.ref.split(", ") if before.ref else []
    shared = [ref for ref in onward.ref.split(", ") if ref in refs]
    if not shared and (before.name, before.ref) != (onward.name, onward.ref):
        return None
    name = before.name if before.name == onward.name else ""
    ref = ", ".join(shared) if shared else before.ref
    return Stretch(name, ref, before.distance_m + onward.distance_m)


def _longer(stretch: Stretch, more_m: float) -> Stretch:
    return Stretch(stretch.name, stretch.ref, stretch.distance_m + more_m)
