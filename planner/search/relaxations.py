"""What would help: single changes of a mission, each checked by planning again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from planner.model.grade import Grade
from planner.model.mission import Mission
from planner.model.plan import Infeasible, Plan, Relaxation
from planner.model.token import Token, TokenType
from planner.search.setup import Trip

ROADS = {"ferry": "ferries", "motorway": "motorways", "toll": "toll roads"}

Attempt = Callable[[Mission], Plan | None]


@dataclass(frozen=True, slots=True)
class _Change:
    """One change to try; of changes of one ``kind`` only the smallest that helps is told."""

    kind: str
    value: str | float
    says: str
    mission: Mission


def relax(failed: Infeasible, attempt: Attempt, trip: Trip) -> Infeasible:
    """Return the answer with the smallest single changes that make the trip feasible."""
    helped: list[Relaxation] = []
    settled: set[str] = set()
    found = _roads(trip.mission) if failed.reason == "no_route" else _changes(trip)
    for change in found:
        if change.kind in settled and change.kind != "token":
            continue
        made = attempt(change.mission)
        if made is not None:
            settled.add(change.kind)
            helped.append(
                Relaxation(
                    change=change.kind,
                    value=change.value,
                    says=change.says,
                    arrival=made.summary.arrival,
                )
            )
    return replace(failed, relaxations=tuple(helped))


def _changes(trip: Trip) -> Iterator[_Change]:
    """All changes worth trying, the smallest of each kind first."""
    mission = replace(trip.mission, alternatives=0)
    yield from _roads(mission)
    yield from _tokens(trip, mission)
    if not mission.wallet.payment_card:
        wallet = replace(mission.wallet, payment_card=True)
        guarantee = replace(
            mission.guarantee, min_grade=min(mission.guarantee.min_grade, Grade.AD_HOC)
        )
        yield _Change(
            "payment_card",
            "true",
            "Take a payment card along",
            replace(mission, wallet=wallet, guarantee=guarantee),
        )
    for soc in (0.8, 1.0):
        if soc > mission.soc:
            yield _Change("soc", soc, f"Start with {soc:.0%} instead", replace(mission, soc=soc))
    for reserve in (0.05, 0.0):
        if reserve < mission.reserve_soc:
            arrival = max(min(mission.arrival_soc, mission.reserve_soc), reserve)
            if mission.arrival_soc == mission.reserve_soc:
                arrival = reserve
            yield _Change(
                "reserve_soc",
                reserve,
                f"Accept a reserve of {reserve:.0%}",
                replace(mission, reserve_soc=reserve, arrival_soc=arrival),
            )
    if mission.guarantee.min_grade > Grade.INDICATED:
        guarantee = replace(mission.guarantee, min_grade=Grade.INDICATED)
        yield _Change(
            "min_grade",
            Grade.INDICATED.word,
            "Accept stations that merely hint that they open",
            replace(mission, guarantee=guarantee),
        )
    for order in range(mission.guarantee.fallbacks - 1, -1, -1):
        guarantee = replace(mission.guarantee, fallbacks=order)
        says = "Do without fallbacks" if order == 0 else f"Accept fallbacks of order {order}"
        yield _Change("fallbacks", order, says, replace(mission, guarantee=guarantee))
    for hours in (1, 2, 4, 8, 12) if trip.usable.size else ():
        later = mission.departure + hours * 3600.0
        yield _Change(
            "departure",
            later,
            f"Leave {hours} h later",
            replace(mission, departure=later),
        )


def _roads(mission: Mission) -> Iterator[_Change]:
    """Allow one kind of road that the trip avoids, else all of them."""
    mission = replace(mission, alternatives=0)
    for kind in mission.avoid:
        left = tuple(other for other in mission.avoid if other != kind)
        yield _Change("avoid", kind, f"Allow {ROADS[kind]}", replace(mission, avoid=left))
    if len(mission.avoid) > 1:
        every = " and ".join(ROADS[kind] for kind in mission.avoid)
        yield _Change("avoid", "all", f"Allow {every}", replace(mission, avoid=()))


def _tokens(trip: Trip, mission: Mission) -> Iterator[_Change]:
    """Add a card of each provider in the roaming table that the wallet does not hold yet."""
    held = {token.provider for token in mission.wallet.tokens}
    providers = sorted({row.emsp for row in trip.world.snapshot.agreements} - held)
    for provider in providers:
        token = Token(
            uid=f"hypothetical-{provider}",
            type=TokenType.RFID,
            contract_id="",
            provider=provider,
            label=provider,
        )
        wallet = replace(mission.wallet, tokens=(*mission.wallet.tokens, token))
        yield _Change(
            "token", provider, f"Add a card of {provider}", replace(mission, wallet=wallet)
        )
