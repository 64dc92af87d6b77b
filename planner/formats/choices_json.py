"""Why a plan stops where it does, and how an alternative differs, as JSON and back."""

from typing import Any

from planner.formats.money_json import money_from_json, money_to_json
from planner.formats.pointers import Node
from planner.formats.stamps import stamp
from planner.formats.station_json import station_from_json, station_to_json
from planner.model.plan import Choice, Difference, Instead


def difference_to_json(difference: Difference) -> dict[str, Any]:
    """Write how a trip differs from the plan."""
    return {
        "says": difference.says,
        "later_s": round(difference.later_s, 9),
        "stops": difference.stops,
        "more": money_to_json(difference.more),
        "shared": round(difference.shared, 9),
    }


def difference_from_json(node: Node) -> Difference:
    """Read what `difference_to_json` wrote."""
    return Difference(
        says=node.at("says").text(),
        later_s=node.at("later_s").number(),
        stops=int(node.at("stops").number()),
        more=node.optional("more", money_from_json),
        shared=node.at("shared").number(),
    )


def choice_to_json(choice: Choice) -> dict[str, Any]:
    """Write why a plan stops at a place."""
    difference = choice.difference
    return {
        "stop": choice.stop,
        "station_id": choice.station_id,
        "says": choice.says,
        "reason": choice.reason,
        "instead": None if choice.instead is None else _instead_to_json(choice.instead),
        "difference": None if difference is None else difference_to_json(difference),
    }


def choice_from_json(node: Node) -> Choice:
    """Read what `choice_to_json` wrote."""
    return Choice(
        stop=node.at("stop").whole(),
        station_id=node.at("station_id").text(),
        says=node.at("says").text(),
        reason=node.at("reason").text(),
        instead=node.optional("instead", _instead_from_json),
        difference=node.optional("difference", difference_from_json),
    )


def _instead_to_json(instead: Instead) -> dict[str, Any]:
    here = instead.location
    return {
        "station": station_to_json(instead),
        "power_kw": round(instead.power_kw, 9),
        "arrival": stamp(instead.arrival, here),
        "departure": stamp(instead.departure, here),
    }


def _instead_from_json(node: Node) -> Instead:
    return Instead(
        **station_from_json(node.at("station")),
        power_kw=node.at("power_kw").number(),
        arrival=node.at("arrival").moment(),
        departure=node.at("departure").moment(),
    )
