"""Files by their contents: what a worker elsewhere lacks is sent once, checked and kept.

A shipment is a list of files, itself named by its SHA-256. A worker looks up the list, then the
files, in its cache, and says which it lacks; what comes is written beside its place and takes it
only once its hash is right. So the same region is never sent twice to a machine, and a part that
was changed on the way is never used.
"""

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from planner.errors import DataError

PIECE_BYTES = 8 * 1024 * 1024
"""Sent at a time: schedulers hold what they pass on in memory."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of bytes of the object ``sha256``, from ``begin``; ``last`` ends it."""

    sha256: str
    begin: int
    last: bool
    data: bytes

    def __repr__(self) -> str:
        return f"Piece({self.sha256[:12]}, {self.begin}, {len(self.data)} bytes)"


@dataclass(slots=True)
class Stock:
    """What a sender can send: objects by their SHA-256, as files or as bytes."""

    objects: dict[str, Path | bytes] = field(default_factory=dict)

    def add(self, folder: Path, files: Iterable[Path]) -> str:
        """Put files of a folder in stock; return the SHA-256 of the list that names them."""
        told = {}
        for path in sorted(files):
            with path.open("rb") as file:
                name = hashlib.file_digest(file, "sha256").hexdigest()
            self.objects[name] = path
            told[path.relative_to(folder).as_posix()] = name
        listed = json.dumps(told, sort_keys=True).encode()
        name = hashlib.sha256(listed).hexdigest()
        self.objects[name] = listed
        return name

    def pieces(self, hashes: Iterable[str]) -> Iterator[Piece]:
        """Yield the objects of those hashes piece by piece, each from its beginning to its end."""
        for name in hashes:
            source = self.objects[name]
            data = source if isinstance(source, bytes) else None
            size = len(data) if data is not None else Path(os.fsdecode(source)).stat().st_size
            begin = 0
            while True:
                end = min(begin + PIECE_BYTES, size)
                part = data[begin:end] if data is not None else _read(source, begin, end)
                yield Piece(name, begin, end == size, part)
                if end == size:
                    break
                begin = end


def _read(path: "Path | bytes", begin: int, end: int) -> bytes:
    assert isinstance(path, Path), "bytes are cut by the caller"
    with path.open("rb") as file:
        file.seek(begin)
        return file.read(end - begin)


@dataclass(frozen=True, slots=True)
class Cache:
    """What a machine has been sent. Processes may share it."""

    home: Path

    def lacking(self, shipment: str) -> tuple[str, ...]:
        """Name what is missing of a shipment: its list first, and then what that names."""
        if not self._object(shipment).is_file():
            return (shipment,)
        names = sorted(set(self._listed(shipment).values()))
        return tuple(name for name in names if not self._object(name).is_file())

    def still_lacking(self, hashes: Iterable[str]) -> tuple[str, ...]:
        """Name those of some objects that are not there by now."""
        return tuple(name for name in hashes if not self._object(name).is_file())

    def put(self, piece: Piece, sender: str) -> None:
        """Take a piece; those of one object come in order from one sender.

        Raises
        ------
        DataError
            A piece was lost, or the object is not what it is called.
        """
        place = self._object(piece.sha256)
        draft = place.with_name(f"{place.name}.{_plain(sender)}")
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with draft.open("wb" if piece.begin == 0 else "ab") as written:
            if written.tell() != piece.begin:
                raise DataError("a piece was lost on the way", place=str(draft))
            written.write(piece.data)
        if not piece.last:
            return
        with draft.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != piece.sha256:
            draft.unlink()
            raise DataError("what came is not what was sent", place=str(place))
        draft.replace(place)

    def folder(self, shipment: str) -> Path:
        """Lay out a shipment that is there as the folder that it was made of.

        Files are links to what is kept: read-only, as far as we are concerned.
        """
        folder = self.home / "folders" / shipment[:32]
        if not folder.is_dir():
            draft = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}")
            for relative, name in self._listed(shipment).items():
                path = draft / _inside(relative)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.hardlink_to(self._object(name))
            try:
                draft.rename(folder)
            except OSError:  # another process was quicker
                shutil.rmtree(draft, ignore_errors=True)
                if not folder.is_dir():
                    raise
        return folder

    def _listed(self, shipment: str) -> dict[str, str]:
        listed: dict[str, str] = json.loads(self._object(shipment).read_bytes())
        return listed

    def _object(self, name: str) -> Path:
        if not _SHA256.fullmatch(name):
            raise DataError("is no SHA-256", place=name[:80])
        return self.home / "objects" / name


def _inside(relative: str) -> PurePosixPath:
    path = PurePosixPath(relative)
    if path.is_absolute() or ".." in path.parts:
        raise DataError("a file of a shipment lies outside of it", place=relative)
    return path


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)[:40]
