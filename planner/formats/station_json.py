"""The station of a stop, as JSON and back."""

from typing import Any

from planner.formats.pointers import Node
from planner.model.plan import ChargingStop, Instead


def station_to_json(stop: ChargingStop | Instead) -> dict[str, Any]:
    """Write where a stop is."""
    return {
        "id": stop.station_id,
        "name": stop.station_name,
        "operator": stop.operator,
        "party": stop.party,
        "location": [stop.location.lon, stop.location.lat],
    }


def station_from_json(node: Node) -> dict[str, Any]:
    """Read what `station_to_json` wrote: the arguments by which a stop says where it is."""
    return {
        "station_id": node.at("id").text(),
        "station_name": node.given("name", Node.text, ""),
        "operator": node.given("operator", Node.text, ""),
        "party": node.at("party").text(),
        "location": node.at("location").point(),
    }
