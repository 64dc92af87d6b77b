"""Times of a table on the clock of a zone: a spreadsheet's column names no offset."""

import datetime as dt
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from planner.errors import InputError

_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?")
"""Day, month and year as much of Europe writes them. With slashes the order is not known."""


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of that IANA name.

    Raises
    ------
    InputError
        There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        said = f"{name[:40]!r} is no time zone"
        raise InputError(said, place="timezone", remedy="Write one like Europe/Paris") from None


def read_clock(cell: object) -> dt.datetime | None:
    """Read a time that names no offset; None where a cell names one, or is no time of ours.

    Parameters
    ----------
    cell : object
        A spreadsheet's date, or text such as ``2026-11-23 08:00`` or ``23.11.2026 08:00``.
    """
    if isinstance(cell, dt.datetime):
        found = cell
    else:
        text = str(cell).strip()
        dotted = _DOTTED.fullmatch(text)
        try:
            if dotted is not None:
                day, month, year, hour, minute, second = (
                    int(part or 0) for part in dotted.groups()
                )
                found = dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 -- see above
            elif ":" in text:
                found = dt.datetime.fromisoformat(text)
            else:
                return None
        except ValueError:
            return None
    return found if found.tzinfo is None else None


def on_clock(found: dt.datetime, zone: ZoneInfo) -> str:
    """Write a time on a zone's clock as RFC 3339 with its offset.

    Raises
    ------
    ValueError
        When clocks are changed there it comes twice, or never; the text tells both readings.
    """
    early, late = (found.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early.isoformat()
    readings = " or ".join(each.isoformat() for each in (early, late))
    came = early.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None)
    comes = "twice" if came == found else "never"
    raise ValueError(
        f"{found:%Y-%m-%d %H:%M} comes {comes} in {zone.key}, where clocks are changed then;"
        f" write {readings}"
    )
