"""Opening hours as OCPI writes them."""

import re
from collections.abc import Iterator
from typing import Any

from planner.feeds.fields import flag, moment, number, objects, text
from planner.model.station import Hours, RegularHours

DAY_MIN = 1440
_LAST_MINUTE = DAY_MIN - 1
_CLOCK = re.compile(r"(\d{1,2})[:hH.](\d{2})(?::\d{2}(?:\.\d+)?)?")
_WEEK_DAYS = 7

Odd = list[tuple[str, str]]
"""What could not be read: (field, what is wrong with it)."""

ALWAYS = Hours(twentyfourseven=True)


def read_hours(raw: Any) -> tuple[Hours | None, Odd]:
    """Read OCPI's Hours; None where they do not say when the place is open.

    A period that cannot be read is taken as closed. A closing that cannot be read makes all
    unknown, for it might fall on any day. Where a place is said to be open around the clock and
    hours are given besides, only these are promised.
    """
    odd: Odd = []
    told = objects(raw)
    if not told:
        return None, odd
    hours = told[0]
    regular = tuple(_regular(hours.get("regular_hours"), odd))
    openings = _periods(hours.get("exceptional_openings"), "exceptional_openings", odd)
    closings = _periods(hours.get("exceptional_closings"), "exceptional_closings", odd)
    if any(field.startswith("exceptional_closings") for field, _ in odd):
        return None, odd
    always = flag(hours.get("twentyfourseven")) is True
    if always and objects(hours.get("regular_hours")) and not _fill_the_week(regular):
        odd.append(("twentyfourseven", "hours are given besides, and only these are taken"))
        always = False
    always = always or _fill_the_week(regular)
    if not always and not regular and not openings:
        return None, odd
    if always and not openings and not closings:
        return ALWAYS, odd
    return (
        Hours(
            twentyfourseven=always,
            regular=() if always else regular,
            exceptional_openings=openings,
            exceptional_closings=closings,
        ),
        odd,
    )


def read_clock(value: Any) -> int | None:
    """Read a time of day as minutes from midnight, 0 to 1440."""
    shape = _CLOCK.fullmatch(text(value))
    if shape is None:
        return None
    minutes = int(shape[1]) * 60 + int(shape[2])
    return minutes if minutes <= DAY_MIN and int(shape[2]) < 60 else None  # noqa: PLR2004


def _regular(raw: Any, odd: Odd) -> Iterator[RegularHours]:
    for index, period in enumerate(objects(raw)):
        day = number(period.get("weekday"))
        begin = read_clock(period.get("period_begin"))
        end = read_clock(period.get("period_end"))
        if day is None or day not in range(1, 8) or begin in (None, DAY_MIN) or end is None:
            odd.append((f"regular_hours/{index}", "the period cannot be read"))
            continue
        if begin == end != 0:
            # Open all day, or never? Only from midnight to midnight is it the whole day.
            odd.append((f"regular_hours/{index}", "the period ends when it begins"))
            continue
        yield _span(int(day), begin, end)


def _span(weekday: int, begin: int, end: int) -> RegularHours:
    """Make a period; 23:59 and 00:00 at its end are midnight."""
    if end in (0, _LAST_MINUTE):
        end = DAY_MIN
    return RegularHours(weekday, begin % DAY_MIN, end)


def _periods(raw: Any, field: str, odd: Odd) -> tuple[tuple[float, float], ...]:
    periods = []
    for index, period in enumerate(objects(raw)):
        begin, end = moment(period.get("period_begin")), moment(period.get("period_end"))
        if begin is None or end is None or end <= begin:
            odd.append((f"{field}/{index}", "the period cannot be read"))
        else:
            periods.append((begin, end))
    return tuple(sorted(periods))


def _fill_the_week(regular: tuple[RegularHours, ...]) -> bool:
    whole = {span.weekday for span in regular if (span.begin_min, span.end_min) == (0, DAY_MIN)}
    return len(whole) == _WEEK_DAYS
