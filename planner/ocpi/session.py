"""What is used in a session, cut into stretches over which no restriction of a tariff changes.

Time of day is local time: a stretch also ends where the zone's offset changes, so that within it
local time runs as plain seconds do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from planner.errors import DataError
from planner.ocpi.pricelist import DAY_S, MILLIWH_PER_KWH, Element, Restrictions

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A session to be priced.

    Attributes
    ----------
    start : float
        UTC epoch seconds at which the vehicle is plugged in.
    zone : str
        IANA time zone of the station; empty is UTC.
    charging : tuple of (duration_s, metered_kwh, power_kw)
        Periods of charging in order, energy as the meter of the post counts it.
    parking_s : float
        Seconds plugged in after charging has ended.
    voltage_v : float
        Between line and neutral (AC) or of the battery (DC); gives the current that restrictions
        speak of, summed over the phases. Source of the default: IEC 60038, 230 V.
    reservation_s : float
        Seconds reserved before the start; 0 leaves elements for reservations out.
    reservation_expired : bool
        The reservation was not followed by a session: nothing but it is priced.
    """

    start: float
    zone: str
    charging: tuple[tuple[float, float, float], ...]
    parking_s: float = 0.0
    voltage_v: float = 230.0
    reservation_s: float = 0.0
    reservation_expired: bool = False


class Stretch(NamedTuple):
    """A part of a session in which every restriction either holds or does not.

    ``local_s`` is local time as seconds since 1970-01-01T00:00 of the wall clock, ``elapsed_ms``
    the time and ``milliwh`` the energy since the start; ``used_ms`` and ``used_milliwh`` are the
    stretch's own.
    """

    local_s: int
    elapsed_ms: int
    milliwh: int
    power_kw: float
    current_a: float
    is_charging: bool
    used_ms: int
    used_milliwh: int

    def meets(self, rule: Restrictions, *, as_dated: bool = True, as_powered: bool = True) -> bool:
        """Say whether the restrictions hold; dates, or power and current, may be left out."""
        return (
            _within(self.milliwh, rule.min_milliwh, rule.max_milliwh)
            and _within(
                self.elapsed_ms,
                None if rule.min_duration_s is None else rule.min_duration_s * MS,
                None if rule.max_duration_s is None else rule.max_duration_s * MS,
            )
            and self._in_hours(rule)
            and (not as_dated or self._on_days(rule))
            and (
                not as_powered
                or (
                    _within(self.power_kw, rule.min_power_kw, rule.max_power_kw)
                    and _within(self.current_a, rule.min_current_a, rule.max_current_a)
                )
            )
        )

    def _in_hours(self, rule: Restrictions) -> bool:
        if rule.weekdays is not None and (self.local_s // DAY_S + 3) % 7 not in rule.weekdays:
            return False
        if rule.begin_s is None or rule.end_s is None:
            return True
        second = self.local_s % DAY_S
        if rule.begin_s < rule.end_s:
            return rule.begin_s <= second < rule.end_s
        return second >= rule.begin_s or second < rule.end_s

    def _on_days(self, rule: Restrictions) -> bool:
        day = self.local_s // DAY_S + EPOCH_ORDINAL
        return _within(day, rule.start_day, rule.end_day)


def _within(value: float, least: float | None, limit: float | None) -> bool:
    return (least is None or value >= least) and (limit is None or value < limit)


def stretches(usage: Usage, elements: Iterable[Element]) -> list[Stretch]:
    """Cut a session at every moment at which a restriction of the elements may change.

    An empty session gives one stretch of no length, so that a flat fee has its moment.
    Source: OCPI 2.2.1, TariffRestrictions; CDRs, ChargingPeriod (a new period at each change).
    """
    rules = [element.restrictions for element in elements]
    start_ms = round(usage.start * MS)
    periods = list(_periods(usage))
    end_ms = periods[-1].end_ms
    times = sorted({0, *_clock_cuts(start_ms, end_ms, usage.zone, rules), *_duration_cuts(rules)})
    energies = sorted({r for rule in rules for r in (rule.min_milliwh, rule.max_milliwh) if r})
    offset_of = _Offsets(usage.zone)
    found = []
    for period in periods:
        points = list(period.cut(times, energies))
        for (begin_ms, begin), (until_ms, until) in pairwise(points):
            utc_ms = start_ms + begin_ms
            found.append(
                Stretch(
                    local_s=(utc_ms // MS) + offset_of.at(utc_ms // MS),
                    elapsed_ms=begin_ms,
                    milliwh=begin,
                    power_kw=period.power_kw,
                    current_a=period.power_kw * 1000 / usage.voltage_v,
                    is_charging=period.is_charging,
                    used_ms=until_ms - begin_ms,
                    used_milliwh=until - begin,
                ),
            )
    return found


class _Period(NamedTuple):
    """A period of even power, by what has been used since the start."""

    begin_ms: int
    end_ms: int
    begin_milliwh: int
    end_milliwh: int
    power_kw: float
    is_charging: bool

    def cut(self, times: list[int], energies: list[int]) -> Iterator[tuple[int, int]]:
        """Give (ms, milliwh) at both ends and at each cut between them."""
        span_ms = self.end_ms - self.begin_ms
        span = self.end_milliwh - self.begin_milliwh
        points = [(self.begin_ms, self.begin_milliwh), (self.end_ms, self.end_milliwh)]
        points += [
            (t, self.begin_milliwh + span * (t - self.begin_ms) // span_ms)
            for t in times
            if self.begin_ms < t < self.end_ms
        ]
        points += [
            (self.begin_ms + span_ms * (e - self.begin_milliwh) // span, e)
            for e in energies
            if self.begin_milliwh < e < self.end_milliwh
        ]
        yield from sorted(points)


def _periods(usage: Usage) -> Iterator[_Period]:
    """Sum up the usage, rounding totals and not parts, so that splitting changes nothing."""
    seconds, kwh = 0.0, 0.0
    ms, milliwh = 0, 0
    for duration_s, metered_kwh, power_kw in usage.charging:
        if not (duration_s >= 0 and metered_kwh >= 0):
            raise ValueError(f"a charging period of {duration_s} s and {metered_kwh} kWh")
        seconds, kwh = seconds + duration_s, kwh + metered_kwh
        then_ms, then_milliwh = round(seconds * MS), round(kwh * MILLIWH_PER_KWH)
        yield _Period(ms, then_ms, milliwh, then_milliwh, power_kw, True)  # noqa: FBT003
        ms, milliwh = then_ms, then_milliwh
    if usage.parking_s > 0 or not usage.charging:
        end_ms = round((seconds + max(0.0, usage.parking_s)) * MS)
        yield _Period(ms, end_ms, milliwh, milliwh, 0.0, False)  # noqa: FBT003


def _duration_cuts(rules: list[Restrictions]) -> Iterator[int]:
    for rule in rules:
        for limit_s in (rule.min_duration_s, rule.max_duration_s):
            if limit_s is not None:
                yield limit_s * MS


def _clock_cuts(
    start_ms: int, length_ms: int, zone: str, rules: list[Restrictions]
) -> Iterator[int]:
    """Give the moments, in ms since the start, at which the wall clock passes a restriction."""
    marks = {s % DAY_S for r in rules for s in (r.begin_s, r.end_s) if s is not None}
    if any(r.weekdays or r.start_day or r.end_day for r in rules):
        marks.add(0)
    if not marks:
        return
    offset_of = _Offsets(zone)
    start_s = start_ms // MS
    end_s = (start_ms + length_ms) // MS + 1
    for begin_s, until_s in offset_of.spans(start_s, end_s):
        offset_s = offset_of.at(begin_s)
        yield begin_s * MS - start_ms
        first_day = (begin_s + offset_s) // DAY_S
        last_day = (until_s + offset_s) // DAY_S
        for day in range(first_day, last_day + 1):
            for mark in marks:
                moment_s = day * DAY_S + mark - offset_s
                if begin_s < moment_s < until_s:
                    yield moment_s * MS - start_ms


class _Offsets:
    """The offsets of a time zone, in seconds east of UTC."""

    def __init__(self, zone: str) -> None:
        self._zone = _zone(zone)

    def at(self, utc_s: int) -> int:
        """Give the offset at a moment."""
        offset = datetime.fromtimestamp(utc_s, tz=self._zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())

    def spans(self, begin_s: int, end_s: int) -> Iterator[tuple[int, int]]:
        """Split a time into spans of one offset; none lasts longer than a day."""
        while begin_s < end_s:
            until_s = min(end_s, begin_s + DAY_S)
            if self.at(begin_s) != self.at(until_s):
                until_s = self._change(begin_s, until_s)
            yield begin_s, until_s
            begin_s = until_s

    def _change(self, before_s: int, after_s: int) -> int:
        """Find the second at which the offset changes, by halving."""
        offset = self.at(before_s)
        while after_s - before_s > 1:
            middle_s = (before_s + after_s) // 2
            if self.at(middle_s) == offset:
                before_s = middle_s
            else:
                after_s = middle_s
        return after_s


@lru_cache(maxsize=512)
def _zone(name: str) -> tzinfo:
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DataError(
            f"{name!r} is no time zone",
            place="time_zone",
            remedy="Use a name of the IANA list such as Europe/Amsterdam",
        ) from None
