"""The pages of one list while it is pulled: small in memory, and kept if the pull is cut off.

A page is written down only once there is another one to come, so an increment of one page costs
no write. Pages that are older than `RESUME_S`, or of a pull that asked for something else, are of
no use and are forgotten.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from planner.errors import Fault, FeedError
from planner.feeds.client import Connection, OcpiClient, Pull
from planner.ocpi.pager import Pager
from planner.store.store import Store

RESUME_S = 3600.0
"""Seconds for which the rest of a list may be asked for: the list goes on changing meanwhile, but
what changed since the pull began is asked for again by the next one."""

_QUICK = 1


class _Kept(msgspec.Struct, frozen=True):
    """A page as it is written down."""

    began: float
    since: float | None
    next_url: str | None
    received: int
    faults: tuple[Fault, ...]
    data: bytes


@dataclass(slots=True)
class Stage:
    """One list of a pull.

    Attributes
    ----------
    began : float
        UTC epoch seconds at which its first page was asked for, perhaps by an earlier pull.
    told : Pull
        Counts and faults.
    resumed : bool
        Whether it went on from pages that were kept.
    """

    store: Store
    feed: str
    module: str
    since: float | None
    began: float
    told: Pull = field(default_factory=Pull)
    resumed: bool = False
    _pages: list[bytes] = field(default_factory=list)
    _next: tuple[str, int] | None = None

    def fetch(self, client: OcpiClient, connection: Connection, limit: int) -> Iterator[Pull]:
        """Pull the list, from where it was cut off if it was; gives the counts at each page.

        Raises
        ------
        FeedError
            If a page cannot be had. What came before is kept for the next pull.
        """
        url = client.endpoint(connection, self.module)
        self._restore()
        if self.resumed:
            pager = Pager(url, date_from=self.since, limit=limit, resume=self._next)
            first = len(self._pages)
            try:
                yield from self._walk(client, connection, pager)
            except FeedError:
                if len(self._pages) > first:
                    raise
                self._forget()  # the party no longer knows that page: from the beginning
            else:
                return
        pager = Pager(url, date_from=self.since, limit=limit)
        yield from self._walk(client, connection, pager)

    def objects(self) -> Iterator[dict[str, Any]]:
        """Give all objects, in their order; may be asked for more than once."""
        for page in self._pages:
            yield from msgspec.json.decode(zlib.decompress(page))

    def pages(self) -> Iterator[Sequence[dict[str, Any]]]:
        """Give the objects page by page."""
        for page in self._pages:
            yield msgspec.json.decode(zlib.decompress(page))

    def _walk(self, client: OcpiClient, connection: Connection, pager: Pager) -> Iterator[Pull]:
        for page in client.walk(connection, self.module, pager, self.told):
            data = zlib.compress(msgspec.json.encode(page.objects), _QUICK)
            self._pages.append(data)
            if pager.url is not None:
                kept = _Kept(self.began, self.since, pager.url, pager.received, page.faults, data)
                body = msgspec.msgpack.encode(kept)
                self.store.pages.add(self.feed, self.module, len(self._pages), body)
            yield self.told

    def _restore(self) -> None:
        """Take up the pages that an earlier pull left, if they are of use."""
        bodies = self.store.pages.load(self.feed, self.module)
        if not bodies:
            return
        kept = [msgspec.msgpack.decode(body, type=_Kept) for body in bodies]
        last = kept[-1]
        is_fresh = 0 <= self.began - last.began < RESUME_S
        if not is_fresh or last.next_url is None or (last.since is None) != (self.since is None):
            self._forget()
            return
        self.began, self.since, self.resumed = last.began, last.since, True
        self._pages = [page.data for page in kept]
        self._next = (last.next_url, last.received)
        self.told.pages, self.told.received = len(kept), last.received
        self.told.faults.extend(fault for page in kept for fault in page.faults)

    def _forget(self) -> None:
        self.store.pages.clear(self.feed, self.module)
        self._pages.clear()
        self.told = Pull()
        self.resumed = False
