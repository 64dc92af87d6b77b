"""Reading single fields of a feed's JSON: wrong types are understood where they can be.

Each reader gives None (or an empty value) for what is missing or cannot be understood; whether
that is worth a word is for the caller to say.
"""

from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from sys import intern
from typing import Any

from planner.ocpi.times import read_time

_YES = frozenset({"true", "1", "yes", "oui", "ja", "vrai"})
_NO = frozenset({"false", "0", "no", "non", "nein", "nee", "faux"})


def text(value: Any) -> str:
    """Read a text; numbers become their digits, all else is empty."""
    if isinstance(value, str):
        return value.strip()
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


def number(value: Any) -> float | None:
    """Read a finite number, also from a text, with a comma or a point for the decimals."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value.strip().replace(",", "."))
        except ValueError:
            return None
    if isinstance(value, int | float) and isfinite(value):
        return float(value)
    return None


def flag(value: Any) -> bool | None:
    """Read a yes or no, also from a text or a 0 or 1."""
    if isinstance(value, bool):
        return value
    word = text(value).lower()
    return True if word in _YES else False if word in _NO else None


def words(value: Any) -> tuple[str, ...]:
    """Read a list of words, sorted, each once; a single word stands for a list of one."""
    if not value:
        return ()
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        return ()
    if all(type(word) is str for word in value):
        return _ordered(tuple(value))
    return _ordered(tuple(map(text, value)))


@lru_cache(maxsize=16384)
def _ordered(told: tuple[str, ...]) -> tuple[str, ...]:
    """Sort words; the same words give the same object, which spares a national feed's memory."""
    return tuple(sorted({word.strip() for word in told} - {""}))


def word(value: Any) -> str:
    """Read a text of which there are few: equal ones are one object."""
    return intern(text(value))


def code(value: Any) -> str:
    """Read a word of OCPI's lists, which are in capitals."""
    return intern(text(value).upper())


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Read a list of objects; a single object stands for a list of one, others are left out."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list | tuple):
        return []
    return [item for item in value if isinstance(item, dict)]


def moment(value: Any) -> float | None:
    """Read an OCPI date and time as UTC epoch seconds."""
    try:
        return read_time(text(value))
    except (ValueError, OverflowError):
        return None


def wording(value: Any) -> str:
    """Read a display text (one, a list of them by language, or plain): English if there is."""
    if not value:
        return ""
    if isinstance(value, str):
        return value.strip()
    told = {
        text(item.get("language")).lower()[:2]: text(item.get("text")) for item in objects(value)
    }
    told = {language: said for language, said in told.items() if said}
    return told.get("en") or next(iter(told.values()), "")


def name_of(value: Any) -> str:
    """Read the name of an OCPI BusinessDetails, or a plain text."""
    return word(value.get("name")) if isinstance(value, dict) else word(value)
