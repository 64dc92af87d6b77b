"""Opening hours as feeds write them: OCPI's Hours, and the shorthand of the French schema."""

import re
from collections.abc import Iterator
from typing import Any

from planner.feeds.fields import flag, moment, number, objects, text
from planner.model.station import Hours, RegularHours

DAY_MIN = 1440
_LAST_MINUTE = DAY_MIN - 1
_CLOCK = re.compile(r"(\d{1,2})[:hH.](\d{2})(?::\d{2}(?:\.\d+)?)?")
_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")

Odd = list[tuple[str, str]]
"""What could not be read: (field, what is wrong with it)."""

ALWAYS = Hours(twentyfourseven=True)


def read_hours(raw: Any) -> tuple[Hours | None, Odd]:
    """Read OCPI's Hours; None where they do not say when the place is open.

    A period that cannot be read is taken as closed. A closing that cannot be read makes all
    unknown, for it might fall on any day.
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
    always = flag(hours.get("twentyfourseven")) or _fill_the_week(regular)
    if not always and not regular and not openings:
        return None, odd
    if always and not openings and not closings:
        return ALWAYS, odd
    return (
        Hours(
            twentyfourseven=bool(always),
            regular=() if always else regular,
            exceptional_openings=openings,
            exceptional_closings=closings,
        ),
        odd,
    )


def read_shorthand(said: str) -> Hours | None:
    """Read ``24/7`` or rules such as ``Mo-Fr 08:00-12:00,13:00-18:00; Sa 09:00-12:00``.

    Source: the French schema for charging points (IRVE static, ``horaires``), which takes the
    simplest rules of OpenStreetMap's opening_hours: after a comma periods add up, after a
    semicolon they replace those of the same days. Other rules are not guessed at: None.
    """
    plain = " ".join(said.split())
    if plain.replace(" ", "").lower() in ("24/7", "24h/24", "24/24", "7j/7,24h/24"):
        return ALWAYS
    week: dict[int, set[RegularHours]] = {}
    for group in filter(None, (part.strip() for part in plain.split(";"))):
        told = _read_group(group)
        if told is None:
            return None
        week |= told
    regular = tuple(
        span
        for day in sorted(week)
        for span in sorted(week[day], key=lambda span: (span.begin_min, span.end_min))
    )
    if not regular:
        return None
    return ALWAYS if _fill_the_week(regular) else Hours(regular=regular)


def _read_group(group: str) -> dict[int, set[RegularHours]] | None:
    """Read rules between semicolons; a period without days holds for the days before it."""
    week: dict[int, set[RegularHours]] = {}
    days: tuple[int, ...] = ()
    for rule in group.split(","):
        shape = _RULE.fullmatch(rule.strip())
        if shape is None:
            return None
        if shape["days"]:
            days = _weekdays(shape["days"])
        begin, end = read_clock(shape["begin"]), read_clock(shape["end"])
        if not days or begin is None or end is None:
            return None
        for day in days:
            week.setdefault(day, set()).add(_span(day, begin, end))
    return week


_RULE = re.compile(
    r"(?:(?P<days>(?:mo|tu|we|th|fr|sa|su)(?:-(?:mo|tu|we|th|fr|sa|su))?) )?"
    r"(?P<begin>\d{1,2}:\d{2})-(?P<end>\d{1,2}:\d{2})",
    re.IGNORECASE,
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
        if day is None or day not in range(1, 8) or begin is None or end is None:
            odd.append((f"regular_hours/{index}", "the period cannot be read"))
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


def _weekdays(said: str) -> tuple[int, ...]:
    first, _, last = said.lower().partition("-")
    begin = _DAYS.index(first)
    end = _DAYS.index(last or first)
    return tuple((begin + step) % 7 + 1 for step in range((end - begin) % 7 + 1))


def _fill_the_week(regular: tuple[RegularHours, ...]) -> bool:
    whole = {span.weekday for span in regular if (span.begin_min, span.end_min) == (0, DAY_MIN)}
    return len(whole) == len(_DAYS)
