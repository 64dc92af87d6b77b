"""Files of missions as people write them; what is wrong is told with row and column."""

import datetime as dt
import io
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import DataError, InputError, PlugsureError
from planner.formats.missions import MissionRow, place_in_row, read_mission_bytes, read_missions
from planner.formats.tables import COLUMNS, header_line, result_cells, result_line

HEAD = "mission_id,vehicle,wallet,from,to,soc"


def rows_of(text: str) -> tuple[MissionRow, ...]:
    return read_mission_bytes(text.encode(), "csv", "m.csv").rows


def test_a_row_becomes_the_body_of_a_plan_request() -> None:
    text = (
        "mission_id,vehicle,driver,tokens,payment_card,from,to,via,departure,soc,arrival_soc,"
        "reserve_soc,payload_kg,temperature_c,service_s,arrive_before,priority,min_grade,fallbacks\n"
        'M1,car-1,ann,04A1/DE-ABC-C12345678-X 77/NL*XYZ/APP_USER,yes,"11.5,48.1",Milano,'
        '"Innsbruck; 11.3,46.5",2026-11-23T08:00:00+01:00,0.8,0.2,0.1,150,-5,600,'
        "2026-11-23T18:00:00+01:00,3,contracted,2\n"
    )
    (row,) = rows_of(text)
    assert row.faults == ()
    assert row.body == {
        "mission_id": "M1",
        "driver": "ann",
        "priority": 3,
        "departure": "2026-11-23T08:00:00+01:00",
        "arrival_soc": 0.2,
        "reserve_soc": 0.1,
        "stops": [
            {"location": [11.5, 48.1], "name": "11.5,48.1"},
            {"place": "Innsbruck", "service_s": 600.0},
            {"location": [11.3, 46.5], "name": "11.3,46.5", "service_s": 600.0},
            {
                "place": "Milano",
                "service_s": 600.0,
                "arrive_before": "2026-11-23T18:00:00+01:00",
            },
        ],
        "vehicle": {"id": "car-1", "soc": 0.8, "payload_kg": 150.0},
        "wallet": {
            "tokens": [
                {"uid": "04A1", "contract_id": "DE-ABC-C12345678-X"},
                {"uid": "77", "provider": "NL*XYZ", "type": "APP_USER"},
            ],
            "payment_card": True,
        },
        "conditions": {"temperature_c": -5.0},
        "guarantee": {"min_grade": "contracted", "fallbacks": 2},
    }


def test_headers_may_be_written_in_other_ways_and_orders() -> None:
    text = "\ufeffSOC;Destination; Origin ;Vehicle ID;Wallet;Mission-ID;Notes\n80 %;B;A;c;w;x;hi\n"
    read = read_mission_bytes(text.encode(), "csv", "m.csv")
    (row,) = read.rows
    assert row.mission_id == "x"
    assert row.body["vehicle"] == {"id": "c", "soc": 0.8}
    assert [stop["place"] for stop in row.body["stops"]] == ["A", "B"]
    assert read.warnings == ("m.csv: column 'Notes' is not known and was ignored",)


def test_each_bad_cell_is_told_with_row_and_column_and_the_others_stay() -> None:
    rows = rows_of(f"{HEAD}\na,c,w,A,B,much\nb,c,w,A,B,0.5\n\nc,c,w,A,B,0.5\n")
    assert [row.mission_id for row in rows] == ["a", "b", "c"]
    assert [fault.place for fault in rows[0].faults] == ["m.csv:2:soc"]
    assert rows[1].faults == rows[2].faults == ()
    assert rows[2].place == "m.csv:5"


def test_a_row_that_is_torn_or_of_other_bytes_costs_no_other_row() -> None:
    lines = [
        HEAD.replace("soc", "Battery"),
        "a,c,w,A,B,0.5",
        'b,"c"c,w,A,B,0.5',
        "c,c,w,7,45,8,46,0.5",
        "d,c,w,M\xfcnchen,B,0.5",
        "e,c,w,A,B,0.5,,",
        'f,"c,w,A,B,0.5',
        "g,c,w,A,B,x",
        "h,c,w,A,B,0.5",
    ]
    rows = read_mission_bytes("\n".join(lines).encode("latin-1"), "csv", "m.csv").rows
    assert [row.place for row in rows] == [f"m.csv:{line}" for line in range(2, 10)]
    assert [row.mission_id for row in rows if not row.faults] == ["a", "e", "h"]
    told = [str(fault) for row in rows for fault in row.faults]
    assert [said.partition(": ")[0] for said in told] == [
        *("m.csv:3", "m.csv:4", "m.csv:5", "m.csv:7", "m.csv:8:Battery")
    ]
    assert "8 cells" in told[1]
    assert "UTF-8" in told[2]


def test_a_fault_in_a_rows_body_is_told_under_the_heading_as_it_stands_in_the_file() -> None:
    text = "Car;Abfahrt;Von;Nach;Via;Battery;Tokens\nc;x;A;B;V;2;04A1\n"
    (row,) = rows_of(text)
    pointers = {
        "/vehicle/id": "Car",
        "/vehicle/soc": "Battery",
        "/departure": "Abfahrt",
        "/stops/0/place": "Von",
        "/stops/1/place": "Via",
        "/stops/2/location": "Nach",
        "/stops/2/service_s": "service_s",
        "/wallet/tokens/0/uid": "Tokens",
        "/guarantee/min_grade": "min_grade",
    }
    told = {pointer: place_in_row(row, pointer) for pointer in pointers}
    assert told == {pointer: f"m.csv:2:{column}" for pointer, column in pointers.items()}
    (bare,) = read_mission_bytes(b'{"mission_id": 7}', "ndjson", "m").rows
    assert (bare.mission_id, place_in_row(bare, "/stops")) == ("7", "m:1#/stops")


def test_rows_without_an_id_get_one_and_ids_that_come_twice_are_told() -> None:
    rows = rows_of(f"{HEAD}\n,c,w,A,B,0.5\nx,c,w,A,B,0.5\nx,c,w,A,B,0.5\n")
    assert [row.mission_id for row in rows] == ["row-1", "x", "x"]
    assert [bool(row.faults) for row in rows] == [False, False, True]


def test_a_stay_and_a_window_can_be_given_for_each_place() -> None:
    text = (
        f"{HEAD},via,service_s,arrive_before\n"
        "a,c,w,A,B,0.5,V,60;120,;2026-11-23T18:00:00Z\nb,c,w,A,B,0.5,V,1;2;3,\n"
    )
    good, bad = rows_of(text)
    assert [stop.get("service_s") for stop in good.body["stops"]] == [None, 60.0, 120.0]
    assert [stop.get("arrive_before") for stop in good.body["stops"]] == [
        None,
        None,
        "2026-11-23T18:00:00Z",
    ]
    assert bad.faults[0].place == "m.csv:3:service_s"


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_a_workbook_is_read_like_csv(tmp_path: Path) -> None:
    path = tmp_path / "m.xlsx"
    path.write_bytes(workbook(HEAD.split(","), ["a", "c", "w", "11.5,48.1", "B", 0.5]))
    (row,) = read_missions(path).rows
    assert row.body["stops"][0]["location"] == [11.5, 48.1]
    assert row.body["vehicle"] == {"id": "c", "soc": 0.5}


EIGHT = dt.datetime(2026, 11, 23, 8, 0)  # noqa: DTZ001 -- as a spreadsheet has it


@pytest.mark.parametrize(
    "cell", [EIGHT, "2026-11-23 08:00", "23.11.2026 8:00", "2026-11-23T08:00:00"]
)
@pytest.mark.parametrize(
    ("start", "zone", "offset"),
    [
        ("11.5,48.1", "", "+01:00"),
        ("-8.6,41.1", "", "+00:00"),
        ("11.5,48.1", "Europe/Lisbon", "+00:00"),
        ("Porto", "Europe/Paris", "+01:00"),
    ],
)
def test_a_time_without_an_offset_is_read_on_the_clock_that_is_said_or_of_the_start(
    cell: object, start: str, zone: str, offset: str
) -> None:
    data = workbook([*HEAD.split(","), "departure"], ["a", "c", "w", start, "B", 0.5, cell])
    read = read_mission_bytes(data, "xlsx", "m.xlsx", zone=zone)
    assert read.rows[0].body["departure"] == f"2026-11-23T08:00:00{offset}"
    (told,) = read.warnings
    assert read.rows[0].clock in told


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("2026-10-25 02:30", r"twice.*02:30:00\+02:00 or 2026-10-25T02:30:00\+01:00"),
        ("29.03.2026 02:30", r"never.*02:30:00\+01:00 or 2026-03-29T02:30:00\+02:00"),
    ],
)
def test_an_hour_that_comes_twice_or_never_is_a_fault_with_both_readings(
    cell: str, says: str
) -> None:
    text = f'{HEAD},departure\na,c,w,"11.5,48.1",B,0.5,{cell}\nb,c,w,"11.5,48.1",B,0.5,\n'
    torn, good = read_mission_bytes(text.encode(), "csv", "m.csv").rows
    assert re.search(says, torn.faults[0].detail)
    assert torn.faults[0].place == "m.csv:2:departure"
    assert good.faults == ()


def test_a_time_is_refused_where_nobody_says_its_clock() -> None:
    data = workbook([*HEAD.split(","), "departure"], ["a", "c", "w", "A", "B", 0.5, EIGHT])
    (row,) = read_mission_bytes(data, "xlsx", "m.xlsx").rows
    assert "--timezone" in row.faults[0].detail
    with pytest.raises(InputError, match="no time zone"):
        read_mission_bytes(data, "xlsx", "m.xlsx", zone="Paris")


def test_json_and_ndjson_hold_plan_requests() -> None:
    requests = [{"mission_id": "a", "stops": []}, {"stops": []}]
    as_list = read_mission_bytes(json.dumps(requests).encode(), "json", "m").rows
    assert [row.mission_id for row in as_list] == ["a", "row-2"]
    lines = b'{"mission_id": "a"}\n\n{broken\n[1]\n'
    as_lines = read_mission_bytes(lines, "ndjson", "m").rows
    assert [bool(row.faults) for row in as_lines] == [False, True, True]
    assert as_lines[1].faults[0].place == "m:3"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "csv"),
        (b"a,b\n", "csv"),
        (b"from,to,vehicle,soc,soc\n", "csv"),
        (f'"{HEAD}'.encode(), "csv"),
        (HEAD.replace("m", "\xfc").encode("latin-1"), "csv"),
        (b"\xff\xfe\x00", "csv"),
        (b"PK\x03\x04broken", "xlsx"),
        (b"", "xlsx"),
        (b"{", "json"),
        (b'{"a": 1}', "json"),
        (b"NaN", "json"),
    ],
)
def test_what_is_no_file_of_missions_is_an_error_with_its_name(data: bytes, kind: str) -> None:
    with pytest.raises(DataError) as error:
        read_mission_bytes(data, kind, "the-file")
    assert "the-file" in error.value.faults[0].place


def test_unknown_kinds_of_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="csv"):
        read_missions(tmp_path / "missions.pdf")
    with pytest.raises(DataError, match="cannot be read"):
        read_missions(tmp_path / "missing.csv")


@given(data=st.binary(max_size=200), kind=st.sampled_from(("csv", "xlsx", "json", "ndjson")))
def test_any_bytes_are_missions_or_an_error_of_ours(data: bytes, kind: str) -> None:
    with suppress(PlugsureError):
        read_mission_bytes(data, kind, "m")


@given(cells=st.lists(st.text(max_size=12), min_size=6, max_size=6))
def test_any_cells_are_a_row_with_or_without_faults(cells: list[str]) -> None:
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    try:
        rows = read_mission_bytes(f"{HEAD}\n{quoted}\n".encode("utf-8", "ignore"), "csv", "m").rows
    except PlugsureError:
        return
    assert len(rows) <= 1


def test_no_uid_is_in_what_a_row_says_of_itself() -> None:
    text = "mission_id,vehicle,tokens,from,to,soc\na,c,04A1B2C3D4E5F6/DE*ABC/X/Y,A,B,0.5\n"
    (row,) = rows_of(text)
    assert row.faults
    assert "04A1B2C3D4E5F6" not in repr(row) + str(row.faults)


def test_results_in_csv_cannot_be_taken_for_formulas() -> None:
    failed = {
        "mission_id": "=1+1",
        "status": "failed",
        "error": {"type": "urn:plugsure:problem:x", "detail": "@SUM"},
    }
    line = result_line(failed)
    assert header_line().strip().split(",") == list(COLUMNS)
    assert line.startswith("'=1+1,failed")
    assert "'@SUM" in line


def test_a_table_adds_up_what_a_mission_costs_by_currency_and_vat() -> None:
    def cost(amount: str, currency: str, *, vat: bool, basis: str) -> dict[str, Any]:
        return {"amount": amount, "currency": currency, "vat_included": vat, "basis": basis}

    told = [
        cost("53.74", "EUR", vat=True, basis="cpo_tariff"),
        cost("13.17", "EUR", vat=True, basis="retail"),
        cost("4.00", "EUR", vat=False, basis="retail"),
        cost("9.90", "CHF", vat=True, basis="retail"),
    ]
    moment = "2026-11-23T08:00:00+01:00"
    summary = {
        **dict.fromkeys(("distance_m", "driving_s", "charging_s", "energy_kwh"), 1.0),
        "departure": moment,
        "arrival": moment,
        "charging_stops": 0,
        "cost": told,
        "guarantee": {"min_grade": None, "order": 1},
    }
    row = {"mission_id": "a", "status": "planned"}
    cells = result_cells({**row, "plan": {"id": "p", "summary": summary, "charging_stops": []}})
    assert (cells["cost"], cells["currency"]) == ("66.91;4.00;9.90", "EUR;EUR;CHF")
