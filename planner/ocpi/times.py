"""OCPI's DateTime: RFC 3339 in UTC, where a missing designator means UTC too."""

import re
from datetime import UTC, datetime

_SHAPE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?\s*([Zz]|[+-]\d\d:?\d\d)?",
)


def read_time(text: str) -> float:
    """Read a DateTime as UTC epoch seconds; ValueError says what is wrong with it.

    Source: OCPI 2.2.1, types, DateTime: without a designator the time is in UTC.
    """
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None:
        raise ValueError(f"{text!r} is no date and time such as 2026-06-07T08:00:00Z")
    day, clock, fraction, zone = shape.groups()
    offset = "+00:00" if zone is None or zone in "Zz" else zone
    moment = datetime.fromisoformat(f"{day}T{clock}{offset}")
    return moment.timestamp() + float(f"0{fraction}" if fraction else 0)


def write_time(epoch_s: float) -> str:
    """Write UTC epoch seconds as a DateTime with a designator, milliseconds only if needed."""
    moment = datetime.fromtimestamp(round(epoch_s, 3), tz=UTC)
    digits = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=digits).replace("+00:00", "Z")
