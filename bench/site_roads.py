"""Roads for the measure of many sites: made-up countries as the prototype's generator writes them.

A country's junctions, roads, speeds and heights come from an .npz file (``gen_synth.py`` beside the
shared data); the region is assembled, hashed, indexed and saved as any other. Three things are
done to it on the way. Heights of streets carry 4 m of noise from junction to junction, which makes
steps of a street 8 m long; they are smoothed along the roads. Motorways are stated as trunk roads:
the generator puts sites on their junctions and has no roads to service areas, and on a motorway
nobody may stop. Sites stand where it puts them, the most wanted first.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from planner.roads.classes import CLASS_INDEX, SPEED_SOURCES
from planner.roads.draft import Draft, assemble
from planner.roads.graph import RoadGraph
from planner.roads.osm_graph import MAX_SNAP_M
from planner.roads.osm_places import OsmNames
from planner.roads.place_index import save_places

GENERATOR = Path(__file__).resolve().parents[2] / "shared" / "prototype" / "gen_synth.py"

CLASSES = ("residential", "unclassified", "secondary", "primary", "trunk")
"""Of the generator's five kinds of roads, streets first."""

ROUNDS = 4
"""Rounds in which each junction takes the mean of its own height and that of its neighbours."""


@dataclass(frozen=True)
class Made:
    """What the generator is asked for: junctions, width and height in km, seed."""

    nodes: float
    extent_km: float
    seed: int = 2
    flat: bool = False


MADE = {
    "1m": Made(1e6, 600.0),
    "4m": Made(4e6, 1200.0),
    "1m-flat": Made(1e6, 600.0, flat=True),
    "4m-flat": Made(4e6, 1200.0, flat=True),
}
"""Those that the prototype was measured on, and the same without heights."""


def make_country(name: str, npz: Path) -> None:
    """Let the generator write a country, if that is not done."""
    if npz.exists():
        return
    npz.parent.mkdir(parents=True, exist_ok=True)
    asked, part = MADE[name], npz.with_name(f"part-{npz.name}")
    figures = (str(asked.nodes), str(asked.extent_km), str(asked.seed))
    subprocess.run([sys.executable, str(GENERATOR), str(part), *figures], check=True, stdout=2)
    part.rename(npz)


def build_country(name: str, npz: Path, folder: Path) -> RoadGraph:
    """Build and save the region of a country."""
    graph = _assembled(name, npz)
    graph.save(folder, lambda fresh: save_places(graph, fresh, OsmNames(streets={})))
    return RoadGraph.open(folder)


def site_nodes(npz: Path, count: int) -> NDArray[np.int32]:
    """Return the nodes of the first sites of a country."""
    with np.load(npz) as told:
        nodes: NDArray[np.int32] = told["sites"][:count]
    return nodes


def _assembled(name: str, npz: Path) -> RoadGraph:
    with np.load(npz) as told:
        made = {key: told[key] for key in told.files}
    tail, head, kind = made["tail"], made["head"], made["cls"]
    flat = MADE[name].flat
    ele_m = _smoothed(np.zeros_like(made["elev"]) if flat else made["elev"], tail, head)
    rise_m = ele_m[head] - ele_m[tail]
    classes = np.array([CLASS_INDEX[word] for word in CLASSES], np.uint8)
    draft = Draft(
        lon=made["lon"].astype(float),
        lat=made["lat"].astype(float),
        ele_m=ele_m,
        tail=tail,
        head=head,
        length_m=made["len_m"].astype(float),
        speed_kmh=made["spd"].astype(float),
        duration_s=made["t_ms"] / 1000.0,
        climb_m=np.maximum(rise_m, 0.0),
        descent_m=np.maximum(-rise_m, 0.0),
        flags=np.zeros(len(tail), np.uint8),
        road_class=classes[kind],
        speed_from=np.full(len(tail), SPEED_SOURCES.index("class"), np.uint8),
    )
    return assemble(
        draft,
        name=name,
        as_of="",
        attribution="",
        notes=("This country is made up.",),
        source=GENERATOR.name,
        max_snap_m=MAX_SNAP_M,
        has_elevation=not flat,
    )


def _smoothed(
    ele_m: NDArray[np.float32], tail: NDArray[np.int32], head: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Average heights with those of neighbours, so that they stay one for each junction."""
    count = len(ele_m)
    links = csr_array((np.ones(len(tail)), (tail, head)), shape=(count, count))
    links = csr_array(diags_array(1.0 / np.maximum(links.sum(axis=1), 1.0)) @ links)
    smooth = ele_m.astype(float)
    for _ in range(ROUNDS):
        smooth = (smooth + links @ smooth) / 2.0
    return np.asarray(smooth, np.float32)
