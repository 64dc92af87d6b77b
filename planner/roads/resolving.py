"""Which one place a text means: what is taken, what is taken and said, what is refused."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from planner.errors import UnknownPlace
from planner.model.geo import LonLat, distance_m
from planner.roads.finding import Hit
from planner.roads.settlements import SETTLED
from planner.roads.snap import check_degrees
from planner.roads.spelling import edit_distance, fold, fold_digraphs, words_of

LONG_NAME = 6
"""A name of so many letters may have one wrong; in a shorter one that makes another name."""

_FAR_LARGER = 10.0
"""A place so many times larger than all others of its name or beginning is the one meant."""

_ANOTHER_FROM_M = 5_000.0
"""What has the same name and is nearer is the same place, told twice."""

_SAME_SITE_M = 1_000.0
"""Stations of one name in one town that lie nearer to each other are one site."""

_TOWNS = ("city", "town")
_NAMED_AT_MOST = 4
_POINT = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*[,;\s]\s*([-+]?\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Choice:
    """The entry that is meant, and a note where the text did not say so in full."""

    hit: Hit
    note: str = ""


def point_of(text: str) -> LonLat | None:
    """Read ``lon,lat``, None for any other text; `InputError` where they are no degrees."""
    said = _POINT.fullmatch(text)
    if not said:
        return None
    point = LonLat(float(said[1]), float(said[2]))
    check_degrees(point)
    return point


def choose(text: str, hits: Sequence[Hit]) -> Choice | None:
    """Return the one that is meant, None where none or no one is; ``hits`` come best first."""
    return _exact(text, hits) or _in_part(text, hits) or _misspelt(text, hits)


def unknown(text: str, hits: Sequence[Hit]) -> UnknownPlace:
    """Return the error for a text that names no place, or several, with what may be meant."""
    said = text.strip()
    meant = list(dict.fromkeys(_titled(hit) for hit in hits))[:_NAMED_AT_MOST]
    same = {hit.within for hit in hits if hit.match == "exact"}
    detail = f"no place in this region is called {said!r}"
    if len(same) > 1:
        detail = f"{said!r} is the name of several places"
    remedy = f"Did you mean {', or '.join(meant)}?" if meant else "Give a larger place, or lon,lat"
    return UnknownPlace(detail, place=said, remedy=remedy)


def _exact(text: str, hits: Sequence[Hit]) -> Choice | None:
    """Take the heaviest settlement of that name; of streets and stations only a single one."""
    exact = [hit for hit in hits if hit.match == "exact"]
    towns = [hit for hit in exact if hit.kind in SETTLED]
    if towns:
        best, *others = sorted(towns, key=lambda hit: -hit.score)
        rivals = [hit for hit in others if hit.is_main >= best.is_main and _rivals(best, hit)]
        if not rivals:
            return Choice(best)
        alike = " and ".join(_near_by(hit) for hit in (best, *rivals[:1]))
        many = f"{len(rivals) + 1} places ({alike}, ..)" if len(rivals) > 1 else f"both {alike}"
        return Choice(best, f"{text.strip()!r} is the name of {many}: {_near_by(best)} is taken")
    if not exact:
        return None
    best = exact[0]
    same = all(
        (hit.within, hit.kind) == (best.within, best.kind)
        and distance_m(hit.location, best.location) < _SAME_SITE_M
        for hit in exact
    )
    return Choice(best) if same else None


def _rivals(best: Hit, other: Hit) -> bool:
    """Say whether another place of the name could as well be meant."""
    if distance_m(best.location, other.location) < _ANOTHER_FROM_M:
        return False
    return other.population * _FAR_LARGER >= best.population


def _in_part(text: str, hits: Sequence[Hit]) -> Choice | None:
    """Take what begins with the text, whole words of it; or has all of its several words."""
    for kinds_settled in (True, False):
        begun = [
            hit
            for hit in hits
            if hit.is_whole
            and hit.is_main
            and (hit.kind in SETTLED) == kinds_settled
            and (hit.match == "prefix" or (hit.match == "words" and _is_long(text)))
        ]
        if not kinds_settled and not _is_long(text):
            begun = []
        if begun:
            best, *others = sorted(begun, key=lambda hit: (hit.match, -hit.population, -hit.score))
            same = [hit for hit in others if (hit.name, hit.within) != (best.name, best.within)]
            clear = all(hit.population * _FAR_LARGER < best.population for hit in same)
            return Choice(best, _taken(text, best)) if clear else None
    return None


def _is_long(text: str) -> bool:
    return len(words_of(fold(text.partition(",")[0]))) > 1


def _misspelt(text: str, hits: Sequence[Hit]) -> Choice | None:
    """Take the one town whose name is one letter off, if nothing else is as near."""
    wanted = fold(text.partition(",")[0])
    if len(wanted) < LONG_NAME:
        return None
    near = [hit for hit in hits if hit.kind in SETTLED and _off(wanted, hit.name) <= 1]
    names = {hit.name for hit in near}
    if len(names) != 1 or near[0].kind not in _TOWNS:
        return None
    return Choice(near[0], _taken(text, near[0]))


def _off(wanted: str, name: str) -> int:
    return min(edit_distance(wanted, key, 1) for key in (fold(name), fold_digraphs(name)))


def _taken(text: str, hit: Hit) -> str:
    return f"{text.strip()!r} is taken for {_titled(hit)}"


def _titled(hit: Hit) -> str:
    title = f"{hit.name}, {hit.within}" if hit.within else hit.name
    return f"{title} ({hit.country})" if hit.country and not hit.within else title


def _near_by(hit: Hit) -> str:
    return f"{_titled(hit)} at {hit.location.lon:.2f},{hit.location.lat:.2f}"
