"""Opening hours in OpenStreetMap's syntax, as OCPI's Hours: a week and what departs from it.

The rules are read and worked out by the library ``opening_hours``; here its intervals become the
most usual week, and the days that differ from it (holidays, seasons) exceptional periods. Nothing
is guessed: where a rule says "unknown", carries a comment ("on request") or rests on what cannot be
known here (school holidays, the sun, holidays of an unknown country), the hours are unknown.
Source: OpenStreetMap wiki, Key:opening_hours/specification.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import opening_hours
from opening_hours import OpeningHours, State, validate

from planner.model.station import Hours, RegularHours

AHEAD_WEEKS = 57
"""Weeks looked at from the moment of reading: more than a year, so that each season and each
holiday is met. A file is read again before they are over."""

MOST_EXCEPTIONS = 1_000
"""Exceptional periods beyond which the hours have no usual week and are taken as unknown."""

DAY_MIN = 1440
_UNKNOWN_COUNTRY: type[Exception] = vars(opening_hours)["UnknownCountryError"]
"""Not in the library's type stubs."""

_BARE_COMMA = re.compile(r",(?=[A-Z][a-z]\b)")
"""Between two rules the grammar wants a space after the comma; many write none."""

_LONGEST = 500
_ALWAYS = Hours(twentyfourseven=True)
_ALWAYS_WORDS = frozenset({"24/7", "24h/24", "24/24", "7j/7,24h/24", "24h/24,7j/7", "24h/247j/7"})
_NOT_KNOWABLE = re.compile(r"\b(SH|sunrise|sunset|dawn|dusk)\b|\"", re.IGNORECASE)
_HOLIDAY = re.compile(r"\bPH\b", re.IGNORECASE)

Spans = tuple[tuple[int, int], ...]
"""Local minutes of a day in which it is open, apart and in order."""


def read_opening_hours(said: str, *, zone: str, country: str, now: float) -> Hours | None:
    """Read an ``opening_hours`` value.

    Parameters
    ----------
    said : str
        Such as ``24/7`` or ``Mo-Fr 08:00-12:00,13:00-18:00; Sa 09:00-12:00; PH off``.
    zone : str
        IANA name of the station's time zone; exceptional periods are UTC.
    country : str
        ISO 3166 alpha-2 code, for public holidays; empty where it is not known.
    now : float
        UTC epoch seconds: exceptions are worked out from its week on, for `AHEAD_WEEKS`.

    Returns
    -------
    Hours or None
        None where the value is empty, wrong, or does not tell for sure.
    """
    plain = _BARE_COMMA.sub(", ", " ".join(said.split()))
    if plain.replace(" ", "").lower() in _ALWAYS_WORDS:
        return _ALWAYS
    if not plain or len(plain) > _LONGEST or _NOT_KNOWABLE.search(plain):
        return None
    if _HOLIDAY.search(plain) and not country:
        return None
    today = datetime.fromtimestamp(now, UTC).date()
    return _work_out(plain, zone, country, today - timedelta(days=today.weekday()))


@lru_cache(maxsize=4096)
def _work_out(said: str, zone: str, country: str, monday: date) -> Hours | None:
    days = _open_days(said, country, monday) if validate(said) else None
    if days is None:
        return None
    usual = [
        Counter(days[weekday :: len(_WEEK)]).most_common(1)[0][0] for weekday in range(len(_WEEK))
    ]
    openings, closings = _exceptions(days, usual, monday, ZoneInfo(zone or "UTC"))
    if len(openings) + len(closings) > MOST_EXCEPTIONS:
        return None
    always = all(spans == ((0, DAY_MIN),) for spans in usual)
    if always and not closings:
        return _ALWAYS
    if not any(usual) and not openings:
        return None
    regular = tuple(
        RegularHours(weekday, begin, end)
        for weekday, spans in zip(_WEEK, usual, strict=True)
        for begin, end in spans
    )
    return Hours(
        twentyfourseven=always,
        regular=() if always else regular,
        exceptional_openings=openings,
        exceptional_closings=closings,
    )


_WEEK = range(1, 8)


def _open_days(said: str, country: str, monday: date) -> list[Spans] | None:
    """Return when each day is open, `AHEAD_WEEKS` weeks from a Monday; None if not for sure."""
    try:
        rules = OpeningHours(said, country=country or None)
    except _UNKNOWN_COUNTRY:
        return None
    begin = datetime.combine(monday, datetime.min.time())
    days: list[list[tuple[int, int]]] = [[] for _ in range(AHEAD_WEEKS * len(_WEEK))]
    for start, end, state, comment in rules.intervals(begin, begin + timedelta(days=len(days))):
        if state == State.UNKNOWN or comment:
            return None
        if state == State.OPEN:
            for number, piece in _by_day(start - begin, end - begin):
                days[number].append(piece)
    return [_joined(spans) for spans in days]


def _by_day(start: timedelta, end: timedelta) -> Iterator[tuple[int, tuple[int, int]]]:
    """Cut an interval, told from the first midnight, at every midnight."""
    here, stop = (int(moment.total_seconds()) // 60 for moment in (start, end))
    while here < stop:
        day, minute = divmod(here, DAY_MIN)
        until = min(stop - day * DAY_MIN, DAY_MIN)
        yield day, (minute, until)
        here = day * DAY_MIN + until


def _joined(spans: list[tuple[int, int]]) -> Spans:
    """Join spans of a day that touch; an end at 23:59 means midnight."""
    joined: list[tuple[int, int]] = []
    for begin, told in spans:
        end = DAY_MIN if told == DAY_MIN - 1 else told
        if joined and joined[-1][1] >= begin:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return tuple(joined)


def _exceptions(
    days: list[Spans], usual: list[Spans], monday: date, zone: ZoneInfo
) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
    """Return openings beyond the usual week and closings within it, as UTC epoch seconds."""
    openings: list[tuple[float, float]] = []
    closings: list[tuple[float, float]] = []
    for number, spans in enumerate(days):
        expected = usual[number % len(usual)]
        if spans == expected:
            continue
        day = monday + timedelta(days=number)
        openings += [_utc(day, span, zone) for span in _without(spans, expected)]
        closings += [_utc(day, span, zone) for span in _without(expected, spans)]
    return tuple(openings), tuple(closings)


def _without(spans: Spans, others: Spans) -> Iterator[tuple[int, int]]:
    """Give what of the spans of a day the others do not cover."""
    for begin, end in spans:
        here = begin
        for other_begin, other_end in others:
            if other_end <= here or other_begin >= end:
                continue
            if other_begin > here:
                yield here, other_begin
            here = max(here, other_end)
        if here < end:
            yield here, end


def _utc(day: date, span: tuple[int, int], zone: ZoneInfo) -> tuple[float, float]:
    midnight = datetime.combine(day, datetime.min.time())
    begin, end = (
        (midnight + timedelta(minutes=minute)).replace(tzinfo=zone).timestamp() for minute in span
    )
    return begin, end
