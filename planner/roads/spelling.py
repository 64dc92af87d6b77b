"""Spelling of names: one form for all accents, the words of a name, distances between spellings."""

import re
import unicodedata

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
_IDEOGRAPH = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
"""Kana and ideographs, which are written without spaces. Source: the blocks of Unicode 15."""


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


def words_of(folded: str) -> list[str]:
    """Return the words of a folded spelling; each ideograph is a word of its own."""
    return _IDEOGRAPH.sub(r" \1 ", folded).split()


def is_ideograph(letter: str) -> bool:
    """Say whether a letter is a word of its own."""
    return _IDEOGRAPH.fullmatch(letter) is not None


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
