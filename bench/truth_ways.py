"""Ways on both sides, priced edge by edge on both: what a comparison of two routers is made of."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from truth_lines import Lines, Step

sys.path.insert(0, str(Path(__file__).parents[1]))

from planner.roads.classes import CLASSES, SPEED_SOURCES
from planner.roads.graph import Flag, RoadGraph
from tests.oracle.sweeps import drives

_WHOLE = 1e-4


@dataclass(frozen=True)
class Way:
    """Our way between two places: seconds, metres and the line driven, shape (k, 2).

    ``line`` has the points of the map only, ``close_line`` a point at least every 500 m.
    """

    seconds: float
    metres: float
    line: Any
    close_line: Any


@dataclass(frozen=True)
class Priced:
    """One line priced on both sides, by cause: seconds with us less seconds with them.

    ``breaks`` are where our roads do not follow the line, as (place, kind, their way's id).
    """

    ours_s: float
    theirs_s: float
    extra_s: Mapping[str, float]
    breaks: tuple[tuple[int, str, int], ...]


class Ours:
    """Our graph, asked by nodes."""

    def __init__(self, graph: RoadGraph) -> None:
        self.graph = graph
        self.lines = Lines(graph)
        self._time_s = np.asarray(graph.duration_s, np.float64)
        self._metres = np.asarray(graph.length_m, np.float64)
        self._flat = np.zeros(len(graph.head))
        self._all = np.ones(len(graph.lon), np.bool_)
        self._moving_s = self._metres / np.asarray(graph.speed_kmh, np.float64) * 3.6
        self._waiting_s = np.maximum(self._time_s - self._moving_s, 0.0)

    def quickest(self, start: int, end: int) -> Way | None:
        """Return our quickest way between two places, None where there is none."""
        return self._least(start, end, self._time_s)

    def shortest(self, start: int, end: int) -> Way | None:
        """Return our shortest way."""
        return self._least(start, end, self._metres)

    def _least(self, start: int, end: int, weight: Any) -> Way | None:
        graph = self.graph
        begin = int(graph.leaves_from[start])
        roads = (graph.first_out, graph.head)
        time_s, *_, entered = drives(
            *roads, weight, self._time_s, self._flat, self._all, begin, 1.0, end
        )
        if not np.isfinite(time_s[end]):
            return None
        edges: list[int] = []
        node = end
        while node != begin:
            edges.append(int(entered[node]))
            node = int(graph.tail[edges[-1]])
        edges = [edge for edge in reversed(edges) if not graph.flags[edge] & Flag.VIRTUAL]
        seconds, metres = float(self._time_s[edges].sum()), float(self._metres[edges].sum())
        line = self.graph.path_geometry(edges) if edges else np.zeros((0, 2))
        return Way(seconds, metres, _bare(line), line)

    def price(self, line: Any, edges: Iterable[Mapping[str, Any]]) -> Priced:
        """Price a line with us and with them, whose ``edges`` along it are given.

        Where our roads do not follow, their seconds stand for ours.
        """
        laid = self.lines.lay(np.asarray(line, np.float64))
        steps: dict[int, list[Step]] = defaultdict(list)
        for step in laid.steps:
            steps[step.place].append(step)
        broken = {place for place, kind in laid.breaks if kind != "turn"}
        ours_s = theirs_s = 0.0
        extra: dict[str, float] = defaultdict(float)
        breaks: list[tuple[int, str, int]] = []
        for edge in edges:
            first, last = edge["begin_shape_index"], edge["end_shape_index"]
            places = range(first, last)
            theirs = edge["length"] * 3600 / edge["speed"]
            breaks += [(p, k, edge["way_id"]) for p, k in laid.breaks if first <= p < last]
            along = [step for place in places for step in steps[place]]
            moving = float(sum(self._moving_s[s.piece.edge] * s.piece.share for s in along))
            if not along or broken & set(places):
                moving = max(moving, theirs)
            waiting = sum(
                self._waiting_s[s.piece.edge] for s in along if s.piece.rank == s.piece.last
            )
            if along:
                extra[self.cause(along[0].piece.edge)] += moving - theirs
            extra[_NODES.get(edge["node"], "delay at junctions")] += waiting - edge["turn_s"]
            ours_s += moving + waiting
            theirs_s += theirs + edge["turn_s"]
        return Priced(ours_s, theirs_s, dict(extra), tuple(breaks))

    def cause(self, edge: int) -> str:
        """Name what tells our speed on an edge."""
        graph = self.graph
        if graph.flags[edge] & Flag.FERRY:
            return "ferry"
        road, source = CLASSES[graph.road_class[edge]], SPEED_SOURCES[graph.speed_from[edge]]
        said = {"class": "default speed", "sign": "signed speed", "zone": "law of a zone"}
        return f"{said.get(source, source)}, {road}"


def _bare(line: Any) -> Any:
    """Return a line without the points that we put between those of the map.

    Points of the map are whole multiples of 1e-7 degrees, ours are not.
    """
    ours = np.abs(line * 1e7 - np.rint(line * 1e7)).max(axis=1) > _WHOLE
    ours[:1] = ours[-1:] = False
    return line[~ours]


_NODES = {"gate": "gate", "toll_booth": "toll booth", "border_control": "border"}
