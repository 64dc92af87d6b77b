"""Files of Locations and tariffs in every shape that feeds are published in."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from planner.errors import DataError, InputError
from planner.feeds.documents import read_objects, read_rows
from planner.feeds.files import load_file
from planner.model.station import Status
from planner.store.feeds import Source
from planner.store.store import Store
from planner.store.updates import Repair

NOW = 1_780_876_800.0


@pytest.fixture
def file_store(tmp_path: Path):
    store = Store.open(f"sqlite:///{tmp_path / 'plugsure.sqlite'}", tmp_path / "key")
    store.feeds.add(Source(name="f", kind="file"))
    yield store
    store.close()


def location(number: int, **more: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "ABC",
        "id": f"L{number}",
        "coordinates": {"latitude": "52.2", "longitude": "4.7"},
        "last_updated": "2026-06-07T13:38:08Z",
        "evses": [
            {
                "uid": f"{number}",
                "evse_id": f"NL*ABC*E{number}",
                "status": "AVAILABLE",
                "last_updated": "2026-06-07T12:00:00Z",
                "connectors": [
                    {
                        "id": "1",
                        "standard": "IEC_62196_T2",
                        "format": "CABLE",
                        "power_type": "AC_3_PHASE",
                        "max_voltage": 230,
                        "max_amperage": 16,
                        "tariff_ids": ["T"],
                    }
                ],
            }
        ],
        **more,
    }


TARIFF = {
    "country_code": "NL",
    "party_id": "ABC",
    "id": "T",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.5, "step_size": 1}]}],
}

BOTH = [location(1), location(2)]


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


SHAPES = {
    "list": json.dumps(BOTH).encode(),
    "pretty": json.dumps(BOTH, indent=2).encode(),
    "data": json.dumps({"data": BOTH, "status_code": 1000}, indent=1).encode(),
    "cursor": json.dumps({"next": "abc", "items": BOTH}).encode(),
    "lines": lines(*BOTH),
    "no last newline": lines(*BOTH).rstrip(),
    "blank lines": b"\n" + lines(BOTH[0]) + b"\r\n  \n" + lines(BOTH[1]) + b"\n",
    "pages": lines({"items": [BOTH[0]]}, {"items": [BOTH[1]]}),
    "byte order mark": b"\xef\xbb\xbf" + lines(*BOTH),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_every_shape_of_file_gives_the_same_stations(
    file_store: Store, tmp_path: Path, shape: str, *, packed: bool
):
    path = tmp_path / "locations"
    path.write_bytes(gzip.compress(SHAPES[shape]) if packed else SHAPES[shape])
    report = load_file(file_store, "f", path, "ocpi", now=NOW)
    assert (report.stations, report.evses, report.rejected) == (2, 2, 0)
    snapshot = file_store.snapshot()
    assert [s.id for s in snapshot.stations] == ["NL*ABC*L1", "NL*ABC*L2"]
    assert snapshot.status_word(0) is Status.AVAILABLE
    assert snapshot.feeds["f"].last_sync == NOW
    assert file_store.feeds.get("f").counts["stations"] == 2


def test_tariffs_come_from_a_file_of_their_own(file_store: Store, tmp_path: Path):
    (tmp_path / "l.json").write_bytes(lines(*BOTH))
    broken = {**TARIFF, "id": "B", "elements": []}
    (tmp_path / "t.json").write_bytes(lines(TARIFF, broken, 7, {**TARIFF, "party_id": ""}))
    report = load_file(
        file_store,
        "f",
        tmp_path / "l.json",
        "ocpi",
        now=NOW,
        tariffs_path=tmp_path / "t.json",
    )
    assert (report.tariffs, report.rejected) == (1, 3)
    assert set(file_store.snapshot().tariffs) == {("NL*ABC", "T")}
    said = [str(fault) for fault in file_store.rejections("f")]
    assert said[0].startswith("t.json:2/tariffs/B/elements: the tariff is left out")
    assert said[1].startswith("t.json:3")
    assert "does not say its party" in said[2]


def test_tariffs_inside_of_evses_are_taken(file_store: Store, tmp_path: Path):
    raw = location(1)
    tariff = {key: TARIFF[key] for key in ("id", "currency", "elements")}
    raw["evses"][0]["tariffs"] = [tariff]
    del raw["evses"][0]["connectors"][0]["tariff_ids"]
    (tmp_path / "l.json").write_bytes(lines(raw))
    load_file(file_store, "f", tmp_path / "l.json", "ocpi", now=NOW)
    snapshot = file_store.snapshot()
    assert snapshot.stations[0].evses[0].connectors[0].tariff_ids == ("T",)
    assert set(snapshot.tariffs) == {("NL*ABC", "T")}
    assert snapshot.facts[0].connectors[0][5]


def test_a_bad_line_costs_itself_and_is_named(file_store: Store, tmp_path: Path):
    path = tmp_path / "l.json"
    path.write_bytes(lines(BOTH[0]) + b"{broken\n\xff\xfe\n" + lines(BOTH[1]))
    report = load_file(file_store, "f", path, "ocpi", now=NOW)
    assert (report.stations, report.rejected) == (2, 2)
    assert [f.place for f in file_store.rejections("f")] == ["l.json:2", "l.json:3"]
    path.write_bytes(b"{broken\n" + lines(*BOTH))
    assert load_file(file_store, "f", path, "ocpi", now=NOW).stations == 2
    assert [f.place for f in file_store.rejections("f")] == ["l.json:1"]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_file_that_breaks_off_is_refused_and_what_was_known_stays(
    file_store: Store, tmp_path: Path, *, packed: bool
):
    path = tmp_path / "l.ndjson"
    path.write_bytes(lines(*BOTH))
    load_file(file_store, "f", path, "ocpi", now=NOW)
    before = file_store.snapshot()
    many = lines(*(location(n) for n in range(500)))
    path.write_bytes(gzip.compress(many)[:-2000] if packed else many[:-100])
    with pytest.raises(DataError, match="breaks off") as caught:
        load_file(file_store, "f", path, "ocpi", now=NOW + 1)
    assert caught.value.faults[0].place.startswith(f"{path}:")
    assert int(caught.value.faults[0].place.rsplit(":", 1)[1]) > 10
    after = file_store.snapshot(before)
    assert after.stations is not None
    assert [s.id for s in after.stations] == [s.id for s in before.stations]
    source = file_store.feeds.get("f")
    assert (source.last_sync, source.last_attempt) == (NOW, NOW + 1)
    assert "breaks off" in source.error


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"<html>no</html>\n", "no JSON"),
        (b"[{]", "no JSON"),
        (b'{"items": []}', "no station"),
        (b'[{"id": "x"}]', "no station"),
        (b"\x1f\x8b garbage", "breaks off or is damaged"),
    ],
)
def test_a_file_that_is_something_else_is_refused(
    file_store: Store, tmp_path: Path, content: bytes, why: str
):
    path = tmp_path / "l.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=why) as caught:
        load_file(file_store, "f", path, "ocpi", now=NOW)
    assert str(path) in caught.value.faults[0].place


def test_a_missing_file_and_an_unknown_format_are_said(file_store: Store, tmp_path: Path):
    with pytest.raises(DataError, match="cannot be opened"):
        load_file(file_store, "f", tmp_path / "no.json", "ocpi", now=NOW)
    with pytest.raises(InputError, match="no format of files"):
        load_file(file_store, "f", tmp_path / "no.json", "xls", now=NOW)


def test_progress_is_told_in_bytes_to_the_end(tmp_path: Path):
    path = tmp_path / "l.json"
    path.write_bytes(gzip.compress(lines(*(location(n) for n in range(3000)))))
    told: list[tuple[int, int]] = []
    assert len(list(read_objects(path, lambda done, size: told.append((done, size))))) == 3000
    assert len(told) >= 3
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (path.stat().st_size,) * 2


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_rows_of_csv_are_read_by_column(tmp_path: Path, delimiter: str):
    path = tmp_path / "rows.csv"
    text = '﻿a ,b\n1,"two\n\nlines"\n\n3\n4,"x, y"\n'
    if delimiter == ";":
        text = text.replace("x, y", "§").replace(",", ";").replace("§", "x, y")
    path.write_text(text, encoding="utf-8")
    items = list(read_rows(path))
    assert [item.value for item in items] == [
        {"a": "1", "b": "two\n\nlines"},
        None,
        {"a": "4", "b": "x, y"},
    ]
    assert items[1].fault is not None
    assert items[1].place == "rows.csv:6"


def test_the_dutch_feed_comes_out_as_its_facts_say(shared: Path, file_store: Store, tmp_path: Path):
    """A tenth of the Dutch feed against a plain reading of the same lines."""
    part = tmp_path / "nl.ndjson"
    with gzip.open(shared / "chargers" / "nl-ocpi-locations.ndjson.gz") as whole:
        chosen = [line for number, line in enumerate(whole) if number % 10 == 0]
    part.write_bytes(b"".join(chosen))
    best: dict[str, str] = {}
    for line in chosen:
        raw = json.loads(line)
        for evse in raw["evses"]:
            if evse["status"] != "REMOVED":
                name = evse.get("evse_id") or f"none {raw['id']} {evse['uid']}"
                best[name] = max(best.get(name, ""), evse["last_updated"])
    report = load_file(file_store, "f", part, "ocpi", now=NOW)
    assert report.evses == len(best)
    assert report.rejected == 0
    assert all(isinstance(f, Repair) for f in file_store.rejections("f", mended=True))
    snapshot = file_store.snapshot()
    assert len(snapshot.status) == len(best)
    assert len({s.id for s in snapshot.stations}) == len(snapshot.stations)
