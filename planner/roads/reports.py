"""What an import could not take over from the map, each object with its id and why.

Nothing is dropped in silence: what is no plain fact for a car at any hour is counted in the
region's notes and listed in its parts ``report_kind`` and ``report_id``.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from planner.roads.graph import RoadGraph


class Kind(Enum):
    """Why something was not taken over; the value is the type of object and the sentence's end."""

    RESTRICTION_CONDITIONAL = ("relation", "turn restrictions hold at some times only: not applied")
    RESTRICTION_EXEMPT = ("relation", "turn restrictions do not hold for cars")
    RESTRICTION_UNKNOWN = ("relation", "turn restrictions are of no known kind: not applied")
    RESTRICTION_INCOMPLETE = ("relation", "turn restrictions lack a member: not applied")
    RESTRICTION_MISSING = (
        "relation",
        "turn restrictions name a road that is closed to cars or not in the file: not applied",
    )
    RESTRICTION_APART = ("relation", "turn restrictions name roads that do not meet: not applied")
    RESTRICTION_AMBIGUOUS = (
        "relation",
        "turn restrictions fit several turns, for a road goes on beyond the junction: not applied",
    )
    RESTRICTION_CLOSED = (
        "relation",
        "turn restrictions allow only what one-ways forbid: not applied",
    )
    RESTRICTION_VOID = ("relation", "turn restrictions forbid what one-ways forbid already")
    ACCESS_CONDITIONAL = ("way", "roads have conditions of access: only their plain tags count")
    ONEWAY_CONDITIONAL = ("way", "roads are one-way at some times: only their plain tags count")
    REVERSIBLE = ("way", "roads change their direction: left out")
    SPEED_CONDITIONAL = ("way", "roads have limits that hold at some times: only plain ones count")
    GATE_CONDITIONAL = ("node", "barriers have conditions of access: only their plain tags count")


KINDS: tuple[Kind, ...] = tuple(Kind)
"""``RoadGraph.report_kind`` is an index here."""


@dataclass(frozen=True, slots=True)
class Report:
    """An object of OpenStreetMap that was not taken over, or not in full."""

    kind: Kind
    osm_id: int

    @property
    def osm_type(self) -> str:
        """Return ``node``, ``way`` or ``relation``."""
        return str(self.kind.value[0])

    @property
    def url(self) -> str:
        """Where the object can be looked at and mended."""
        return f"https://www.openstreetmap.org/{self.osm_type}/{self.osm_id}"


def pack_reports(
    reports: Iterable[Report],
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return kinds and ids as arrays, in order of both, each once."""
    number = {kind: index for index, kind in enumerate(KINDS)}
    rows = sorted({(number[report.kind], report.osm_id) for report in reports})
    return (
        np.array([kind for kind, _id in rows], np.uint8),
        np.array([osm_id for _kind, osm_id in rows], np.int64),
    )


def reports_of(graph: "RoadGraph") -> list[Report]:
    """List what the import of a region did not take over."""
    pairs = zip(graph.report_kind.tolist(), graph.report_id.tolist(), strict=True)
    return [Report(KINDS[kind], osm_id) for kind, osm_id in pairs]


def report_notes(reports: Iterable[Report]) -> tuple[str, ...]:
    """Say in one sentence for users how many objects were not taken over, and why."""
    counts = Counter(report.kind for report in set(reports))
    said = [f"{counts[kind]:,} {kind.value[1]}" for kind in KINDS if counts[kind]]
    return (f"Not taken over from the map: {'; '.join(said)}.",) if said else ()
