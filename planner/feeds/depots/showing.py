"""What plans are shown of a charge point's EVSEs, by what it said and how long it has been silent.

- Never heard: PLANNED; it is registered, and nobody knows whether it is there.
- Silent for more than `STILL_HEARD_S`: UNKNOWN, unless it was faulty; nothing tells that it was
  repaired. Connections that die without a word are found within `FOUND_DEAD_S` besides.
- Silent for more than `OUT_OF_USE_S`: INOPERATIVE, for it opens to no card that it must ask about.
"""

from collections.abc import Mapping

from planner.feeds.depots.statuses import FAULTS, status_of
from planner.model.station import Status
from planner.store.charge_points import ChargePoint, PointState

STILL_HEARD_S = 300.0
"""Five heartbeats: a charge point that restarts or changes its network is back by then."""

OUT_OF_USE_S = 86_400.0
"""As long as a direct party counts as connected. Source: design."""

HEARTBEAT_S = 60
"""What charge points are asked to keep."""

PING_S = 20.0
FOUND_DEAD_S = 2 * PING_S
"""A connection is asked for a sign of life every `PING_S`, and ended without one in as long."""


def shown_of(
    point: ChargePoint, state: PointState, silence_s: float | None
) -> Mapping[str, tuple[Status, float]]:
    """Give the status of each EVSE, and since when, by its uid.

    Parameters
    ----------
    silence_s : float or None
        Seconds since it was last heard, 0 while it is connected; None if it never was.
    """
    shown: dict[str, tuple[Status, float]] = {}
    for number, evse in enumerate(point.evses, 1):
        told = status_of(state.statuses, number, len(evse.connectors))
        keys = [f"{number}/{c}" for c in range(1, len(evse.connectors) + 1)]
        since = max((state.statuses[key][1] for key in keys if key in state.statuses), default=0.0)
        shown[evse.uid] = (_by_silence(told, silence_s, _is_doubted(state, keys)), since)
    return shown


def _is_doubted(state: PointState, keys: list[str]) -> bool:
    return not set(state.doubted).isdisjoint(keys)


def _by_silence(told: Status, silence_s: float | None, is_doubted: bool) -> Status:
    if silence_s is None:
        return Status.PLANNED
    if silence_s > OUT_OF_USE_S:
        return Status.OUTOFORDER if told is Status.OUTOFORDER else Status.INOPERATIVE
    if (silence_s > STILL_HEARD_S or is_doubted) and told not in FAULTS:
        return Status.UNKNOWN
    return told
