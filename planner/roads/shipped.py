"""The networks that Plugsure carries in ``data/``: read, and built into the regions' folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from planner.errors import DataMissing, RegionDamaged
from planner.roads.graph import RoadGraph
from planner.roads.networks import Network, build_network
from planner.roads.region import region_folder

SHIPPED: tuple[str, ...] = ("alps",)

PER_UNIT = 1000
"""Units of a shipped file in a degree and in a kilometre: as precise as its source."""


def data_folder() -> Path:
    """Return the folder of carried data: inside the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a shipped network says of itself."""

    as_of: str
    source: str
    attribution: str
    heights: str


def load_shipped(home_regions: Path, name: str = "alps") -> RoadGraph:
    """Open the shipped network of that name, built into the regions' folder if need be.

    It is built in memory and written only where the folder does not hold the very same; a region
    of that name that the user built from other files is left alone and opened.

    Raises
    ------
    DataMissing
        Nothing of that name is shipped.
    """
    network, facts = read_shipped(name)
    graph = build_network(
        network,
        name=name,
        as_of=facts.as_of,
        source=facts.source,
        attribution=facts.attribution,
        height_note=f"Heights: {facts.heights}.",
    )
    folder = region_folder(home_regions, name)
    try:
        there = RoadGraph.open(folder)
    except RegionDamaged:
        there = None
    if there is not None and there.source != facts.source:
        return there
    if there is None or (there.hash, there.notes) != (graph.hash, graph.notes):
        graph.save(folder)
    return RoadGraph.open(folder)


def read_shipped(name: str) -> tuple[Network, Facts]:
    """Read a shipped file; `DataMissing` where there is none of that name."""
    path = data_folder() / f"{name}.npz"
    if name not in SHIPPED or not path.is_file():
        raise DataMissing(
            f"no network {name!r} is shipped",
            place=str(path),
            remedy=f"Shipped are: {', '.join(SHIPPED)}",
        )
    with np.load(path) as archive:
        told: dict[str, Any] = json.loads(archive["facts"].tobytes())
        network = Network(
            lon=archive["lon_e3"] / PER_UNIT,
            lat=archive["lat_e3"] / PER_UNIT,
            ele_m=archive["ele_m"].astype(float),
            a=np.cumsum(archive["a_step"], dtype=np.int64),
            b=np.cumsum(archive["a_step"], dtype=np.int64) + archive["b_beyond_a"],
            km=archive["length_m"] / PER_UNIT,
        )
    return network, Facts(**told)


def pack_network(network: Network, facts: Facts) -> dict[str, Any]:
    """Turn a network of 0.001 degrees and kilometres into the small arrays of a shipped file."""
    low, high = np.minimum(network.a, network.b), np.maximum(network.a, network.b)
    order = np.lexsort((high, low))
    if network.ele_m is None:
        raise ValueError("a shipped network has heights")
    return {
        "facts": np.frombuffer(json.dumps(facts.__dict__, ensure_ascii=False).encode(), np.uint8),
        "lon_e3": np.rint(network.lon * PER_UNIT).astype(np.int32),
        "lat_e3": np.rint(network.lat * PER_UNIT).astype(np.int32),
        "ele_m": np.rint(network.ele_m).astype(np.int16),
        "a_step": np.diff(low[order], prepend=0).astype(np.int16),
        "b_beyond_a": (high - low)[order].astype(np.int32),
        "length_m": np.rint(network.km[order] * PER_UNIT).astype(np.int32),
    }
