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

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.linalg import splu

from planner.roads.elevation import HeightSource
from planner.roads.kernels import eliminate_chains
from planner.roads.pieces import Pieces

SAMPLE_EVERY_M = 30.0
"""Samples lie at most this far apart: the finest tiles have posts every 30 m."""

REACH_SHORTEST_M, REACH_LONGEST_M = 60.0, 600.0
"""Bounds of the reach of smoothing. Source: chosen; the shorter is under one post of 3-arc-second
tiles, the longer flattens hills of less than some metres."""

ROUGH: tuple[tuple[float, float], ...] = ((300.0, 0.0), (100.0, 0.03))
"""Reach in metres of the smoothings from which grades are first told, and the grade that noise
seems to have after each. Source: posts that err by 4 to 6 m independently, 90 m apart, keep some
2 to 3 m of it over 100 m, and hardly any over 300 m."""

PASS_LOSS_M = 4.0
"""The top of a pass with grade g is lowered by g * reach; reach is chosen so that this is near it.
Source: the relative error of SRTM is 5 to 6 m at 90 % (Rodriguez et al. 2006, Photogrammetric
Engineering and Remote Sensing 72:249-260): less than that cannot be told from noise."""


_FAINT = 1e-6
"""Weight of the mean height where nothing else is known; ground weighs 1 and more."""


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
    """Heights along all pieces, in steps of at most `SAMPLE_EVERY_M` over the ground.

    Steps stand in the order of the pieces, and of each from its start to its end: ``piece``,
    ``step_m`` and ``rise_m`` are by step. ``height_m`` is by sample, the nodes first.
    """

    height_m: NDArray[np.float64]
    piece: NDArray[np.int64]
    step_m: NDArray[np.float64]
    rise_m: NDArray[np.float64]
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


@dataclass(frozen=True, kw_only=True)
class _Chain:
    """Samples of all pieces, numbered after the nodes, and the links between neighbours.

    Links stand in the order of the pieces; piece p has those from ``first[p]``.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    step_m: NDArray[np.float64]
    piece: NDArray[np.int64]
    first: NDArray[np.int64]
    nodes: int


def profile(
    pieces: Pieces,
    straight: NDArray[np.bool_],
    source: HeightSource,
    progress: Callable[[str, float], None],
) -> Profile:
    """Return heights and climbs; ``straight`` marks pieces that do not follow the ground.

    Nodes that only such pieces meet get their height from the line between the ground on both
    sides, as do points that the source does not know. A part of the network of which nothing is
    known lies at the mean height.
    """
    traced = trace(pieces, straight, source, progress)
    ele_m = traced.height_m[: pieces.nodes].astype(np.float32)
    count = len(pieces.way)
    rises = np.bincount(traced.piece, np.maximum(traced.rise_m, 0), minlength=count)
    between = (ele_m[pieces.end].astype(np.float64) - ele_m[pieces.start]).astype(np.float64)
    climb = np.maximum(rises.astype(np.float64), np.maximum(between, 0))
    return Profile(ele_m=ele_m, climb_m=climb, descent_m=climb - between, known=traced.known)


def trace(
    pieces: Pieces,
    straight: NDArray[np.bool_],
    source: HeightSource,
    progress: Callable[[str, float], None],
) -> Trace:
    """Return the smoothed heights at all samples, from which `profile` adds up climbs."""
    chain = _sample(pieces, straight)
    progress("looking up heights", 0.0)
    heights = source.heights_m(chain.lon, chain.lat)
    on_ground = np.zeros(len(chain.lon), np.bool_)
    follows = ~straight[chain.piece]
    on_ground[chain.a[follows]] = True
    on_ground[chain.b[follows]] = True
    told = np.isfinite(heights)
    trusted = told & on_ground
    progress("smoothing heights", 0.3)
    reach = _reaches(chain, heights, trusted)
    progress("smoothing heights", 0.6)
    smooth = _smooth(chain, heights, trusted, reach)
    progress("smoothing heights", 1.0)
    return Trace(
        height_m=smooth,
        piece=chain.piece,
        step_m=chain.step_m,
        rise_m=smooth[chain.b] - smooth[chain.a],
        known=float(told.mean()),
    )


def _even(chain: _Chain, reach_m: float) -> NDArray[np.float64]:
    return np.full(len(chain.a), reach_m)


def _reaches(
    chain: _Chain, heights: NDArray[np.float64], trusted: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the reach of smoothing on each link: short where it is steep around, as at a pass.

    How steep it is, is told by two roughly smoothed profiles: a longer one that noise does not
    reach, and a shorter one, for hills of some hundred metres, less what noise alone would give.
    """
    steep = np.zeros(len(chain.a))
    for reach_m, noise in ROUGH:
        rough = _smooth(chain, heights, trusted, _even(chain, reach_m))
        steep = np.maximum(steep, np.sqrt(np.maximum(_squares(chain, rough) - noise**2, 0.0)))
    return np.clip(PASS_LOSS_M / np.maximum(steep, 1e-6), REACH_SHORTEST_M, REACH_LONGEST_M)


def _squares(chain: _Chain, rough: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean square of the grades around each link.

    It is smoothed as widely as heights may be, for at the very top of a pass the road is level.
    """
    grade = (rough[chain.b] - rough[chain.a]) / chain.step_m
    count = len(chain.lon)
    share = np.bincount(chain.a, chain.step_m, count) + np.bincount(chain.b, chain.step_m, count)
    square = grade**2 * chain.step_m
    at_sample = (np.bincount(chain.a, square, count) + np.bincount(chain.b, square, count)) / share
    around = _smooth(chain, at_sample, np.ones(count, np.bool_), _even(chain, REACH_LONGEST_M))
    return np.maximum(around[chain.a], around[chain.b])


def _sample(pieces: Pieces, straight: NDArray[np.bool_]) -> _Chain:
    """Put samples on every stretch between points, none on straight pieces."""
    line = np.repeat(np.arange(len(pieces.way)), np.diff(pieces.first))
    begin = np.flatnonzero(np.append(line[1:] == line[:-1], False))
    length_m = pieces.along_m[begin + 1] - pieces.along_m[begin]
    parts = np.maximum(np.ceil(length_m / SAMPLE_EVERY_M), 1).astype(np.int64)
    parts[straight[line[begin]]] = 1
    of = np.repeat(np.arange(len(begin)), parts)
    rank = np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = (rank + 1) / parts[of]
    lon = pieces.lon[begin[of]] * (1 - share) + pieces.lon[begin[of] + 1] * share
    lat = pieces.lat[begin[of]] * (1 - share) + pieces.lat[begin[of] + 1] * share
    last = rank + 1 == parts[of]
    node = np.where(last, pieces.node[begin[of] + 1], -1)
    inner = node < 0
    number = np.where(inner, pieces.nodes + np.cumsum(inner) - 1, node)
    piece = line[begin[of]]
    before = np.empty(len(of), np.int64)
    before[1:] = number[:-1]
    opens = np.concatenate(([True], np.diff(piece) != 0))[: len(of)]
    before[opens] = pieces.start[piece[opens]]
    node_lon, node_lat = np.zeros(pieces.nodes), np.zeros(pieces.nodes)
    ends = np.concatenate((pieces.first[:-1], pieces.first[1:] - 1))
    node_lon[pieces.node[ends]], node_lat[pieces.node[ends]] = pieces.lon[ends], pieces.lat[ends]
    return _Chain(
        lon=np.concatenate((node_lon, lon[inner])),
        lat=np.concatenate((node_lat, lat[inner])),
        a=before,
        b=number,
        step_m=np.maximum(length_m[of] / parts[of], 0.1),
        piece=piece,
        first=np.concatenate(([0], np.cumsum(np.bincount(piece, minlength=len(pieces.way))))),
        nodes=pieces.nodes,
    )


def _smooth(
    chain: _Chain,
    heights: NDArray[np.float64],
    trusted: NDArray[np.bool_],
    reach_m: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Solve the least squares of this module's head.

    The samples within a piece are eliminated first, which leaves one equation for each node.
    """
    count, nodes = len(chain.lon), chain.nodes
    share = np.bincount(chain.a, chain.step_m / 2, minlength=count)
    share += np.bincount(chain.b, chain.step_m / 2, minlength=count)
    weight = np.where(trusted, np.maximum(share, 1.0), _FAINT)
    middle = float(heights[trusted].mean()) if trusted.any() else 0.0
    wanted = np.where(trusted, heights - middle, 0.0)
    stiff = reach_m**2 / chain.step_m
    own, by_start, by_end = eliminate_chains(chain.first, stiff, weight[chain.b], wanted[chain.b])
    opening, closing = chain.first[:-1], chain.first[1:] - 1
    single = opening == closing
    start, end = chain.a[opening], chain.b[closing]
    before = np.where(single, 0, closing - 1)
    to_end = stiff[opening] * np.where(single, 1.0, by_end[opening])
    at_start = stiff[opening] * (1 - by_start[opening])
    at_end = stiff[closing] * (1 - np.where(single, 0.0, by_end[before]))
    pulled = weight[:nodes] * wanted[:nodes]
    pulled += np.bincount(start, stiff[opening] * own[opening], minlength=nodes)
    pulled += np.bincount(end, np.where(single, 0.0, stiff[closing] * own[before]), nodes)
    held = weight[:nodes] + np.bincount(start, at_start, nodes) + np.bincount(end, at_end, nodes)
    ends = np.concatenate((start, end)), np.concatenate((end, start))
    links = csr_array(coo_array((np.tile(to_end, 2), ends), shape=(nodes, nodes)))
    solver = splu(
        (diags_array(held) - links).tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    solved = np.empty(count)
    solved[:nodes] = solver.solve(pulled)
    of = np.repeat(np.arange(len(opening)), np.diff(chain.first))
    within = own + by_start * solved[start[of]] + by_end * solved[end[of]]
    inner = chain.b >= nodes
    solved[chain.b[inner]] = within[inner]
    return solved + middle
