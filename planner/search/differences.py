"""How one trip differs from another, in what a driver cares about: road, stops, time, money."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from planner.model.plan import Difference, Money, Plan
from planner.roads.graph import RoadGraph

OTHER_ROAD = 0.7
"""Share of the road in common below which a trip is said to take another road. Chosen by hand."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

Edges = NDArray[np.int64]


def compare(best: Plan, other: Plan, graph: RoadGraph) -> Difference:
    """Tell how a trip differs from the best one."""
    shared = shared_road(best, other, graph)
    later_s = other.summary.arrival - best.summary.arrival
    stops = len(other.charging_stops) - len(best.charging_stops)
    more = dearer(best, other)
    said = [
        *road_words(best, other, graph, shared),
        *operator_words(best, other),
        *stop_words(stops),
        later_words(later_s),
        *price_words(best, other, more),
        *_charge_words(best, other),
    ]
    return Difference(says=", ".join(said), later_s=later_s, stops=stops, more=more, shared=shared)


def shared_road(best: Plan, other: Plan, graph: RoadGraph) -> float:
    """Share of the other trip's road, by length, that the best one drives too."""
    edges = edges_of(other)
    length_m = graph.length_m[edges].astype(np.float64)
    if not edges.size or length_m.sum() <= 0.0:
        return 1.0
    return float(length_m[np.isin(edges, edges_of(best))].sum() / length_m.sum())


def edges_of(made: Plan) -> Edges:
    """Edges that a trip drives, in order."""
    return np.array([edge for leg in made.legs for edge in leg.path], np.int64)


def dearer(best: Plan, other: Plan) -> Money | None:
    """Return what the other trip costs more; None where it is not known of both in one currency.

    ``basis`` is ``retail`` only where every price is.
    """
    if best.summary.unpriced_stops or other.summary.unpriced_stops:
        return None
    totals: dict[tuple[str, bool], Decimal] = defaultdict(Decimal)
    costs = (*best.summary.costs, *other.summary.costs)
    for cost in best.summary.costs:
        totals[cost.currency, cost.vat_included] -= cost.amount
    for cost in other.summary.costs:
        totals[cost.currency, cost.vat_included] += cost.amount
    if len(totals) != 1:
        return None
    (((currency, vat), amount),) = totals.items()
    basis = "retail" if all(cost.basis == "retail" for cost in costs) else "cpo_tariff"
    return Money(amount=amount, currency=currency, vat_included=vat, basis=basis)


def later_words(later_s: float) -> str:
    """Say by how much a trip arrives later or sooner."""
    minutes = round(abs(later_s) / 60.0)
    if minutes == 0:
        return "no later"
    hours, rest = divmod(minutes, 60)
    said = f"{hours} h {rest:02d} min" if hours else f"{rest} min"
    return f"{said} {'later' if later_s > 0.0 else 'sooner'}"


def money_words(more: Money) -> Iterator[str]:
    """Say what a trip costs more or less; nothing where both cost nothing."""
    amount = abs(more.amount).quantize(Decimal("0.01"))
    if amount == 0:
        return
    if more.amount > 0:
        yield f"{amount} {more.currency} more"
    else:
        yield f"{amount} {more.currency} cheaper"


def price_words(best: Plan, other: Plan, more: Money | None) -> Iterator[str]:
    """Say what a trip costs more or less, or that it is not known what it costs."""
    if more is not None:
        yield from money_words(more)
    elif other.summary.unpriced_stops and not best.summary.unpriced_stops:
        yield "its price not known"


def _charge_words(best: Plan, other: Plan) -> Iterator[str]:
    """Say how much more charge is left at the end, where neither trip charges."""
    if best.charging_stops or other.charging_stops:
        return
    percent = int(100.0 * (other.legs[-1].soc_end - best.legs[-1].soc_end))
    if percent > 0:
        yield f"{percent} % more charge left"


def stop_words(stops: int) -> Iterator[str]:
    """Say how many more or fewer stops a trip makes; nothing where as many."""
    if stops == 0:
        return
    count = abs(stops)
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    yield f"{number} stop{'s' if count > 1 else ''} {'more' if stops > 0 else 'fewer'}"


def only_operator(made: Plan) -> str:
    """Name the operator of all stops; empty where there are several or none."""
    operators = {stop.operator or stop.party for stop in made.charging_stops}
    return operators.pop() if len(operators) == 1 else ""


def operator_words(best: Plan, other: Plan) -> tuple[str, ...]:
    """Say which operator all stops are of, where no stop of the best trip, or not all, are."""
    operator = only_operator(other)
    if not operator or operator == only_operator(best):
        return ()
    return (f"only {operator}" if len(other.charging_stops) > 1 else f"by {operator}",)


def road_words(best: Plan, other: Plan, graph: RoadGraph, shared: float) -> Iterator[str]:
    """Say which other road a trip takes: the one driven longest that the best trip does not."""
    if shared >= OTHER_ROAD:
        return
    edges, known = edges_of(other), edges_of(best)
    usual = {road.title for road in graph.roads_along(known)}
    own: dict[str, float] = defaultdict(float)
    for road in graph.roads_along(edges[~np.isin(edges, known)]):
        if road.title:
            own[road.title] += road.distance_m
    new = {title: far for title, far in own.items() if title not in usual} or own
    yield (
        f"other road by {max(new, key=lambda title: (new[title], title))}" if new else "other road"
    )
