"""A push changes what it names, moves the times above it, and never turns back the clock."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import DataError, NotFound
from planner.ocpi.patch import Target, patch, put

OLD, NEW = "2026-06-07T08:00:00Z", "2026-06-07T09:00:00Z"
PLACE = Target("L1")
EVSE = Target("L1", "3256")
PLUG = Target("L1", "3256", "1")


def held() -> dict[str, Any]:
    connector = {
        "id": "1",
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "tariff_ids": ["11", "12"],
        "last_updated": OLD,
    }
    evse = {"uid": "3256", "status": "AVAILABLE", "connectors": [connector], "last_updated": OLD}
    return {
        "id": "L1",
        "name": "Gent",
        "coordinates": {"latitude": "51.0", "longitude": "3.7"},
        "evses": [evse, {**evse, "uid": "3257"}],
        "last_updated": OLD,
    }


def test_a_status_changes_and_the_times_above_it_move() -> None:
    before = held()
    after = patch(before, EVSE, {"status": "CHARGING", "last_updated": NEW})
    assert after["evses"][0]["status"] == "CHARGING"
    assert (after["evses"][0]["last_updated"], after["last_updated"]) == (NEW, NEW)
    assert after["evses"][1] == before["evses"][1]
    assert before == held()


def test_a_connectors_list_is_replaced_and_not_merged() -> None:
    after = patch(held(), PLUG, {"tariff_ids": ["15"], "last_updated": NEW})
    connector = after["evses"][0]["connectors"][0]
    assert connector["tariff_ids"] == ["15"]
    assert after["evses"][0]["last_updated"] == after["last_updated"] == NEW
    assert connector["standard"] == "IEC_62196_T2"


def test_a_patch_never_removes() -> None:
    after = patch(held(), PLACE, {"name": None, "coordinates": None, "last_updated": NEW})
    assert after == {**held(), "last_updated": NEW}
    one = {"uid": "3257", "status": "BLOCKED", "last_updated": NEW}
    told = patch(held(), PLACE, {"evses": [one, {**one, "uid": "9"}], "last_updated": NEW})
    assert [(e["uid"], e["status"]) for e in told["evses"]] == [
        ("3256", "AVAILABLE"),
        ("3257", "BLOCKED"),
        ("9", "BLOCKED"),
    ]
    assert told["evses"][1]["connectors"] == held()["evses"][1]["connectors"]
    older = {"uid": "3257", "status": "CHARGING", "last_updated": OLD}
    again = patch(told, PLACE, {"evses": [older], "last_updated": NEW})
    assert again["evses"][1]["status"] == "BLOCKED"


@pytest.mark.parametrize("target", [PLACE, EVSE, PLUG])
def test_older_news_changes_nothing(target: Target) -> None:
    stale = {"name": "x", "status": "x", "last_updated": "2026-06-07T07:59:59Z"}
    assert patch(held(), target, stale) == held()


def test_a_whole_evse_is_set_or_added() -> None:
    new = {"uid": "3258", "status": "AVAILABLE", "connectors": [], "last_updated": NEW}
    after = put(held(), Target("L1", "3258"), new)
    assert [evse["uid"] for evse in after["evses"]] == ["3256", "3257", "3258"]
    again = put(after, Target("L1", "3258"), {**new, "status": "REMOVED"})
    assert again["evses"][2]["status"] == "REMOVED"
    assert again["last_updated"] == NEW
    stale = {**new, "status": "BLOCKED", "last_updated": OLD}
    assert put(again, Target("L1", "3258"), stale) == again


def test_a_whole_location_is_set_only_if_it_is_not_older() -> None:
    new = {**held(), "name": "New", "last_updated": NEW}
    assert put(None, PLACE, new) == new
    assert put(held(), PLACE, new)["name"] == "New"
    assert put(new, PLACE, held())["name"] == "New"


@pytest.mark.parametrize(
    ("target", "body", "says"),
    [
        (EVSE, [], "an object is needed"),
        (EVSE, {"status": "CHARGING"}, "lacks last_updated"),
        (EVSE, {"status": "CHARGING", "last_updated": "now"}, "last_updated"),
        (EVSE, {"uid": "other", "last_updated": NEW}, "the body names 'other'"),
    ],
)
def test_a_patch_that_cannot_be_meant_is_refused(target: Target, body: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        patch(held(), target, body)


def test_a_whole_object_that_lacks_what_must_be_is_refused() -> None:
    with pytest.raises(DataError, match="it lacks format, power_type, standard"):
        put(held(), PLUG, {"id": "1", "last_updated": NEW})


@pytest.mark.parametrize(
    "target", [Target("L1", "9"), Target("L1", "3256", "9"), Target("L1", "9", "1")]
)
def test_a_patch_of_what_is_not_known_asks_for_it(target: Target) -> None:
    with pytest.raises(NotFound, match=r"is not known.*PUT the"):
        patch(held(), target, {"last_updated": NEW})
    with pytest.raises(NotFound, match="PUT the Location"):
        patch(None, target, {"last_updated": NEW})


def test_ids_are_the_same_in_either_case() -> None:
    after = patch(held(), Target("l1", "3256"), {"status": "BLOCKED", "last_updated": NEW})
    assert after["evses"][0]["status"] == "BLOCKED"


@pytest.mark.parametrize(
    ("example", "target"),
    [
        ("location_patch_example_location", Target("LOC1")),
        ("location_patch_example_status", Target("LOC1", "3256")),
        ("location_patch_example_remove_evse", Target("LOC1", "3256")),
        ("location_patch_example_tariff", Target("LOC1", "3256", "1")),
        ("location_put_example_add_evse", Target("LOC1", "3256")),
    ],
)
def test_the_examples_of_the_specification_are_applied(
    example: str, target: Target, shared: Path
) -> None:
    folder = shared / "chargers" / "ocpi-spec-examples" / "v2.2.1-d2"
    location = json.loads((folder / "location_example.json").read_bytes())
    body = json.loads((folder / f"{example}.json").read_bytes())
    change = put if "put" in example else patch
    body.setdefault("last_updated", "2027-01-01T00:00:00Z")
    after = change(location, target, body)
    assert after["last_updated"] >= location["last_updated"]
    if target.depth < 2 and "put" not in example:
        changed = after["evses"][0] if target.depth else after
        assert all(changed[name] == value for name, value in body.items())


@given(
    st.dictionaries(st.text(max_size=4), st.none() | st.integers() | st.lists(st.integers())),
    st.sampled_from([PLACE, EVSE, PLUG]),
)
def test_the_same_patch_twice_is_the_same_as_once(body: dict[str, Any], target: Target) -> None:
    body["last_updated"] = NEW
    try:
        once = patch(held(), target, body)
    except DataError:
        return
    assert patch(once, target, body) == once
