"""Why this one: for each stop of a plan the best trip that stops elsewhere, and what it costs.

Each is searched and proven like the plan itself, on the same legs, only that the site is no stop of
it: it may still be a fallback. The time that this takes is that of as many plans as there are
stops, so it is told only where it is asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from planner.model.plan import ChargingStop, Choice, Instead, Plan
from planner.search.alternatives import stops_without
from planner.search.answers import write_plan
from planner.search.differences import compare, later_words, price_words, road_words, stop_words
from planner.search.setup import Mask, Stage, stage_first, stage_full
from planner.search.solve import FIRST_SETTLED, NEARLY, Solution, is_priced, search_stage
from planner.search.trip import Trip

ENOUGH = 1.04
"""How many times the plan's time the next best trip may take without being looked for on more legs:
as for plans themselves."""

NOTHING = {
    "no_fallback": "Nothing else holds: a trip without this stop can be made, but not every stop "
    "of it has a proven fallback",
    "window_missed": "Nothing else holds: without this stop the trip can be made, but not in time",
    "out_of_range": "Nothing else holds: without this stop no other station that opens to these "
    "cards is in reach",
    "not_found": "No other trip was found before the search was given up",
}


def explain_stops(made: Plan, trip: Trip) -> tuple[Choice, ...]:
    """Tell of each stop of a plan the next best choice, or why there is none."""
    seeker = _Seeker(made, trip)
    return tuple(seeker.choose(number) for number in range(len(made.charging_stops)))


@dataclass(frozen=True, slots=True)
class _Seeker:
    """Looks for trips that do without one of a plan's stops."""

    made: Plan
    trip: Trip

    def choose(self, number: int) -> Choice:
        """Find the best trip without the site of a stop."""
        stop = self.made.charging_stops[number]
        found = self._search(stops_without(stop.station_id, self.trip))
        if isinstance(found, str):
            return _choice(number, stop, f"{NOTHING[found]}.", reason=found)
        other = write_plan(found, 0)
        difference = compare(self.made, other, self.trip.world.region)
        instead = self._in_its_place(stop, other)
        which = "Next best" if found.gap <= NEARLY else "Next best that was found"
        by = "no stop in its place" if instead is None else _named(instead)
        cost = [
            later_words(difference.later_s),
            *price_words(self.made, other, difference.more),
            *(stop_words(difference.stops) if instead is not None else ()),
            *road_words(self.made, other, self.trip.world.region, difference.shared),
        ]
        return Choice(
            stop=number,
            station_id=stop.station_id,
            says=f"{which}: {by}, {', '.join(cost)}",
            reason="",
            instead=instead,
            difference=difference,
        )

    def _search(self, stops: Mask) -> Solution | str:
        """Find the best trip that stops only where it may; else the reason why there is none."""
        order, best = self.trip.mission.guarantee.fallbacks, None
        stage = None
        for stage in self._stages(stops):
            found = search_stage(stage, order=order, windows=True, most_settled=FIRST_SETTLED)
            if isinstance(found, Solution) and (best is None or found.cost < best.cost):
                best = found
            if best is not None and self._is_near(best):
                break
        if best is not None:
            return best
        assert stage is not None
        return _reason(stage, order)

    def _stages(self, stops: Mask) -> Iterator[Stage]:
        """Look near the way, then on more legs, then by more stations."""
        trip, priced = self.trip, is_priced(self.trip)
        yield stage_first(trip, priced=priced, stops=stops)
        yield stage_first(trip, priced=priced, every_kind=True, stops=stops)
        yield stage_full(trip, priced=priced, stops=stops)

    def _is_near(self, found: Solution) -> bool:
        """Say whether a trip is near enough to the plan, where that can be told at once."""
        summary = self.made.summary
        if self.trip.mission.objective.preset != "fastest":
            return True
        return found.cost <= ENOUGH * (summary.arrival - summary.departure)

    def _in_its_place(self, stop: ChargingStop, other: Plan) -> Instead | None:
        """Return the other trip's own stop that is nearest in time to one; None: it has none."""
        known = {each.station_id for each in self.made.charging_stops}
        own = [each for each in other.charging_stops if each.station_id not in known]
        if not own:
            return None
        nearest = min(own, key=lambda each: abs(each.arrival - stop.arrival))
        return Instead(
            station_id=nearest.station_id,
            station_name=nearest.station_name,
            operator=nearest.operator,
            party=nearest.party,
            location=nearest.location,
            power_kw=nearest.power_kw,
            arrival=nearest.arrival,
            departure=nearest.departure,
        )


def _choice(number: int, stop: ChargingStop, says: str, *, reason: str) -> Choice:
    return Choice(
        stop=number,
        station_id=stop.station_id,
        says=says,
        reason=reason,
        instead=None,
        difference=None,
    )


def _named(instead: Instead) -> str:
    by = f" ({instead.operator})" if instead.operator else ""
    return f"{instead.station_name}{by}"


def _reason(stage: Stage, order: int) -> str:
    """Say what the trips lack that stop elsewhere."""
    complete = True
    for reason, survive, windows in (
        ("no_fallback", 0, True),
        ("window_missed", order, False),
        ("window_missed", 0, False),
    ):
        if reason == "no_fallback" and order == 0:
            continue
        found = search_stage(stage, order=survive, windows=windows, most_settled=FIRST_SETTLED)
        if isinstance(found, Solution):
            return reason
        complete &= found.trace.exhausted
    return "out_of_range" if complete else "not_found"
