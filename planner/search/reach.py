"""Whether a trip could be made at all: an optimistic look that takes a few sweeps of the roads.

Every station that a wallet may use is taken to be open and to fill the battery, and a drive to need
no more than its net energy. What is out of reach even so is out of reach. And what comes too late
though all charging is as quick as it can be, is late.
"""

import numpy as np
from numpy.typing import NDArray

from planner.legs.bounds import least_use
from planner.search.problem import EPSILON_KWH
from planner.search.trip import Trip


def may_arrive(trip: Trip) -> bool:
    """Say whether the end may be reached; False is certain, True is not."""
    if not trip.has_route:
        return False
    vehicle, mission = trip.mission.vehicle, trip.mission
    capacity = vehicle.usable_kwh * (1.0 - mission.reserve_soc)
    charge = vehicle.usable_kwh * (mission.soc - mission.reserve_soc)
    waypoints = trip.waypoints
    for number in range(1, len(waypoints)):
        least = 0.0
        is_last = number + 1 == len(waypoints)
        if is_last:
            least = max(mission.arrival_soc - mission.reserve_soc, 0.0) * vehicle.usable_kwh
        found = least_use(
            trip.bounds, np.array([waypoints[number - 1]], np.intp), np.array([capacity - charge])
        )
        left = _one_of_each_node(trip)
        while True:
            newly = found[left] <= capacity + EPSILON_KWH
            arrives = capacity - float(found[waypoints[number]]) >= least - EPSILON_KWH
            if not newly.any() or (is_last and arrives):
                break
            places, left = left[newly], left[~newly]
            found = np.minimum(found, least_use(trip.bounds, places, np.zeros(places.size)))
        charge = capacity - float(found[waypoints[number]])
        if charge < least - EPSILON_KWH:
            return False
        charge = min(charge, capacity)
    return True


def _one_of_each_node(trip: Trip) -> NDArray[np.intp]:
    """Of the usable stations those that are nearest to their road node: no other gets farther."""
    node, distance_m = trip.world.station_nodes
    order = trip.usable[np.lexsort((distance_m[trip.usable], node[trip.usable]))]
    return np.asarray(order[np.flatnonzero(np.diff(node[order], prepend=-1))])


def is_surely_late(trip: Trip) -> bool:
    """Say whether some window cannot be kept; True is certain, False is not.

    What is driven must be charged but for what the battery holds at the start, and no stop charges
    a kWh in less than ``price_s_per_kwh``: so a way of T seconds and E kWh to a waypoint takes at
    least T + price * (E - start), and the least of T + price * E is swept already.
    """
    mission = trip.mission
    held_kwh = mission.vehicle.usable_kwh * (mission.soc - mission.reserve_soc)
    driven = mission.departure
    charged = mission.departure - trip.price_s_per_kwh * max(held_kwh, 0.0)
    for sweep, point in zip(trip.sweeps, mission.waypoints[1:], strict=True):
        driven, charged = driven + sweep.direct_s, charged + sweep.direct_priced_s
        driven = max(driven, charged)
        if point.arrive_before is not None and driven > point.arrive_before + SLIP_S:
            return True
        driven = max(driven, point.arrive_after or driven) + point.service_s
        charged += point.service_s
    return False


SLIP_S = 1.0
"""Seconds that the sweeps' sums may be out by rounding."""
