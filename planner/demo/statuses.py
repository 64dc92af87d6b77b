"""What each post of the demo says of itself at a moment: a pure function of seed, post and time.

There is no state, so a server that starts again goes on where it was, and no ``last_updated``
ever goes backwards. Time is cut into spells, of a length and offset of the post's own; at the
start of each it tells a status.
"""

from functools import cache
from random import Random
from typing import NamedTuple

HOUR_S, DAY_S = 3_600, 86_400
WEEK_S = 7 * DAY_S
MONDAY_S = 4 * DAY_S
"""UTC epoch seconds of Monday, 5 January 1970: weeks are counted from it."""

TEMPERS: tuple[tuple[str, float], ...] = (
    ("living", 0.88),
    ("broken", 0.04),
    ("silent", 0.06),
    ("planned", 0.01),
    ("removed", 0.01),
)
"""What kinds of posts there are, and their shares; made up, near what public feeds show."""

TOLD: dict[str, tuple[tuple[str, float], ...]] = {
    "living": (
        ("AVAILABLE", 0.74),
        ("CHARGING", 0.22),
        ("OUTOFORDER", 0.012),
        ("RESERVED", 0.01),
        ("BLOCKED", 0.008),
        ("UNKNOWN", 0.01),
    ),
    "broken": (("OUTOFORDER", 0.55), ("INOPERATIVE", 0.4), ("AVAILABLE", 0.05)),
    "silent": (("AVAILABLE", 0.5), ("CHARGING", 0.4), ("UNKNOWN", 0.1)),
    "planned": (("PLANNED", 1.0),),
    "removed": (("REMOVED", 1.0),),
}
"""What a post of each kind tells, with shares."""

SILENT_SINCE_S = (1_751_328_000, 1_788_220_800)
"""Between these a silent, planned or removed post spoke last: 1 July 2025 to 1 September 2026."""


class Pulse(NamedTuple):
    """How a post tells its status: a spell's length and offset, 0 for one that never changes."""

    temper: str
    spell_s: int
    offset_s: int


class Told(NamedTuple):
    """A status, and since when it has been told (UTC epoch seconds)."""

    status: str
    since_s: int


@cache
def pulse_of(seed: int, uid: str) -> Pulse:
    """Return how a post tells its status."""
    random = Random(f"{seed}/pulse/{uid}")  # noqa: S311 -- made-up data, not a secret
    tempers, shares = zip(*TEMPERS, strict=True)
    temper = random.choices(tempers, shares)[0]
    if temper == "living":
        spell_s = random.randint(8, 60) * 60
        return Pulse(temper, spell_s, random.randrange(spell_s))
    if temper == "broken":
        return Pulse(temper, DAY_S, random.randrange(DAY_S))
    return Pulse(temper, 0, random.randint(*SILENT_SINCE_S))


def spell_at(pulse: Pulse, now_s: float) -> int:
    """Return the number of the spell at a moment; 0 for ever where nothing changes."""
    return int((now_s - pulse.offset_s) // pulse.spell_s) if pulse.spell_s else 0


def told_in(seed: int, uid: str, pulse: Pulse, spell: int) -> Told:
    """Return what a post tells in a spell."""
    random = Random(f"{seed}/{uid}/{spell}")  # noqa: S311 -- made-up data
    words, shares = zip(*TOLD[pulse.temper], strict=True)
    return Told(random.choices(words, shares)[0], pulse.offset_s + spell * pulse.spell_s)


def status_at(seed: int, uid: str, now_s: float) -> Told:
    """Return what a post tells at a moment."""
    pulse = pulse_of(seed, uid)
    return told_in(seed, uid, pulse, spell_at(pulse, now_s))


def week_of(now_s: float) -> int:
    """Return the start of the week, Monday 0:00 UTC, in UTC epoch seconds."""
    return int((now_s - MONDAY_S) // WEEK_S) * WEEK_S + MONDAY_S
