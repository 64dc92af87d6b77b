"""Heights along roads: sampled from tiles, freed of noise, straight over bridges and in tunnels.

Tiles are noisy, and a road that winds along a slope slips to and fro beside its true place in
them; taken as they are, both would add climbs that no car drives. So the heights h along all roads
together are those that least offend
``sum ds (h - d)**2 + sum (reach**2 / ds) (difference of h)**2``
where d are the sampled heights: neighbours within some ``reach`` metres along the road are drawn
together. Since nodes are shared by the roads that meet there, climb minus descent of each edge is
exactly the difference of its ends' heights. Source: Whittaker-Tikhonov smoothing of first order;
its kernel along a road is exp(-|s| / reach) / (2 reach), which leaves even slopes as they are.

**Dips within an edge.** ``climb_m`` adds up all rises within an edge, so it bounds what the battery
must give on any part of it. With resistance R, weight G and climb c, that is at most
``f(R + G c)``, for f is increasing and convex with ``f(0) = 0``, hence subadditive, and what falls
only gives back: the energy of the same edge *without its descent*. Where the deepest dip of a drive
is asked, that counts for each edge instead of its net energy; no further array is needed.
`bench/dips.py` measures how near the bound is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.roads.elevation import HeightSource
from planner.roads.ground import Ground, look_up
from planner.roads.pieces import Pieces
from planner.roads.progress import Progress
from planner.roads.samples import F64, SAMPLE_EVERY_M, Run, Samples
from planner.roads.smoothing import Equations, Network, within

REACH_SHORTEST_M, REACH_LONGEST_M = 60.0, 600.0
"""Bounds of the reach of smoothing. Source: chosen; the shorter is under one post of 3-arc-second
tiles, the longer flattens hills of less than some metres."""

_SMOOTHING = "smoothing heights"

ROUGH: tuple[tuple[float, float], ...] = ((300.0, 0.0), (100.0, 0.03))
"""Reach in metres of the smoothings from which grades are first told, and the grade that noise
seems to have after each. Source: posts that err by 4 to 6 m independently, 90 m apart, keep some
2 to 3 m of it over 100 m, and hardly any over 300 m."""

PASS_LOSS_M = 4.0
"""The top of a pass with grade g is lowered by g * reach; reach is chosen so that this is near it.
Source: the relative error of SRTM is 5 to 6 m at 90 % (Rodriguez et al. 2006, Photogrammetric
Engineering and Remote Sensing 72:249-260): less than that cannot be told from noise."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Heights of nodes, and climb and descent along each piece, in metres.

    ``known`` is the share of the sampled points whose height the source tells.
    """

    ele_m: NDArray[np.float32]
    climb_m: NDArray[np.float64]
    descent_m: NDArray[np.float64]
    known: float


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Smoothed heights along all pieces.

    Attributes
    ----------
    node_m : float64[nodes]
    steps : iterator of (Run, float64[links])
        The links between samples, each with the rise along it, run by run; to be gone through once.
    known : float
        The share of the sampled points whose height the source tells.
    """

    node_m: F64
    steps: Iterator[tuple[Run, F64]]
    known: float


def height_notes(source: HeightSource, told: Profile) -> tuple[str, ...]:
    """Say to users where heights are from, and how much of the roads the source does not tell."""
    said = (
        f"Heights: {source.title}, sampled every {SAMPLE_EVERY_M:g} m and smoothed along the "
        "roads; bridges, tunnels and ferries run straight between their ends."
    )
    missing = ", ".join(source.missing())
    beyond = f" Missing tiles: {missing}." if missing else ""
    lacking = (
        f"Heights of {100 * (1 - told.known):.1f} % of the roads are not in the source; there they "
        f"are drawn from the nearest known ones.{beyond}"
    )
    return (said, lacking) if told.known < 1.0 else (said,)


def profile(
    pieces: Pieces,
    straight: NDArray[np.bool_],
    source: HeightSource,
    progress: Progress,
) -> Profile:
    """Return heights and climbs; ``straight`` marks pieces that do not follow the ground.

    Nodes that only such pieces meet get their height from the line between the ground on both
    sides, as do points that the source does not know. A part of the network of which nothing is
    known lies at the mean height.
    """
    traced = trace(pieces, straight, source, progress)
    ele_m = traced.node_m.astype(np.float32)
    rises_m = np.zeros(len(pieces.way))
    for run, rise_m in traced.steps:
        rises_m[run.piece] = np.add.reduceat(np.maximum(rise_m, 0), run.first[:-1])
    between = (ele_m[pieces.end].astype(np.float64) - ele_m[pieces.start]).astype(np.float64)
    climb = np.maximum(rises_m, np.maximum(between, 0))
    progress(_SMOOTHING, 1.0)
    return Profile(ele_m=ele_m, climb_m=climb, descent_m=climb - between, known=traced.known)


def trace(
    pieces: Pieces,
    straight: NDArray[np.bool_],
    source: HeightSource,
    progress: Progress,
) -> Trace:
    """Return the smoothed heights at all samples, from which `profile` adds up climbs."""
    ground = look_up(Samples(pieces, straight), source, progress)
    progress(_SMOOTHING, 0.0)
    network = Network(pieces.start, pieces.end, pieces.nodes)
    reach_m = _reaches(ground, network, progress)
    equations = Equations(network, ground.weight)
    for (run, weight, wanted_m), reach in zip(ground.runs(), reach_m, strict=True):
        equations.add(run, _stiff(run, reach), weight, wanted_m)
    node_m = equations.solve(ground.wanted_m)[0]
    progress(_SMOOTHING, 0.95)

    def steps() -> Iterator[tuple[Run, F64]]:
        for (run, weight, wanted_m), reach in zip(ground.runs(), reach_m, strict=True):
            inside = within(run, _stiff(run, reach), weight, wanted_m, node_m)
            before, after = run.around(node_m, inside)
            yield run, after - before

    return Trace(node_m=node_m + ground.middle_m, steps=steps(), known=ground.known)


def _reaches(ground: Ground, network: Network, progress: Progress) -> list[NDArray[np.float32]]:
    """Return the reach of smoothing on each link: short where it is steep around, as at a pass.

    How steep it is, is told by two roughly smoothed profiles: a longer one that noise does not
    reach, and a shorter one, for hills of some hundred metres, less what noise alone would give.
    """
    rough = []
    for number, (reach_m, _noise) in enumerate(ROUGH):
        rough.append(_rough(ground, network, reach_m))
        progress(_SMOOTHING, 0.25 * (number + 1))
    squares, at_nodes = _squares(ground, network, rough)
    progress(_SMOOTHING, 0.75)
    reaches = []
    for run, inside in zip(ground.samples.runs(), squares, strict=True):
        steep = np.zeros(len(run.step_m))
        for (_reach_m, noise), square, node in zip(ROUGH, inside, at_nodes, strict=True):
            wide = within(run, _stiff(run, REACH_LONGEST_M), _firm(run), run.of_link(square), node)
            around = np.maximum(*run.around(node, wide))
            steep = np.maximum(steep, np.sqrt(np.maximum(around - noise**2, 0.0)))
        reach = np.clip(PASS_LOSS_M / np.maximum(steep, 1e-6), REACH_SHORTEST_M, REACH_LONGEST_M)
        reaches.append(reach.astype(np.float32))
    return reaches


def _rough(ground: Ground, network: Network, reach_m: float) -> F64:
    """Return the heights of the nodes, smoothed evenly."""
    equations = Equations(network, ground.weight)
    for run, weight, wanted_m in ground.runs():
        equations.add(run, _stiff(run, reach_m), weight, wanted_m)
    node_m: F64 = equations.solve(ground.wanted_m)[0]
    return node_m


def _squares(
    ground: Ground, network: Network, rough: list[F64]
) -> tuple[list[list[NDArray[np.float32]]], F64]:
    """Return the mean square of the grades around each sample, by run, and around each node.

    Those of samples are as they are, those of nodes smoothed as widely as heights may be, for at
    the very top of a pass the road is level.
    """
    firm = np.maximum(ground.share_m, 1.0)
    equations = Equations(network, firm, profiles=len(ROUGH))
    at_nodes = np.zeros((len(ROUGH), network.nodes))
    found = []
    for run, weight, wanted_m in ground.runs():
        inside = []
        for (reach_m, _noise), node_m, sums in zip(ROUGH, rough, at_nodes, strict=True):
            smooth = within(run, _stiff(run, reach_m), weight, wanted_m, node_m)
            before, after = run.around(node_m, smooth)
            square = (after - before) ** 2 / run.step_m
            np.add.at(sums, run.start, square[run.first[:-1]])
            np.add.at(sums, run.end, square[run.first[1:] - 1])
            square[:-1] += square[1:]
            inside.append((square / (2 * run.share_m))[run.inner].astype(np.float32))
        equations.add(run, _stiff(run, REACH_LONGEST_M), _firm(run), *map(run.of_link, inside))
        found.append(inside)
    at_nodes /= 2 * ground.share_m
    return found, equations.solve(*at_nodes)


def _stiff(run: Run, reach_m: float | NDArray[np.float32]) -> F64:
    """Return how stiffly each link draws its ends together."""
    return np.asarray(np.square(reach_m, dtype=np.float64) / run.step_m)


def _firm(run: Run) -> F64:
    return np.maximum(run.share_m, 1.0)
