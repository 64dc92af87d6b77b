"""Paging without input or output: give it each answer, it names the next URL.

The rule of this file: a token goes only where the first request went. So a next page must lie on
the same host, and an http link of an https feed is raised to https. A page is asked for once; a
list that does not end, or that repeats itself, is an error and not a hang. Where links lead
nowhere, or the party fails at an object of its own, the rest is asked for by offset; and where a
party names neither a next page nor a total, by trying whether there is more.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlunsplit

import msgspec

from planner.errors import Fault, FeedError
from planner.ocpi.addresses import shown, split
from planner.ocpi.messages import SERVER_ERROR, demand_success, read_envelope
from planner.ocpi.times import write_time

MAX_PAGES = 100_000
"""More pages than any feed has: 10 million objects at 100 a page."""

MAX_REPETITIONS = 3
"""A page may come again this often in one walk; a list that does so more often is a circle."""

MOST_EMPTY = 50
"""Pages without an entry that may follow each other, each naming a next one."""

MOST_PASSED_OVER = 10
"""Objects of one list at which a party may fail before the list counts as failed."""

USUAL_PAGE = 100
"""Entries that a page is taken to have where nobody has said how many."""

_ASKED_WRONGLY = range(2000, 3000)
"""OCPI statuses by which a party may say that there is nothing at an offset."""

_NEXT = re.compile(r"<([^>]*)>\s*;[^,]*?\brel\s*=\s*\"?next\"?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """The objects of a page, and a fault for each entry that is none."""

    objects: tuple[dict[str, Any], ...]
    faults: tuple[Fault, ...] = ()


class Pager:
    """One walk through a list; ``resume`` goes on at a page, after so many entries.

    Attributes
    ----------
    url : str or None
        The page to ask for next; None when the list is complete.
    received : int
        Entries so far.
    total : int or None
        What ``X-Total-Count`` said last.
    passed_over : int
        Entries at which the party itself fails, left out.
    """

    def __init__(
        self,
        url: str,
        *,
        date_from: float | None = None,
        limit: int | None = None,
        max_pages: int = MAX_PAGES,
        resume: tuple[str, int] | None = None,
    ) -> None:
        query = dict(parse_qsl(split(url).query))
        if date_from is not None:
            query["date_from"] = write_time(date_from)
        if limit is not None:
            query["limit"] = str(limit)
        self._query = query
        self._first = _with_query(url, query)
        start, received = resume or (self._first, 0)
        self.url: str | None = start
        self.received = received
        self.total: int | None = None
        self.passed_over = 0
        self._width = self._widest = max(1, limit or USUAL_PAGE)
        self._counts = self._is_linked = self._was_linked = False
        self._empty = 0
        self._is_trying = False
        self._known: set[tuple[str, ...]] = set()
        self._pages_left = max_pages
        self._asked = {self._first, start}
        self._seen: set[bytes] = set()
        self._repetitions = 0

    def receive(self, headers: Mapping[str, str], body: bytes) -> Page:
        """Take the answer to `url` and move on.

        Raises
        ------
        FeedError
            If the answer is no page, says that something failed, or leads back or away.
        """
        if self.url is None:
            raise ValueError("the list is complete, no page was asked for")
        asked = self.url
        place = shown(asked)
        envelope = read_envelope(body, place=place)
        if envelope.status_code in _ASKED_WRONGLY and self.end_here():
            return Page(())
        if envelope.status_code == SERVER_ERROR and self._may_ask_for_less():
            return self._ask_for_less(asked, envelope.status_message)
        data = demand_success(envelope, place=place)
        entries = self._entries(data, place)
        if self._known.issuperset(map(_identity, entries)) and self.end_here():
            return Page(())
        self._refuse_repetition(entries, place)
        page = _sort(entries, place, self._position)
        self.received += len(entries)
        self.total = _count(headers, "x-total-count")
        self._width = min(2 * self._width, self._widest) if self._counts else self._width
        if entries and not self._counts:
            self._width = min(self._width, len(entries))
        self.url = self._next(asked, headers, data, len(entries))
        if self._is_trying:
            self._known.update(map(_identity, entries))
        return page

    def end_here(self) -> bool:
        """End the list where nobody had promised the page that was asked for; False if one had."""
        if self._is_trying:
            self.url = None
        return self._is_trying

    @property
    def missing(self) -> int:
        """Entries that the total promised and no page brought, once the list has ended."""
        promised = max(self.total or 0, self.received + self.passed_over)
        return promised - self.received if self.url is None else 0

    def pass_over_link(self) -> bool:
        """Go on by offset where a link led nowhere; False where that cannot help."""
        if self.url is None or not self._is_linked or (self.total or 0) <= self._position:
            return False
        instead = self._by_offset()
        if instead in self._asked:
            return False
        self._counts, self._is_linked = True, False
        self.url = self._accept(self.url, instead)
        return True

    @property
    def _position(self) -> int:
        """Entries of this walk that are done with."""
        return self.received + self.passed_over

    def _by_offset(self) -> str:
        """Name the rest of the list by what is done with already."""
        query = dict(self._query)
        first = query.get("offset", "")
        query["offset"] = str((int(first) if first.isdecimal() else 0) + self._position)
        if self._width < self._widest and not self._is_trying:
            query["limit"] = str(self._width)
        return _with_query(self._first, query)

    def _may_ask_for_less(self) -> bool:
        return self._width > 1 or self.passed_over < MOST_PASSED_OVER

    def _ask_for_less(self, asked: str, said: str) -> Page:
        """Halve what is asked for at once, down to the one object at which the party fails.

        A server that writes a page whole or not at all would else keep all of its list from us.
        """
        faults: tuple[Fault, ...] = ()
        self._counts = True
        if self._width > 1:
            self._width //= 2
        else:
            place = f"{shown(asked)}#/{self._position}"
            detail = f"the party answers OCPI status {SERVER_ERROR} for this object"
            remedy = "Ask the operator of the feed to mend it"
            faults = (Fault(place, f"{detail}: {said[:160]}" if said else detail, remedy),)
            self.passed_over += 1
        is_over = self.total is not None and self._position >= self.total
        self.url = None if is_over else self._accept(asked, self._by_offset())
        return Page((), faults)

    def _entries(self, data: Any, place: str) -> list[Any]:
        if isinstance(data, dict) and isinstance(data.get("items"), list):
            items: list[Any] = data["items"]
            return items
        if data is None:
            return []
        if not isinstance(data, list):
            raise FeedError(
                f"the data is a {type(data).__name__}, not a list",
                place=place,
                remedy="Check that the address is that of a list of objects",
            )
        return data

    def _refuse_repetition(self, entries: list[Any], place: str) -> None:
        """Bear a page that comes twice (feeds hold duplicates), but not one that keeps coming."""
        digest = hashlib.sha256(msgspec.json.encode(entries)).digest()
        if entries and digest in self._seen:
            self._repetitions += 1
        if self._repetitions > MAX_REPETITIONS:
            raise FeedError(
                "the list repeats itself, so it would never end",
                place=place,
                remedy="Ask the operator of the feed to mend its paging",
            )
        self._seen.add(digest)
        self._empty = 0 if entries else self._empty + 1
        if self._empty > MOST_EMPTY:
            raise FeedError(
                "the list goes on with empty pages, so it would never end",
                place=place,
                remedy="Ask the operator of the feed to mend its paging",
            )

    def _next(self, asked: str, headers: Mapping[str, str], data: Any, count: int) -> str | None:
        """Name the next page: the Link header, a ``next`` beside items, or the rest by offset."""
        link = _NEXT.search(_header(headers, "link"))
        following = link[1].strip() if link else ""
        if not following and isinstance(data, dict) and isinstance(data.get("next"), str):
            following = data["next"].strip()
        is_counted = self.total is not None
        self._is_linked = bool(following) and not (self._counts and is_counted)
        is_short = count < min(_count(headers, "x-limit") or 0, self._widest)
        self._is_trying = not (following or is_counted or self._was_linked or is_short)
        self._was_linked = self._was_linked or self._is_linked
        if self._is_linked:
            return self._accept(asked, _join(asked, following))
        if count and (self._is_trying or self._position < (self.total or 0)):
            return self._accept(asked, self._by_offset())
        return None

    def _accept(self, asked: str, url: str) -> str:
        place = shown(asked)
        here, there = split(asked), split(url)
        is_raised = (here.scheme, there.scheme) == ("https", "http")
        is_here = here.hostname == there.hostname if is_raised else here.netloc == there.netloc
        if is_here and {here.scheme, there.scheme} == {"http", "https"}:
            # A server behind a proxy does not know its own scheme: what was asked works.
            url = urlunsplit((here.scheme, here.netloc, there.path, there.query, ""))
            there = split(url)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            raise FeedError(
                f"the next page is said to lie elsewhere, at {shown(url)}",
                place=place,
                remedy="The token is sent to no other host; ask the operator to mend its links",
            )
        self._pages_left -= 1
        if url in self._asked or self._pages_left <= 0:
            raise FeedError(
                "the next page is one that was read already, so the list would never end"
                if url in self._asked
                else "the list has more pages than any feed has",
                place=place,
                remedy="Ask the operator of the feed to mend its paging",
            )
        self._asked.add(url)
        return url


def write_paging(url: str, *, offset: int, limit: int, total: int) -> dict[str, str]:
    """Give the headers with which a sender answers a page of its own list.

    Source: OCPI 2.2.1, transport and format, pagination.
    """
    headers = {"X-Total-Count": str(total), "X-Limit": str(limit)}
    if offset + limit < total:
        query = dict(parse_qsl(split(url).query))
        query |= {"offset": str(offset + limit), "limit": str(limit)}
        headers["Link"] = f'<{_with_query(url, query)}>; rel="next"'
    return headers


def _with_query(url: str, query: Mapping[str, str]) -> str:
    parts = split(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def _join(here: str, there: str) -> str:
    split(there)
    return urljoin(here, there)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = _header(headers, name).strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _identity(entry: Any) -> tuple[str, ...]:
    """Name an entry, so that a party that knows no offset is told by what it gives again."""
    if not isinstance(entry, dict):
        return (repr(entry),)
    named = entry.get("id", entry.get("uid"))
    if named is None:
        return (repr(entry),)
    return (str(entry.get("country_code")), str(entry.get("party_id")), str(named))


def _sort(entries: list[Any], place: str, before: int) -> Page:
    """Part objects from entries that are none."""
    objects = tuple(entry for entry in entries if isinstance(entry, dict))
    faults = tuple(
        Fault(f"{place}#/{before + number}", f"an object is needed, not {type(entry).__name__}")
        for number, entry in enumerate(entries)
        if not isinstance(entry, dict)
    )
    return Page(objects, faults)
