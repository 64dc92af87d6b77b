"""The charging history as the faces ask for it: what plans were made since, and what was billed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from planner.errors import DataError, InputError
from planner.faces.office import Office
from planner.fleet.bill import Line, lines_of
from planner.fleet.history import History, open_history
from planner.fleet.trips import PlannedTrip
from planner.formats.planned_trips import trip_of_plan, trips_of_results
from planner.store.bodies import encode
from planner.store.store import Store

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Books:
    """A history and its lines."""

    history: History
    lines: tuple[Line, ...]


def open_books(
    office: Office,
    *,
    since: float | None = None,
    until: float | None = None,
    plan_files: Iterable[Path] = (),
) -> Books:
    """Read what was charged in a span of time, with the plans that there are by now.

    Parameters
    ----------
    since, until : float, optional
        UTC epoch seconds, by the end of a charge.
    plan_files : iterable of Path
        Plans that are not stored: JSON of one, or a batch's results as NDJSON.
    """
    note_plans(office.store)
    history = open_history(
        office.store,
        office.world.snapshot if office.is_open else office.store.snapshot(),
        office.catalogue,
        since=since,
        until=until,
        more_trips=[trip for path in plan_files for trip in read_plan_file(path)],
    )
    return Books(history, lines_of(history))


def note_plans(store: Store) -> int:
    """Draw the trips from plans that were stored since; give how many there were."""
    rows: list[tuple[str, float, float, bytes]] = []
    noted = 0
    for name, _, body in store.charges.plans_without_trip():
        try:
            trip = trip_of_plan(body)
        except InputError:
            continue
        rows.append((name, trip.departure, trip.arrival, encode(trip)))
        noted += 1
        if len(rows) == _CHUNK:
            store.charges.add_trips(rows)
            rows = []
    store.charges.add_trips(rows)
    return noted


def read_plan_file(path: Path) -> Iterator[PlannedTrip]:
    """Read a plan, or a batch's results.

    Raises
    ------
    DataError
        If the file holds no plan at all.
    """
    data = path.read_bytes()
    try:
        yield trip_of_plan(data)
    except InputError:
        found = list(trips_of_results(iter(data.splitlines())))
        if not found:
            remedy = "Give a plan, or results of a batch as NDJSON"
            raise DataError("holds no plans", place=str(path), remedy=remedy) from None
        yield from found
