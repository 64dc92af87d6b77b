"""What a charge point says of its connectors, as OCPI's status of an EVSE.

An EVSE with several connectors is in use where one of them is; where none is, it is as its worst
connector, for OCPI knows no status of a connector and a plan must not send a car to a broken one.
What the charge point says of itself (connector 0) holds for all its EVSEs where it is a fault.
"""

from collections.abc import Iterable, Mapping

from planner.model.station import Status

STATUSES: dict[str, Status] = {
    "Available": Status.AVAILABLE,
    "Preparing": Status.CHARGING,
    "Charging": Status.CHARGING,
    "SuspendedEV": Status.CHARGING,
    "SuspendedEVSE": Status.CHARGING,
    "Finishing": Status.CHARGING,
    "Occupied": Status.CHARGING,
    "Reserved": Status.RESERVED,
    "Unavailable": Status.INOPERATIVE,
    "Faulted": Status.OUTOFORDER,
}
"""A place that a car stands at is in use, whether or not energy flows.

Source: OCPP 1.6 edition 2, ChargePointStatus; OCPP 2.0.1 part 2, ConnectorStatusEnumType.
"""

FAULTS = (Status.OUTOFORDER, Status.INOPERATIVE)
_WORST_FIRST = (
    Status.CHARGING,
    *FAULTS,
    Status.RESERVED,
    Status.UNKNOWN,
    Status.AVAILABLE,
)

WHOLE = "0/0"
"""Names the charge point itself among its connectors."""


def status_of(statuses: Mapping[str, tuple[str, float]], evse: int, connectors: int) -> Status:
    """Give the status of an EVSE.

    Parameters
    ----------
    statuses : mapping
        OCPI's word and its time by ``EVSE/connector``.
    evse : int
        Its OCPP number.
    connectors : int
        How many connectors it has; one of which nothing was said is UNKNOWN.
    """
    whole = _read(statuses, WHOLE)
    if whole in FAULTS:
        return whole
    told = [_read(statuses, f"{evse}/{number}") for number in range(1, connectors + 1)]
    return worst(told)


def worst(told: Iterable[Status]) -> Status:
    """Give the status that counts most for who wants to charge."""
    return min(told, key=_WORST_FIRST.index, default=Status.UNKNOWN)


def _read(statuses: Mapping[str, tuple[str, float]], name: str) -> Status:
    return Status(statuses[name][0]) if name in statuses else Status.UNKNOWN
