"""Reading lines of OPL, the plain text form of OpenStreetMap objects that osmium writes.

osmium filters a file and writes what is left as text without a step of Python for each object; here
that text becomes arrays, a block of lines at a time. Source: osmium file formats manual, OPL.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

BLOCK_BYTES = 32_000_000
"""Text that is held in memory at a time."""

_LINE, _SPACE, _COMMA, _MINUS, _POINT, _ZERO, _NINE = b"\n ,-.09"
_N, _R, _W, _T, _D, _WHEN, _X, _Y = b"NrwTdtxy"
_DELETED = ord("D")
_REF = ord("n")
_DECIMALS = 7


@dataclass(frozen=True, kw_only=True)
class WayLines:
    """The ways and relations of one block.

    Attributes
    ----------
    text : bytes
    way : int64[ways]
        Ids.
    tags : int64[ways, 2]
        Where each way's tags begin and end in ``text``.
    count, ref : int64[ways], int64[references]
        Number of nodes of each way, and their ids one way after the other.
    relation : list of bytes
        Whole lines.
    newest : int
        The newest date of a way as yyyymmdd, 0 where none is told.
    """

    text: bytes
    way: NDArray[np.int64]
    tags: NDArray[np.int64]
    count: NDArray[np.int64]
    ref: NDArray[np.int64]
    relation: list[bytes]
    newest: int


@dataclass(frozen=True, kw_only=True)
class NodeLines:
    """The nodes of one block that lie somewhere; ``tags`` is empty (begin = end) without tags."""

    text: bytes
    node: NDArray[np.int64]
    lon_e7: NDArray[np.int32]
    lat_e7: NDArray[np.int32]
    tags: NDArray[np.int64]


def read_blocks(path: Path) -> Iterator[bytes]:
    """Yield the file in blocks of whole lines."""
    with path.open("rb") as file:
        rest = b""
        while block := file.read(BLOCK_BYTES):
            whole, newline, tail = block.rpartition(b"\n")
            if newline:
                yield rest + whole + newline
                rest = tail
            else:
                rest += block
        if rest:
            yield rest + b"\n"


def way_lines(text: bytes) -> WayLines:
    """Read a block of ways and relations; deleted ones are left out."""
    raw = np.frombuffer(text, np.uint8)
    lines = int(np.count_nonzero(raw == _LINE))
    most = int(np.count_nonzero(raw == _COMMA)) + lines
    way, count = np.empty(lines, np.int64), np.empty(lines, np.int64)
    tags, other = np.empty((lines, 2), np.int64), np.empty((lines, 2), np.int64)
    ref = np.empty(most, np.int64)
    ways, refs, others, newest = _scan_ways(raw, way, tags, count, ref, other)
    return WayLines(
        text=text,
        way=way[:ways],
        tags=tags[:ways],
        count=count[:ways],
        ref=ref[:refs],
        relation=[text[begin:end] for begin, end in other[:others].tolist()],
        newest=int(newest),
    )


def node_lines(text: bytes) -> NodeLines:
    """Read a block of nodes; what has no location is left out."""
    raw = np.frombuffer(text, np.uint8)
    lines = int(np.count_nonzero(raw == _LINE))
    node, tags = np.empty(lines, np.int64), np.empty((lines, 2), np.int64)
    lon_e7, lat_e7 = np.empty(lines, np.int32), np.empty(lines, np.int32)
    nodes = _scan_nodes(raw, node, lon_e7, lat_e7, tags)
    return NodeLines(
        text=text, node=node[:nodes], lon_e7=lon_e7[:nodes], lat_e7=lat_e7[:nodes],
        tags=tags[:nodes],
    )  # fmt: skip


_ESCAPED = re.compile(r"%([0-9a-fA-F]+)%")


def plain(text: bytes) -> str:
    """Return a key, value or role as it was mapped: ``%20%`` stands for a space."""
    said = text.decode("utf-8", "replace")
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), said) if "%" in said else said


def read_tags(text: bytes) -> dict[str, str]:
    """Return the tags of a field ``key=value,key=value``."""
    pairs = (pair.partition(b"=") for pair in text.split(b",") if pair)
    return {plain(key): plain(value) for key, _equals, value in pairs}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a relation: ``kind`` is ``n``, ``w`` or ``r``."""

    kind: str
    ref: int
    role: str


def read_relation(line: bytes) -> tuple[int, dict[str, str], tuple[Member, ...]]:
    """Return id, tags and members of a relation's line."""
    fields = {field[:1]: field[1:] for field in line.split(b" ")}
    members = []
    for member in fields.get(b"M", b"").split(b","):
        if member:
            ref, _at, role = member[1:].partition(b"@")
            members.append(Member(member[:1].decode(), int(ref), plain(role)))
    return int(fields[b"r"]), read_tags(fields.get(b"T", b"")), tuple(members)


def _whole_number(raw: Any, at: int) -> tuple[int, int]:
    """Return the number that begins there, and where it ends."""
    sign, value = 1, 0
    if raw[at] == _MINUS:
        sign, at = -1, at + 1
    while _ZERO <= raw[at] <= _NINE:
        value = value * 10 + int(raw[at]) - _ZERO
        at += 1
    return sign * value, at


_number = numba.njit(cache=True)(_whole_number)


def _degrees_e7(raw: Any, at: int) -> tuple[int, int]:
    """Return the degrees that begin there in units of 1e-7, and where they end."""
    sign, value, decimals = 1, 0, -1
    if raw[at] == _MINUS:
        sign, at = -1, at + 1
    while _ZERO <= raw[at] <= _NINE or raw[at] == _POINT:
        if raw[at] == _POINT:
            decimals = 0
        elif decimals < _DECIMALS:
            value = value * 10 + int(raw[at]) - _ZERO
            decimals += decimals >= 0
        at += 1
    for _ in range(_DECIMALS - max(decimals, 0)):
        value *= 10
    return sign * value, at


_degrees = numba.njit(cache=True)(_degrees_e7)


def _refs_of(raw: Any, at: int, ref: Any, refs: int) -> tuple[int, int]:
    """Add the ids of a list ``n1,n2,n3`` that begins there; return their number and its end."""
    while raw[at] == _REF or raw[at] == _COMMA:
        at += 1
        if raw[at - 1] == _REF:
            ref[refs], at = _number(raw, at)
            refs += 1
    return refs, at


_references = numba.njit(cache=True)(_refs_of)


def _date_at(raw: Any, at: int) -> int:
    """Return the date that begins there as yyyymmdd, 0 where none does."""
    if not _ZERO <= raw[at] <= _NINE:
        return 0
    year, at = _number(raw, at)
    month, at = _number(raw, at + 1)
    day, at = _number(raw, at + 1)
    return int(year * 10000 + month * 100 + day)


_date = numba.njit(cache=True)(_date_at)


def _ways(
    raw: Any, way: Any, tags: Any, count: Any, ref: Any, other: Any
) -> tuple[int, int, int, int]:
    """Fill the arrays from lines of text; return numbers of ways, references and others, newest."""
    at = ways = refs = others = newest = 0
    while at < len(raw):
        begin, kind, deleted, first = at, raw[at], False, refs
        number, at = _number(raw, at + 1)
        tag_begin = tag_end = when = 0
        while raw[at] != _LINE:
            at += 1
            field, value = raw[at], at + 1
            if field == _N:
                refs, at = _references(raw, value, ref, refs)
            elif field == _D:
                deleted = raw[value] == _DELETED
            elif field == _WHEN:
                when = _date(raw, value)
            while raw[at] not in (_SPACE, _LINE):
                at += 1
            if field == _T:
                tag_begin, tag_end = value, at
        if kind == _W and not deleted:
            way[ways], tags[ways, 0], tags[ways, 1] = number, tag_begin, tag_end
            count[ways], newest = refs - first, max(newest, when)
            ways += 1
        elif kind == _R and not deleted:
            other[others, 0], other[others, 1] = begin, at
            others += 1
        else:
            refs = first
        at += 1
    return ways, refs, others, newest


_scan_ways = numba.njit(cache=True)(_ways)


def _nodes(raw: Any, node: Any, lon_e7: Any, lat_e7: Any, tags: Any) -> int:
    """Fill the arrays from lines of text; return the number of nodes."""
    at = nodes = 0
    while at < len(raw):
        number, at = _number(raw, at + 1)
        tag_begin = tag_end = lon = lat = 0
        somewhere = False
        while raw[at] != _LINE:
            at += 1
            field = raw[at]
            if field == _X and raw[at + 1] not in (_SPACE, _LINE):
                lon, at = _degrees(raw, at + 1)
                somewhere = True
            elif field == _Y and raw[at + 1] not in (_SPACE, _LINE):
                lat, at = _degrees(raw, at + 1)
            tag_begin = at + 1 if field == _T else tag_begin
            while raw[at] not in (_SPACE, _LINE):
                at += 1
            tag_end = at if field == _T else tag_end
        if somewhere:
            node[nodes], lon_e7[nodes], lat_e7[nodes] = number, lon, lat
            tags[nodes, 0], tags[nodes, 1] = tag_begin, tag_end
            nodes += 1
        at += 1
    return nodes


_scan_nodes = numba.njit(cache=True)(_nodes)
