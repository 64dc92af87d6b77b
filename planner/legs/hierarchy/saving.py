"""A hierarchy and its metrics as folders of memory-mapped arrays, keyed by their region's hash.

Opening reads manifests only, unless a file was written to since its values were known to be right;
values are read when they are used, and all processes share them.
"""

from dataclasses import fields
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from planner.errors import RegionDamaged
from planner.legs.hierarchy.climb import Climb
from planner.legs.hierarchy.contraction import Hierarchy
from planner.legs.hierarchy.customised import Customised
from planner.roads.parts import (
    MANIFEST,
    part_hash,
    read_manifest,
    read_part,
    verify_part,
    whole_hash,
    write_parts,
)
from planner.roads.seals import check_seal, mark_files, set_seal

LAYOUT = 1
"""Number of these folders' layout; others are made anew."""

_REBUILD = "Build the legs of the region again"
_CLIMBS = ("outward", "inward")
_PLAIN = ("edge_weight", "edge_load", "contracted", "shortest")


def save_hierarchy(hierarchy: Hierarchy, folder: Path, *, region: str) -> None:
    """Write a hierarchy in one atomic step; ``region`` is the hash of the graph it is of."""
    _save(folder, hierarchy.arrays(), kind="hierarchy", region=region, name="")


def open_hierarchy(folder: Path, *, region: str) -> Hierarchy:
    """Map a saved hierarchy.

    Raises
    ------
    RegionDamaged
        A part is missing, damaged or not as the manifest says, or the folder is of another region.
    """
    manifest = _manifest(folder, kind="hierarchy", region=region, name="")
    names = [field.name for field in fields(Hierarchy)]
    return Hierarchy(**{name: read_part(folder, name, manifest) for name in names})


def save_metric(metric: Customised, folder: Path, *, region: str, name: str = "") -> None:
    """Write a metric without its hierarchy in one atomic step; ``name`` says what it measures."""
    _save(folder, _metric_arrays(metric), kind="metric", region=region, name=name)


def open_metric(hierarchy: Hierarchy, folder: Path, *, region: str, name: str = "") -> Customised:
    """Map a saved metric of a hierarchy that is open.

    Raises
    ------
    RegionDamaged
        A part is missing, damaged or not as the manifest says, or the folder is of another region
        or name.
    """
    manifest = _manifest(folder, kind="metric", region=region, name=name)
    arrays: dict[str, Any] = {part: read_part(folder, part, manifest) for part in _PLAIN}
    for side in _CLIMBS:
        parts = (read_part(folder, f"{side}-{of.name}", manifest) for of in fields(Climb))
        arrays[side] = Climb(*parts)
    if len(arrays["contracted"]) != hierarchy.arcs:
        raise RegionDamaged(
            f"the metric has {len(arrays['contracted'])} arcs, the hierarchy {hierarchy.arcs}",
            place=str(folder),
            remedy=_REBUILD,
        )
    return Customised(hierarchy, **arrays)


def verify_saved(folder: Path) -> None:
    """Read every value of a saved folder; `RegionDamaged` names the first part that differs."""
    manifest = read_manifest(folder)
    for part in manifest["parts"]:
        verify_part(folder, part, read_part(folder, part, manifest), manifest)


def _metric_arrays(metric: Customised) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {part: getattr(metric, part) for part in _PLAIN}
    for side in _CLIMBS:
        climb = getattr(metric, side)
        arrays |= {f"{side}-{of.name}": getattr(climb, of.name) for of in fields(Climb)}
    return arrays


def _save(
    folder: Path, arrays: dict[str, NDArray[Any]], *, kind: str, region: str, name: str
) -> None:
    said = {"kind": kind, "layout": LAYOUT, "region": region, "name": name}
    hashes = {part: part_hash(array) for part, array in arrays.items()}
    write_parts(folder, arrays, {**said, "hash": whole_hash(hashes)})
    manifest = read_manifest(folder)
    set_seal(folder, manifest, mark_files(folder, manifest))


def _manifest(folder: Path, *, kind: str, region: str, name: str) -> dict[str, Any]:
    """Read the manifest and hold it against what is wanted."""
    manifest = read_manifest(folder)
    wanted = {"kind": kind, "layout": LAYOUT, "region": region, "name": name}
    for key, value in wanted.items():
        if manifest.get(key) != value:
            raise RegionDamaged(
                f"the folder's {key} is {manifest.get(key)!r} instead of {value!r}",
                place=str(folder / MANIFEST),
                remedy=_REBUILD,
            )
    check_seal(folder, manifest)
    return manifest
