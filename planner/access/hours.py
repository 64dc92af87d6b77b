"""Opening hours in the station's own time zone, over every change of the clocks.

Regular hours are what the clock on the wall shows. Where that clock jumps, an opening time that
is skipped or comes twice counts from the later of its two readings, a closing time from the
earlier: at worst a place that is open is held to be closed for that hour, never the other way.
Hours that touch are joined on the wall clock first, so a place that never closes has no such hour.
Exceptional periods are UTC; exceptional closings win over everything, round the clock included.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from planner.model.station import Hours, Station

Period = tuple[float, float]
"""Start and end, UTC epoch seconds."""

DAY_MIN = 1440
EPOCH_DAY = date(1970, 1, 1).toordinal()
LAST_MINUTE = 1439
"""``23:59`` as an end means the end of the day: OCPI's way of writing midnight.

Source: OCPI 2.2.1-d2, mod_locations, RegularHours; the Dutch and German feeds.
"""


def is_open_throughout(station: Station, start: float, end: float) -> bool | None:
    """Say whether the place is open from ``start`` to ``end`` (UTC epoch seconds), both included.

    None where that is not known: no hours are given, or regular hours without a known time zone.
    """
    hours = station.hours
    if hours is None:
        return None
    if hours.exceptional_closings and any(
        _overlaps(closing, start, end) for closing in hours.exceptional_closings
    ):
        return False
    if hours.twentyfourseven or _covers(_joined(hours.exceptional_openings), start, end):
        return True
    if not hours.regular or zone_of(station.time_zone) is None:
        return None
    return _covers(_open_periods(hours, station.time_zone, start, end), start, end)


def open_from(station: Station, t: float, until: float) -> float | None:
    """Return the first moment from ``t`` up to ``until`` at which the place is open.

    None if there is none, or none is known. That a place is not known to be open before does not
    make it closed: ask `is_open_throughout`.
    """
    hours = station.hours
    if hours is None:
        return None
    if hours.twentyfourseven:
        periods: Sequence[Period] = [(t, until + 1.0)]
    else:
        periods = _open_periods(hours, station.time_zone, t, until)
    for opens, closes in _without(periods, hours.exceptional_closings):
        if closes > t and opens <= until:
            return max(opens, t)
    return None


def hours_turn(station: Station, start: float, end: float) -> tuple[float, ...]:
    """List the moments around ``start`` to ``end`` at which the place opens or closes."""
    hours = station.hours
    if hours is None:
        return ()
    periods = [*_open_periods(hours, station.time_zone, start, end), *hours.exceptional_closings]
    return tuple(sorted({moment for period in periods for moment in period}))


@lru_cache(maxsize=512)
def zone_of(name: str) -> tzinfo | None:
    """Return the IANA time zone of that name, None if there is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _covers(periods: Iterable[Period], start: float, end: float) -> bool:
    return any(opens <= start < closes and end <= closes for opens, closes in periods)


def _overlaps(closing: Period, start: float, end: float) -> bool:
    shuts, reopens = closing
    return reopens > start and (shuts < end or shuts <= start)


def _open_periods(hours: Hours, zone: str, start: float, end: float) -> Sequence[Period]:
    """List the joined open periods that may touch [start, end], closings not yet taken out."""
    weekly: Sequence[Period] = ()
    if hours.regular and zone_of(zone) is not None:
        weekly = _weekly(hours, zone, _day_of(start), _day_of(end))
    openings = hours.exceptional_openings
    return _joined((*openings, *weekly)) if openings else weekly


def _weekly(hours: Hours, zone: str, first_day: int, last_day: int) -> Sequence[Period]:
    """Return the joined regular periods; that hours are the same is known sooner than equal."""
    key = (id(hours), zone, first_day, last_day)
    known = _WEEKS.get(key)
    if known is None or known[0] is not hours:
        if len(_WEEKS) >= MOST_WEEKS:
            _WEEKS.clear()
        known = _WEEKS[key] = hours, _joined(_regular(hours, zone, first_day, last_day))
    return known[1]


MOST_WEEKS = 8192
_WEEKS: dict[tuple[int, str, int, int], tuple[Hours, Sequence[Period]]] = {}
"""By id of the hours, which are kept with it: an id is another's as soon as nobody does."""


def _day_of(t: float) -> int:
    """Return the day of a moment, UTC, as `date.toordinal` counts them."""
    return int(t // 86_400.0) + EPOCH_DAY


@lru_cache(maxsize=4096)
def _regular(hours: Hours, zone_name: str, first_day: int, last_day: int) -> tuple[Period, ...]:
    """Lay the week out over the days, join it on the wall clock, and read it in UTC.

    Two days more on either side: the local date is another than UTC's, and nights reach over.
    """
    zone = zone_of(zone_name)
    assert zone is not None
    walls: list[tuple[float, float]] = []
    for day in range(first_day - 2, last_day + 3):
        weekday = date.fromordinal(day).isoweekday()
        for row in hours.regular:
            if row.weekday == weekday:
                ends = DAY_MIN if row.end_min == LAST_MINUTE else row.end_min
                length = ends - row.begin_min + (0 if ends > row.begin_min else DAY_MIN)
                begins = day * DAY_MIN + row.begin_min
                walls.append((begins, begins + length))
    periods = ((max(_read(b, zone)), min(_read(e, zone))) for b, e in _joined(walls))
    return tuple((opens, closes) for opens, closes in periods if opens < closes)


def _read(wall_min: float, zone: tzinfo) -> tuple[float, float]:
    """Return both readings in UTC of a wall-clock time: they differ where the clock jumps."""
    day, minute = divmod(int(wall_min), DAY_MIN)
    wall = datetime.fromordinal(day) + timedelta(minutes=minute)
    return (
        wall.replace(tzinfo=zone, fold=0).timestamp(),
        wall.replace(tzinfo=zone, fold=1).timestamp(),
    )


def _joined(periods: Iterable[Period]) -> list[Period]:
    """Join the periods that overlap or touch."""
    joined: list[Period] = []
    for opens, closes in sorted(periods):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return joined


def _without(periods: Iterable[Period], closings: Iterable[Period]) -> list[Period]:
    """Take the closings out of the periods."""
    left = list(periods)
    for shuts, reopens in closings:
        cut: list[Period] = []
        for opens, closes in left:
            cut += [(opens, min(closes, shuts)), (max(opens, reopens), closes)]
        left = [(opens, closes) for opens, closes in cut if opens < closes]
    return sorted(left)
