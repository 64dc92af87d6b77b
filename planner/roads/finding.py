"""Finding entries of a gazetteer by what someone typed, best first.

What is spelled right is looked up whole; what is typed in part, by the beginnings of its words; and
where that finds too little, each word is replaced by those of the index that are a typo or two off.
Only a few hundred of the heaviest candidates are then compared in full.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from math import log10
from typing import Protocol

from planner.model.geo import LonLat, distance_m
from planner.roads.gazetteer import cells_around
from planner.roads.spelling import fold, is_ideograph, typos_allowed, words_of
from planner.roads.vocabulary import Meant, Vocabulary

MATCHES = ("exact", "prefix", "words", "typo")
"""How a name fits a text: it is the text; begins with it; holds words that begin like those of the
text; would do so but for typos."""

_WORTH = {"exact": 3.0, "prefix": 0.5, "words": -0.3, "typo": -0.3}
_WORTH_ALIAS = {"exact": 2.5, "prefix": 0.0, "words": -0.8, "typo": -0.8}
_TYPO, _UNFINISHED, _WHOLE_WORDS, _MORE_WORDS, _DOUBT = -1.2, -0.5, 0.3, -0.3, -2.0
"""What a match is worth beside the decimal logarithm of the population: an exact name beats the
beginning of the name of a place some 300 times larger. ``_DOUBT`` is laid on names with typos where
there are some without. Source: chosen by hand, held by tests."""

_NEAR, _NEAR_KM = 1.5, 1000.0
"""What nearness is worth: most at no distance, nothing from so far on, by the logarithm."""

_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found: its columns, and how well it fits."""

    number: int
    name: str
    kind: str
    country: str
    within: str
    location: LonLat
    population: int
    ref: str
    match: str
    is_main: bool
    is_whole: bool
    typos: int
    score: float


class Source(Protocol):
    """Lends a connection to an index for as long as one thread needs it."""

    def borrow(self) -> AbstractContextManager[sqlite3.Connection]:
        """Return what gives the connection."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is looked for: the folded text, its words, words of the settlement, and where."""

    text: str
    words: list[str]
    rest: list[str]
    country: str
    near: LonLat | None


class Finder:
    """Finds entries of one index. Safe for threads as far as its source is."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of all names, read when a typo is first looked for."""
        with self._source.borrow() as database:
            terms = database.execute("SELECT term FROM vocabulary WHERE col = 'name'")
            return Vocabulary([term for (term,) in terms])

    def find(
        self,
        text: str,
        *,
        within: str = "",
        country: str = "",
        near: LonLat | None = None,
        limit: int = 8,
    ) -> list[Hit]:
        """Return the entries that a text may mean, best first.

        Parameters
        ----------
        text : str
        within : str, optional
            The settlement, whole or in part.
        country : str, optional
            ISO 3166-1 alpha-2.
        near : LonLat, optional
            What lies nearer is better.
        limit : int, optional
        """
        folded = fold(text)
        wanted = _Wanted(folded, words_of(folded), words_of(fold(within)), country, near)
        if not wanted.words:
            return []
        with self._source.borrow() as database:
            meant: dict[str, Meant] = {}
            numbers = dict.fromkeys(_exact(database, wanted))
            is_known = bool(numbers)
            numbers |= dict.fromkeys(_beginning(database, wanted))
            hits = _weighed(database, wanted, numbers, meant)
            if not is_known and len(hits) < limit:
                more, meant = self._misspelt(database, wanted)
                fresh = dict.fromkeys(number for number in more if number not in numbers)
                doubt = _DOUBT if hits else 0.0
                doubtful = _weighed(database, wanted, fresh, meant)
                hits += [replace(hit, score=hit.score + doubt) for hit in doubtful]
        hits.sort(key=lambda hit: (-hit.score, hit.name, hit.location, hit.number))
        return hits[:limit]

    def _misspelt(
        self, database: sqlite3.Connection, wanted: _Wanted
    ) -> tuple[list[int], dict[str, Meant]]:
        """Return entries that have a word near each of those wanted, and these words."""
        choices: list[list[str]] = []
        meant: dict[str, Meant] = {}
        for word in wanted.words:
            near = self.vocabulary.near(word, most) if (most := typos_allowed(word)) else []
            for one in near:
                if one.word not in meant or one.typos < meant[one.word].typos:
                    meant[one.word] = one
            choices.append([_quoted(one.word) for one in near] or [f"{_quoted(word)}*"])
        if not meant:
            return [], {}
        asked = " AND ".join(f"{{name}} : ({' OR '.join(choice)})" for choice in choices)
        return list(_matching(database, asked, wanted)), meant


def _exact(database: sqlite3.Connection, wanted: _Wanted) -> Iterator[int]:
    query = "SELECT entry FROM spelling WHERE key = ? ORDER BY entry LIMIT ?"
    return (number for (number,) in database.execute(query, (wanted.text, 2 * _CANDIDATES)))


def _beginning(database: sqlite3.Connection, wanted: _Wanted) -> Iterator[int]:
    """Yield entries with words that begin like those wanted, then those named by settlement too."""
    names = " AND ".join(f"{{name}} : {_quoted(word)}*" for word in wanted.words)
    yield from _matching(database, names, wanted)
    if len(wanted.words) > 1 and not wanted.rest:
        either = " AND ".join(f"{{name within}} : {_quoted(word)}*" for word in wanted.words)
        one = " OR ".join(f"{{name}} : {_quoted(word)}*" for word in wanted.words)
        yield from _matching(database, f"({either}) AND ({one})", wanted)


def _matching(database: sqlite3.Connection, asked: str, wanted: _Wanted) -> Iterator[int]:
    """Yield the heaviest entries that match, and the heaviest of those that lie near."""
    held = "".join(f" AND {{within}} : {_quoted(word)}*" for word in wanted.rest)
    queries = [f"({asked}){held}"]
    if wanted.near is not None:
        cells = " OR ".join(_quoted(cell) for cell in cells_around(wanted.near))
        queries.append(f"({asked}){held} AND {{cell}} : ({cells})")
    for query in queries:
        if wanted.country:
            rows = database.execute(
                "SELECT entry.id FROM words JOIN entry ON entry.id = words.rowid "
                "WHERE words MATCH ? AND entry.country = ? LIMIT ?",
                (query, wanted.country, _CANDIDATES),
            )
        else:
            rows = database.execute(
                "SELECT rowid FROM words WHERE words MATCH ? LIMIT ?", (query, _CANDIDATES)
            )
        yield from (number for (number,) in rows)


def _weighed(
    database: sqlite3.Connection,
    wanted: _Wanted,
    numbers: "dict[int, None]",
    meant: dict[str, Meant],
) -> list[Hit]:
    """Read the entries and say how well each fits; other countries and towns are left out."""
    rows = database.execute(
        "SELECT entry.id, name, kind, country, within, lon, lat, population, ref, weight, main, "
        "others FROM json_each(?) AS asked JOIN entry ON entry.id = asked.value",
        (json.dumps(list(numbers)),),
    )
    hits = []
    for row in rows:
        number, name, kind, country, within, lon, lat, population, ref, weight, main, others = row
        if wanted.country and country != wanted.country:
            continue
        if wanted.rest and not _holds(words_of(fold(within)), wanted.rest):
            continue
        fit = _fit(wanted, main, others, meant)
        point = LonLat(lon, lat)
        score = weight + fit.worth + _nearness(point, wanted.near)
        place = (number, name, kind, country, within, point, population, ref)
        hits.append(Hit(*place, fit.match, fit.is_main, fit.is_whole, fit.typos, score))
    return hits


@dataclass(frozen=True, slots=True)
class _Fit:
    match: str
    is_main: bool
    is_whole: bool
    typos: int
    worth: float


def _fit(wanted: _Wanted, main: str, others: str, meant: dict[str, Meant]) -> _Fit:
    """Compare the spellings of an entry, one a line, with what is wanted."""
    for match, sought in (("exact", f"\n{wanted.text}\n"), ("prefix", f"\n{wanted.text}")):
        for keys, worth in ((main, _WORTH), (others, _WORTH_ALIAS)):
            if sought in keys:
                whole = match == "exact" or f"{sought} " in keys or is_ideograph(wanted.text[-1])
                more = _WHOLE_WORDS if whole and match == "prefix" else 0.0
                return _Fit(match, keys is main, whole, 0, worth[match] + more)
    fits = [
        fit
        for keys, worth in ((main, _WORTH), (others, _WORTH_ALIAS))
        for key in keys.split("\n")
        if key and (fit := _fit_words(wanted, words_of(key), worth, meant, is_main=keys is main))
    ]
    if fits:
        return max(fits, key=lambda fit: fit.worth)
    # The words stand in several of its names, or in those of its settlement.
    return _Fit("words", is_main=False, is_whole=False, typos=0, worth=_WORTH_ALIAS["words"] * 2)


def _fit_words(
    wanted: _Wanted,
    words: list[str],
    worth: dict[str, float],
    meant: dict[str, Meant],
    *,
    is_main: bool,
) -> _Fit | None:
    """Compare word by word; None where one that is wanted is not there, typos and all."""
    typos, loss, whole = 0, 0.0, 0
    spelled = [*words, "".join(words)]
    for word in wanted.words:
        if word in spelled:
            whole += 1
        elif not any(other.startswith(word) for other in spelled):
            near = [meant[other] for other in spelled if other in meant]
            best = min(near, key=lambda one: (not one.is_whole, one.typos), default=None)
            if best is None or best.typos > typos_allowed(word):
                return None
            typos += best.typos
            loss += _TYPO * best.typos + (0.0 if best.is_whole else _UNFINISHED)
            whole += best.is_whole
    is_whole = whole == len(wanted.words)
    match = "typo" if typos else "words"
    if is_whole and len(words) == len(wanted.words):
        loss += _WHOLE_WORDS * 2
    elif is_whole:
        loss += _WHOLE_WORDS
    if typos:
        loss += _MORE_WORDS * max(len(words) - len(wanted.words), 0)
    return _Fit(match, is_main, is_whole, typos, worth[match] + loss)


def _holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    return all(any(word.startswith(begins) for word in words) for begins in wanted)


def _nearness(point: LonLat, near: LonLat | None) -> float:
    if near is None:
        return 0.0
    away_km = distance_m(point, near) / 1000
    return _NEAR * max(0.0, 1.0 - log10(1.0 + away_km) / log10(1.0 + _NEAR_KM))


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
