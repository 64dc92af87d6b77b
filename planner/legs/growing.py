"""Labels of sites under a metric that changes often: made when first asked for, and then kept.

Stored labels name arcs by their place in a metric; with other weights the places move, and telling
whose label stays as it was (`walks_changed`) costs about as much as making it anew, measured by
``bench/closures.py``. So the labels of changed roads start empty, and are made for the sites that
a plan looks at.
"""

import threading
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.legs.exact import read_only
from planner.legs.hierarchy import Customised
from planner.legs.labels import Entries
from planner.legs.sites import Book, LabelMaker

I32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Shelf:
    """The labels of one direction: ``number`` int32[n] is that of each node of the graph, or -1."""

    number: I32
    book: Book


@dataclass(eq=False)
class GrowingLabels:
    """Labels of those nodes of ``sites`` that were asked for; threads may share it.

    ``sites`` int32[k], ascending: labels of other nodes are not kept, so that what is kept has an
    end. The place of an entry never changes.
    """

    metric: Customised
    sites: I32
    _shelves: dict[bool, _Shelf] = field(default_factory=dict, repr=False)
    _growing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @cached_property
    def maker(self) -> LabelMaker:
        """What makes labels of other nodes."""
        return LabelMaker(self.metric)

    def find(self, nodes: I32, *, inward: bool) -> tuple[NDArray[np.intp], Book]:
        """Numbers of the labels of nodes in a book, -1 where a node is no site; makes them."""
        with self._growing:
            shelf = self._shelves.get(inward)
            if shelf is None:
                none = np.full(self.metric.hierarchy.nodes, -1, np.int32)
                shelf = _Shelf(none, Book.empty())
            lacking = np.unique(nodes[shelf.number[nodes] < 0])
            fresh = lacking[np.isin(lacking, self.sites)].astype(np.int32)
            if fresh.size:
                shelf = _longer(shelf, fresh, self.maker.book(fresh, inward=inward))
            self._shelves[inward] = shelf
        return shelf.number[nodes].astype(np.intp), shelf.book


def _longer(shelf: _Shelf, fresh: I32, made: Book) -> _Shelf:
    old = shelf.book
    number = shelf.number.copy()
    number[fresh] = np.arange(len(fresh), dtype=np.int32) + np.int32(len(old.first) - 1)
    first = np.concatenate((old.first, made.first[1:] + old.first[-1]))
    names = Entries._fields
    entries = Entries.of(
        np.concatenate((getattr(old.entries, name), getattr(made.entries, name))) for name in names
    )
    return _Shelf(number, Book(read_only(first), entries))
