"""A fleet's own depots as JSON: what a kWh costs there, and the EVSEs of a charge point."""

from typing import Any

from planner.feeds.depots.plugs import write_evse
from planner.formats.stamps import stamp
from planner.store.charge_points import Depot, KnownPoint


def prices_to_json(depot: Depot) -> list[dict[str, Any]]:
    """Write the prices of a depot; that of the first sessions has no ``since``."""
    return [
        {
            "since": stamp(one.since) if one.since else None,
            "per_kwh": str(one.per_kwh),
            "currency": one.currency,
        }
        for one in depot.prices
    ]


def evses_to_json(known: KnownPoint) -> list[dict[str, Any]]:
    """Write the EVSEs of a charge point, each with the status that it last told."""
    shown = known.state.shown
    return [
        {
            "uid": evse.uid,
            "evse_id": evse.evse_id,
            "plugs": write_evse(evse),
            "status": shown.get(evse.uid, ("PLANNED", 0.0))[0],
        }
        for evse in known.point.evses
    ]
