"""Named arrays in a folder: one .npy file each and a manifest that names, sizes and hashes them.

Files are written beside their final place and renamed, so a reader sees all of a folder or none.
"""

import fcntl
import hashlib
import json
import math
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from planner.errors import DataError, RegionDamaged
from planner.roads.swapping import exchange

MANIFEST = "manifest.json"
FORMAT = 2
"""Number of the folder's layout; a reader refuses others."""

_ASIDE = "old"
"""What a folder is called while another takes its place."""

_MAGIC, _PREFIX = b"\x93NUMPY\x01\x00", 10
_HEAD = re.compile(
    rb"\{'descr': '([<>|]\w+)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \} *\n"
)
"""How .npy files of version 1.0 begin. Source: numpy.lib.format in NumPy's documentation."""

_REBUILD = "Build the region again with `plugsure region build`"


def part_hash(array: NDArray[Any]) -> str:
    """Return the SHA-256 of an array's type, shape and values, independent of the file's header."""
    said = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    said.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return said.hexdigest()


def whole_hash(hashes: Mapping[str, str]) -> str:
    """Return the SHA-256 that names all parts together, from the parts' own hashes."""
    lines = "\n".join(f"{name} {hashes[name]}" for name in sorted(hashes))
    return hashlib.sha256(f"plugsure-region {FORMAT}\n{lines}\n".encode()).hexdigest()


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside ``folder`` and put it in its place once the block succeeds.

    One process at a time does so, others wait. What one left behind that was killed is removed.

    Raises
    ------
    DataError
        It cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _sole_writer(folder):
            _remove_leftovers(folder)
            fresh = _beside(folder)
            try:
                yield fresh
                fresh.chmod(0o755)
                _swap(fresh, folder)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise DataError(
            f"the folder cannot be written ({error.strerror})",
            place=str(folder),
            remedy="See that you may write there and that the disk is not full",
        ) from error


@contextmanager
def _sole_writer(folder: Path) -> Iterator[None]:
    with (folder.parent / f".{folder.name}.writing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _beside(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))


def _remove_leftovers(folder: Path) -> None:
    """Remove what `_beside` gave to processes that are gone; a region they had set aside returns.

    Only who is the sole writer may do so.
    """
    left = re.compile(rf"\.{re.escape(folder.name)}\.[a-z0-9_]{{8}}")
    for path in [path for path in folder.parent.iterdir() if left.fullmatch(path.name)]:
        if path.is_dir():
            if (path / _ASIDE).is_dir() and not folder.exists():
                os.replace(path / _ASIDE, folder)  # noqa: PTH105
            shutil.rmtree(path, ignore_errors=True)


def _swap(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        os.replace(fresh, folder)  # noqa: PTH105 -- the atomic one, said by its name
        return
    if exchange(fresh, folder):
        return
    stale = _beside(folder)
    os.replace(folder, stale / _ASIDE)  # noqa: PTH105
    os.replace(fresh, folder)  # noqa: PTH105
    shutil.rmtree(stale, ignore_errors=True)


def write_parts(
    folder: Path,
    parts: Mapping[str, NDArray[Any]],
    facts: Mapping[str, Any],
    beside: Callable[[Path], object] | None = None,
) -> None:
    """Write the arrays and the manifest, which carries ``facts`` besides, in one atomic step.

    ``beside`` writes into the same new folder what has a hash of its own.
    """
    with replacing(folder) as fresh:
        if beside is not None:
            beside(fresh)
        told = {}
        for name, array in parts.items():
            path = fresh / f"{name}.npy"
            np.save(path, array, allow_pickle=False)
            told[name] = {
                "dtype": array.dtype.str,
                "shape": list(array.shape),
                "bytes": path.stat().st_size,
                "sha256": part_hash(array),
            }
        manifest = {"format": FORMAT, **facts, "parts": told}
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (fresh / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest; `RegionDamaged` where it is missing, broken or of another format."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        known = manifest["format"]
        hashes = {name: part["sha256"] for name, part in manifest["parts"].items()}
    except OSError as error:
        raise RegionDamaged(
            f"the manifest cannot be read ({error.strerror})", place=str(path), remedy=_REBUILD
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RegionDamaged(
            "the manifest is not what this program wrote", place=str(path), remedy=_REBUILD
        ) from error
    if known != FORMAT:
        raise RegionDamaged(
            f"the folder has format {known}, this program reads {FORMAT}",
            place=str(path),
            remedy=_REBUILD,
        )
    if manifest.get("hash") != whole_hash(hashes):
        raise RegionDamaged(
            "the hash of the region does not match the hashes of its parts",
            place=str(path),
            remedy=_REBUILD,
        )
    return dict(manifest)


def read_parts(
    folder: Path, names: Iterable[str]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Map arrays that belong together, with their manifest, even while others take their place.

    Raises
    ------
    RegionDamaged
        A part is missing or not as the manifest says.
    """
    wanted = tuple(names)
    while True:
        manifest = read_manifest(folder)
        try:
            arrays = {name: read_part(folder, name, manifest) for name in wanted}
        except RegionDamaged:
            if read_manifest(folder) == manifest:
                raise
            continue
        if read_manifest(folder) == manifest:
            return manifest, arrays


def read_part(folder: Path, name: str, manifest: Mapping[str, Any]) -> NDArray[Any]:
    """Map one array read-only; `RegionDamaged` where it is missing or not as the manifest says."""
    path = folder / f"{name}.npy"
    told = manifest["parts"].get(name)
    if told is None:
        raise RegionDamaged(
            f"the manifest names no part {name!r}", place=str(path), remedy=_REBUILD
        )
    try:
        size = path.stat().st_size
        if size != told["bytes"]:
            raise RegionDamaged(
                f"the file has {size} bytes instead of {told['bytes']}",
                place=str(path),
                remedy=_REBUILD,
            )
        head = _head(path)
    except OSError as error:
        raise RegionDamaged(
            f"the part cannot be read ({error.strerror})", place=str(path), remedy=_REBUILD
        ) from error
    if head is None:
        raise RegionDamaged("the part is not an array file", place=str(path), remedy=_REBUILD)
    begin, dtype, order, shape = head
    if [dtype, shape] != [told["dtype"], told["shape"]]:
        raise RegionDamaged(
            f"the part is {dtype}{shape} instead of {told['dtype']}{told['shape']}",
            place=str(path),
            remedy=_REBUILD,
        )
    if size != begin + math.prod(shape) * np.dtype(dtype).itemsize:
        raise RegionDamaged("the part is not an array file", place=str(path), remedy=_REBUILD)
    if 0 in shape:
        array: NDArray[Any] = np.empty(tuple(shape), dtype)
    else:
        array = np.memmap(path, dtype, "r", begin, tuple(shape), order)
    plain: NDArray[Any] = np.asarray(array)
    plain.setflags(write=False)
    return plain


def _head(path: Path) -> tuple[int, str, Literal["C", "F"], list[int]] | None:
    """Read where the values of an .npy file begin, their type, order and shape; None if damaged.

    Only what numpy writes is read: its own reader would guess what a damaged header means.
    """
    with path.open("rb") as file:
        begin = file.read(_PREFIX)
        length = int.from_bytes(begin[-2:], "little")
        found = _HEAD.fullmatch(file.read(length))
    if found is None or not begin.startswith(_MAGIC):
        return None
    dtype, fortran, shape = (text.decode() for text in found.groups())
    sizes = [int(part) for part in shape.split(",") if part.strip()]
    return _PREFIX + length, dtype, "F" if fortran == "True" else "C", sizes


def verify_part(folder: Path, name: str, array: NDArray[Any], manifest: Mapping[str, Any]) -> None:
    """Compare an array with its hash in the manifest; `RegionDamaged` names the part."""
    if part_hash(array) != manifest["parts"][name]["sha256"]:
        raise RegionDamaged(
            "the values do not match their hash",
            place=str(folder / f"{name}.npy"),
            remedy=_REBUILD,
        )
