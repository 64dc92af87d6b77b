"""Moments in words: RFC 3339 with the offset of the place where they happen."""

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzfpy

from planner.model.geo import LonLat

LATEST_S = 32_503_680_000.0
"""Year 3000: later moments are mistakes, and calendars of other programs end near there."""


@lru_cache(maxsize=4096)
def _zone_named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


@lru_cache(maxsize=65536)
def _zone_near(lon: float, lat: float) -> ZoneInfo | None:
    return _zone_named(str(tzfpy.get_tz(lon, lat)))


def zone_at(place: LonLat) -> ZoneInfo | None:
    """Return the time zone of a point, None at sea where no zone is named.

    Source: the boundaries of timezone-boundary-builder, in the package tzfpy.
    """
    return _zone_near(round(place.lon, 3), round(place.lat, 3))


def stamp(moment_s: float, place: LonLat | None = None) -> str:
    """Write UTC epoch seconds as RFC 3339, on the clock of ``place`` or in UTC.

    Microseconds are written where the moment is not a whole second, so that reading it back loses
    nothing that matters.
    """
    zone = zone_at(place) if place is not None else None
    whole = datetime.fromtimestamp(0, tz=UTC) + timedelta(seconds=round(moment_s, 6))
    return whole.astimezone(zone or UTC).isoformat()


def moment(text: str) -> float:
    """Read RFC 3339 with an offset as UTC epoch seconds.

    Raises
    ------
    ValueError
        If it is no such time, has no offset, or lies before 1970 or after the year 3000.
    """
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f"{text[:40]!r} is no time; write it like 2026-11-23T08:00:00+01:00"
        ) from None
    if read.tzinfo is None:
        raise ValueError(f"{text[:40]!r} has no offset; write it like 2026-11-23T08:00:00+01:00")
    try:
        seconds = read.timestamp()
    except (OverflowError, ValueError):
        raise ValueError(f"{text[:40]!r} is out of range") from None
    if not math.isfinite(seconds) or not 0 <= seconds <= LATEST_S:
        raise ValueError(f"{text[:40]!r} lies outside 1970 to 3000")
    return seconds
