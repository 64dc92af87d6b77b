"""The words of an index, and which of them a misspelt word may mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.roads.kernels import near_words

_FEWEST_BEGUN = 5
"""From so many letters on, a word may be meant that only begins like the text, typos and all."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A word that may be meant; ``typos`` from it, or from a beginning of it where not whole."""

    word: str
    typos: int
    is_whole: bool


class Vocabulary:
    """Words in arrays, so that all of them are compared with a text in about a millisecond."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        codes = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32)
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        self._codes = codes
        self._first = np.concatenate(([0], np.cumsum(lengths)))
        self._letters = np.zeros(len(words), np.uint64)
        bits = np.uint64(1) << (codes % 64).astype(np.uint64)
        np.bitwise_or.at(self._letters, np.repeat(np.arange(len(words)), lengths), bits)

    def __len__(self) -> int:
        return len(self._words)

    def near(self, text: str, most: int, limit: int = 24) -> list[Meant]:
        """Return the words with at most so many typos, the fewest first, whole ones before others.

        The text itself, where it is a word, comes first with none.
        """
        wanted = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        letters = np.bitwise_or.reduce(np.uint64(1) << (wanted % 64).astype(np.uint64))
        index, whole, begun = near_words(
            wanted, letters, self._letters, self._first, self._codes, most
        )
        is_whole = whole <= most
        keep = is_whole | (len(text) >= _FEWEST_BEGUN)
        index, typos, is_whole = index[keep], np.where(is_whole, whole, begun)[keep], is_whole[keep]
        order = np.lexsort((index, typos, ~is_whole))[:limit]
        return [
            Meant(self._words[int(index[at])], int(typos[at]), bool(is_whole[at])) for at in order
        ]
