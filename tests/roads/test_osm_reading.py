"""Reading maps: every format alike, every tag that matters, nothing that does not."""

import gzip
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import osmium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import DataError
from planner.roads import passes
from planner.roads.conditions import conditions_of
from planner.roads.graph import RoadGraph
from planner.roads.opl import node_lines, read_blocks, read_relation, read_tags, way_lines
from planner.roads.osm import OsmRoads, read_osm
from planner.roads.osm_graph import build_from_osm
from planner.roads.tags import matters, read_node, read_way

STREET = {"highway": "residential", "name": "Straße, 1 = %"}
WAYS = [((1, 2, 3), STREET), ((3, 4), STREET | {"oneway": "yes"}), ((2, 103), STREET)]
TURN = ((("w", 1, "from"), ("n", 3, "via"), ("w", 2, "to")), {"type": "restriction",
        "restriction": "no_straight_on"})  # fmt: skip
Write = Callable[..., Path]


def read(path: Path) -> OsmRoads:
    return read_osm(path, lambda _stage, _share: None)


def build(path: Path) -> RoadGraph:
    return build_from_osm(
        read(path), name="x", source="", heights=None, progress=lambda _stage, _share: None
    )


@pytest.mark.parametrize("suffix", [".osm.pbf", ".osm.gz", ".osm.bz2", ".osm"])
def test_all_formats_give_the_same_roads(tmp_path: Path, write_osm: Write, suffix: str) -> None:
    plain = write_osm(tmp_path / "plain.osm", WAYS, relations=[TURN])
    other = tmp_path / f"other{suffix}"
    with osmium.SimpleWriter(str(other)) as writer:
        osmium.apply(str(plain), writer)
    assert build(other).hash == build(plain).hash
    assert build(plain).edge_name(0) == "Straße, 1 = %"
    assert len(build(plain).lon) > len(np.unique(build(plain).leaves_from))


def test_ways_may_stand_before_their_nodes(tmp_path: Path, write_osm: Write) -> None:
    plain = write_osm(tmp_path / "plain.osm", WAYS)
    lines = plain.read_text().splitlines()
    nodes = [line for line in lines if "<node" in line]
    rest = [line for line in lines if "<node" not in line]
    turned = tmp_path / "turned.osm"
    turned.write_text("\n".join([*rest[:-1], *nodes, rest[-1]]))
    assert build(turned).hash == build(plain).hash


def test_a_large_file_is_read_by_the_ids_of_its_roads_nodes(
    tmp_path: Path, write_osm: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_osm(tmp_path / "a.osm", WAYS, nodes={2: {"barrier": "bollard"}})
    before = build(path).hash
    monkeypatch.setattr(passes, "_CHOSEN_FROM_BYTES", 0)
    assert build(path).hash == before


def test_ids_below_0_are_refused_with_what_to_do(tmp_path: Path, write_osm: Write) -> None:
    text = write_osm(tmp_path / "a.osm", WAYS).read_text().replace('"1"', '"-1"')
    (tmp_path / "b.osm").write_text(text.replace('version="-1"', 'version="1"'))
    with pytest.raises(DataError, match="osmium renumber"):
        read(tmp_path / "b.osm")


def test_a_history_is_refused_with_what_to_do(tmp_path: Path, write_osm: Write) -> None:
    text = write_osm(tmp_path / "a.osm", WAYS).read_text()
    former = text[text.index("<way") : text.index("</way>") + len("</way>")]
    (tmp_path / "a.osm").write_text(text.replace("<way", f"{former}\n<way", 1))
    with pytest.raises(DataError, match="osmium time-filter"):
        read(tmp_path / "a.osm")


def test_a_node_off_the_globe_is_as_one_that_is_missing(tmp_path: Path, write_osm: Write) -> None:
    astray = write_osm(tmp_path / "a.osm", WAYS, places={4: (10.0, 95.0)})
    without = write_osm(tmp_path / "b.osm", WAYS, leave_out=[4])
    assert build(astray).hash == build(without).hash


@pytest.mark.parametrize("lon", ["500", "nan", "east"])
def test_coordinates_that_are_none_are_told_plainly(
    tmp_path: Path, write_osm: Write, lon: str
) -> None:
    text = write_osm(tmp_path / "a.osm", WAYS).read_text()
    (tmp_path / "a.osm").write_text(text.replace('lon="10.0020000"', f'lon="{lon}"'))
    with pytest.raises(DataError, match=f"wrong format for coordinate: '{lon}'"):
        read(tmp_path / "a.osm")


def test_what_was_deleted_is_left_out(tmp_path: Path, write_osm: Write) -> None:
    text = write_osm(tmp_path / "a.osm", WAYS).read_text()
    text = text.replace('<way id="2"', '<way id="2" visible="false"')
    (tmp_path / "a.osm").write_text(text)
    assert read(tmp_path / "a.osm").way_id.tolist() == [1, 3]


def test_a_gzip_that_ends_early_is_refused(tmp_path: Path, write_osm: Write) -> None:
    raw = gzip.compress(write_osm(tmp_path / "a.osm", WAYS).read_bytes())
    (tmp_path / "a.osm.gz").write_bytes(raw[:-20])
    with pytest.raises(DataError, match="download it again"):
        read(tmp_path / "a.osm.gz")


keys = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1, max_size=8)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 2**40),
            st.integers(-1_800_000_000, 1_800_000_000),
            st.integers(-900_000_000, 900_000_000),
            st.dictionaries(keys, keys, max_size=3),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda node: node[0],
    )
)
def test_what_osmium_writes_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, nodes: list[tuple[int, int, int, dict[str, str]]]
) -> None:
    path = tmp_path_factory.mktemp("opl") / "a.opl"
    ids = [node for node, *_ in nodes]
    with osmium.SimpleWriter(str(path)) as writer:
        for node, lon, lat, tags in nodes:
            place = osmium.osm.Location(lon / 1e7, lat / 1e7)
            writer.add_node(osmium.osm.mutable.Node(id=node, location=place, tags=tags))
        writer.add_way(osmium.osm.mutable.Way(id=7, nodes=ids, tags={"k": "v"}))
        member = ("w", 7, "a @,b")
        writer.add_relation(osmium.osm.mutable.Relation(id=9, members=[member], tags=nodes[0][3]))
    (text,) = read_blocks(path)
    first = text.index(b"\nw") + 1
    told = node_lines(text[:first])
    assert told.node.tolist() == ids
    assert told.lon_e7.tolist() == [lon for _node, lon, _lat, _tags in nodes]
    assert told.lat_e7.tolist() == [lat for _node, _lon, lat, _tags in nodes]
    for (begin, end), (*_, tags) in zip(told.tags.tolist(), nodes, strict=True):
        assert read_tags(told.text[begin:end]) == tags
    ways = way_lines(text[first:])
    assert (ways.way.tolist(), ways.ref.tolist(), ways.count.tolist()) == ([7], ids, [len(ids)])
    relation, tags, (one,) = read_relation(ways.relation[0])
    assert (relation, tags) == (9, nodes[0][3])
    assert (one.kind, one.ref, one.role) == member


class Watched(Mapping[str, str]):
    """Tags that note which keys are asked for."""

    def __init__(self, tags: dict[str, str]) -> None:
        self.tags, self.asked = tags, set[str]()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return self.tags[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tags)

    def __len__(self) -> int:
        return len(self.tags)


@pytest.mark.parametrize(
    "tags",
    [
        STREET,
        STREET | {"oneway": "reversible"},
        {"highway": "motorway", "junction": "roundabout", "toll": "no"},
        {"highway": "track", "motor_vehicle": "destination", "surface": "mud", "bridge": "yes"},
        {"highway": "service", "service": "driveway", "maxspeed": "nothing"},
        {"route": "ferry", "motorcar": "yes", "duration": "5"},
        {"barrier": "gate"},
        {"highway": "traffic_signals"},
        {"highway": "stop", "direction": "forward"},
    ],
    ids=str,
)
def test_every_key_that_is_asked_for_is_kept_when_tags_are_read(tags: dict[str, str]) -> None:
    watched = Watched(tags)
    read_way(watched)
    read_node(watched)
    conditions_of(watched)
    assert len(watched.asked) > 3
    assert {key for key in watched.asked if not matters(key)} == set()
    assert not matters("source")
    assert not matters("note")
