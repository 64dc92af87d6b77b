"""Regions on disk: what was saved is opened, what is damaged is named, nothing is half there."""

import json
import multiprocessing
import pickle
import shutil
from collections.abc import Callable
from errno import ENOSPC
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planner.errors import DataError, DataMissing, InputError, RegionDamaged
from planner.roads import seals
from planner.roads.graph import PARTS, RoadGraph
from planner.roads.networks import build_network, read_network
from planner.roads.parts import (
    part_hash,
    read_manifest,
    read_part,
    verify_part,
    whole_hash,
    write_parts,
)
from planner.roads.region import build_region, list_regions, open_region
from planner.roads.seals import mark_files, set_seal
from planner.roads.shipped import load_shipped, read_shipped

STREET = {"highway": "residential", "name": "Straße"}
Make = Callable[..., RoadGraph]


@pytest.fixture
def graph(osm_graph: Make) -> RoadGraph:
    return osm_graph([((1, 102, 3), STREET), ((3, 4), STREET | {"oneway": "yes"})])


def test_a_saved_region_opens_as_it_was_and_read_only(graph: RoadGraph, tmp_path: Path) -> None:
    graph.save(tmp_path / "one")
    opened = RoadGraph.open(tmp_path / "one")
    opened.verify_parts()
    for name, array in graph.arrays().items():
        there = opened.arrays()[name]
        assert np.array_equal(array, there)
        assert array.dtype == there.dtype
        assert type(there) is np.ndarray
        assert not there.flags.writeable
        assert not array.flags.writeable
    for key in ("name", "hash", "as_of", "notes", "attribution", "max_snap_m", "has_elevation"):
        assert getattr(opened, key) == getattr(graph, key)
    assert opened.edge_name(0) == "Straße"


def test_the_same_roads_have_the_same_hash_and_others_another(osm_graph: Make) -> None:
    one = osm_graph([((1, 2), STREET)])
    assert one.hash == osm_graph([((1, 2), STREET)]).hash
    assert one.hash != osm_graph([((1, 2), STREET | {"maxspeed": "20"})]).hash


def test_a_region_goes_to_another_process_by_its_folder(graph: RoadGraph, tmp_path: Path) -> None:
    graph.save(tmp_path / "one")
    sent = pickle.dumps(RoadGraph.open(tmp_path / "one"))
    assert len(sent) < 500
    assert pickle.loads(sent).hash == graph.hash
    assert pickle.loads(pickle.dumps(graph)).hash == graph.hash


@pytest.mark.parametrize("part", [*PARTS, "manifest"])
def test_a_missing_part_is_named(graph: RoadGraph, tmp_path: Path, part: str) -> None:
    graph.save(tmp_path / "one")
    suffix = "json" if part == "manifest" else "npy"
    (tmp_path / "one" / f"{part}.{suffix}").unlink()
    with pytest.raises(RegionDamaged, match=rf"{part}\.{suffix}.*Build the region again"):
        RoadGraph.open(tmp_path / "one")


def test_a_part_cut_short_is_named_at_once(graph: RoadGraph, tmp_path: Path) -> None:
    graph.save(tmp_path / "one")
    part = tmp_path / "one" / "head.npy"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(RegionDamaged, match=r"head\.npy"):
        RoadGraph.open(tmp_path / "one")


def _spoil(part: Path) -> None:
    raw = bytearray(part.read_bytes())
    raw[-1] ^= 1
    part.write_bytes(raw)


def test_a_changed_part_is_named_before_any_value_is_used(graph: RoadGraph, tmp_path: Path) -> None:
    graph.save(tmp_path / "one")
    _spoil(tmp_path / "one" / "head.npy")
    with pytest.raises(RegionDamaged, match=r"head\.npy"):
        RoadGraph.open(tmp_path / "one")


def test_what_the_disk_changed_unseen_is_found_when_asked(graph: RoadGraph, tmp_path: Path) -> None:
    folder = tmp_path / "one"
    graph.save(folder)
    _spoil(folder / "length_m.npy")
    manifest = read_manifest(folder)
    set_seal(folder, manifest, mark_files(folder, manifest))
    opened = RoadGraph.open(folder)
    with pytest.raises(RegionDamaged, match=r"length_m\.npy"):
        opened.verify_parts()


def test_values_are_read_once_after_a_copy_and_not_again(
    graph: RoadGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.save(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    read: list[str] = []
    verify = seals.verify_part

    def noted(folder: Path, name: str, *rest: Any) -> None:
        read.append(name)
        verify(folder, name, *rest)

    monkeypatch.setattr(seals, "verify_part", noted)
    RoadGraph.open(tmp_path / "one")
    assert read == []
    RoadGraph.open(tmp_path / "two")
    assert sorted(read) == sorted(PARTS)
    RoadGraph.open(tmp_path / "two")
    assert sorted(read) == sorted(PARTS)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 99, "parts": {}}'])
def test_a_broken_manifest_is_named(graph: RoadGraph, tmp_path: Path, text: str) -> None:
    graph.save(tmp_path / "one")
    (tmp_path / "one" / "manifest.json").write_text(text)
    with pytest.raises(RegionDamaged, match=r"manifest\.json"):
        RoadGraph.open(tmp_path / "one")


def test_a_part_swapped_with_its_hash_is_still_found(graph: RoadGraph, tmp_path: Path) -> None:
    graph.save(tmp_path / "one")
    path = tmp_path / "one" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["parts"]["head"]["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest))
    with pytest.raises(RegionDamaged, match="does not match"):
        RoadGraph.open(tmp_path / "one")


def test_a_build_that_fails_leaves_what_was_there(
    tmp_path: Path, write_osm: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_osm(tmp_path / "a.osm", [((1, 2), STREET)])
    regions = tmp_path / "regions"
    before = build_region(regions, "one", osm=file).hash
    other = write_osm(tmp_path / "b.osm", [((1, 2, 3), STREET)])

    def fail(*_args: object, **_more: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("planner.roads.parts.np.save", fail)
    with pytest.raises(DataError, match=r"No space left.*the disk is not full"):
        build_region(regions, "one", osm=other)
    assert open_region(regions, "one").hash == before
    assert [path.name for path in regions.iterdir() if path.is_dir()] == ["one"]


def test_a_region_is_replaced_as_a_whole(tmp_path: Path, write_osm: Callable[..., Path]) -> None:
    regions = tmp_path / "regions"
    one = build_region(regions, "one", osm=write_osm(tmp_path / "a.osm", [((1, 2), STREET)]))
    two = build_region(regions, "one", osm=write_osm(tmp_path / "a.osm", [((1, 2, 3), STREET)]))
    assert one.hash != two.hash
    assert open_region(regions, "one").hash == two.hash
    assert [path.name for path in regions.iterdir() if path.is_dir()] == ["one"]


def _write_often(folder: Path, number: int) -> None:
    for turn in range(40):
        parts = {"a": np.full(100, 1000 * number + turn)}
        write_parts(folder, parts, {"hash": whole_hash({"a": part_hash(parts["a"])})})


def test_two_processes_may_write_one_region_at_once(tmp_path: Path) -> None:
    fresh = multiprocessing.get_context("spawn")
    writers = [fresh.Process(target=_write_often, args=(tmp_path / "one", n)) for n in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    manifest = read_manifest(tmp_path / "one")
    verify_part(tmp_path / "one", "a", read_part(tmp_path / "one", "a", manifest), manifest)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["one"]


def test_what_a_killed_build_left_is_removed_and_what_it_set_aside_returns(
    graph: RoadGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.save(tmp_path / "one")
    graph.save(tmp_path / "one.more")
    (tmp_path / ".one.abcd_123").mkdir()
    (tmp_path / ".one.more.abcd_123").mkdir()
    (tmp_path / ".one.efgh5678").mkdir()
    (tmp_path / "one").rename(tmp_path / ".one.efgh5678" / "old")

    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("planner.roads.parts.np.save", fail)
    with pytest.raises(RuntimeError):
        graph.save(tmp_path / "one")
    assert RoadGraph.open(tmp_path / "one").hash == graph.hash
    here = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert here == [".one.more.abcd_123", "one", "one.more"]


def test_regions_are_listed_with_size_date_and_hash_the_damaged_too(
    tmp_path: Path, write_osm: Callable[..., Path]
) -> None:
    regions = tmp_path / "regions"
    assert list_regions(regions) == []
    file = write_osm(tmp_path / "a.osm", [((1, 2), STREET)])
    built = build_region(regions, "one", osm=file)
    build_region(regions, "two", osm=file)
    (regions / "two" / "manifest.json").write_text("x")
    one, two = list_regions(regions)
    assert (one.name, one.hash, one.nodes, one.edges) == ("one", built.hash, 2, 2)
    assert one.size_bytes > 1000
    assert one.built_at > 0
    assert one.damage == ""
    assert "manifest.json" in two.damage


def test_progress_is_told_from_0_to_1(tmp_path: Path, write_osm: Callable[..., Path]) -> None:
    told: list[tuple[str, float]] = []
    file = write_osm(tmp_path / "a.osm", [((1, 2), STREET)])
    build_region(
        tmp_path, "one", osm=file, progress=lambda stage, share: told.append((stage, share))
    )
    assert all(0 <= share <= 1 for _stage, share in told)
    assert told[-1] == ("saving", 1.0)


def test_a_region_that_is_not_there_is_said_with_those_that_are(
    tmp_path: Path, write_osm: Callable[..., Path]
) -> None:
    build_region(tmp_path, "one", osm=write_osm(tmp_path / "a.osm", [((1, 2), STREET)]))
    with pytest.raises(DataMissing, match="There are: one"):
        open_region(tmp_path, "two")


@pytest.mark.parametrize("name", ["", "../x", "A B", ".hidden", "a" * 65])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="region"):
        open_region(tmp_path, name)


def test_a_region_needs_one_source(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="either"):
        build_region(tmp_path, "one")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.7, 0.99, 0.9999])
def test_a_pbf_cut_short_is_named_with_what_to_do(
    helsinki: Path, tmp_path: Path, share: float
) -> None:
    raw = helsinki.read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(DataError, match=r"cut\.osm\.pbf.*download it again"):
        build_region(tmp_path, "one", osm=cut)
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("x.osm.pbf", b"not a pbf" * 500),
        ("x.osm", b"<osm version='0.6'><way"),
        ("x.osm.gz", b"no gzip"),
        ("x.osm.bz2", b"BZh no bzip"),
        ("x.osm", b"<osm version='0.6'></osm>"),
        ("x.txt", b""),
    ],
)
def test_garbage_is_refused_with_the_files_name(tmp_path: Path, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(DataError, match=name):
        build_region(tmp_path, "one", osm=tmp_path / name)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"none\.osm\.pbf"):
        build_region(tmp_path, "one", osm=tmp_path / "none.osm.pbf")


def test_the_alps_are_shipped_and_built_once(tmp_path: Path) -> None:
    first = load_shipped(tmp_path, "alps")
    assert (len(first.lon), len(first.head)) == (21_482, 58_474)
    assert first.has_elevation
    assert first.component_ok.all()
    assert "OpenStreetMap" in first.attribution
    written = (tmp_path / "alps" / "manifest.json").stat().st_mtime_ns
    assert load_shipped(tmp_path, "alps").hash == first.hash
    assert (tmp_path / "alps" / "manifest.json").stat().st_mtime_ns == written
    (tmp_path / "alps" / "head.npy").unlink()
    assert load_shipped(tmp_path, "alps").hash == first.hash


def test_a_region_of_the_users_own_is_not_overwritten_by_the_shipped_one(
    tmp_path: Path, write_osm: Callable[..., Path]
) -> None:
    file = write_osm(tmp_path / "a.osm", [((1, 2), STREET)])
    own = build_region(tmp_path / "regions", "alps", osm=file)
    assert load_shipped(tmp_path / "regions", "alps").hash == own.hash


def test_what_is_not_shipped_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="Shipped are: alps"):
        load_shipped(tmp_path, "atlantis")


def test_the_shipped_alps_are_the_shared_ones(shared: Path) -> None:
    roads = shared / "roads"
    theirs = read_network(roads / "alps-nodes.csv.gz", roads / "alps-edges.csv.gz")
    ours, _facts = read_shipped("alps")
    graphs = [build_network(net, name="x", as_of="", source="") for net in (ours, theirs)]
    assert graphs[0].hash == graphs[1].hash
