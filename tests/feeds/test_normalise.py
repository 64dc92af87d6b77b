"""An OCPI Location becomes a station; what is wrong in it costs as little as can be."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.feeds.normalise import embedded_tariffs, normalise
from planner.model.geo import LonLat
from planner.model.station import Hours, RegularHours, Station, Status
from planner.ocpi.tariffs import read_tariff
from planner.store.updates import Repair


def location(**more: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "ABC",
        "id": "L1",
        "publish": True,
        "coordinates": {"latitude": "52.235540", "longitude": "4.758770"},
        "country": "NLD",
        "time_zone": "Europe/Amsterdam",
        "evses": [evse()],
        "last_updated": "2026-06-07T13:38:08Z",
        **more,
    }


def evse(uid: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "uid": uid,
        "evse_id": f"NL*ABC*E{uid}",
        "status": "AVAILABLE",
        "capabilities": ["RFID_READER"],
        "connectors": [connector()],
        "last_updated": "2026-06-07T12:00:00Z",
        **more,
    }


def connector(**more: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "max_voltage": 230,
        "max_amperage": 16,
        **more,
    }


def read(raw: Any, **more: Any) -> tuple[Station, dict[str, Any], list[Any]]:
    found = normalise(raw, feed="nl", **more)
    assert found.station is not None, found.faults
    return found.station, found.statuses, found.faults


def rejected(raw: Any, **more: Any) -> list[str]:
    found = normalise(raw, feed="nl", **more)
    assert found.station is None
    assert found.statuses == {}
    return [str(fault) for fault in found.faults]


def test_a_plain_location_is_read_whole():
    station, statuses, faults = read(
        location(
            name="Leeghwaterstraat",
            operator={"name": "Ubitricity"},
            address="Leeghwaterstraat 27",
            city="Kudelstaart",
            parking_type="ON_STREET",
            help_phone="+31",
            opening_times={"twentyfourseven": True},
            charging_when_closed=False,
            directions=[{"language": "nl", "text": "links"}, {"language": "en", "text": "left"}],
        )
    )
    assert faults == []
    assert station.id == "NL*ABC*L1"
    assert station.party == "NL*ABC"
    assert station.location == LonLat(4.75877, 52.23554)
    assert station.operator == "Ubitricity"
    assert station.directions == "left"
    assert station.hours == Hours(twentyfourseven=True)
    assert station.charging_when_closed is False
    assert statuses == {"1": (Status.AVAILABLE, 1780833600.0)}
    assert station.evses[0].connectors[0].power_kw == 11.04
    assert station.evses[0].capabilities == ("RFID_READER",)


def test_ocpi_2_1_1_says_its_party_only_by_its_sender():
    old = location(type="ON_STREET")
    for name in ("country_code", "party_id", "publish"):
        del old[name]
    old["evses"][0]["connectors"] = [
        {
            "id": "1",
            "standard": "IEC_62196_T2",
            "format": "CABLE",
            "power_type": "AC_3_PHASE",
            "voltage": 230,
            "amperage": 32,
            "tariff_id": "12",
        }
    ]
    station, _, faults = read(old, sender="DE*XYZ")
    assert faults == []
    assert station.party == "DE*XYZ"
    assert station.publish
    assert station.parking_type == "ON_STREET"
    assert station.evses[0].connectors[0].power_kw == 22.08
    assert station.evses[0].connectors[0].tariff_ids == ("12",)
    assert "no party" in rejected(old, place="a.json:3")[0]


@pytest.mark.parametrize(
    ("coordinates", "why"),
    [
        ({"latitude": "0", "longitude": "0.0"}, "0,0"),
        ({"latitude": "91", "longitude": "181"}, "not on the Earth"),
        ({"latitude": "", "longitude": "4"}, "no numbers"),
        ({"latitude": "NaN", "longitude": "4"}, "no numbers"),
        ([4.7, 52.2], "no coordinates"),
        (None, "no coordinates"),
    ],
)
def test_a_location_without_a_place_is_named_with_the_reason(coordinates, why):
    said = rejected(location(coordinates=coordinates))
    assert len(said) == 1
    assert said[0].startswith("NL*ABC*L1/coordinates: ")
    assert why in said[0]


@pytest.mark.parametrize(
    "coordinates",
    [
        {"latitude": 4.75877, "longitude": 52.23554},
        {"latitude": "4,758770", "longitude": "52,235540"},
    ],
)
def test_swapped_coordinates_are_put_right_where_the_country_says_so(coordinates):
    station, _, faults = read(location(coordinates=coordinates))
    assert station.location == LonLat(4.75877, 52.23554)
    assert isinstance(faults[0], Repair)
    assert "swapped" in faults[0].detail


def test_a_latitude_beyond_the_pole_is_a_longitude():
    raw = location(coordinates={"latitude": 120.5, "longitude": 31.2}, country="CHN")
    assert read(raw)[0].location == LonLat(120.5, 31.2)


@pytest.mark.parametrize("zone", [None, "", "Europe/Nowhere", "CET?", 5])
def test_a_missing_or_wrong_time_zone_is_that_of_the_point(zone):
    assert read(location(time_zone=zone))[0].time_zone == "Europe/Amsterdam"


def test_one_bad_evse_does_not_lose_the_others():
    evses = [
        evse("1"),
        "garbage",
        {"status": "AVAILABLE"},
        evse("2", connectors=[]),
        evse("3", connectors=[connector(standard=None), 7]),
        evse("4", connectors=[connector(standard=None), connector(id="2")]),
        evse("5", status="REMOVED"),
        evse("6", status="SLEEPING"),
    ]
    station, statuses, faults = read(location(evses=evses))
    assert [e.uid for e in station.evses] == ["1", "4", "6"]
    assert set(statuses) == {"1", "4", "6"}
    assert statuses["6"] == (Status.UNKNOWN, 1780833600.0)
    places = [fault.place for fault in faults]
    assert places == [
        "NL*ABC*L1/evses/1",
        "NL*ABC*L1/evses/2",
        "NL*ABC*L1/evses/2",
        "NL*ABC*L1/evses/3/connectors/1",
        "NL*ABC*L1/evses/3/connectors/1",
        "NL*ABC*L1/evses/3",
        "NL*ABC*L1/evses/4/connectors/1",
        "NL*ABC*L1/evses/6/status",
    ]


def test_of_two_evses_with_one_uid_the_newer_holds():
    newer = evse(evse_id="NL*ABC*ENEW", last_updated="2026-06-07T13:00:00Z")
    for evses in ([evse(), newer], [newer, evse()]):
        station, _, faults = read(location(evses=evses))
        assert [e.evse_id for e in station.evses] == ["NL*ABC*ENEW"]
        assert "same uid" in faults[0].detail


def test_a_location_whose_evses_are_all_removed_has_none_and_no_fault():
    station, statuses, faults = read(location(evses=[evse(status="REMOVED")]))
    assert station.evses == ()
    assert (statuses, faults) == ({}, [])


def test_unknown_words_of_ocpi_are_kept_as_they_are():
    raw = location(
        evses=[
            evse(
                capabilities=["TELEPATHY", "RFID_READER", "RFID_READER", None],
                parking_restrictions=["MOON_LIGHT"],
                connectors=[connector(standard="IEC_60309_2_THREE_16", power_type="AC_9_PHASE")],
            )
        ]
    )
    found = read(raw)[0].evses[0]
    assert found.capabilities == ("RFID_READER", "TELEPATHY")
    assert found.parking_restrictions == ("MOON_LIGHT",)
    assert found.connectors[0].standard == "IEC_60309_2_THREE_16"
    assert found.connectors[0].power_type == "AC_9_PHASE"


def test_one_object_where_a_list_should_stand_is_understood():
    station, _, faults = read(
        location(evses=evse(connectors=connector(), capabilities="RFID_READER"))
    )
    assert station.evses[0].capabilities == ("RFID_READER",)
    assert [type(fault) for fault in faults] == [Repair, Repair]
    station, _, faults = read(location(evses="none"))
    assert station.evses == ()
    assert "a list should stand here" in faults[0].detail


def test_an_impossible_power_is_told_with_what_is_counted_on_instead():
    raw = location(evses=[evse(connectors=[connector(max_electric_power=7_360_000)])])
    station, _, faults = read(raw)
    found = station.evses[0].connectors[0]
    assert found.power_given_w == 7_360_000
    assert found.power_kw <= 11.04
    assert "cannot be" in faults[0].detail


def test_hours_are_read_with_their_odds_and_ends():
    station, _, faults = read(
        location(
            opening_times={
                "twentyfourseven": False,
                "regular_hours": [
                    {"weekday": 1, "period_begin": "08:00", "period_end": "23:59"},
                    {"weekday": "2", "period_begin": "20:00:00", "period_end": "06:00"},
                    {"weekday": 9, "period_begin": "08:00", "period_end": "10:00"},
                    {"weekday": 3, "period_begin": "25:00", "period_end": "10:00"},
                ],
                "exceptional_closings": [
                    {
                        "period_begin": "2018-12-25T03:00:00Z",
                        "period_end": "2018-12-25T05:00:00+01:00",
                    }
                ],
            }
        )
    )
    assert station.hours == Hours(
        regular=(RegularHours(1, 480, 1440), RegularHours(2, 1200, 360)),
        exceptional_closings=((1545706800.0, 1545710400.0),),
    )
    assert len(faults) == 2


@pytest.mark.parametrize(
    "hours", [None, {}, {"twentyfourseven": False}, {"regular_hours": []}, "24/7", 7]
)
def test_hours_that_say_nothing_are_unknown_and_not_open(hours):
    assert read(location(opening_times=hours))[0].hours is None


def test_a_closing_that_cannot_be_read_makes_the_hours_unknown():
    closing = [{"period_begin": "Christmas", "period_end": "2018-12-25T05:00:00Z"}]
    hours = {"twentyfourseven": True, "exceptional_closings": closing}
    station, _, faults = read(location(opening_times=hours))
    assert station.hours is None
    assert len(faults) == 1


def test_a_day_that_ends_when_it_begins_is_not_taken_for_a_whole_day():
    noon = {"weekday": 1, "period_begin": "12:00", "period_end": "12:00"}
    whole = {"weekday": 2, "period_begin": "00:00", "period_end": "00:00"}
    station, _, faults = read(location(opening_times={"regular_hours": [noon, whole]}))
    assert station.hours == Hours(regular=(RegularHours(2, 0, 1440),))
    assert len(faults) == 1


def test_hours_beside_around_the_clock_are_what_is_promised():
    day = {"weekday": 1, "period_begin": "08:00", "period_end": "18:00"}
    station, _, faults = read(
        location(opening_times={"twentyfourseven": True, "regular_hours": [day]})
    )
    assert station.hours == Hours(regular=(RegularHours(1, 480, 1080),))
    assert [fault.place for fault in faults] == ["NL*ABC*L1/opening_times/twentyfourseven"]
    garbled = {"twentyfourseven": True, "regular_hours": [{**day, "period_end": "late"}]}
    assert read(location(opening_times=garbled))[0].hours is None


def test_a_day_cannot_begin_at_its_end():
    day = {"weekday": 1, "period_begin": "24:00", "period_end": "06:00"}
    assert read(location(opening_times={"regular_hours": [day]}))[0].hours is None


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_hours_by_a_clock_that_is_not_there_are_not_known(zone: str):
    day = {"weekday": 1, "period_begin": "08:00", "period_end": "18:00"}
    station, _, faults = read(location(time_zone=zone, opening_times={"regular_hours": [day]}))
    assert station.hours is None
    assert station.time_zone == "Europe/Amsterdam"
    assert [fault.place for fault in faults] == ["NL*ABC*L1/time_zone"]
    always, _, none = read(location(time_zone=zone, opening_times={"twentyfourseven": True}))
    assert always.hours == Hours(twentyfourseven=True)
    assert none == []


@pytest.mark.parametrize(
    ("zone", "lon", "lat"),
    [("Europe/Lisbon", "-7.0", "41.95"), ("Europe/Zurich", "8.6", "49.0"), ("CET", "4.7", "52.2")],
)
def test_a_neighbours_clock_and_another_name_of_the_same_are_believed(
    zone: str, lon: str, lat: str
):
    day = {"weekday": 1, "period_begin": "08:00", "period_end": "18:00"}
    place = {"latitude": lat, "longitude": lon}
    told = location(
        time_zone=zone, country="", coordinates=place, opening_times={"regular_hours": [day]}
    )
    station, _, faults = read(told)
    assert (station.time_zone, station.hours is not None, faults) == (zone, True, [])


def test_an_evse_that_was_removed_later_is_not_brought_back_by_its_older_copy():
    gone = evse(status="REMOVED", last_updated="2026-06-07T13:00:00Z", connectors=[])
    bare = evse(status="OUTOFORDER", last_updated="2026-06-07T13:00:00Z", connectors=[])
    for newer in (gone, bare):
        for order in ([evse(), newer], [newer, evse()]):
            station, statuses, _ = read(location(evses=[*order, evse("2")]))
            assert [post.uid for post in station.evses] == ["2"]
            assert list(statuses) == ["2"]


def test_seven_whole_days_are_always_open():
    week = [{"weekday": day, "period_begin": "00:00", "period_end": "24:00"} for day in range(1, 8)]
    assert read(location(opening_times={"regular_hours": week}))[0].hours == Hours(
        twentyfourseven=True
    )


def test_who_may_see_an_unpublished_location_is_kept():
    station, _, _ = read(
        location(
            publish="false",
            publish_allowed_to=[
                {"uid": "12345678905880", "type": "RFID"},
                {"visual_number": "055375624", "issuer": "NewMotion"},
                {"group_id": "12345678905880"},
                {"issuer": "NewMotion"},
                {"visual_number": "055375624"},
                {"type": "RFID"},
            ],
        )
    )
    assert not station.publish
    assert station.publish_allowed_to == (
        "uid:12345678905880|type:RFID",
        "visual_number:055375624|issuer:NewMotion",
        "group_id:12345678905880",
    )


def test_parking_places_of_2_3_0_say_who_may_stand_there():
    def parked(**place: Any) -> Station:
        return read(
            location(
                evses=[evse(parking=[{"parking_id": "p"}])],
                parking_places=[{"id": "p", "restricted_to_type": True, **place}],
            )
        )[0]

    car = parked(vehicle_types=["PERSONAL_VEHICLE"], max_vehicle_height=210)
    assert car.reserved_for == ""
    assert car.max_height_m == 2.1
    assert not car.accessible_only
    assert parked(vehicle_types=["DISABLED"]).accessible_only
    assert parked(vehicle_types=["MOTORCYCLE"]).two_wheelers_only
    assert "BUS" in parked(vehicle_types=["BUS"]).reserved_for
    assert (
        "reservation"
        in parked(vehicle_types=["PERSONAL_VEHICLE"], reservation_required=True).reserved_for
    )


def test_providers_are_those_that_every_evse_accepts():
    evses = [
        evse("1", accepted_service_providers=["A", "B"]),
        evse("2", accepted_service_providers=["B"]),
    ]
    assert read(location(evses=evses))[0].accepted_service_providers == ("B",)


@pytest.mark.parametrize("raw", [None, 7, "x", [], {}, {"id": "1"}])
def test_what_is_no_location_is_named_by_its_place(raw):
    said = rejected(raw, place="file.json:17")
    assert said[0].startswith("file.json:17")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9**9) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["evses", "connectors", "uid", "id", "coordinates", "latitude", "parking", "tariffs",
             "standard", "regular_hours", "weekday", "period_begin", "operator", "name"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


PARTS = [*location(), "opening_times", "parking_places", "publish_allowed_to", "directions"]


@given(st.dictionaries(st.sampled_from(PARTS), JSON), JSON, JSON)
@settings(max_examples=150, deadline=None)
def test_no_json_whatever_makes_it_fail(broken, bad_evse, bad_connector):
    raw = location(evses=[evse(), bad_evse, evse("9", connectors=[bad_connector, connector()])])
    found = normalise({**raw, **broken}, feed="nl", place="x")
    list(embedded_tariffs({**raw, **broken}))
    assert found.station is not None or found.faults
    if "evses" not in broken and found.station is not None:
        assert {"1", "9"} <= {e.uid for e in found.station.evses}
    for fault in found.faults:
        assert fault.place


def test_the_dutch_feed_is_read_without_losing_an_evse(shared: Path):
    import gzip  # noqa: PLC0415

    with gzip.open(shared / "chargers" / "nl-ocpi-locations.ndjson.gz") as lines:
        for line, _ in zip(lines, range(3000), strict=False):
            raw = json.loads(line)
            station, statuses, faults = read(raw)
            expected = [e["uid"] for e in raw["evses"] if e["status"] != "REMOVED"]
            assert [e.uid for e in station.evses] == expected == list(statuses)
            assert all(isinstance(fault, Repair) for fault in faults)


def test_a_city_with_wrong_types_and_tariffs_inside_evses_is_read(shared: Path):
    raw = json.loads((shared / "chargers" / "de-ludwigsburg-ocpi.json").read_text())
    known = set()
    for item in raw["items"]:
        station, _, faults = read(item)
        assert all(isinstance(fault, Repair) for fault in faults)
        assert station.accepted_service_providers == ("unzer",)
        named = {name for e in station.evses for c in e.connectors for name in c.tariff_ids}
        tariffs = {
            read_tariff(t, country_code="DE", party_id="SLB") for t in embedded_tariffs(item)
        }
        assert named == {tariff.id for tariff in tariffs} != set()
        known |= named
    assert len(raw["items"]) == 100
    assert len(known) > 1


@pytest.mark.parametrize("version", ["v2.2.1-d2", "v2.3.0-ed2", "v2.3.0-bookings"])
def test_the_examples_of_the_specification_are_read(shared: Path, version: str):
    folder = shared / "chargers" / "ocpi-spec-examples" / version
    examples = sorted(folder.glob("location_example*.json"))
    assert examples
    for path in examples:
        station, _, faults = read(json.loads(path.read_text()))
        assert station.evses, path
        assert [f for f in faults if not isinstance(f, Repair)] == []
        assert all(c.power_kw > 0 for e in station.evses for c in e.connectors)
