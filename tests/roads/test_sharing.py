"""A region on disk: opened at once, its memory shared by all processes."""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from planner.errors import RegionDamaged
from planner.faces.cli import main
from planner.roads.draft import Draft, assemble
from planner.roads.graph import PARTS, RoadGraph
from planner.roads.parts import part_hash, read_manifest, whole_hash, write_parts
from planner.roads.region import build_region, verify_region

NODES = 400_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up grid of 400,000 nodes and 1.6 M edges, without shapes."""
    side = int(NODES**0.5)
    number = np.arange(side * side).reshape(side, side)
    ends = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
    a = np.concatenate([one.ravel() for one, _other in ends])
    b = np.concatenate([other.ravel() for _one, other in ends])
    tail, head = np.concatenate((a, b)).astype(np.int32), np.concatenate((b, a)).astype(np.int32)
    edges = len(tail)
    lat, lon = (
        axis.ravel() / 1000.0 for axis in np.mgrid[45_000 : 45_000 + side, 5_000 : 5_000 + side]
    )
    flat = np.zeros(edges, np.float32)
    draft = Draft(
        lon=lon,
        lat=lat,
        ele_m=np.zeros(len(lon), np.float32),
        tail=tail,
        head=head,
        length_m=np.full(edges, 100.0),
        speed_kmh=np.full(edges, 50.0),
        duration_s=np.full(edges, 7.2),
        climb_m=flat,
        descent_m=flat,
        flags=np.zeros(edges, np.uint8),
        road_class=np.zeros(edges, np.uint8),
        speed_from=np.zeros(edges, np.uint8),
    )
    folder = tmp_path_factory.mktemp("large") / "grid"
    assemble(
        draft, name="grid", as_of="", attribution="", notes=(), source="made up",
        max_snap_m=1000.0, has_elevation=False,
    ).save(folder)  # fmt: skip
    return folder


def test_a_large_region_is_opened_in_an_instant(large: Path) -> None:
    RoadGraph.open(large)
    taken = []
    for _run in range(9):
        began = time.process_time()
        RoadGraph.open(large)
        taken.append(time.process_time() - began)
    assert sorted(taken)[4] < 0.05


READER = """
import sys
from pathlib import Path
from planner.roads.graph import RoadGraph
graph = RoadGraph.open(Path(sys.argv[1]))
total = sum(float(array.sum()) for array in graph.arrays().values() if array.size)
shown = {"Rss": 0, "Pss": 0, "Anonymous": 0}
inside = False
for line in open("/proc/self/smaps"):
    first = line.split(maxsplit=1)[0]
    if "-" in first and not first.endswith(":"):
        inside = sys.argv[1] in line
    elif inside and first[:-1] in shown:
        shown[first[:-1]] += int(line.split()[1])
print(*shown.values(), flush=True)
sys.stdin.readline()
inside = False
pss = 0
for line in open("/proc/self/smaps"):
    first = line.split(maxsplit=1)[0]
    if "-" in first and not first.endswith(":"):
        inside = sys.argv[1] in line
    elif inside and first == "Pss:":
        pss += int(line.split()[1])
print(pss, flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="needs Linux's /proc")
def test_processes_share_one_copy_of_a_region(large: Path) -> None:
    size_kb = sum(path.stat().st_size for path in large.glob("*.npy")) / 1024
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(large)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ,
        )
        for _reader in range(2)
    ]  # fmt: skip
    try:
        seen = []
        for reader in readers:
            assert reader.stdout is not None
            seen.append([int(word) for word in reader.stdout.readline().split()])
        shares = []
        for reader in readers:
            assert reader.stdin is not None
            assert reader.stdout is not None
            reader.stdin.write("\n")
            reader.stdin.flush()
            shares.append(int(reader.stdout.readline()))
    finally:
        for reader in readers:
            reader.communicate("\n", timeout=30)
    for resident, _pss, copied in seen:
        assert resident > 0.9 * size_kb
        assert copied == 0, "nothing of a region is a process's own"
    assert sum(shares) < 1.1 * size_kb, "two processes hold it once between them"


def test_the_manifest_tells_source_date_tool_counts_and_hashes(
    tmp_path: Path, write_osm: Callable[..., Path]
) -> None:
    file = write_osm(tmp_path / "a.osm", [((1, 102, 3), {"highway": "primary", "name": "Weg"})])
    graph = build_region(tmp_path, "one", osm=file)
    manifest = read_manifest(tmp_path / "one")
    assert manifest["source"] == "a.osm"
    assert manifest["as_of"] == "2024-05-06"
    assert manifest["tool"].startswith("plugsure ")
    assert manifest["counts"] == graph.counts()
    assert set(manifest["parts"]) == set(PARTS)
    for told in manifest["parts"].values():
        assert len(told["sha256"]) == 64


def test_the_date_of_a_pbf_is_that_of_its_header(
    tmp_path: Path, write_osm: Callable[..., Path]
) -> None:
    import osmium  # noqa: PLC0415

    plain = write_osm(tmp_path / "a.osm", [((1, 2), {"highway": "primary"})])
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2025-02-03T04:05:06Z")
    with osmium.SimpleWriter(str(tmp_path / "a.osm.pbf"), header=header) as writer:
        for thing in osmium.FileProcessor(str(plain)):
            writer.add(thing)
    assert build_region(tmp_path, "one", osm=tmp_path / "a.osm.pbf").as_of == "2025-02-03"
    assert build_region(tmp_path, "two", osm=plain).as_of == "2024-05-06"


def test_the_date_of_a_network_is_the_one_that_gzip_noted_or_none(tmp_path: Path) -> None:
    nodes, edges = b"id,lat,lon\n1,50,10\n2,50,10.1\n", tmp_path / "edges.csv"
    edges.write_text("a,b,km\n1,2,8\n")
    for packed, said in ((1_712_000_000, "2024-04-01"), (0, "")):
        (tmp_path / "nodes.csv.gz").write_bytes(gzip.compress(nodes, mtime=packed))
        files = tmp_path / "nodes.csv.gz", edges
        assert build_region(tmp_path, "net", network=files).as_of == said


def test_what_is_prepared_for_a_region_is_verified_with_it(
    tmp_path: Path, write_osm: Callable[..., Path]
) -> None:
    file = write_osm(tmp_path / "a.osm", [((1, 102, 3), {"highway": "primary"})])
    build_region(tmp_path, "one", osm=file)
    parts = {"rank": np.arange(9, dtype=np.int32)}
    facts = {"hash": whole_hash({"rank": part_hash(parts["rank"])})}
    write_parts(tmp_path / "one" / "legs" / "hierarchy", parts, facts)
    verify_region(tmp_path, "one")
    path = tmp_path / "one" / "legs" / "hierarchy" / "rank.npy"
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 64]))
    with pytest.raises(RegionDamaged, match=r"hierarchy/rank\.npy"):
        verify_region(tmp_path, "one")


def test_the_command_verifies_every_part_and_names_a_bad_one(
    tmp_path: Path, write_osm: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGSURE_HOME", str(tmp_path))
    file = write_osm(tmp_path / "a.osm", [((1, 102, 3), {"highway": "primary"})])
    build_region(tmp_path / "regions", "one", osm=file)

    def info(*options: str) -> tuple[int, str]:
        told = CliRunner().invoke(main, ["region", "info", "one", *options])
        return told.exit_code, told.output

    assert info("--verify")[0] == 0
    part = tmp_path / "regions" / "one" / "duration_s.npy"
    whole = part.read_bytes()
    part.write_bytes(whole[:-1] + bytes([whole[-1] ^ 64]))
    code, said = info("--verify")
    assert code == 3
    assert "duration_s.npy" in said
    assert info()[0] == 0, "values are read only when asked"
    part.write_bytes(whole[:-4])
    code, said = info("--verify")
    assert (code, "duration_s.npy" in said) == (3, True)
    part.unlink()
    code, said = info("--verify", "--json")
    assert (code, "duration_s.npy" in said) == (3, True)
    assert json.loads((tmp_path / "regions" / "one" / "manifest.json").read_text())["parts"]
