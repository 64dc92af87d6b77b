"""Places, streets and stations of real regions: found, named, resolved, saved, checked."""

import multiprocessing
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import RegionDamaged, UnknownPlace
from planner.model.geo import LonLat, distance_m
from planner.model.station import Station
from planner.roads.chargers import ChargerNames
from planner.roads.gazetteer import Entry, order_of
from planner.roads.graph import RoadGraph
from planner.roads.osm_places import OsmNames
from planner.roads.place_index import entries_of
from planner.roads.places import Places
from planner.roads.region import build_region, open_region, verify_region
from planner.roads.spelling import edit_distance, fold
from planner.roads.vocabulary import Vocabulary

STREET = {"highway": "residential"}
Make = Callable[..., RoadGraph]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("regions")


@pytest.fixture(scope="module")
def porto(home: Path, shared: Path) -> Places:
    return Places.of(build_region(home, "porto", osm=shared / "roads" / "porto_portugal.osm.pbf"))


@pytest.fixture(scope="module")
def andorra(home: Path, shared: Path) -> Places:
    file = shared / "roads" / "andorra-valhalla-docker.osm.pbf"
    return Places.of(build_region(home, "andorra", osm=file))


@pytest.fixture(scope="module")
def china(home: Path, shared: Path) -> Places:
    return Places.of(build_region(home, "china", osm=shared / "roads" / "china-7-105-51.osm.pbf"))


@pytest.fixture(scope="module")
def city(home: Path, helsinki: Path) -> Places:
    return Places.of(build_region(home, "helsinki", osm=helsinki))


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ("Avenida da Boavista", "exact"),
        ("AVENIDA DA BOAVISTA", "exact"),
        ("avenida boavista", "words"),
        ("av boavista", "words"),
        ("boavista avenida", "words"),
        ("avenida boavista porto", "words"),
        ("Avenida da Boavista, Porto", "exact"),
        ("Boavsta", "typo"),
        ("Avnida da Boavita", "typo"),
    ],
)
def test_a_street_of_porto_is_found(porto: Places, said: str, match: str) -> None:
    found = porto.search(said)
    assert found[0].name == "Avenida da Boavista"
    assert found[0].kind == "street"
    assert found[0].match == match
    assert "Porto" in {place.within for place in found if place.name == found[0].name}
    assert distance_m(found[0].location, LonLat(-8.65, 41.16)) < 4_000


def test_a_town_comes_before_the_streets_that_are_named_after_it(porto: Places) -> None:
    for said in ("Porto", "Oporto", "Matosinhos"):
        assert porto.search(said)[0].kind in {"city", "town"}
    assert porto.resolve("Oporto").name == "Porto"


def test_a_street_is_resolved_with_its_town_and_refused_where_it_is_in_several(
    porto: Places,
) -> None:
    place = porto.resolve("avenida da boavista, porto")
    assert (place.title, place.kind) == ("Avenida da Boavista, Porto", "street")
    with pytest.raises(UnknownPlace, match=r"several places.*Avenida da Boavista, Porto"):
        porto.resolve("Avenida da Boavista")
    with pytest.raises(UnknownPlace, match=r"Did you mean .*Boavista"):
        porto.resolve("Boavsta")


def test_of_streets_of_one_name_the_nearer_comes_first(porto: Places) -> None:
    all_of_them = [place for place in porto.search("Rua da Igreja", 50) if place.match == "exact"]
    assert len(all_of_them) > 5
    for wanted in all_of_them[:3]:
        first = porto.search("Rua da Igreja", 3, near=wanted.location)[0]
        away = [distance_m(place.location, wanted.location) for place in (first, wanted)]
        assert away[0] <= away[1] + 1


def test_a_point_on_a_street_bears_its_name(porto: Places) -> None:
    graph = porto.graph
    assert graph is not None
    rng = np.random.default_rng(11)
    roads = [e for e in range(len(graph.head)) if graph.edge_road(e)[0] and graph.road_class[e]]
    same = 0
    for edge in rng.choice(roads, 100, replace=False):
        line = graph.geometry(int(edge))
        at = len(line) // 2
        on_it = LonLat(*((line[at - 1] + line[at]) / 2))
        told = porto.street_at(on_it, 0.2)
        assert told is not None, "what lies on the line is at most 0.2 m from it"
        same += fold(told.name) == fold(graph.edge_road(int(edge))[0])
    assert same >= 98, "two streets may run over the same line"
    assert porto.street_at(LonLat(-9.4, 41.1)) is None


def test_a_clicked_point_is_named_by_street_and_town_else_by_the_nearest_town(
    porto: Places, andorra: Places
) -> None:
    at = porto.at(LonLat(-8.6389, 41.1600))
    assert at is not None
    assert at.title.endswith(", Porto")
    in_the_mountains = andorra.at(LonLat(1.60, 42.62))
    assert in_the_mountains is not None
    assert in_the_mountains.kind != "street"


@pytest.mark.parametrize(
    ("said", "meant", "noted"),
    [
        ("Andorra la Vella", "Andorra la Vella", False),
        ("andorra la vella", "Andorra la Vella", False),
        ("Andora la Vella", "Andorra la Vella", True),
        ("Escaldes-Engordany", "les Escaldes", False),
        ("Sant Julia", "Sant Julià de Lòria", True),
        ("Pas de la Casa", "Pas de la Casa", False),
        ("Encamp", "Encamp", False),
    ],
)
def test_places_of_andorra_are_resolved_and_what_was_guessed_is_said(
    andorra: Places, said: str, meant: str, noted: bool
) -> None:
    found = andorra.find(said)
    assert found.place.name == meant
    assert found.place.country == "AD"
    assert bool(found.note) == noted
    if noted:
        assert said in found.note
        assert meant in found.note


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("阜阳市", "阜阳市"),
        ("阜阳", "阜阳市"),
        ("Fuyang", "阜阳市"),
        ("fuyang", "阜阳市"),
        ("亳州市", "亳州市"),
        ("Bozhou", "亳州市"),
        ("Bengbu", "蚌埠市"),
        ("蚌埠", "蚌埠市"),
    ],
)
def test_chinese_towns_are_found_by_characters_and_by_pinyin(
    china: Places, said: str, meant: str
) -> None:
    assert china.search(said)[0].name == meant
    assert china.resolve(said).name == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Mannerheimintie", "Mannerheimintie"),
        ("Mannerheimvägen", "Mannerheimintie"),
        ("mannerheimvagen", "Mannerheimintie"),
        ("Norra Esplanaden", "Pohjoisesplanadi"),
        ("Helsinki", "Helsinki"),
        ("Helsingfors", "Helsinki"),
    ],
)
def test_helsinki_is_known_in_finnish_and_in_swedish(city: Places, said: str, meant: str) -> None:
    assert city.search(said)[0].name == meant
    assert city.resolve(said).name == meant


def test_letters_one_off_are_forgiven_in_long_names_of_towns_only() -> None:
    def town(name: str, people: int, lon: float = 10.0, kind: str = "town") -> Entry:
        return Entry(
            name=name, kind=kind, country="DE", location=LonLat(lon, 50.0), weight=np.log10(people),
            population=people, settled=True,
        )  # fmt: skip

    known = Places.of_entries(
        [
            town("Ansbach", 40_000),
            town("Bamberg", 80_000),
            town("Hamberg", 900, 11.0, "village"),
            town("Hof", 45_000, 12.0),
            town("Amberg", 42_000, 13.0),
            town("Neustadt", 50_000, 8.0),
            town("Neustadt", 20_000, 12.0),
        ]
    )
    assert known.find("Ansbahc").note == "'Ansbahc' is taken for Ansbach (DE)"
    assert known.find("Ansbach").note == ""
    for text in ("Hoff", "Hamberk", "Damberg", "Ans", "Ansbach am Main", "Anspachh"):
        with pytest.raises(UnknownPlace):
            known.find(text)
    homonym = known.find("Neustadt")
    assert homonym.place.population == 50_000
    assert "name of both" in homonym.note


def test_the_index_is_opened_by_many_threads_and_processes_at_once(
    porto: Places, home: Path
) -> None:
    told: list[str] = []

    def ask() -> None:
        told.extend(porto.search(text)[0].name for text in ("Porto", "Boavsta", "Matosinhos"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(told)) == ["Avenida da Boavista", "Matosinhos", "Porto"]
    assert len(told) == 24
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(resolve_elsewhere, (home, "porto", "Oporto")) == "Porto"


def resolve_elsewhere(home: Path, region: str, text: str) -> str:
    return Places.of(open_region(home, region)).resolve(text).name


def test_the_index_is_only_read_and_lies_with_the_region(porto: Places, home: Path) -> None:
    file = home / "porto" / "places.sqlite"
    assert file.is_file()
    assert sorted(path.name for path in file.parent.iterdir() if "sqlite" in path.name) == [
        "places.sqlite"
    ]
    with (
        porto.source.borrow() as database,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        database.execute("DELETE FROM entry")


def test_places_are_written_in_their_order_though_each_is_made_when_it_is_due(
    andorra: Places, home: Path
) -> None:
    assert andorra.search("Carrer Major")
    graph = open_region(home, "andorra")
    entries = list(entries_of(graph, OsmNames(streets={})))
    assert {entry.kind for entry in entries} >= {"street", "town"}
    assert entries == sorted(entries, key=order_of)


def test_a_damaged_index_is_named(city: Places, home: Path, tmp_path: Path) -> None:
    verify_region(home, "helsinki")
    shutil.copytree(home / "helsinki", tmp_path / "broken")
    file = tmp_path / "broken" / "places.sqlite"
    raw = file.read_bytes()
    file.write_bytes(raw.replace(b"Mannerheimintie", b"Mannerheimintee"))
    with pytest.raises(RegionDamaged, match=r"places\.sqlite"):
        verify_region(tmp_path, "broken")
    file.write_bytes(b"no index" * 100)
    with pytest.raises(RegionDamaged, match=r"places\.sqlite.*Build the region again"):
        Places.of(open_region(tmp_path, "broken"))


def test_places_of_other_roads_are_not_used(osm_graph: Make, home: Path, tmp_path: Path) -> None:
    graph = osm_graph([((1, 2), STREET | {"name": "Gasse"}), ((2, 3), STREET)])
    graph.save(tmp_path / "one")
    opened = RoadGraph.open(tmp_path / "one")
    assert Places.of(opened).resolve("Gasse").kind == "street"
    assert (tmp_path / "one" / "places.sqlite").is_file(), "made once, and kept"
    other = osm_graph([((1, 2), STREET | {"name": "Weg"}), ((2, 3), STREET)])
    other.save(tmp_path / "two")
    shutil.copy(tmp_path / "one" / "places.sqlite", tmp_path / "two" / "places.sqlite")
    assert Places.of(RoadGraph.open(tmp_path / "two")).resolve("Weg").name == "Weg"


def station(key: str, name: str, city: str = "Utrecht", **more: object) -> Station:
    return Station(
        id=f"NL*ABC*{key}", feed="f", country_code="NL", party_id="ABC", location_id=key,
        location=LonLat(5.1, 52.1), evses=(), name=name, operator="Laadnet", city=city,
        country="NLD", **more,
    )  # fmt: skip


def test_stations_are_found_by_name_town_and_operator_and_follow_the_snapshot() -> None:
    names = ChargerNames()
    one, two = station("1", "Neude garage"), station("2", "Hoog Catharijne")
    hidden = station("3", "Secret depot", publish=False)
    first = names.at("a", (one, two, hidden))
    assert [hit.ref for hit in first.find("neude")] == ["NL*ABC*1"]
    assert [hit.ref for hit in first.find("laadnet hoog")] == ["NL*ABC*2"]
    assert [hit.ref for hit in first.find("catharine utrecht")] == []
    assert [hit.ref for hit in first.find("catharijn")] == ["NL*ABC*2"]
    assert [hit.ref for hit in first.find("Catharyne", within="Utrecht")] == ["NL*ABC*2"]
    assert first.find("secret") == []
    assert names.at("a", ()) is first, "the same snapshot is not read again"
    then = names.at("b", (station("1", "Neude garage west"), station("4", "Vredenburg")))
    assert len(names) == 2
    assert then.find("catharijne") == []
    assert [hit.name for hit in then.find("neude")] == ["Neude garage west"]
    assert [hit.ref for hit in then.find("vredenbrug")] == ["NL*ABC*4"]


def test_places_and_stations_are_searched_together(andorra: Places) -> None:
    names = ChargerNames()
    there = station("9", "Encamp funicular", "Encamp")
    both = andorra.beside(lambda: names.at("x", (there,)))
    found = both.search("encamp")
    assert found[0].kind != "charger"
    assert [place.station for place in found if place.kind == "charger"] == ["NL*ABC*9"]
    assert both.resolve("Encamp funicular").station == "NL*ABC*9"
    elsewhere = station("8", "Encamp funicular", "Canillo")
    several = andorra.beside(lambda: names.at("y", (there, elsewhere)))
    with pytest.raises(UnknownPlace, match="several places"):
        several.resolve("Encamp funicular")
    assert several.resolve("Encamp funicular, Canillo").station == "NL*ABC*8"
    assert {place.kind for place in andorra.search("encamp")}.isdisjoint({"charger"})


letters = st.text("abcä", min_size=1, max_size=7)


@settings(deadline=None)
@given(words=st.lists(letters, min_size=1, max_size=12, unique=True), text=letters)
def test_words_near_a_text_are_those_of_a_look_at_all(words: list[str], text: str) -> None:
    near = Vocabulary(words).near(text, 2, limit=99)
    whole = {one.word: one.typos for one in near if one.is_whole}
    assert whole == {word: off for word in words if (off := edit_distance(text, word, 2)) <= 2}
    begun = {one.word: one.typos for one in near if not one.is_whole}
    ends = {
        word: [edit_distance(text, word[:k], 2) for k in range(len(word) + 1)] for word in words
    }
    wanted = {word: min(off) for word, off in ends.items() if min(off) <= 2 and word not in whole}
    assert begun == (wanted if len(text) >= 5 else {})
