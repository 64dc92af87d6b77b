"""Whether a trip could be made at all: an optimistic look that takes a few sweeps of the roads.

Every station that a wallet may use is taken to be open and to fill the battery, and a drive to need
no more than its net energy. What is out of reach even so is out of reach.
"""

import numpy as np

from planner.legs.rows import energy_from
from planner.search.problem import EPSILON_KWH
from planner.search.setup import Trip


def may_arrive(trip: Trip) -> bool:
    """Say whether the end may be reached; False is certain, True is not."""
    if not trip.has_route:
        return False
    vehicle, mission = trip.mission.vehicle, trip.mission
    capacity = vehicle.usable_kwh * (1.0 - mission.reserve_soc)
    charge = vehicle.usable_kwh * (mission.soc - mission.reserve_soc)
    node, _ = trip.world.station_nodes
    stations = np.unique(node[trip.usable])
    ends = trip.ends.node
    for number in range(1, ends.size):
        least = 0.0
        if number + 1 == ends.size:
            least = max(mission.arrival_soc - mission.reserve_soc, 0.0) * vehicle.usable_kwh
        sources = ends[number - 1 : number]
        used = np.full(1, capacity - charge)
        reached = np.zeros(stations.size, np.bool_)
        while True:
            found = energy_from(trip.metric, sources, used)
            newly = (found[stations] <= capacity + EPSILON_KWH) & ~reached
            if not newly.any():
                break
            reached |= newly
            sources = np.concatenate([ends[number - 1 : number], stations[reached]])
            used = np.concatenate([[capacity - charge], np.zeros(int(reached.sum()))])
        charge = capacity - float(found[ends[number]])
        if charge < least - EPSILON_KWH:
            return False
        charge = min(charge, capacity)
    return True
