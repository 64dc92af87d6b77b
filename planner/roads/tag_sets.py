"""The distinct sets of tags that roads have, each read once: a country has some ten thousand."""

from typing import TypeVar

from planner.roads.conditions import conditions_of
from planner.roads.opl import plain, read_tags
from planner.roads.reports import Kind
from planner.roads.tags import NodeFacts, WayFacts, matters, name_of, read_node, read_way

CLOSED = -1
"""In place of the index of facts: no car may drive there."""

_NAMES = (b"name", b"ref")
_Thing = TypeVar("_Thing")


class _Keys(dict[bytes, bool]):
    """Says of a key, as it stands in text, whether it matters; each is judged once."""

    def __missing__(self, key: bytes) -> bool:
        told = self[key] = matters(plain(key))
        return told


class WayWords:
    """Reads the tags of ways; what is the same gets the same number.

    Attributes
    ----------
    facts : list of WayFacts
    names : list of str
        Labels; the first is empty.
    reports : list of frozenset of Kind
        What to report of a way; the first is empty.
    """

    def __init__(self) -> None:
        self.facts: list[WayFacts] = []
        self.names: list[str] = [""]
        self.reports: list[frozenset[Kind]] = [frozenset()]
        self._keys = _Keys()
        self._read: dict[tuple[bytes, ...], tuple[int, int]] = {}
        self._labels: dict[tuple[bytes, ...], int] = {}
        self._fact_numbers: dict[WayFacts, int] = {}
        self._name_numbers: dict[str, int] = {"": 0}
        self._report_numbers: dict[frozenset[Kind], int] = {frozenset(): 0}

    def read(self, text: bytes) -> tuple[int, int, int]:
        """Return the numbers of a way's facts (or `CLOSED`), its name, and its reports."""
        keys = self._keys
        kept, named = [], []
        for pair in text.split(b","):
            key = pair.partition(b"=")[0]
            if key in _NAMES:
                named.append(pair)
            elif keys[key]:
                kept.append(pair)
        said = tuple(kept)
        known = self._read.get(said)
        if known is None:
            known = self._read[said] = self._judge(said)
        label = tuple(named)
        name = self._labels.get(label)
        if name is None:
            tags = read_tags(b",".join(label))
            name = self._labels[label] = _numbered(self._name_numbers, self.names, name_of(tags))
        return known[0], name, known[1]

    def _judge(self, said: tuple[bytes, ...]) -> tuple[int, int]:
        tags = read_tags(b",".join(said))
        facts = read_way(tags)
        number = CLOSED if facts is None else _numbered(self._fact_numbers, self.facts, facts)
        return number, _numbered(self._report_numbers, self.reports, conditions_of(tags))


def _numbered(numbers: dict[_Thing, int], things: list[_Thing], thing: _Thing) -> int:
    number = numbers.setdefault(thing, len(things))
    if number == len(things):
        things.append(thing)
    return number


class NodeWords:
    """Reads the tags of nodes; the same tags are read once."""

    def __init__(self) -> None:
        self._keys = _Keys()
        self._read: dict[tuple[bytes, ...], tuple[NodeFacts | None, tuple[Kind, ...]]] = {}

    def read(self, text: bytes) -> tuple[NodeFacts | None, tuple[Kind, ...]]:
        """Return what a node is for cars, and what to report of it."""
        said = tuple(pair for pair in text.split(b",") if self._keys[pair.partition(b"=")[0]])
        known = self._read.get(said)
        if known is None:
            tags = read_tags(b",".join(said))
            timed = "barrier" in tags and Kind.ACCESS_CONDITIONAL in conditions_of(tags)
            told = (Kind.GATE_CONDITIONAL,) if timed else ()
            known = self._read[said] = read_node(tags), told
        return known
