"""Spelling of names: one form for all accents, distances between spellings, lookup with typos."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "\u0131": "i",
    }
)
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_SEPARATORS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Return the spelling without case, accents and punctuation; words parted by one space."""
    plain = text.casefold()
    if not plain.isascii():
        apart = unicodedata.normalize("NFKD", plain.translate(_LETTERS))
        plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return _SEPARATORS.sub(" ", plain.replace("'", "").replace("\u2019", "")).strip()


def fold_digraphs(text: str) -> str:
    """Return the spelling with umlauts written out: Köln as koeln."""
    composed = unicodedata.normalize("NFC", text.casefold())
    return fold(composed.translate(_DIGRAPHS))


def edit_distance(one: str, other: str, most: int) -> int:
    """Return the number of letters put in, left out, changed or swapped; ``most + 1`` if more.

    Source: the optimal string alignment distance (Damerau 1964).
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            swapped = i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against
            row.append(min(cost, before[j - 2] + 1) if swapped else cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


def typos_allowed(text: str) -> int:
    """Return how many typos a search forgives in a text of this length: none in a short one."""
    return 0 if len(text) < 4 else 1 if len(text) < 8 else 2  # noqa: PLR2004 -- the rule itself


class Trigrams:
    """Finds spellings that share most of their runs of three letters with a text.

    A typo changes at most three of them (four when letters are swapped), so what shares too few
    cannot be near.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        code, key = _codes(keys)
        order = np.argsort(code, kind="stable")
        self._code, self._key = code[order], key[order]
        self._count = len(keys)

    def near(self, text: str, limit: int) -> NDArray[np.int64]:
        """Return up to ``limit`` indices of keys, those that share the most first."""
        codes = np.unique(_codes([text])[0])
        begins = np.searchsorted(self._code, codes)
        ends = np.searchsorted(self._code, codes, side="right")
        hits = [self._key[begin:end] for begin, end in zip(begins, ends, strict=True)]
        shared = np.bincount(np.concatenate(hits), minlength=self._count)
        least = max(1, len(codes) - 4 * max(typos_allowed(text), 1))
        found = np.flatnonzero(shared >= least)
        best = np.argsort(-shared[found], kind="stable")[:limit]
        return found[best]


def _codes(keys: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return each run of three bytes as a number, and the key it is of; ends are marked by 0."""
    encoded = [b"\0" + key.encode() + b"\0" for key in keys]
    letters = np.frombuffer(b"".join(encoded) + b"\0\0", np.uint8).astype(np.int64)
    code = (letters[:-2] << 16) | (letters[1:-1] << 8) | letters[2:]
    lengths = np.array([len(said) for said in encoded], np.int64)
    key = np.repeat(np.arange(len(keys), dtype=np.int32), lengths)
    within = np.arange(len(key)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    whole = within < np.repeat(lengths, lengths) - 2
    return code[whole], key[whole]
