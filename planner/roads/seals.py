"""Whether the files of a folder are those that were written, told without reading them.

Compiled code follows the indices of mapped arrays wherever they lead, so that values must be held
against their hashes before it sees them; yet that takes seconds for a country. A seal lists the
size and the times of each file as it was when its hash was known to be right. Files that still have
these were not written to; where one differs, as after a copy, all values are read once, and a new
seal is set. That a disk gives back other bytes than were written, is what ``region info --verify``
looks for.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from planner.errors import RegionDamaged
from planner.roads.parts import read_manifest, read_part, read_parts, verify_part

SEAL = "seal.json"

Marks = dict[str, list[int]]


def set_seal(folder: Path, manifest: Mapping[str, Any], marks: Marks) -> None:
    """Write down that the values of the files that were so marked are as the manifest says.

    Where nobody may write, the next who opens the folder has to read it all again.
    """
    draft = folder / f".{SEAL}.{os.getpid()}"
    with suppress(OSError):
        text = json.dumps({"hash": manifest["hash"], "files": marks})
        draft.write_text(text, encoding="utf-8")
        draft.replace(folder / SEAL)


def check_seal(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Hold all values against their hashes, if a file may have been written to since that was done.

    Raises
    ------
    RegionDamaged
        Names the first part that is missing or whose values differ.
    """
    marks = mark_files(folder, manifest)
    if _known(folder) == {"hash": manifest["hash"], "files": marks}:
        return
    for name in manifest["parts"]:
        verify_part(folder, name, read_part(folder, name, manifest), manifest)
    set_seal(folder, manifest, marks)


def read_sealed(
    folder: Path, names: Iterable[str]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Map arrays that belong together, as `read_parts` does, once their seal was checked.

    Raises
    ------
    RegionDamaged
        Names the first part that is missing or whose values differ.
    """
    wanted = tuple(names)
    while True:
        manifest, arrays = read_parts(folder, wanted)
        try:
            check_seal(folder, manifest)
        except RegionDamaged:
            if read_manifest(folder) == manifest:
                raise
            continue  # others have taken its place meanwhile
        return manifest, arrays


def mark_files(folder: Path, manifest: Mapping[str, Any]) -> Marks:
    """Return bytes, time of the last writing and of the last change of each part's file, in ns."""
    marks = {}
    for name in manifest["parts"]:
        path = folder / f"{name}.npy"
        try:
            told = path.stat()
        except OSError as error:
            raise RegionDamaged(
                f"the part cannot be read ({error.strerror})",
                place=str(path),
                remedy="Build the region again with `plugsure region build`",
            ) from error
        marks[name] = [told.st_size, told.st_mtime_ns, told.st_ctime_ns]
    return marks


def _known(folder: Path) -> object:
    try:
        return json.loads((folder / SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
