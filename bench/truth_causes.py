"""Why two routers differ on a pair: each kind is named only where taking it away mends the pair.

A pair is off if a ratio (ours over theirs, of seconds or of metres) is beyond 1.25 or below 1/1.25.
Causes are taken away one after another: a way of theirs that our roads do not have is priced as
if they had it; theirs is planned again without its restrictions, its access rules, its one-ways or
its penalties; the seconds of a speed default or of junctions are replaced by theirs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from truth_ways import Priced, Way

OFF = 1.25
SNAPPED_M = 15.0
"""Ends of the two ways farther apart than this are not the same place."""

SHORT_M = 1_000.0
_TIE = 0.05
_MOST_CAUSES = 3

DENIED: Mapping[str, Mapping[str, Any]] = {
    "turn restriction that only Valhalla keeps": {"ignore_restrictions": True},
    "one-way that only Valhalla keeps": {"ignore_oneways": True},
    "access that only Valhalla denies": {"ignore_access": True},
}
"""Options with which Valhalla plans again where it does not follow our way, by what they lift."""

DISLIKED: Mapping[str, Mapping[str, Any]] = {
    "turn restriction that only Valhalla keeps": {"ignore_restrictions": True},
    "Valhalla's dislike of tolls": {"use_tolls": 1.0, "toll_booth_penalty": 0},
    "Valhalla's penalties (gates, private and service roads, tracks, turns, ferries)": {
        "use_tolls": 1.0,
        "use_ferry": 1.0,
        "use_living_streets": 1.0,
        "use_tracks": 0.5,
        "toll_booth_penalty": 0,
        "gate_penalty": 0,
        "private_access_penalty": 0,
        "destination_only_penalty": 0,
        "service_penalty": 0,
        "maneuver_penalty": 0,
        "alley_factor": 1.0,
    },
}
"""The same where our way is quicker by its own seconds and yet not chosen."""

VARIANTS: Mapping[str, Mapping[str, Any]] = {**DISLIKED, **DENIED}


@dataclass(frozen=True)
class Case:
    """All that is known of one pair.

    ``on_theirs`` is their line priced on both sides, ``on_ours`` our line, None where they do not
    follow it. ``again`` are their answers by kind of `VARIANTS`.
    """

    ours: Way
    theirs: Mapping[str, Any]
    apart_m: float
    on_theirs: Priced
    on_ours: Priced | None
    again: Mapping[str, Mapping[str, Any]]


def is_off(ours: float, theirs: float) -> bool:
    """Say whether two figures are more than 25 % apart."""
    return not 1 / OFF <= ours / max(theirs, 1e-9) <= OFF


def explain(case: Case, measure: str, name_break: Callable[[str, int], str]) -> str:
    """Return the kind of a pair that is off in a measure, ``seconds`` or ``metres``."""
    short = "short trip: " if case.theirs["metres"] < SHORT_M else ""
    if case.apart_m > SNAPPED_M:
        return f"{short}snapped to another place"
    if case.on_theirs.breaks and case.on_theirs.ours_s < case.ours.seconds * (1 + _TIE):
        _, kind, way = case.on_theirs.breaks[0]
        return f"{short}not driven by us: {name_break(kind, way)}"
    by_speed = _by_speed(case) if measure == "seconds" else ""
    return short + (by_speed or _by_choice(case, measure) or "unexplained")


def _mended(case: Case, measure: str, variants: Mapping[str, Mapping[str, Any]]) -> str:
    """Name what, taken from theirs, makes the pair agree."""
    ours = {"seconds": case.ours.seconds, "metres": case.ours.metres}[measure]
    for kind in variants:
        answer = case.again[kind]
        if measure in answer and not is_off(ours, answer[measure]):
            return kind
    return ""


def _by_speed(case: Case) -> str:
    """Name the causes that, taken from our seconds on a line, bring the two together.

    The line is ours where we are quicker, else theirs: a way that both could take.
    """
    away_s = case.ours.seconds - case.theirs["seconds"]
    priced = case.on_ours if away_s < 0 and case.on_ours is not None else case.on_theirs
    seconds = case.theirs["seconds"]
    return _taken(priced.extra_s, priced.ours_s, lambda s: not is_off(s, seconds), away_s)


def _by_choice(case: Case, measure: str) -> str:
    """Say why the two sides choose different ways."""
    if case.on_ours is None:
        return _mended(case, measure, DENIED)
    if case.on_ours.theirs_s < case.on_theirs.theirs_s:
        other = "Valhalla weighs dense places more: our way is quicker by its own seconds"
        return _mended(case, measure, DISLIKED) or other
    gap = case.on_theirs.ours_s - case.on_ours.ours_s
    loss = case.on_ours.theirs_s - case.on_theirs.theirs_s
    if gap <= _TIE * case.on_ours.ours_s or loss <= _TIE * case.on_theirs.theirs_s:
        return "two ways of nearly the same time"
    causes = set(case.on_theirs.extra_s) | set(case.on_ours.extra_s)
    extra = {
        cause: case.on_theirs.extra_s.get(cause, 0.0) - case.on_ours.extra_s.get(cause, 0.0)
        for cause in causes
    }
    tie_s = _TIE * case.on_ours.ours_s
    named = _taken(extra, gap, lambda s: s <= tie_s, gap)
    return f"another way for {named}" if named else ""


def _taken(
    extra_s: Mapping[str, float], total_s: float, mended: Callable[[float], bool], sign: float
) -> str:
    """Take away the greatest causes one after another until it is mended; name them, or ''."""
    ranked = sorted(extra_s.items(), key=lambda item: item[1], reverse=bool(sign > 0))
    names: list[str] = []
    for cause, seconds in ranked[:_MOST_CAUSES]:
        total_s -= seconds
        names.append(cause)
        if mended(total_s):
            return " + ".join(sorted(names))
    return ""
