"""Numbers of EVSEs and connectors, and times, as charge points tell them.

OCPP 2.0.1 counts EVSEs from 1 and the connectors of each from 1; 1.6 counts all connectors of a
charge point through. 0 is the charge point itself.
"""

from planner.errors import NotFound
from planner.ocpi.times import read_time
from planner.store.charge_points import ChargePoint

EARLIEST = 1_577_836_800.0
"""2020: a charge point that dates a message before then has not set its clock."""


def read_moment(said_at: str, now: float) -> float:
    """Read when a charge point says that something was: never later than now.

    Where it says nothing, or what cannot be, it is now.
    """
    try:
        at = read_time(said_at)
    except ValueError:
        return now
    return min(at, now) if at >= EARLIEST else now


def has_connector(point: ChargePoint, evse: int, connector: int) -> bool:
    """Whether a charge point is registered with that connector."""
    evses = point.evses
    return 1 <= evse <= len(evses) and 1 <= connector <= len(evses[evse - 1].connectors)


def place_of_connector(point: ChargePoint, connector: int) -> tuple[int, int]:
    """Give EVSE and connector for a connector of 1.6; NotFound if there are not so many."""
    left = connector
    for number, evse in enumerate(point.evses, 1):
        if 1 <= left <= len(evse.connectors):
            return number, left
        left -= len(evse.connectors)
    raise NotFound(f"{point.id} is not registered with a connector {connector}")


def connector_of_place(point: ChargePoint, evse: int, connector: int) -> int:
    """Give the number that a connector has in 1.6."""
    return sum(len(one.connectors) for one in point.evses[: evse - 1]) + connector


def uid_of(point: ChargePoint, evse: int) -> str:
    """Give the uid of an EVSE; NotFound if it is not registered."""
    if not 1 <= evse <= len(point.evses):
        raise NotFound(f"{point.id} is not registered with an EVSE {evse}")
    return point.evses[evse - 1].uid
