"""The demo's fleet: missions for one day, as the contract's missions CSV, from the seed.

Made once for the shipped files, by ``tools/build_demo.py``; `redate` moves them to a day.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from planner.model.geo import LonLat, distance_m

if TYPE_CHECKING:
    from planner.demo.siting import Town

Row = dict[str, str]
COLUMNS = (
    "mission_id",
    "vehicle",
    "driver",
    "wallet",
    "from",
    "to",
    "via",
    "departure",
    "soc",
    "arrival_soc",
    "reserve_soc",
    "payload_kg",
    "temperature_c",
    "service_s",
    "arrive_before",
    "priority",
    "min_grade",
    "fallbacks",
)
DAY = date(2026, 11, 24)
"""The day of the shipped missions."""
ZONE = ZoneInfo("Europe/Vienna")
NEAREST_M, FARTHEST_M = 90_000.0, 520_000.0
"""Straight distance of a mission's ends."""
BASE_TOWN = 60_000
"""Missions run between towns of at least so many people."""


class Car(NamedTuple):
    """A vehicle of the fleet: its id in the catalogue, and the most that it carries in kg."""

    id: str
    payload_kg: int


FLEET: tuple[Car, ...] = (
    Car("hyundai-ioniq-5-long-range-2wd-2021", 300),
    Car("volkswagen-id-4-pro-4motion-2024", 300),
    Car("skoda-enyaq-iv-82-kwh-125-kw-dc-2020", 300),
    Car("tesla-model-3-rwd-2022", 200),
    Car("hyundai-kona-64-kwh-11-kw-ac-2020", 200),
    Car("polestar-2-long-range-single-motor-2021", 250),
    Car("volkswagen-id-buzz-pro-2023", 400),
    Car("peugeot-e-expert-75-kwh-11-kw-ac-2020", 600),
)
WALLETS: dict[str, frozenset[str]] = {
    "wanderer": frozenset({"DE", "AT"}),
    "passfahrer": frozenset({"CH", "IT", "FR"}),
    "alles-dabei": frozenset({"DE", "AT", "CH", "IT", "FR", "SI", "LI"}),
}
"""Where each wallet's holder drives: both ends of a mission lie there."""


def make_missions(towns: Sequence["Town"], *, seed: int, count: int) -> list[Row]:
    """Make missions between towns of the region, the same for the same seed.

    Parameters
    ----------
    towns : sequence of Town
        Of GeoNames; those with `BASE_TOWN` people are where missions begin and end.
    seed : int
        Of the demo's world.
    count : int
        How many rows.

    Returns
    -------
    list of dict
        Rows with the contract's columns; all are well-formed.
    """
    random = Random(f"{seed}/missions")  # noqa: S311 -- made-up data, not a secret
    bases = sorted((t for t in towns if t.population >= BASE_TOWN), key=lambda t: (t.name, t.lon))
    trips = _trips(bases, random)
    return [_row(number, *next(trips), random) for number in range(1, count + 1)]


def _trips(bases: Sequence["Town"], random: Random) -> Iterator[tuple[str, "Town", "Town"]]:
    while True:
        wallet = random.choices(tuple(WALLETS), (4, 3, 3))[0]
        held = [town for town in bases if town.country in WALLETS[wallet]]
        start, end = random.sample(held, 2)
        apart_m = distance_m(LonLat(start.lon, start.lat), LonLat(end.lon, end.lat))
        if NEAREST_M <= apart_m <= FARTHEST_M:
            yield wallet, start, end


def _row(number: int, wallet: str, start: "Town", end: "Town", random: Random) -> Row:
    car = random.choice(FLEET)
    departs = datetime(DAY.year, DAY.month, DAY.day, 5, tzinfo=ZONE)
    departs += timedelta(minutes=5 * random.randint(0, 120))
    row = dict.fromkeys(COLUMNS, "") | {
        "mission_id": f"demo-{number:03d}",
        "vehicle": car.id,
        "driver": f"driver-{random.randint(1, 40):02d}",
        "wallet": wallet,
        "from": _point(start),
        "to": _point(end),
        "departure": departs.isoformat(),
        "soc": f"{random.randint(50, 95) / 100:.2f}",
        "arrival_soc": random.choice(("", "0.15", "0.20")),
        "reserve_soc": random.choice(("", "", "0.08", "0.12")),
        "payload_kg": str(random.randint(0, car.payload_kg // 25) * 25),
        "temperature_c": str(random.randint(-4, 12)),
        "service_s": random.choice(("", "900", "1800")),
        "priority": str(random.randint(1, 3)),
        "min_grade": "" if wallet == "alles-dabei" else "contracted",
        "fallbacks": "1",
    }
    if random.random() < 0.2:  # noqa: PLR2004
        row["arrive_before"] = (departs + timedelta(hours=14)).isoformat()
    return row


def _point(town: "Town") -> str:
    return f"{town.lon:.5f},{town.lat:.5f}"


FAULTS: tuple[Row, ...] = (
    {"vehicle": "no-such-car"},
    {"from": "Nirgendwo an der Knatter"},
    {"soc": "-0.2"},
    {"soc": "eighty"},
    {"departure": "2026-11-24T08:00:00"},
    {"wallet": "no-such-wallet"},
    {"from": "-40.00000,10.00000"},
    {"min_grade": "certain"},
    {"to": ""},
    {"fallbacks": "-1"},
)
"""What is wrong in the faulty rows, one thing each."""


def make_faulty_rows(towns: Sequence["Town"], *, seed: int) -> list[Row]:
    """Make a short file in which good rows and faulty ones alternate, for tests of batches."""
    good = make_missions(towns, seed=seed, count=len(FAULTS))
    rows: list[Row] = []
    for number, (row, fault) in enumerate(zip(good, FAULTS, strict=True), 1):
        rows.append(row | {"mission_id": f"good-{number:02d}"})
        rows.append(row | {"mission_id": f"faulty-{number:02d}"} | fault)
    return rows


def write_missions(path: Path, rows: Iterable[Row]) -> None:
    """Write missions as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_csv(rows))


def redate(text: str, day: date) -> str:
    """Move a file of missions to a day: each time keeps its distance from the shipped day.

    Parameters
    ----------
    text : str
        The shipped CSV.
    day : date
        When the fleet shall drive.

    Returns
    -------
    str
        The CSV with other times; a time that cannot be read stays as it is.
    """
    later = day - DAY
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        for column in ("departure", "arrive_before"):
            row[column] = _moved(row[column], later)
    return _csv(rows)


def _moved(text: str, later: timedelta) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    if at.tzinfo is None:
        return text
    wall = at.astimezone(ZONE).replace(tzinfo=None) + later
    return wall.replace(tzinfo=ZONE).isoformat()


def tomorrow(now_s: float) -> date:
    """Return the day after a moment, UTC epoch seconds, in the region's time zone."""
    return datetime.fromtimestamp(now_s, tz=UTC).astimezone(ZONE).date() + timedelta(days=1)


def _csv(rows: Iterable[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
