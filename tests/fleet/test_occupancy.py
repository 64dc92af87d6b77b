"""Own vehicles do not queue behind each other: on random fleets, by a planner made for the test."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.fleet.occupancy import HANDOVER_S, Limit, Occupancy
from planner.fleet.turns import Scope, Trial, Turns
from planner.model.fleet import Hold

EVSES = [("s0", "a"), ("s0", "b"), ("s1", "a"), ("s2", "a"), ("depot", "a"), ("depot", "b")]
EVSES += [("other feed's s1", "a7"), ("depot", "c")]
POSTS = {("s1", "a"): "NLAAAE1", ("other feed's s1", "a7"): "NLAAAE1"}
LIMITS = {"depot": 60.0}
DEPOT = {"depot": Limit("depot", 60.0)}


@dataclass(frozen=True)
class Way:
    """One way to do a mission: its stop, its fallback, and when it arrives."""

    stop: Hold
    fallback: Hold
    arrival: float

    @property
    def holds(self) -> tuple[Hold, ...]:
        return (self.stop, self.fallback)


@st.composite
def ways(draw: Any) -> Way:
    begins = draw(st.integers(0, 40)) * 600.0
    stays = draw(st.integers(1, 6)) * 600.0
    here, there = draw(st.permutations(EVSES))[:2]
    power = draw(st.sampled_from([11.0, 22.0, 50.0]))
    stop = Hold(
        station_id=here[0],
        evse_uid=here[1],
        begins=begins,
        ends=begins + stays,
        power_kw=power,
        post=POSTS.get(here, ""),
    )
    fallback = Hold(
        station_id=there[0],
        evse_uid=there[1],
        begins=begins + 900.0,
        ends=begins + 900.0 + 2 * stays,
        use="fallback",
        power_kw=power,
        post=POSTS.get(there, ""),
    )
    return Way(stop, fallback, begins + stays + 3600.0)


fleets = st.lists(st.lists(ways(), min_size=1, max_size=6), min_size=2, max_size=12)


def at_once(one: Hold, other: Hold, apart_s: float = 0.0) -> bool:
    return one.begins < other.ends + apart_s and other.begins < one.ends + apart_s


def place(hold: Hold) -> tuple[str, str]:
    """The EVSE itself: two feeds tell of one as if it were two."""
    here = (hold.station_id, hold.evse_uid)
    return ("s1", "a") if here in POSTS else here


def may(way: Way, taken: Sequence[Hold]) -> bool:
    """Whether a way keeps off what is taken: slow, by the words of the promise."""
    for held in taken:
        for mine in way.holds:
            if mine.use == held.use == "fallback":
                continue
            if place(mine) == place(held) and at_once(mine, held):
                return False
    return all(power_fits(mine, taken) for mine in way.holds)


def power_fits(mine: Hold, taken: Sequence[Hold]) -> bool:
    limit = LIMITS.get(mine.station_id)
    if limit is None:
        return True
    there = [h for h in taken if h.station_id == mine.station_id and h.evse_uid != mine.evse_uid]
    for moment in [mine.begins, *(h.begins for h in there)]:
        if not mine.begins <= moment < mine.ends:
            moment = mine.begins  # noqa: PLW2901 -- a hold that began before is there by then
        now = [h for h in there if h.begins <= moment < h.ends]
        drawn = sum(h.power_kw for h in now if h.use == "stop")
        spare = max((h.power_kw for h in now if h.use == "fallback"), default=0.0)
        drawn += 0.0 if mine.use == "fallback" else spare
        if drawn + mine.power_kw > limit:
            return False
    return True


def planned(options: list[Way], taken: Sequence[Hold] = ()) -> Trial[Way | None]:
    """Take the earliest way that keeps off what is taken."""
    for way in sorted(options, key=lambda way: way.arrival):
        if may(way, taken):
            return Trial(way.holds, way.arrival, way)
    return Trial((), None, None)


def turns(fleet: list[list[Way]], ledger: Occupancy | None = None) -> Turns[Way | None]:
    everywhere = Scope(0.0, 1e9, lambda _station: True)
    return Turns(
        ledger or Occupancy(DEPOT),
        lambda number, taken, _shares: planned(fleet[number], taken),
        lambda _number: everywhere,
    )


def demand_peace(standing: Sequence[Way | None]) -> None:
    """No two stops at one EVSE at a time, no fallback where another stops, no depot overdrawn."""
    ways = [way for way in standing if way is not None]
    for one, other in combinations(ways, 2):
        for mine in one.holds:
            for held in other.holds:
                if place(mine) == place(held) and "stop" in (mine.use, held.use):
                    assert not at_once(mine, held, HANDOVER_S - 1.0), (mine, held)
    at_depot = [(w, h) for w in ways for h in w.holds if h.station_id == "depot"]
    for way, each in at_depot:
        now = [(w, h) for w, h in at_depot if h.begins <= each.begins < h.ends]
        others = [(w, h) for w, h in now if w is not way]
        drawn = sum(h.power_kw for _, h in others if h.use == "stop")
        assert drawn + each.power_kw <= LIMITS["depot"]
        if each.use == "stop":  # one of the others may fail and come here
            for spare, held in others:
                beside = sum(h.power_kw for w, h in now if h.use == "stop" and w is not spare)
                assert held.use == "stop" or beside + held.power_kw <= LIMITS["depot"]


@settings(max_examples=120, deadline=None)
@given(fleets)
def test_no_two_vehicles_hold_one_evse_and_no_fallback_is_filled(fleet: list[list[Way]]) -> None:
    run = turns(fleet)
    standing = [run.commit(n, planned(options)).answer for n, options in enumerate(fleet)]
    demand_peace(standing)
    for number, options in enumerate(fleet):
        if standing[number] is None:  # no way was left out that would have gone beside the others
            others = [w for n, w in enumerate(standing) if w is not None and n < number]
            wide = [
                Hold(**{**vars_of(h), "begins": h.begins - HANDOVER_S, "ends": h.ends + HANDOVER_S})
                for way in others
                for h in way.holds
            ]
            assert not any(may(option, wide) for option in options)


def vars_of(hold: Hold) -> dict[str, Any]:
    names = ("station_id", "evse_uid", "begins", "ends", "use", "power_kw", "post")
    return {name: getattr(hold, name) for name in names}


@settings(max_examples=80, deadline=None)
@given(fleets)
def test_improving_keeps_the_peace_and_never_makes_the_fleet_later(fleet: list[list[Way]]) -> None:
    run = turns(fleet)
    for number, options in enumerate(fleet):
        run.commit(number, planned(options))
    before, was = run.lateness_s(), {n: t.answer for n, t in run.standing.items()}
    assert list(run.improve(lambda: True)) == [], "who cancels has what there was"
    changed = dict(run.improve())
    assert run.lateness_s() <= before
    assert bool(changed) == (run.lateness_s() < before)
    now = {n: t.answer for n, t in run.standing.items()}
    assert {n for n in now if now[n] != was[n]} <= set(changed)
    demand_peace(list(now.values()))


def test_a_mission_in_the_way_goes_second_where_that_helps_more() -> None:
    def hold(evse: str, begins: float, use: Any = "stop") -> Hold:
        return Hold(station_id="s", evse_uid=evse, begins=begins, ends=begins + 1800.0, use=use)

    spare = hold("z", 0.0, "fallback")
    flexible = [Way(hold("a", 0.0), spare, 100.0), Way(hold("b", 0.0), spare, 160.0)]
    bound = [Way(hold("a", 0.0), spare, 100.0)]
    run = turns([flexible, bound])
    first = [run.commit(n, planned(options)) for n, options in enumerate([flexible, bound])]
    assert [trial.arrival for trial in first] == [100.0, None]
    assert {n: t.arrival for n, t in run.improve()} == {0: 160.0, 1: 100.0}
    assert run.lateness_s() == 60.0


def test_plans_in_use_give_way_to_nobody() -> None:
    here = Hold(station_id="s", evse_uid="a", begins=0.0, ends=1800.0)
    there = Hold(station_id="s", evse_uid="z", begins=0.0, ends=9.0, use="fallback")
    ledger = Occupancy()
    ledger.add("plan:tomorrow's", (here,))
    run = turns([[Way(here, there, 100.0)]], ledger)
    assert run.commit(0, planned([Way(here, there, 100.0)])).arrival is None
    assert list(run.improve()) == []
    ledger.remove("plan:tomorrow's")
    assert ledger.clashes((here,)) == ()


@settings(max_examples=30, deadline=None)
@given(fleets, st.integers(0, 99))
def test_what_comes_out_depends_on_the_order_of_missions_only(
    fleet: list[list[Way]], seed: int
) -> None:
    """Plans made alone come in by any order; what is told of the ledger is the same each time."""
    outcomes = []
    for shuffled in (False, True):
        order = list(range(len(fleet)))
        if shuffled:
            random.Random(seed).shuffle(order)
        alone = {n: planned(fleet[n]) for n in order}
        run = turns(fleet)
        outcomes.append([run.commit(n, alone[n]).answer for n in range(len(fleet))])
        dict(run.improve())
        outcomes[-1].append(run.lateness_s())
    assert outcomes[0] == outcomes[1]
