"""A tariff is understood as a whole or refused with the place that is not."""

import gzip
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from planner.errors import DataError
from planner.ocpi.tariffs import Usage, cost, describe, read_tariff
from tests.ocpi.pricing import ZONE, at, billed, make, session


def test_an_unknown_zone_and_a_negative_period_are_refused() -> None:
    tariff = make(([("ENERGY", 0.5)], {"start_time": "08:00", "end_time": "10:00"}))
    with pytest.raises(DataError, match="no time zone"):
        cost(tariff, session(zone="Mars/Olympus"))
    with pytest.raises(ValueError, match="-1"):
        cost(tariff, session(kwh=-1.0))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": None}, "/id"),
        ({"currency": "Euro"}, "/currency"),
        ({"elements": None}, "/elements"),
        ({"elements": []}, "/elements"),
        ({"elements": [{"price_components": []}]}, "/elements"),
        ({"elements": ["x"]}, "/elements/0"),
        ({"min_price": {"excl_vat": "cheap"}}, "/min_price/excl_vat"),
        ({"start_date_time": "soon"}, "/start_date_time"),
    ],
)
def test_a_tariff_that_cannot_be_understood_is_refused_with_its_place(
    change: dict[str, Any], place: str
) -> None:
    with pytest.raises(DataError) as caught:
        make(([("ENERGY", 0.5)], None), **change)
    assert caught.value.faults[0].place == place
    assert caught.value.faults[0].remedy


@pytest.mark.parametrize(
    ("component", "place"),
    [
        ({"type": "MILEAGE"}, "type"),
        ({"price": None}, "price"),
        ({"price": -0.1}, "price"),
        ({"price": True}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": 1e30}, "price"),
        ({"vat": 400}, "vat"),
        ({"step_size": -1}, "step_size"),
        ({"step_size": 1.5}, "step_size"),
    ],
)
def test_a_component_that_cannot_be_understood_is_refused(
    component: dict[str, Any], place: str
) -> None:
    raw = {"type": "ENERGY", "price": 0.5, "step_size": 1} | component
    with pytest.raises(DataError, match=f"/elements/0/price_components/0/{place}"):
        make(([("ENERGY", 0.5)], None), elements=[{"price_components": [raw]}])


@pytest.mark.parametrize(
    "restrictions",
    [
        {"start_time": "8 o'clock"},
        {"end_time": "25:00"},
        {"end_time": "24:30"},
        {"start_date": "tomorrow"},
        {"day_of_week": ["FUNDAY"]},
        {"day_of_week": 7},
        {"min_kwh": "some"},
        {"reservation": "MAYBE"},
        [{"min_kwh": 1}, {"max_kwh": 2}],
        "none",
    ],
)
def test_a_restriction_that_cannot_be_understood_is_refused(restrictions: Any) -> None:
    with pytest.raises(DataError, match="/elements/0/restrictions"):
        make(([("ENERGY", 0.5)], restrictions))


def test_nulls_lists_and_strings_are_borne() -> None:
    tariff = make(
        ([("ENERGY", "0.50", "1", "21")], [{"min_kwh": None, "day_of_week": "MONDAY"}]),
        ([("TIME", 1, None)], []),
        type=None,
        min_price=None,
        tariff_alt_text=[{"language": "nl", "text": "duur"}, {"language": "en", "text": "dear"}],
    )
    assert tariff.alt_text == "dear"
    assert billed(tariff, session(20)) == ("11", "13.1")


def test_every_dutch_tariff_is_read_or_refused_with_a_reason(shared: Path) -> None:
    read, refused = [], []
    with gzip.open(shared / "chargers" / "nl-ocpi-tariffs.ndjson.gz") as lines:
        for line in lines:
            try:
                read.append(read_tariff(json.loads(line)))
            except DataError as error:
                refused.append(error)
    assert (len(read), len(refused)) == (11_527, 0)
    usage = Usage(start=at("2026-06-07T12:13:00"), zone=ZONE, charging=((1500.0, 25.0, 60.0),))
    totals = [cost(tariff, usage) for tariff in read]
    assert all(0 <= total.net <= total.gross for total in totals)
    assert sum(not total.known for total in totals) < 100
    assert all(describe(tariff) for tariff in read)


def test_a_tariff_survives_being_sent_to_another_process() -> None:
    tariff = make(([("ENERGY", 0.5)], {"day_of_week": ["MONDAY"], "min_power": 3.5}))
    assert pickle.loads(pickle.dumps(tariff)) == tariff
