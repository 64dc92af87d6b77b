"""Conditional tags, ``key:conditional = value @ (condition)``: found and told, not judged.

A plan does not know on which days a road will be driven again, nor the weight or the length of
stay that some conditions ask for; so the plain tags count, and each object with a condition that
matters to a car is reported. Source: OpenStreetMap wiki, Conditional restrictions.
"""

from collections.abc import Mapping

from planner.roads.reports import Kind

SUFFIX = ":conditional"

_BY_KEY: Mapping[str, Kind] = {
    "access": Kind.ACCESS_CONDITIONAL,
    "vehicle": Kind.ACCESS_CONDITIONAL,
    "motor_vehicle": Kind.ACCESS_CONDITIONAL,
    "motorcar": Kind.ACCESS_CONDITIONAL,
    "oneway": Kind.ONEWAY_CONDITIONAL,
    "maxspeed": Kind.SPEED_CONDITIONAL,
}

_FOR_CARS = frozenset({"motorcar", "motor_vehicle", "vehicle", "forward", "backward"})
"""What may stand between the key and ``conditional`` and still concern a car."""


def conditions_of(tags: Mapping[str, str]) -> frozenset[Kind]:
    """Return what of a way holds under conditions only."""
    found = set()
    for key in tags:
        head, *between = key.removesuffix(SUFFIX).split(":")
        if key.endswith(SUFFIX) and head in _BY_KEY and _FOR_CARS.issuperset(between):
            found.add(_BY_KEY[head])
    if any(tags.get(key) == "reversible" for key in ONEWAY_KEYS):
        found.add(Kind.REVERSIBLE)
    return frozenset(found)


ONEWAY_KEYS: tuple[str, ...] = (
    "oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway",
)  # fmt: skip
"""From particular to general."""
