"""What is nearest to a place by charge, as it is kept for the trips after."""

import numpy as np
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from planner.legs.nearest import Chosen, Nearest
from planner.model.vehicle import Conditions, Vehicle
from tests.legs.test_car import SEEDS, legs_of
from tests.legs.test_edges import CARS, DAYS

CHOSEN = np.array([0, 2, 3, 7, 9, 12])


@rules(max_examples=20, deadline=None)
@given(seed=SEEDS, car=CARS, day=DAYS, place=st.integers(0, 13), both=st.booleans())
def test_neighbours_are_those_of_whole_rows_by_the_charge_that_they_need(
    seed: int, car: Vehicle, day: Conditions, place: int, both: bool
) -> None:
    legs = legs_of(seed, car, day, capacity_kwh=40.0)
    graph, kinds = legs.car.graph, (0, 3) if both else (1,)
    at = legs.places.arrive
    points = np.stack([graph.lon[at], graph.lat[at], np.zeros(at.size)], axis=1)
    nearest = Nearest.of(legs.car, legs.places, Chosen.of(CHOSEN, points), 40.0)
    found = nearest.around(place, kinds)
    expected = []
    for other in CHOSEN[place != CHOSEN].tolist():
        rows = [legs.row(place, kind) for kind in kinds]
        needs = [
            max(float(row.required_kwh[other]), 0.0) if np.isfinite(row.time_s[other]) else np.inf
            for row in rows
        ]
        if min(needs) <= 40.0:
            row = rows[int(np.argmin(needs))]
            expected.append((min(needs), float(row.net_kwh[other]), float(row.time_s[other])))
    told = zip(found.needs_kwh, found.net_kwh, found.drive_s, strict=True)
    assert sorted(told) == sorted(expected)
    assert (np.diff(found.needs_kwh) >= 0.0).all()
    assert nearest.around(place, kinds) is found
