"""What depends on the hour alone, whoever comes: opening hours, status, and drivers' reports."""

from collections.abc import Mapping

from planner.access.hours import is_open_throughout, open_from
from planner.access.ledger import Refusal, refusal
from planner.access.status import report_refusal, stamp, status_refusal
from planner.store.snapshot import DriverReport, Snapshot

LOOK_AHEAD_S = 7 * 86_400.0
"""How far the next opening is looked for: regular hours repeat every week."""


def allows(snapshot: Snapshot, e: int, arrival: float, departure: float, now: float) -> bool:
    """Say whether EVSE ``e`` may be counted on for a stay, whoever comes: see `moment_refusal`."""
    reports = reports_by_station(snapshot)
    return moment_refusal(snapshot, e, arrival, departure, now, reports) is None


def moment_refusal(
    snapshot: Snapshot,
    e: int,
    arrival: float,
    departure: float,
    now: float,
    reports: Mapping[str, tuple[DriverReport, ...]],
    *,
    reserved_for_us: bool = False,
) -> Refusal | None:
    """Return why EVSE ``e`` may not be counted on for a stay: hours, status, drivers' reports."""
    station = snapshot.stations[int(snapshot.evse_station[e])]
    is_open = is_open_throughout(station, arrival, departure)
    if is_open is None:
        return refusal("hours_unknown", "no opening hours, or no time zone to read them in")
    if not is_open:
        opens = open_from(station, arrival, arrival + LOOK_AHEAD_S)
        later = f"next open {stamp(opens)}" if opens is not None and opens > arrival else ""
        stay = f"stay from {stamp(arrival)} to {stamp(departure)}"
        return refusal("closed", f"{stay}, {later}" if later else stay)
    return status_refusal(
        snapshot, e, arrival, now, reserved_for_us=reserved_for_us
    ) or report_refusal(reports.get(station.id, ()), snapshot, e, arrival, now)


def reports_by_station(snapshot: Snapshot) -> dict[str, tuple[DriverReport, ...]]:
    """Sort the drivers' reports by station."""
    found: dict[str, list[DriverReport]] = {}
    for report in snapshot.reports:
        found.setdefault(report.station_id, []).append(report)
    return {station: tuple(reports) for station, reports in found.items()}
