"""What OpenStreetMap's tags say of a way or a node for a private car.

The rule of this file: what is not known to be open is closed, and a more particular key
(``motorcar``) outweighs a more general one (``access``). Conditions (times, weights) are told by
`planner.roads.conditions`. Source: OpenStreetMap wiki, Key:access, Key:oneway, Key:barrier.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from planner.roads.conditions import ONEWAY_KEYS
from planner.roads.graph import Flag
from planner.roads.names import label_of
from planner.roads.speeds import CLASS_SPEED_KMH, Speed, read_duration_s, speed_of

ACCESS_KEYS: tuple[str, ...] = ("motorcar", "motor_vehicle", "vehicle", "access")
"""From particular to general."""

_HEADS = frozenset(
    {
        *ACCESS_KEYS, "highway", "route", "oneway", "junction", "service", "area", "smoothness",
        "surface", "tracktype", "toll", "bridge", "tunnel", "maxspeed", "duration", "zone",
        "source:maxspeed", "barrier", "direction", "traffic_signals", "traffic_calming", "crossing",
        "stop", "lanes", "width", "lit", "embedded_rails", "motorroad", "dual_carriageway",
        "sidewalk", "living_street", "bicycle_road", "cyclestreet",
    }
)  # fmt: skip


def matters(key: str) -> bool:
    """Say whether the key of a way or a node is read here, in speeds or in conditions.

    All else may be left out before a way is read, so that ways alike are read once.
    """
    return key in _HEADS or key.partition(":")[0] in _HEADS


OPEN: frozenset[str] = frozenset({"yes", "permissive", "designated", "official", "public"})
"""Anyone may drive there. Source: OpenStreetMap wiki, Key:access."""
ARRIVING_ONLY: frozenset[str] = frozenset({"destination", "customers"})
"""One may drive there, but not through. Source: OpenStreetMap wiki, Key:access."""

_ROADS = frozenset(CLASS_SPEED_KMH) - {"ferry", "track", "busway", "pedestrian"}
_ONLY_IF_TOLD = frozenset({"track", "busway", "pedestrian"})
"""Open to cars only where a tag says so. Source: OpenStreetMap wiki, OSM tags for routing, access
restrictions; tracks, which it leaves open, are closed here: assumed, few are public roads."""
_FERRIES = frozenset({"ferry", "shuttle_train"})
"""Source: OpenStreetMap wiki, Key:route."""

_TOO_ROUGH = frozenset({"horrible", "very_horrible", "impassable"})
"""Smoothness that closes small roads; of roads from tertiary up only the last does, for they carry
traffic whatever is said of their surface. Source: OpenStreetMap wiki, Key:smoothness."""

_THROUGH = frozenset(
    f"{word}{link}"
    for word in ("motorway", "trunk", "primary", "secondary", "tertiary")
    for link in ("", "_link")
)

_CLOSED_SERVICES = frozenset({"emergency_access", "bus", "slipway"})
"""Kinds of service roads that are no way for cars. Source: OpenStreetMap wiki, Key:service."""
_SLOW_SERVICE_KMH: Mapping[str, float] = {"parking_aisle": 10.0, "driveway": 10.0}
"""Most that is driven on service roads of a kind. Source: assumed, walking pace and a little."""

DRIVABLE: tuple[tuple[str, str], ...] = (
    *(("highway", word) for word in CLASS_SPEED_KMH if word != "ferry"),
    *(("route", word) for word in sorted(_FERRIES)),
)
"""Tags of which a way that cars may drive has one."""

BOARDING_S = 600.0
"""Waiting for a ferry and boarding it. Source: assumed."""

PASSABLE_BARRIERS: frozenset[str] = frozenset(
    {
        "gate", "lift_gate", "swing_gate", "sliding_gate", "hampshire_gate", "sally_port",
        "toll_booth", "border_control", "cattle_grid", "entrance", "kerb", "height_restrictor",
        "no", "rumble_strip", "speed_hump", "width_restrictor",
    }
)  # fmt: skip
"""Barriers that a car passes unless an access tag says otherwise; all others are closed unless a
tag says that they are open. Source: OpenStreetMap wiki, Key:barrier; assumed: a gate on a public
road is open."""

SIGNAL_S, STOP_SIGN_S, TOLL_BOOTH_S = 6.0, 5.0, 15.0
"""Delay at traffic lights, stop signs and toll booths in seconds.

Source: lights assumed, between the 2 s of OSRM's and Valhalla's tables, which are times without
traffic, and the 10 s at the border of levels A and B of the Highway Capacity Manual 2000; a
junction of dual carriageways has lights at two nodes or more of each way through it. Toll booths:
Valhalla's default toll_booth_cost. Stop signs: assumed.
"""


@dataclass(frozen=True, slots=True)
class WayFacts:
    """What a way is for cars; speeds are 0 in a direction that is closed.

    ``crossing_s`` is the time of a whole ferry way where that is told, else 0; ``arriving`` says
    that one may drive there, but not through.
    """

    road_class: str
    forward_kmh: float
    backward_kmh: float
    forward_from: str
    backward_from: str
    flags: int
    crossing_s: float = 0.0
    arriving: bool = False


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node is for cars: a closed barrier, and delay by direction along its way."""

    closed: bool
    forward_s: float = 0.0
    backward_s: float = 0.0


def read_way(tags: Mapping[str, str]) -> WayFacts | None:
    """Return what a way is for cars, or None where no car may drive in either direction."""
    road_class = _class_of(tags)
    if road_class is None:
        return None
    forward, backward = directions(tags, road_class)
    if not (forward or backward):
        return None
    ahead, back = (
        _slowed(speed_of(tags, road_class, way), tags) for way in ("forward", "backward")
    )
    crossing_s = read_duration_s(tags.get("duration", "")) if road_class == "ferry" else None
    source = "timetable" if crossing_s else ""
    return WayFacts(
        road_class=road_class,
        forward_kmh=ahead[0] if forward else 0.0,
        backward_kmh=back[0] if backward else 0.0,
        forward_from=source or ahead[1],
        backward_from=source or back[1],
        flags=_flags(tags, road_class),
        crossing_s=crossing_s or 0.0,
        arriving=access_of(tags) == "arriving",
    )


def _class_of(tags: Mapping[str, str]) -> str | None:
    """Return the class if cars may use the way at all."""
    highway = tags.get("highway", "")
    if highway not in CLASS_SPEED_KMH and tags.get("route") not in _FERRIES:
        return None
    access = access_of(tags)
    if access == "closed" or tags.get("area") == "yes" or _is_too_rough(tags):
        return None
    if highway in _ROADS:
        closed = highway == "service" and tags.get("service") in _CLOSED_SERVICES
        return None if closed and access == "untold" else highway
    told = _told(tags, ACCESS_KEYS[:3]) in OPEN | ARRIVING_ONLY
    if highway in _ONLY_IF_TOLD:
        return highway if told else None
    return "ferry" if tags.get("route") in _FERRIES and told else None


def _is_too_rough(tags: Mapping[str, str]) -> bool:
    smoothness = tags.get("smoothness")
    if tags.get("highway") in _THROUGH:
        return smoothness == "impassable"
    return smoothness in _TOO_ROUGH


def access_of(tags: Mapping[str, str], suffix: str = "") -> str:
    """Say whether a car may go: ``open``, ``arriving``, ``closed`` or ``untold``."""
    value = _told(tags, [key + suffix for key in ACCESS_KEYS])
    if value == "":
        return "untold"
    return "open" if value in OPEN else "arriving" if value in ARRIVING_ONLY else "closed"


def _told(tags: Mapping[str, str], keys: "tuple[str, ...] | list[str]") -> str:
    """Return the value of the most particular key; of a list the most open one."""
    for key in keys:
        if tags.get(key):
            values = [value.strip() for value in tags[key].split(";")]
            best = [value for kind in (OPEN, ARRIVING_ONLY) for value in values if value in kind]
            return (best or values)[0]
    return ""


_ONEWAY: Mapping[str, tuple[bool, bool]] = {
    "yes": (True, False),
    "true": (True, False),
    "1": (True, False),
    "-1": (False, True),
    "reverse": (False, True),
    "no": (True, True),
    "false": (True, True),
    "0": (True, True),
    "alternating": (True, True),
    "reversible": (False, False),
}
"""Whether a car may drive along the way, and against it. Source: OpenStreetMap wiki, Key:oneway.
A reversible road is open in one direction at a time, unknown which: neither can be promised."""


def directions(tags: Mapping[str, str], road_class: str) -> tuple[bool, bool]:
    """Say whether a car may drive along the way, and against it."""
    told = next(
        (tags[key] for key in ONEWAY_KEYS if tags.get(key) in _ONEWAY),
        None,
    )
    if told is None:
        implied = road_class == "motorway" or tags.get("junction") in {"roundabout", "circular"}
        told = "yes" if implied else "no"
    forward, backward = _ONEWAY[told]
    forward &= access_of(tags, ":forward") != "closed"
    backward &= access_of(tags, ":backward") != "closed"
    return forward, backward


def _slowed(speed: Speed, tags: Mapping[str, str]) -> tuple[float, str]:
    """Return speed and source, at most what is driven in car parks and on drives."""
    return min(speed.kmh, _SLOW_SERVICE_KMH.get(tags.get("service", ""), speed.kmh)), speed.source


def _flags(tags: Mapping[str, str], road_class: str) -> int:
    flags = Flag(0)
    if (tags.get("toll:motorcar") or tags.get("toll:motor_vehicle") or tags.get("toll")) == "yes":
        flags |= Flag.TOLL
    if road_class == "ferry":
        flags |= Flag.FERRY
    if road_class in {"motorway", "motorway_link"}:
        flags |= Flag.MOTORWAY
    if tags.get("bridge", "no") != "no" or tags.get("tunnel", "no") != "no":
        flags |= Flag.BRIDGE_OR_TUNNEL
    return int(flags)


def name_of(tags: Mapping[str, str]) -> str:
    """Return the label of the way: its name and number."""
    return label_of(tags.get("name", ""), tags.get("ref", ""))


def read_node(tags: Mapping[str, str]) -> NodeFacts | None:
    """Return what a node on a way does to cars, None where nothing."""
    forward_s = backward_s = 0.0
    delay_s = {"traffic_signals": SIGNAL_S, "stop": STOP_SIGN_S}.get(tags.get("highway", ""), 0.0)
    if tags.get("barrier") == "toll_booth":
        delay_s = TOLL_BOOTH_S
    if delay_s:
        side = tags.get("traffic_signals:direction") or tags.get("direction") or "both"
        forward_s = 0.0 if side == "backward" else delay_s
        backward_s = 0.0 if side == "forward" else delay_s
    closed = is_closed(tags)
    return NodeFacts(closed, forward_s, backward_s) if closed or delay_s else None


def is_closed(tags: Mapping[str, str]) -> bool:
    """Say whether no car passes the node."""
    barrier = tags.get("barrier", "")
    access = access_of(tags)
    if access == "untold":
        return bool(barrier) and barrier not in PASSABLE_BARRIERS
    return access == "closed"
