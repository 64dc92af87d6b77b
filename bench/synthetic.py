"""Made-up countries of any size: towns, streets, roads of four ranks, hills, one-ways.

    python bench/synthetic.py OUT.npz NODES [--seed 1]

A quarter of the junctions lie anywhere, the rest in towns whose sizes fall as their rank does
(Zipf). Streets are the edges of a relative neighbourhood graph, which has the degrees of real
streets, thinned where they cross the borders of nested cells, so that the country falls apart along
few roads, as real ones do at rivers, ridges and rail. District roads, main roads and motorways join
ever fewer and greater towns. Heights are noise smoothed at three widths.

Sources: Toussaint: The Relative Neighbourhood Graph of a Finite Planar Set, Pattern Recognition 12
(1980); that separators of road networks grow as the cube root of their size is measured in
Dibbelt, Strasser, Wagner: Customizable Contraction Hierarchies, ACM JEA 21 (2016). The shares and
speeds below are our own, chosen to look like western Europe.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, cKDTree

KM2_PER_NODE = 0.36
NODES_PER_TOWN = 60
IN_TOWNS = 0.75
ONE_WAYS = 0.07
CELL_NODES = 40
"""Cells smaller than this have no borders."""

SPEED_KMH = np.array([35.0, 60.0, 80.0, 115.0])
WINDING = np.array([1.2, 1.15, 1.08, 1.03])
DELAY_S = np.array([1.5, 0.6, 0.2, 0.0])
NETWORKS = ((0.30, 2.0, 1), (0.05, 5.0, 2), (0.004, 9.0, 3))
"""Share of towns that a network joins, its junctions' distance in km, its rank."""


@dataclass(frozen=True, eq=False)
class Country:
    """A graph in CSR form; x and y in km, heights in m, energies as of a car of two tonnes."""

    first_out: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length_m: NDArray[np.float32]
    weight_ms: NDArray[np.int32]
    energy_kwh: NDArray[np.float32]
    rank: NDArray[np.uint8]
    xy_km: NDArray[np.float32]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.first_out) - 1


def make_country(nodes: int, seed: int = 1) -> Country:
    """Make a strongly connected country of about so many nodes; the same seed, the same country."""
    rng = np.random.default_rng(seed)
    side = np.sqrt(nodes * KM2_PER_NODE)
    towns = rng.uniform(0.0, side, (max(nodes // NODES_PER_TOWN, 40), 2))
    points = [_junctions(rng, towns, nodes, side)]
    ends = [_thinned(rng, points[0], _neighbours(points[0], gabriel=False))]
    ranks = [np.zeros(len(ends[0]), np.uint8)]
    count = len(points[0])
    for share, step_km, rank in NETWORKS:
        chosen = towns[: max(int(share * len(towns)), 12)]
        own, links = _network(rng, chosen, step_km)
        _, nearest = cKDTree(points[-1]).query(own)
        below = count - len(points[-1])
        ties = np.stack([np.arange(len(own)) + count, nearest + below], axis=1)
        ends += [links + count, ties]
        ranks += [np.full(len(links), rank, np.uint8), np.full(len(ties), rank - 1, np.uint8)]
        points.append(own)
        count += len(own)
    return _finished(rng, np.concatenate(points), np.concatenate(ends), np.concatenate(ranks), side)


def _junctions(
    rng: np.random.Generator, towns: NDArray[np.float64], nodes: int, side: float
) -> NDArray[np.float64]:
    size = 1.0 / np.arange(1, len(towns) + 1) ** 0.8
    inside = int(nodes * IN_TOWNS)
    of = rng.choice(len(towns), inside, p=size / size.sum())
    radius = 0.35 * np.sqrt(np.bincount(of, minlength=len(towns)) * KM2_PER_NODE / 8 + 0.1)
    away = rng.normal(size=(inside, 2)) * radius[of, None] * rng.exponential(1.0, (inside, 1))
    spread = rng.uniform(0.0, side, (nodes - inside, 2))
    return np.clip(np.concatenate([towns[of] + away, spread]), 0.0, side) + rng.normal(
        0.0, 0.02, (nodes, 2)
    )


def _neighbours(points: NDArray[np.float64], *, gabriel: bool) -> NDArray[np.int64]:
    """Return the pairs that no third point lies between, in either sense; shape (k, 2)."""
    corners = Delaunay(points).simplices.astype(np.int64)
    a, b, c = (np.concatenate([corners[:, (turn + k) % 3] for k in range(3)]) for turn in range(3))

    def square(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(((points[one] - points[other]) ** 2).sum(axis=1))

    to_third = square(a, c) + square(b, c) if gabriel else np.maximum(square(a, c), square(b, c))
    key = np.minimum(a, b) * len(points) + np.maximum(a, b)
    free = np.setdiff1d(key, key[to_third < square(a, b)])
    return np.stack([free // len(points), free % len(points)], axis=1)


def _thinned(
    rng: np.random.Generator, points: NDArray[np.float64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Leave out streets that cross borders of nested cells: the greater these, the more."""
    cell = np.zeros(len(points), np.int64)
    kept = np.full(len(ends), 0.92)
    crossed = np.zeros(len(ends), np.bool_)
    size, axis = len(points), 0
    while size > CELL_NODES:
        order = np.lexsort((points[:, axis], cell))
        ranked = cell[order]
        start = np.searchsorted(ranked, ranked)
        many = np.searchsorted(ranked, ranked, side="right") - start
        half = np.empty(len(points), np.int64)
        half[order] = np.arange(len(points)) - start >= many // 2
        cell = 2 * cell + half
        now = ~crossed & (cell[ends[:, 0]] != cell[ends[:, 1]])
        kept[now] *= (size / CELL_NODES) ** -0.2
        crossed |= now
        size, axis = size // 2, 1 - axis
    return ends[rng.random(len(ends)) < kept]


def _network(
    rng: np.random.Generator, towns: NDArray[np.float64], step_km: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Join towns by bent roads with a junction every ``step_km``: points, and pairs of them."""
    points, pairs, count = [towns], [], len(towns)
    for a, b in _neighbours(towns, gabriel=True):
        way = towns[b] - towns[a]
        inner = max(int(np.hypot(*way) / step_km) - 1, 0)
        along = np.arange(1, inner + 1)[:, None] / (inner + 1)
        bend = np.sin(np.pi * along) * np.array([-way[1], way[0]]) * rng.normal(0.0, 0.05)
        points.append(towns[a] + along * way + bend)
        chain = np.concatenate([[a], np.arange(count, count + inner), [b]])
        pairs.append(np.stack([chain[:-1], chain[1:]], axis=1))
        count += inner
    return np.concatenate(points), np.concatenate(pairs)


def _heights_m(
    rng: np.random.Generator, points: NDArray[np.float64], side: float
) -> NDArray[np.float64]:
    cells = 1024
    noise = np.zeros((cells, cells))
    for width_km, height_m in ((60.0, 600.0), (20.0, 200.0), (6.0, 60.0)):
        layer = gaussian_filter(
            rng.normal(size=(cells, cells)), width_km / side * cells, mode="wrap"
        )
        noise += height_m * layer / layer.std()
    ground = np.maximum(noise - np.percentile(noise, 30), 0.0)
    at = np.clip((points / side * cells).astype(int), 0, cells - 1)
    return np.asarray(ground[at[:, 0], at[:, 1]])


def _finished(
    rng: np.random.Generator,
    points: NDArray[np.float64],
    ends: NDArray[np.int64],
    rank: NDArray[np.uint8],
    side: float,
) -> Country:
    """Open roads both ways but for some streets, keep what all can reach, number by place."""
    one_way = (rank == 0) & (rng.random(len(rank)) < ONE_WAYS)
    tail = np.concatenate([ends[:, 0], ends[~one_way, 1]])
    head = np.concatenate([ends[:, 1], ends[~one_way, 0]])
    rank = np.concatenate([rank, rank[~one_way]])
    _, part = connected_components(
        coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(len(points),) * 2),
        connection="strong",
    )
    inside = part == np.bincount(part).argmax()
    # Rows of cells of a kilometre, as importers leave nodes that are near each other.
    kept = np.nonzero(inside)[0]
    kept = kept[np.lexsort((points[kept, 0], points[kept, 1].astype(int)))]
    number = np.full(len(points), -1)
    number[kept] = np.arange(len(kept))
    use = inside[tail] & inside[head]
    tail, head, rank = number[tail[use]], number[head[use]], rank[use]
    order = np.lexsort((head, tail))
    tail, head, rank, points = tail[order], head[order], rank[order], points[kept]
    length_m = np.maximum(np.hypot(*(points[tail] - points[head]).T) * 1000 * WINDING[rank], 8.0)
    speed_m_s = SPEED_KMH[rank] / 3.6
    time_s = length_m / speed_m_s + DELAY_S[rank]
    height_m = _heights_m(rng, points, side)
    joule = 200.0 * length_m + 0.39 * speed_m_s**2 * length_m + 600.0 * time_s
    joule += 2000.0 * 9.81 * (height_m[head] - height_m[tail]) * 0.85
    return Country(
        first_out=np.searchsorted(tail, np.arange(len(points) + 1)).astype(np.int32),
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        length_m=length_m.astype(np.float32),
        weight_ms=np.rint(time_s * 1000).astype(np.int32),
        energy_kwh=(joule / 3.6e6).astype(np.float32),
        rank=rank,
        xy_km=points.astype(np.float32),
    )


def save_country(country: Country, path: Path) -> None:
    """Write a country's arrays."""
    np.savez(path, **vars(country))


def load_country(path: Path) -> Country:
    """Read a country's arrays."""
    with np.load(path) as arrays:
        return Country(**{name: arrays[name] for name in arrays.files})


def main() -> None:
    """Make a country and say what it is like."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("nodes", type=float)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    country = make_country(int(told.nodes), told.seed)
    save_country(country, told.out)
    print(f"{country.nodes} nodes, {len(country.head)} edges")


if __name__ == "__main__":
    main()
