"""What would help: single changes of a mission, each checked by planning again.

Of a kind of change the smallest that helps is told. What comes by degrees (charge at the start,
the reserve) is tried at its utmost first: where that does not help, nothing less does. Cards are
tried all together, then by halves. All this is bounded, so that "no" is not said late: what was not
tried any more is named.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from planner.model.grade import Grade
from planner.model.mission import Mission
from planner.model.plan import Infeasible, Plan, Relaxation
from planner.model.token import Token, TokenType
from planner.search.answers import write_plan
from planner.search.causes import Cause
from planner.search.reach import is_surely_late, may_arrive
from planner.search.setup import stage_first
from planner.search.solve import FIRST_SETTLED, QUICK, Solution, is_priced, search_stage
from planner.search.trip import Trip

ROADS = {"ferry": "ferries", "motorway": "motorways", "toll": "toll roads"}

WORK = 2_500_000.0
"""What all changes together may cost to try: labels of their searches, each counted as often as
there are stations. A million takes about a second of one processor."""

OPENED = 100_000.0
"""The same of one change besides its search: the roads are swept and the posts judged anew."""

ROUND_S = 300.0
"""To how many seconds changes of times are rounded."""

LATER_H = (1, 2, 4, 8, 12)
"""Hours later at which a departure is tried."""

STEP_SOC = 0.05
"""To what share of the battery changes of charges are rounded."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change to try."""

    kind: str
    value: str | float
    says: str
    mission: Mission


@dataclass(eq=False)
class Tries:
    """Plans changed missions until the work that may be spent on them is done."""

    open_trip: Callable[[Mission], Trip]
    check: Callable[[Plan], Plan]
    left: float = WORK
    untried: dict[str, None] = field(default_factory=dict)

    def plan(self, change: Change) -> Plan | None:
        """Plan a changed mission near the way; None where no trip is found, or for time."""
        if self.left <= 0.0:
            self.untried[change.kind] = None
            return None
        trip = self.open_trip(change.mission)
        self.left -= OPENED
        if not may_arrive(trip) or is_surely_late(trip):
            return None
        stage = stage_first(trip, priced=is_priced(trip))
        stations = max(stage.problem.stations, 1)
        found = search_stage(
            stage,
            order=change.mission.guarantee.fallbacks,
            windows=True,
            most_settled=int(min(max(self.left / stations, 100.0), FIRST_SETTLED)),
            stretch=QUICK,
        )
        if isinstance(found, Solution):
            self.left -= found.settled * stations
            return self.check(write_plan(found, 0))
        self.left -= found.trace.settled * stations
        return None

    def smallest(self, changes: Sequence[Change]) -> Iterator[Relaxation]:
        """Tell the smallest that helps, of changes in ascending order of which more helps more."""
        if not changes:
            return
        made = self.plan(changes[-1])
        if made is None:
            return
        best, low, high = _told(changes[-1], made), 0, len(changes) - 1
        while low < high:
            middle = (low + high) // 2
            made = self.plan(changes[middle])
            if made is None:
                low = middle + 1
            else:
                best, high = _told(changes[middle], made), middle
        yield best

    def first(self, changes: Sequence[Change]) -> Iterator[Relaxation]:
        """Tell the first that helps, of changes in ascending order."""
        for change in changes:
            made = self.plan(change)
            if made is not None:
                yield _told(change, made)
                return

    def each(self, changes: Sequence[Change]) -> Iterator[Relaxation]:
        """Tell all that help."""
        for change in changes:
            made = self.plan(change)
            if made is not None:
                yield _told(change, made)


def relax(failed: Infeasible, cause: Cause, trip: Trip, tries: Tries) -> Infeasible:
    """Return the answer with the smallest single changes that make the trip feasible."""
    mission = replace(trip.mission, alternatives=0)
    helped = list(tries.each(_roads(mission))) or list(tries.each(_all_roads(mission)))
    if cause.reason != "no_route":
        helped += _helpful(cause, trip, mission, tries)
    return replace(failed, relaxations=tuple(helped), untried=tuple(tries.untried))


def _helpful(cause: Cause, trip: Trip, mission: Mission, tries: Tries) -> Iterator[Relaxation]:
    """Try all kinds of changes, those first that go to what is in the way."""
    if cause.late is not None:
        yield from tries.first(_earlier(cause, mission))
        yield from tries.first(_windows(cause, mission))
    if cause.reason in ("no_fallback", "window_missed"):
        yield from tries.first(_fallbacks(mission))
    yield from _cards(_tokens(trip, mission), mission, tries)
    yield from tries.first(_payment_card(mission))
    yield from tries.smallest(_charges(mission))
    yield from tries.smallest(_reserves(mission))
    yield from tries.first(_grades(mission))
    if cause.late is None and trip.usable.size:
        yield from tries.first(_later(mission))


def _told(change: Change, made: Plan) -> Relaxation:
    return Relaxation(
        change=change.kind, value=change.value, says=change.says, arrival=made.summary.arrival
    )


def _roads(mission: Mission) -> list[Change]:
    """Allow one kind of road that the trip avoids."""
    found = []
    for kind in mission.avoid:
        left = tuple(other for other in mission.avoid if other != kind)
        allowed = replace(mission, avoid=left)
        found.append(Change("avoid", kind, f"Allow {ROADS[kind]}", allowed))
    return found


def _all_roads(mission: Mission) -> list[Change]:
    """Allow all kinds of roads that the trip avoids, where they are several."""
    if len(mission.avoid) <= 1:
        return []
    every = " and ".join(ROADS[kind] for kind in mission.avoid)
    return [Change("avoid", "all", f"Allow {every}", replace(mission, avoid=()))]


def _misses(cause: Cause, mission: Mission) -> list[tuple[int, float]]:
    """List the waypoints that the trip without windows comes to too late, and by how much."""
    assert cause.late is not None
    problem = cause.late.stage.problem
    found = []
    for hop in cause.late.way.hops:
        number = hop.end - problem.stations
        before = mission.waypoints[number].arrive_before if number >= 0 else None
        if before is not None and hop.arrival > before:
            found.append((number, hop.arrival - before))
    return found


def _earlier(cause: Cause, mission: Mission) -> list[Change]:
    """Leave so much earlier that the trip is in time, if that is not past already."""
    late_s = _rounded(max((late for _, late in _misses(cause, mission)), default=0.0))
    found = []
    for earlier_s in (late_s, 2.0 * late_s):
        departure = mission.departure - earlier_s
        if earlier_s > 0.0 and departure >= mission.now:
            says = f"Leave {_spoken(earlier_s)} earlier"
            changed = replace(mission, departure=departure)
            found.append(Change("departure", departure, says, changed))
    return found


def _windows(cause: Cause, mission: Mission) -> list[Change]:
    """Be late where the trip is, if that is at one place only."""
    misses = _misses(cause, mission)
    if len(misses) != 1:
        return []
    ((number, late_s),) = misses
    point = mission.waypoints[number]
    assert point.arrive_before is not None
    where = point.name or ("the end" if number + 1 == len(mission.waypoints) else "a stop")
    found = []
    for later_s in (_rounded(late_s), 2.0 * _rounded(late_s)):
        before = point.arrive_before + later_s
        waypoints = list(mission.waypoints)
        waypoints[number] = replace(point, arrive_before=before)
        says = f"Arrive up to {_spoken(later_s)} later at {where}"
        changed = replace(mission, waypoints=tuple(waypoints))
        found.append(Change("arrive_before", before, says, changed))
    return found


def _rounded(seconds: float) -> float:
    return -(-seconds // ROUND_S) * ROUND_S


def _spoken(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60.0), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def _tokens(trip: Trip, mission: Mission) -> dict[str, Token]:
    """Make up a card of each provider in the roaming table that the wallet does not hold yet."""
    held = {token.provider for token in mission.wallet.tokens}
    providers = sorted({row.emsp for row in trip.world.snapshot.agreements} - held)
    return {
        provider: Token(
            uid=f"hypothetical-{provider}",
            type=TokenType.RFID,
            contract_id="",
            provider=provider,
            label=provider,
        )
        for provider in providers
    }


def _cards(cards: dict[str, Token], mission: Mission, tries: Tries) -> Iterator[Relaxation]:
    """Tell each card that helps: of cards that do not help together none does alone."""
    if not cards:
        return
    wallet = replace(mission.wallet, tokens=(*mission.wallet.tokens, *cards.values()))
    names = list(cards)
    says = f"Add a card of {names[0]}"
    change = Change("token", names[0], says, replace(mission, wallet=wallet))
    made = tries.plan(change)
    if made is None:
        return
    if len(cards) == 1:
        yield _told(change, made)
        return
    half = len(names) // 2
    for part in (names[:half], names[half:]):
        yield from _cards({name: cards[name] for name in part}, mission, tries)


def _payment_card(mission: Mission) -> list[Change]:
    if mission.wallet.payment_card:
        return []
    wallet = replace(mission.wallet, payment_card=True)
    least = min(mission.guarantee.min_grade, Grade.AD_HOC)
    guarantee = replace(mission.guarantee, min_grade=least)
    changed = replace(mission, wallet=wallet, guarantee=guarantee)
    return [Change("payment_card", "true", "Take a payment card along", changed)]


def _charges(mission: Mission) -> list[Change]:
    """Start with more charge, up to a full battery."""
    steps = [number * STEP_SOC for number in range(1, round(1.0 / STEP_SOC) + 1)]
    return [
        Change("soc", soc, f"Start with {soc:.0%} instead", replace(mission, soc=soc))
        for soc in (round(step, 2) for step in steps)
        if soc > mission.soc
    ]


def _reserves(mission: Mission) -> list[Change]:
    """Keep less in reserve, down to nothing."""
    found = []
    steps = [number * STEP_SOC for number in range(round(1.0 / STEP_SOC), -1, -1)]
    for reserve in (round(step, 2) for step in steps):
        if reserve >= mission.reserve_soc:
            continue
        arrival = max(min(mission.arrival_soc, mission.reserve_soc), reserve)
        if mission.arrival_soc == mission.reserve_soc:
            arrival = reserve
        changed = replace(mission, reserve_soc=reserve, arrival_soc=arrival)
        found.append(Change("reserve_soc", reserve, f"Accept a reserve of {reserve:.0%}", changed))
    return found


def _grades(mission: Mission) -> list[Change]:
    if mission.guarantee.min_grade <= Grade.INDICATED:
        return []
    guarantee = replace(mission.guarantee, min_grade=Grade.INDICATED)
    says = "Accept stations that merely hint that they open"
    return [Change("min_grade", Grade.INDICATED.word, says, replace(mission, guarantee=guarantee))]


def _fallbacks(mission: Mission) -> list[Change]:
    """Survive fewer failures."""
    found = []
    for order in range(mission.guarantee.fallbacks - 1, -1, -1):
        guarantee = replace(mission.guarantee, fallbacks=order)
        says = "Do without fallbacks" if order == 0 else f"Accept fallbacks of order {order}"
        found.append(Change("fallbacks", order, says, replace(mission, guarantee=guarantee)))
    return found


def _later(mission: Mission) -> list[Change]:
    """Leave some hours later, when more may be open."""
    return [
        Change(
            "departure",
            mission.departure + hours * 3600.0,
            f"Leave {hours} h later",
            replace(mission, departure=mission.departure + hours * 3600.0),
        )
        for hours in LATER_H
    ]
