"""Compile the search before somebody waits for its first trip; half a minute the first time."""

import numpy as np

from planner.search.core.bounds import prices, sweep
from planner.search.core.hooks import Admission, Arrival
from planner.search.core.legs import LegFigures, LegRow, LegTable
from planner.search.core.posts import AskedOffers
from planner.search.core.problem import Ahead, Curve, Offer, OfferTable, Problem, Start, Waypoint
from planner.search.core.solve import solve

I64 = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

TIME_S, NET_KWH, FULL_KWH = 3600.0, 20.0, 50.0
"""What each leg of the made-up trip takes, and what the battery holds."""


def warm_up() -> None:
    """Go from one waypoint to another by one station, once in each way that trips are stated."""
    offer = Offer(0, Curve(np.array([0.0, FULL_KWH]), np.array([0.0, 3600.0])))
    known = Problem(
        legs=LegTable.sparse(3, [1, 0], [0, 2], *np.tile(_figures(), (2, 1)).T),
        offers=OfferTable((offer,), 1),
        waypoints=(Waypoint(), Waypoint()),
        start=Start(30.0),
    )
    price = prices(known)
    asked = Problem(
        legs=LegTable.lazy(3, _row, _figures_of),
        offers=AskedOffers(1, lambda _: (offer,)),
        waypoints=known.waypoints,
        start=known.start,
        ahead=Ahead(price, sweep(known, price)),
    )
    for problem in (known, asked):
        assert solve(problem, admit=_admit).plan is not None


def _admit(_: Arrival) -> Admission:
    return Admission(1.0)


def _figures() -> list[float]:
    return [TIME_S, NET_KWH, NET_KWH, FULL_KWH]


def _row(place: int) -> LegRow:
    target = np.array([0 if place == 1 else 2])
    time_s, net, needed, cap = np.array([_figures()]).T
    return LegRow(target, time_s, net, needed, cap, np.zeros(1, np.bool_))


def _figures_of(_: int, positions: I64) -> LegFigures:
    return LegFigures(positions, *np.array([_figures()]).T)
