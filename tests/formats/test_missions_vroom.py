"""VROOM's fixed routes become missions, and spreadsheets of other habits are read."""

import codecs
import json
from typing import Any

import pytest

from planner.errors import DataError
from planner.formats.missions import MissionRow, read_mission_bytes

PROBLEM: dict[str, Any] = {
    "vehicles": [
        {
            "id": 7,
            "model": "car-1",
            "soc": 0.9,
            "wallet": "w",
            "start": [11.5, 48.1],
            "end": [11.0, 46.0],
            "time_window": [1795417200, 1795460400],
            "capacity": [4],
            "steps": [
                {"type": "start"},
                {"type": "job", "id": 2},
                {"type": "break", "id": 1, "service": 900},
                {"type": "pickup", "id": 5},
                {"type": "end"},
            ],
        },
        {"id": 8, "model": "car-1", "soc": 0.9, "wallet": "w", "start": [11.5, 48.1]},
    ],
    "jobs": [
        {"id": 1, "location": [11.1, 47.0]},
        {
            "id": 2,
            "location": [11.2, 47.1],
            "service": 300,
            "setup": 60,
            "description": "Kunde",
            "time_windows": [[1795420800, 1795424400]],
        },
    ],
    "shipments": [{"pickup": {"id": 5, "location": [11.3, 47.2]}, "delivery": {"id": 6}}],
}


def vroom(document: Any) -> tuple[tuple[MissionRow, ...], tuple[str, ...]]:
    read = read_mission_bytes(json.dumps(document).encode(), "json", "v.json")
    return read.rows, read.warnings


def test_a_vehicle_with_steps_is_a_mission_in_that_order_with_its_stays_and_windows() -> None:
    (row, other), warnings = vroom(PROBLEM)
    assert row.faults == ()
    assert row.body == {
        "mission_id": "7",
        "departure": "2026-11-23T07:00:00+00:00",
        "vehicle": {"id": "car-1", "soc": 0.9},
        "wallet": "w",
        "stops": [
            {"location": [11.5, 48.1]},
            {
                "location": [11.2, 47.1],
                "name": "Kunde",
                "service_s": 1260.0,
                "arrive_after": "2026-11-23T08:00:00+00:00",
                "arrive_before": "2026-11-23T09:00:00+00:00",
            },
            {"location": [11.3, 47.2]},
            {"location": [11.0, 46.0], "arrive_before": "2026-11-23T19:00:00+00:00"},
        ],
    }
    assert [fault.place for fault in other.faults] == ["v.json#/vehicles/1/steps"]
    assert warnings == (
        "v.json: delivery 6 is on no vehicle's way",
        "v.json: job 1 is on no vehicle's way",
    )


def test_vrooms_answer_gives_the_order_and_leaves_out_unused_vehicles() -> None:
    steps = [
        {"type": "start", "location": [11.5, 48.1]},
        {"type": "job", "id": 1, "location": [11.1, 47.0]},
        {"type": "end"},
    ]
    answered = {**PROBLEM, "routes": [{"vehicle": 8, "steps": steps}], "code": 0}
    (row,), _ = vroom(answered)
    assert row.mission_id == "8"
    assert [stop["location"] for stop in row.body["stops"]] == [[11.5, 48.1], [11.1, 47.0]]


@pytest.mark.parametrize(
    ("arrival", "departs"), [(1795417200, "2026-11-23T07:00:00+00:00"), (0, None)]
)
def test_vrooms_answer_says_when_a_vehicle_starts_and_what_it_left_out(
    arrival: int, departs: str | None
) -> None:
    start = {"type": "start", "location": [11.5, 48.1], "arrival": arrival}
    job = {"type": "job", "id": 2, "location": [11.2, 47.1], "arrival": arrival + 900}
    car = {"id": 7, "model": "car-1", "soc": 0.9, "wallet": "w", "start": [11.5, 48.1]}
    answer = {
        "vehicles": [car],
        "routes": [{"vehicle": 7, "steps": [start, job]}],
        "unassigned": [{"id": 9, "type": "job", "location": [11.0, 47.0]}],
    }
    read = read_mission_bytes(json.dumps(answer).encode(), "json", "answer.json")
    assert read.rows[0].body.get("departure") == departs
    assert read.warnings == ("answer.json: job 9 is on no vehicle's way",)


def test_what_a_route_lacks_is_told_of_its_vehicle_only() -> None:
    broken = json.loads(json.dumps(PROBLEM))
    broken["vehicles"][0]["steps"][1]["id"] = 99
    broken["vehicles"][0]["time_window"] = [0, 3600]
    (row, _), _ = vroom(broken)
    assert [fault.place for fault in row.faults] == [
        "v.json#/vehicles/0/steps/1",
        "v.json#/vehicles/0/time_window",
        "v.json#/vehicles/0/time_window",
    ]
    with pytest.raises(DataError, match="list of objects"):
        vroom({**PROBLEM, "jobs": 3})


def test_tables_with_decimal_commas_parted_places_and_other_words_are_read() -> None:
    text = (
        "Mission;VON;to_lon;To Lat;Fahrzeug;Battery;Wallet;PRIO\n"
        "a;11,576 48,137;11,4;47,25;c;80 %;w;3\n"
        'b;"11,576; 48,137";11,4;47,25;c;0,8;w;\n'
        "c;11.576,48.137;11,4;;c;0,8;w;\n"
    )
    for data in (text.encode("utf-8-sig"), codecs.BOM_UTF16_LE + text.encode("utf-16-le")):
        rows = read_mission_bytes(data, "csv", "m.csv").rows
        for row in rows:
            assert row.faults == ()
            assert row.body["stops"][0]["location"] == [11.576, 48.137]
            assert row.body["vehicle"] == {"id": "c", "soc": 0.8}
        assert rows[0].body["stops"][1]["location"] == [11.4, 47.25]
        assert rows[0].body["priority"] == 3
        assert rows[2].body["stops"][1] == {}, "half a place is none, and is told when it is read"


def test_a_driver_may_stand_for_a_vehicle() -> None:
    (row,) = read_mission_bytes(b"driver,from,to,soc\nann,A,B,0.5\n", "csv", "m.csv").rows
    assert (row.faults, row.body["driver"]) == ((), "ann")
