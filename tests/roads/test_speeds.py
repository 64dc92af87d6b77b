"""Speeds: every form that maxspeed takes, and what is counted where none is signed."""

import pytest

from planner.roads.speeds import (
    CLASS_SPEED_KMH,
    ROUNDABOUT_KMH,
    TOWN_SPEED_KMH,
    Speed,
    read_duration_s,
    read_maxspeed,
    speed_of,
)
from planner.roads.tags import read_way

READINGS = [
    ("50", 50.0, "sign"),
    ("50 km/h", 50.0, "sign"),
    ("30 mph", 48.28032, "sign"),
    ("30mph", 48.28032, "sign"),
    ("10 knots", 18.52, "sign"),
    ("walk", 7.0, "sign"),
    ("none", 130.0, "sign"),
    ("80;100", 80.0, "sign"),
    ("DE:urban", 50.0, "zone"),
    ("DE:rural", 100.0, "zone"),
    ("DE:motorway", 130.0, "zone"),
    ("FR:rural", 80.0, "zone"),
    ("GB:nsl_single", 96.56064, "zone"),
    ("UK:nsl_dual", 112.65408, "zone"),
    ("XX:urban", 50.0, "zone"),
    ("de:zone:30", 30.0, "zone"),
    ("DE:zone30", 30.0, "zone"),
    ("BE:30", 30.0, "zone"),
    ("GB:20", 32.18688, "zone"),
    ("AT:living_street", 10.0, "zone"),
    ("500", 140.0, "sign"),
]


@pytest.mark.parametrize(("text", "kmh", "source"), READINGS)
def test_a_maxspeed_is_read_in_all_its_forms(text: str, kmh: float, source: str) -> None:
    speed = read_maxspeed(text)
    assert speed is not None
    assert (round(speed.kmh, 5), speed.source) == (kmh, source)


@pytest.mark.parametrize(
    "text", ["", "signals", "variable", "fast", "DE:", "DE:nowhere", "0", "-5"]
)
def test_what_cannot_be_read_is_as_if_it_were_not_there(text: str) -> None:
    assert read_maxspeed(text) is None
    assert speed_of({"maxspeed": text}, "primary", "forward") == Speed(
        CLASS_SPEED_KMH["primary"], "class"
    )


def test_each_direction_has_its_own_limit() -> None:
    tags = {"maxspeed": "70", "maxspeed:forward": "50", "maxspeed:motorcar:backward": "60"}
    assert speed_of(tags, "primary", "forward").kmh == 50
    assert speed_of(tags, "primary", "backward").kmh == 60


def test_a_zone_tells_the_limit_where_no_sign_does() -> None:
    assert speed_of({"source:maxspeed": "DE:rural"}, "secondary", "forward") == Speed(100, "zone")
    assert speed_of({"source:maxspeed": "sign"}, "secondary", "forward").source == "class"


def test_a_bad_surface_slows_and_never_hastens() -> None:
    assert speed_of({"maxspeed": "100", "surface": "gravel"}, "tertiary", "forward").kmh == 40
    assert speed_of({"maxspeed": "20", "surface": "gravel"}, "tertiary", "forward").kmh == 20


def test_a_broken_surface_closes_small_roads_and_slows_big_ones() -> None:
    broken = {"smoothness": "horrible", "surface": "asphalt", "maxspeed": "70"}
    assert read_way({"highway": "unclassified", **broken}) is None
    way = read_way({"highway": "secondary", **broken})
    assert way is not None
    assert way.forward_kmh == 30
    assert read_way({"highway": "secondary", "smoothness": "impassable"}) is None


def test_roads_for_arriving_only_are_marked_and_driven_at_their_speed() -> None:
    way = read_way({"highway": "residential", "access": "destination", "maxspeed": "50"})
    assert way is not None
    assert (way.forward_kmh, way.arriving) == (50, True)


def test_nobody_goes_around_a_roundabout_at_the_roads_speed() -> None:
    tags = {"highway": "primary", "junction": "roundabout", "maxspeed": "70"}
    assert speed_of(tags, "primary", "forward").kmh == ROUNDABOUT_KMH
    assert speed_of({**tags, "maxspeed": "20"}, "primary", "forward").kmh == 20


def test_towns_are_slower_than_the_country_and_bigger_roads_faster() -> None:
    for highway, kmh in TOWN_SPEED_KMH.items():
        assert kmh <= CLASS_SPEED_KMH[highway], highway
        assert CLASS_SPEED_KMH.get(f"{highway}_link", 0) < CLASS_SPEED_KMH[highway]
    bigger = (
        "motorway",
        "trunk",
        "primary",
        "secondary",
        "tertiary",
        "unclassified",
        "residential",
    )
    for table in (CLASS_SPEED_KMH, {**CLASS_SPEED_KMH, **TOWN_SPEED_KMH}):
        speeds = [table[highway] for highway in bigger]
        assert speeds == sorted(speeds, reverse=True)


def test_every_class_that_is_driven_has_a_speed_between_walking_and_the_highest_limit() -> None:
    for highway, kmh in CLASS_SPEED_KMH.items():
        assert 5 <= kmh <= 140, highway


DURATIONS = [
    ("90", 5400.0),
    ("01:30", 5400.0),
    ("00:05:30", 330.0),
    ("PT1H30M", 5400.0),
    ("P1DT2H", 93600.0),
    ("", None),
    ("soon", None),
    ("0", None),
    ("PT", None),
]


@pytest.mark.parametrize(("text", "seconds"), DURATIONS)
def test_a_ferrys_duration_is_read(text: str, seconds: float | None) -> None:
    assert read_duration_s(text) == seconds
