"""What a source tells of the ground along roads: heights at samples, and how firmly they hold."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.roads.elevation import HeightSource
from planner.roads.progress import Progress
from planner.roads.samples import F64, SHORTEST_M, Run, Samples, heights_of_nodes

_FAINT = 1e-6
"""Weight of the mean height where nothing else is known; ground weighs 1 and more."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Heights of nodes and samples, in metres above the mean of all.

    Attributes
    ----------
    samples : Samples
    heights_m : list of float32[samples of a run]
        For each run, above the sea; NaN where they are not told or off the ground.
    share_m : float64[nodes]
        Half the length of the links around each node.
    weight, wanted_m : float64[nodes]
        How firmly each node is held at its own height, and that height.
    middle_m : float
        The mean of all heights.
    known : float
        The share of samples whose height the source tells.
    """

    samples: Samples
    heights_m: list[NDArray[np.float32]]
    share_m: F64
    weight: F64
    wanted_m: F64
    middle_m: float
    known: float

    def runs(self) -> Iterator[tuple[Run, F64, F64]]:
        """Yield each run with the weight and the wanted height of the sample after each link."""
        for run, heights_m in zip(self.samples.runs(), self.heights_m, strict=True):
            wanted_m = run.of_link(heights_m)
            yield run, *_held(wanted_m, run.share_m, self.middle_m)


def look_up(samples: Samples, source: HeightSource, progress: Progress) -> Ground:
    """Look up the heights of all nodes and samples; those off the ground count for nothing."""
    told_m, share_m, grounded = [], *_around_nodes(samples)
    progress("looking up heights", 0.0)
    at_nodes = heights_of_nodes(samples.pieces, source)
    count, known = len(at_nodes), int(np.isfinite(at_nodes).sum())
    for number, (run, heights_m) in enumerate(samples.looked_up(source)):
        count, known = count + len(heights_m), known + int(np.isfinite(heights_m).sum())
        heights_m[~np.repeat(run.follows, np.diff(run.first))[run.inner]] = np.nan
        told_m.append(heights_m.astype(np.float32))
        progress("looking up heights", (number + 1) / len(samples))
    at_nodes[~grounded] = np.nan
    middle_m = _mean([at_nodes, *told_m])
    weight, wanted_m = _held(at_nodes, share_m, middle_m)
    return Ground(
        samples=samples,
        heights_m=told_m,
        share_m=share_m,
        weight=weight,
        wanted_m=wanted_m,
        middle_m=middle_m,
        known=known / count,
    )


def _around_nodes(samples: Samples) -> tuple[F64, NDArray[np.bool_]]:
    """Return half the length of the links around each node, and whether one is on the ground."""
    share_m = np.zeros(samples.pieces.nodes)
    grounded = np.zeros(samples.pieces.nodes, np.bool_)
    for run in samples.runs():
        for node, link in ((run.start, run.first[:-1]), (run.end, run.first[1:] - 1)):
            np.add.at(share_m, node, run.step_m[link] / 2)
            grounded[node[run.follows]] = True
    return np.maximum(share_m, SHORTEST_M / 2), grounded


def _held(heights_m: F64, share_m: F64, middle_m: float) -> tuple[F64, F64]:
    """Return weights and heights above the mean, faint ones at the mean where none are known."""
    known = np.isfinite(heights_m)
    weight = np.where(known, np.maximum(share_m, 1.0), _FAINT)
    return weight, np.where(known, heights_m - middle_m, 0.0)


def _mean(parts: list[NDArray[np.floating]]) -> float:
    """Return the mean of what is known; 0 where nothing is."""
    count = sum(int(np.isfinite(part).sum()) for part in parts)
    return sum(float(np.nansum(part, dtype=np.float64)) for part in parts) / max(count, 1)
