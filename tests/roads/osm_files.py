"""Small OpenStreetMap files written by hand, for tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

Tags = Mapping[str, str]
KINDS = {"n": "node", "w": "way", "r": "relation"}
STEP = 0.001
"""Degrees between neighbouring columns and rows of the grid that nodes stand on."""


def write_osm(
    path: Path,
    ways: Sequence[tuple[Sequence[int], Tags]],
    nodes: Mapping[int, Tags] | None = None,
    places: Mapping[int, tuple[float, float]] | None = None,
    leave_out: Sequence[int] = (),
    relations: Sequence[tuple[Sequence[tuple[str, int, str]], Tags]] = (),
) -> Path:
    """Write ways over nodes; node n stands at column n % 100 and row n // 100 unless told.

    Relations are given as ``(members, tags)``, a member as ("w", 1, "from").
    """
    used = sorted({node for refs, _tags in ways for node in refs} - set(leave_out))
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6" generator="test">']
    for node in used:
        lon, lat = (places or {}).get(node) or (10 + node % 100 * STEP, 50 + node // 100 * STEP)
        inner = _tags((nodes or {}).get(node, {}))
        lines.append(
            f'<node id="{node}" version="1" lat="{lat:.7f}" lon="{lon:.7f}">{inner}</node>'
        )
    for number, (refs, tags) in enumerate(ways, 1):
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs) + _tags(tags)
        lines.append(
            f'<way id="{number}" version="1" timestamp="2024-05-06T00:00:00Z">{inner}</way>'
        )
    for number, (members, tags) in enumerate(relations, 1):
        inner = "".join(
            f'<member type="{KINDS[kind]}" ref="{ref}" role="{role}"/>'
            for kind, ref, role in members
        )
        lines.append(f'<relation id="{number}" version="1">{inner}{_tags(tags)}</relation>')
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
