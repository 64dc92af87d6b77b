"""Random fleets at few posts: no own vehicle waits for another, or counts on a filled fallback.

Run: ``python bench/contention.py [--fleets 200] [--seed 1]``; a JSON object at the end, exit status
1 if any promise was broken. Each fleet is one small made-up world in which five to eight vehicles
leave within an hour, some stations stand under two feeds, and some are depots whose power does not
suffice for all posts. Missions are committed first come, by priority, or improved; results come in
any order. Then all plans together are held against `verify_fleet`, each by itself against `verify`,
and all against a third account that is kept here, minute by minute, in words of posts and watts.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from small_stations import NOW, make_snapshot, make_stations
from small_worlds import Recipe, make_missions, make_roads

from planner.errors import PlugsureError
from planner.fleet.contention import ORDERS, Contention, FleetRender, commit_order
from planner.model.mission import Mission
from planner.model.plan import ChargingStop, Outcome, Plan
from planner.model.station import Station
from planner.plan import plan
from planner.verify import verify, verify_fleet
from planner.world import RoadSide, World

RECIPE = Recipe(nodes=(50, 90), stations=(5, 9), width_km=260.0, height_km=60.0)
STEP_S = 60.0
NAMED = tuple(order for order in ORDERS if order != "ignore")


@dataclass
class Record:
    """What was tried and what came of it."""

    fleets: int = 0
    missions: int = 0
    plans: int = 0
    stops: int = 0
    fallbacks: int = 0
    clashing_alone: int = 0
    planned_again: int = 0
    improved: int = 0
    lateness_saved_s: float = 0.0
    broken: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def note(self, seed: int, kind: str, detail: str) -> None:
        """Count a broken promise; the first ones are told."""
        self.broken[kind] += 1
        if len(self.findings) < 20:
            self.findings.append(f"fleet {seed}: {kind}: {detail}")


def make_crowd(seed: int, folder: Path) -> tuple[World, list[Mission]]:
    """Make a world with few posts, and missions that leave within an hour."""
    rng = random.Random(f"crowd {seed}")
    graph = make_roads(rng, folder, RECIPE)
    stations = [
        _few_posts(rng, one) for one in make_stations(rng, graph, RECIPE.stations, plain=True)
    ]
    twins = [_twin(one) for one in stations if one.max_kw is None and rng.random() < 0.3]
    world = World(RoadSide.of(graph), make_snapshot(rng, (*stations, *twins), plain=True))
    drawn = list(islice(make_missions(world, seed, plain=True), rng.randint(5, 8)))
    ways = [mission.waypoints for mission in drawn[:2]]
    missions = [
        replace(
            mission,
            id=f"m{number}",
            departure=NOW + 7200.0 + rng.uniform(0.0, 3600.0),
            soc=rng.uniform(0.35, 0.7),
            waypoints=rng.choice(ways),
            guarantee=replace(mission.guarantee, fallbacks=rng.choice((0, 1, 1, 2))),
            alternatives=0,
        )
        for number, mission in enumerate(drawn)
    ]
    return world, missions


def _few_posts(rng: random.Random, station: Station) -> Station:
    evses = station.evses[: rng.choice((1, 1, 2, 3))]
    if len(evses) == 1 or rng.random() < 0.4:
        return replace(station, evses=evses)
    most = max(c.power_kw for evse in evses for c in evse.connectors)
    return replace(station, evses=evses, max_kw=most * rng.choice((1.0, 1.3, 1.9)))


def _twin(station: Station) -> Station:
    """Give the same posts as another feed tells of them: other ids, and some metres aside."""
    evses = tuple(replace(evse, uid=f"twin-{evse.uid}") for evse in station.evses)
    place = _aside(station)
    return replace(
        station, id=f"{station.id}-twin", location_id="twin", evses=evses, location=place
    )


def _aside(station: Station) -> Any:
    """Move a station some thirty metres."""
    return station.location._replace(lon=station.location.lon + 4e-4)


def run_fleet(seed: int, record: Record, folder: Path) -> None:
    """Plan one fleet and hold its promises against what they say."""
    world, missions = make_crowd(seed, folder)
    rng = random.Random(f"order {seed}")
    order = NAMED[seed % len(NAMED)]
    render = FleetRender(lambda outcome, _world: outcome)
    again = 0

    def plan_again(_number: int, mission: Mission) -> tuple[Any, Outcome]:
        nonlocal again
        again += 1
        outcome = plan(world, mission)
        return render(outcome, world), outcome

    priorities = [rng.randint(0, 2) for _ in missions]
    turns = Contention(missions, commit_order(priorities, order), world.snapshot, (), plan_again)
    stands: dict[int, Outcome] = {}
    alone = {}
    for number in rng.sample(range(len(missions)), len(missions)):
        alone[number] = plan(world, missions[number])
        stands.update(turns.accept(number, render(alone[number], world), alone[number]))
    before_s = turns.lateness_s()
    if order == "improve":
        changed = dict(turns.improve(lambda: False))
        stands.update(changed)
        record.improved += bool(changed)
        record.lateness_saved_s += before_s - turns.lateness_s()
    made = [outcome for _, outcome in sorted(stands.items()) if isinstance(outcome, Plan)]
    record.fleets += 1
    record.missions += len(missions)
    record.plans += len(made)
    record.planned_again += again
    first = [outcome for outcome in alone.values() if isinstance(outcome, Plan)]
    record.clashing_alone += bool(verify_fleet(world.snapshot, first))
    for each in made:
        for claim in verify(world, each):
            record.note(
                seed, f"verify {claim.kind}", f"{each.mission.id} {claim.where} {claim.detail}"
            )
    for claim in verify_fleet(world.snapshot, made):
        record.note(seed, "verify_fleet", f"{claim.where} {claim.detail}")
    for story in account(world, made, record):
        record.note(seed, "account", story)


@dataclass(frozen=True)
class Stay:
    """Who stands at a post, or may have to; minutes from the clock."""

    plan: int
    post: str
    station: str
    first: int
    last: int
    is_spare: bool
    power_kw: float


def account(world: World, plans: list[Plan], record: Record) -> Iterator[str]:
    """Keep account of all posts, minute by minute: who stands there, who may have to come."""
    stays = [
        stay for number, made in enumerate(plans) for stay in _stays(number, made.charging_stops)
    ]
    record.stops += sum(not stay.is_spare for stay in stays)
    record.fallbacks += sum(stay.is_spare for stay in stays)
    limits = {s.id: s.max_kw for s in world.snapshot.stations if s.max_kw is not None}
    for minute in range(
        min((s.first for s in stays), default=0), max((s.last for s in stays), default=0)
    ):
        now = [stay for stay in stays if stay.first <= minute < stay.last]
        for one in now:
            for other in now:
                both_spare = one.is_spare and other.is_spare
                if one.plan < other.plan and one.post == other.post and not both_spare:
                    yield f"minute {minute}: plans {one.plan} and {other.plan} at {one.post}"
        for station, limit in limits.items():
            there = [stay for stay in now if stay.station == station]
            standing = [stay for stay in there if not stay.is_spare]
            worst = sum(stay.power_kw for stay in standing)
            for spare in (stay for stay in there if stay.is_spare):
                beside = sum(s.power_kw for s in standing if s.plan != spare.plan)
                worst = max(worst, beside + spare.power_kw)
            if worst > limit + 1e-3:
                yield f"minute {minute}: {worst:.0f} of {limit:.0f} kW at {station}"


def _stays(
    number: int, stops: tuple[ChargingStop, ...], late_s: float = 0.0, depth: int = 0
) -> Iterator[Stay]:
    for stop in stops:
        yield Stay(
            number,
            (stop.evse_id or f"{stop.station_id} {stop.evse_uid}").replace("*", ""),
            stop.station_id,
            int((stop.arrival - NOW) // STEP_S) + 1,
            int((stop.departure + late_s - NOW) // STEP_S),
            depth > 0,
            stop.power_kw,
        )
        later = late_s + stop.departure - stop.arrival
        for fallback in stop.fallbacks:
            behind = (fallback.stop, *fallback.onward_stops)
            yield from _stays(number, behind, later, depth + 1)


def main() -> None:
    """Try as many fleets as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fleets", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    record, began = Record(), time.process_time()
    for seed in range(asked.seed, asked.seed + asked.fleets):
        with tempfile.TemporaryDirectory() as folder:
            try:
                run_fleet(seed, record, Path(folder))
            except PlugsureError as error:
                record.note(seed, type(error).__name__, str(error))
        if record.fleets % 20 == 0:
            print(record.fleets, dict(record.broken), file=sys.stderr, flush=True)
    told = {name: getattr(record, name) for name in Record.__dataclass_fields__}
    told["lateness_saved_s"] = round(record.lateness_saved_s)
    told["cpu_s"] = round(time.process_time() - began, 1)
    print(json.dumps({"measure": "contention", "seed": asked.seed, **told}))
    sys.exit(bool(record.broken))


if __name__ == "__main__":
    main()
