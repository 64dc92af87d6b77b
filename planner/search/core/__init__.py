"""The exact search for a trip with charging stops, on an abstract problem without roads.

A `Problem` is places by number (stations first, then the waypoints in their order), legs between
them, offers to charge at stations, and charges: at the start, on arrival, in reserve, and the floor
of each station in each stage of the trip. `solve` finds the trip that costs least, where

    cost = time_weight * (end of service at the last waypoint - departure)
           + sum over stops of (per_stop + per_kwh * kWh charged + per_s * seconds charged),

waiting and overheads counted as time. Among all orders of legs and stops and all amounts charged,
it is the best, with its proof in `Outcome.bound`.

What is exact
-------------
- Any curve of charging whose power is constant from break to break, rising or falling.
- Parallel legs, net energies below zero, required charges, caps of a full battery, floors,
  reserve; a stop may charge nothing; a station may be visited more than once.
- Hours of offers and waypoints, waiting outside or not, as long as nothing costs money.
- Prices that are linear in kWh, seconds of charging and stops, as long as nothing has hours.
- Hours and prices together, if the cheapest trip without hours keeps them, which it mostly does. If
  not, the plan keeps all hours, and ``Outcome.gap`` says by how much at most it is not the best.

What is not linear is bounded by what is: give the price from below (a step's size as a slope, an
idle fee as 0, the cheapest hour of the day, what is free at first as free throughout), and the
bound holds for the true tariff; the plan's true price is then the tariff engine's. A tariff that
changes with the hour may be given as one offer for each price with the hours of that price as
windows: exact for stops that do not cross from one to the next.

How it works
------------
`functions`: what a label is, in a picture. `drives`, `arrivals`, `departures`, `kernel`: the loop.
`bounds`: the lower bound and why it is one. `hooks`: floors and proofs that come while one
searches. `legs`: rows and energies on demand. `state`: all that a search knows, in arrays.

An FRVCP as an example
----------------------
A fixed route 0, 1, 0 of vertices, with one station (vertex 2) that may be visited in between;
times in hours and charges in Wh, as frvcpy's instances have them:

>>> from planner.search.core.frvcp import read_frvcp
>>> instance = {
...     "max_q": 16000.0,
...     "css": [{"node_id": 2, "cs_type": 0}],
...     "process_times": [0.0, 0.5, 0.0],
...     "breakpoints_by_type": [
...         {"cs_type": 0, "time": [0.0, 0.31, 0.39, 0.51], "charge": [0, 13600, 15200, 16000]}
...     ],
...     "energy_matrix": [[0, 10000, 6000], [10000, 0, 5000], [6000, 5000, 0]],
...     "time_matrix": [[0.0, 2.0, 1.2], [2.0, 0.0, 1.0], [1.2, 1.0, 0.0]],
... }
>>> outcome = solve(read_frvcp(instance, [0, 1, 0]))
>>> round(outcome.plan.time_s / 3600.0, 4), outcome.is_exact
(4.814, True)
>>> [(stop.place, round(stop.left_kwh, 3)) for stop in outcome.plan.stops]
[(0, 6.0)]

The same, stated by hand in kWh and seconds: station 0, then the waypoints 1, 2, 3:

>>> import numpy as np
>>> far = np.inf
>>> time_h = np.array([
...     [far, 1.2, 1.0, 1.2],
...     [1.2, far, 2.0, far],
...     [1.0, 2.0, far, 2.0],
...     [1.2, far, 2.0, far],
... ])
>>> net = np.array([[0.0, 6, 5, 6], [6, 0, 10, 0], [5, 10, 0, 10], [6, 0, 10, 0]])
>>> problem = Problem(
...     legs=LegTable.dense(time_h * 3600.0, net, net, np.full((4, 4), 16.0)),
...     offers=OfferTable(
...         (Offer(0, Curve(np.array([0, 13.6, 15.2, 16]), np.array([0, 1116, 1404, 1836]))),), 1
...     ),
...     waypoints=(Waypoint(), Waypoint(service_s=1800.0), Waypoint()),
...     start=Start(16.0),
... )
>>> round(solve(problem).plan.time_s / 3600.0, 4)
4.814
"""

from planner.search.core.hooks import Admission, Admit, Arrival, Confirm, Ruling
from planner.search.core.legs import LegFigures, LegRow, LegTable
from planner.search.core.plans import Plan, Visit
from planner.search.core.posts import AskedOffers
from planner.search.core.problem import (
    ALWAYS,
    Ahead,
    Curve,
    Offer,
    OfferTable,
    Problem,
    Start,
    Waypoint,
)
from planner.search.core.search import Effort
from planner.search.core.solve import Outcome, solve

__all__ = [
    "ALWAYS",
    "Admission",
    "Admit",
    "Ahead",
    "Arrival",
    "AskedOffers",
    "Confirm",
    "Curve",
    "Effort",
    "LegFigures",
    "LegRow",
    "LegTable",
    "Offer",
    "OfferTable",
    "Outcome",
    "Plan",
    "Problem",
    "Ruling",
    "Start",
    "Visit",
    "Waypoint",
    "solve",
]
