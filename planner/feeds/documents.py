"""Getting objects out of files: JSON in the shapes that feeds are published in, CSV, gzip.

Files with one object a line are streamed. A line that is no JSON costs that line; a file that
ends too soon is refused as a whole, for what is missing must not look as if it were gone.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from planner.errors import DataError, Fault

Progress = Callable[[int, int], None]
"""Called now and then with the bytes read so far and those of the whole file."""

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_PAGES = ("items", "data", "results")
"""Names under which a page holds its list: a cursor's, OCPI's, other portals'."""

_REPORT_EVERY_LINES = 1000


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a file and where it stood; ``fault`` says why there is no object."""

    place: str
    value: Any = None
    fault: Fault | None = None


def read_objects(path: Path, progress: Progress | None = None) -> Iterator[Item]:
    """Give the objects of a JSON file, gzipped or not.

    Read are a list, one object a line, and pages: objects with a list under ``items``, ``data``
    or ``results``, alone or one a line.

    Raises
    ------
    DataError
        If the file is not there, is damaged or truncated, or holds no JSON at all.
    """
    with _opened(path) as (raw, stream):
        lines = _lines(path, raw, stream, progress)
        head = next(lines, None)
        if head is None:
            raise DataError("the file is empty", place=str(path))
        number, line = head
        first = _decode(line)
        if first is None:
            yield from _document(path, [head, *lines])
            return
        yield from _unfold(f"{path.name}:{number}", first.value)
        yield from _each_line(path, lines)


def read_rows(path: Path, progress: Progress | None = None) -> Iterator[Item]:
    """Give the rows of a CSV file as objects by column; the delimiter may be ``,`` or ``;``.

    Raises
    ------
    DataError
        If the file is not there, is damaged or truncated, or is no text in UTF-8.
    """
    with _opened(path) as (raw, stream):
        lines = (text for _, text in _lines(path, raw, stream, progress, blank=True))
        delimiter = _delimiter(path, stream)
        reader = csv.reader(_texts(path, lines), delimiter=delimiter)
        try:
            header = [name.strip() for name in next(reader)]
            for row in reader:
                place = f"{path.name}:{reader.line_num}"
                if not any(row):
                    continue
                if len(row) != len(header):
                    said = f"the row has {len(row)} columns, the header {len(header)}"
                    yield Item(place, fault=Fault(place, said))
                    continue
                yield Item(place, dict(zip(header, row, strict=True)))
        except StopIteration:
            raise DataError("the file is empty", place=str(path)) from None
        except csv.Error as error:
            raise DataError(f"the CSV cannot be read: {error}", place=str(path)) from error


def looks_like_json(path: Path) -> bool:
    """Say whether a file (gzipped or not) begins as JSON does."""
    with _opened(path) as (_, stream):
        try:
            return stream.peek(64).removeprefix(_BOM).lstrip()[:1] in (b"{", b"[")
        except (EOFError, OSError, zlib.error) as error:
            raise _truncated(path, 0) from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], io.BufferedReader]]:
    """Open a file, unpacking it if need be: the bytes on disk, and what they hold."""
    try:
        raw = path.open("rb")
    except OSError as error:
        raise DataError(
            f"the file cannot be opened: {error.strerror}",
            place=str(path),
            remedy="Check the path.",
        ) from error
    with raw:
        if raw.peek(2)[:2] == _GZIP:
            with gzip.open(raw) as unpacked:
                yield raw, cast("io.BufferedReader", unpacked)
        else:
            yield raw, raw


def _lines(
    path: Path,
    raw: IO[bytes],
    stream: io.BufferedReader,
    progress: Progress | None,
    *,
    blank: bool = False,
) -> Iterator[tuple[int, bytes]]:
    """Give the lines with their numbers, blank ones only if asked; refuse what breaks off."""
    size = path.stat().st_size
    number = 0
    try:
        for number, line in enumerate(stream, 1):
            text = line.removeprefix(_BOM) if number == 1 else line
            if text.strip() or blank:
                yield number, text
            if progress is not None and number % _REPORT_EVERY_LINES == 0:
                progress(min(raw.tell(), size), size)
    except (EOFError, OSError, zlib.error) as error:
        raise _truncated(path, number) from error
    if progress is not None:
        progress(size, size)


def _each_line(path: Path, lines: Iterator[tuple[int, bytes]]) -> Iterator[Item]:
    for number, line in lines:
        place = f"{path.name}:{number}"
        decoded = _decode(line)
        if decoded is not None:
            yield from _unfold(place, decoded.value)
        elif not line.endswith(b"\n"):
            raise _truncated(path, number)
        else:
            yield Item(place, fault=Fault(place, "the line is no JSON"))


@dataclass(frozen=True, slots=True)
class _Decoded:
    value: Any


def _decode(text: bytes) -> _Decoded | None:
    try:
        return _Decoded(msgspec.json.decode(text))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _document(path: Path, lines: list[tuple[int, bytes]]) -> Iterator[Item]:
    """Read a file whose first line is no JSON: one value over several lines, or a bad line."""
    decoded = _decode(b"".join(line for _, line in lines))
    if decoded is not None:
        lines.clear()
        yield from _unfold(path.name, decoded.value)
        return
    if not any(_decode(line) for _, line in lines[1:3] if line.lstrip().startswith(b"{")):
        raise DataError(
            "the file is no JSON, or breaks off",
            place=str(path),
            remedy="Give a list, one object a line, or a page with its list under `items`.",
        )
    yield from _each_line(path, iter(lines))


def _unfold(place: str, value: Any) -> Iterator[Item]:
    """Give the objects of a list or page, or the object itself."""
    if isinstance(value, Mapping) and "id" not in value:
        for name in _PAGES:
            if isinstance(value.get(name), list):
                value = value[name]
                break
    if isinstance(value, list):
        yield from (Item(f"{place}[{index}]", item) for index, item in enumerate(value))
    else:
        yield Item(place, value)


def _texts(path: Path, lines: Iterator[bytes]) -> Iterator[str]:
    for line in lines:
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise DataError(
                "the file is not in UTF-8",
                place=str(path),
                remedy="Save it again with that encoding.",
            ) from error


def _delimiter(path: Path, stream: io.BufferedReader) -> str:
    try:
        head = stream.peek(4096).split(b"\n", 1)[0]
    except (EOFError, OSError, zlib.error) as error:
        raise _truncated(path, 0) from error
    return ";" if head.count(b";") > head.count(b",") else ","


def _truncated(path: Path, line: int) -> DataError:
    return DataError(
        f"the file breaks off or is damaged after line {line}; nothing of it was taken",
        place=f"{path}:{line}",
        remedy="Fetch it again; what was known before is kept.",
    )
