"""Turn restrictions as OpenStreetMap's relations tell them, for a private car.

The rule of this file: the most particular key that concerns cars decides
(``restriction:motorcar`` before ``restriction``), and what does not become a restriction becomes a
report that says why. Source: OpenStreetMap wiki, Relation:restriction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.roads.opl import Member
from planner.roads.reports import Kind, Report

KEYS: tuple[str, ...] = (
    "restriction:motorcar", "restriction:motor_vehicle", "restriction:vehicle", "restriction",
)  # fmt: skip
"""From particular to general."""

TURNS: frozenset[str] = frozenset(
    {"left_turn", "right_turn", "straight_on", "u_turn", "entry", "exit"}
)
"""What follows ``no_`` or ``only_``. The turn itself is told by the members; the word only names
it."""

_CARS = frozenset({"motorcar", "motor_vehicle", "vehicle"})

_TIMED = ("day_on", "day_off", "hour_on", "hour_off")
"""The older way to say when a restriction holds. Source: OpenStreetMap wiki, Relation:restriction,
deprecated tags."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A turn that is forbidden, or (``only``) the only one that is allowed; ids of OSM.

    ``via_ways`` is empty where ``via_node`` is told, else ``via_node`` is 0. ``u_turn`` says that
    the turn is one.
    """

    osm_id: int
    only: bool
    u_turn: bool
    from_ways: tuple[int, ...]
    via_node: int
    via_ways: tuple[int, ...]
    to_ways: tuple[int, ...]


def read_restriction(
    osm_id: int, tags: Mapping[str, str], members: Sequence[Member]
) -> Restriction | Report:
    """Return the restriction that a relation states for cars, or why it states none."""
    value = next((tags[key] for key in KEYS if tags.get(key)), "")
    timed = any(f"{key}:conditional" in tags for key in KEYS)
    if any(tags.get(key) for key in _TIMED) or (not value and timed):
        return Report(Kind.RESTRICTION_CONDITIONAL, osm_id)
    others = any(key.startswith("restriction:") for key in tags)
    if (not value and others) or value == "none" or _exempt(tags):
        return Report(Kind.RESTRICTION_EXEMPT, osm_id)
    word, _low, turn = value.partition("_")
    if word not in {"no", "only"} or turn not in TURNS:
        return Report(Kind.RESTRICTION_UNKNOWN, osm_id)
    told = _members(osm_id, members, only=word == "only", u_turn=turn == "u_turn")
    return told or Report(Kind.RESTRICTION_INCOMPLETE, osm_id)


def _exempt(tags: Mapping[str, str]) -> bool:
    """Say whether cars are excepted; a key of their own is not meant by ``except``."""
    if any(tags.get(key) for key in KEYS[:3]):
        return False
    excepted = {word.strip() for word in tags.get("except", "").replace(",", ";").split(";")}
    return bool(excepted & _CARS)


def _members(
    osm_id: int, members: Sequence[Member], *, only: bool, u_turn: bool
) -> Restriction | None:
    """Return the restriction, or None where its members do not say a turn."""
    ways: dict[str, list[int]] = {"from": [], "via": [], "to": []}
    via_nodes = []
    for member in members:
        if member.kind == "w" and member.role in ways:
            ways[member.role].append(member.ref)
        elif member.kind == "n" and member.role == "via":
            via_nodes.append(member.ref)
    by_node = len(via_nodes) == 1 and not ways["via"]
    by_ways = bool(ways["via"]) and not via_nodes
    if not (ways["from"] and ways["to"] and (by_node or by_ways)):
        return None
    return Restriction(
        osm_id=osm_id,
        only=only,
        u_turn=u_turn,
        from_ways=tuple(dict.fromkeys(ways["from"])),
        via_node=via_nodes[0] if by_node else 0,
        via_ways=tuple(ways["via"]),
        to_ways=tuple(dict.fromkeys(ways["to"])),
    )
