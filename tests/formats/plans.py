"""Made-up plans in all their parts, for what is written and read back."""

from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from planner.energy.catalogue import load_catalogue, shipped_path
from planner.model.geo import LonLat
from planner.model.grade import Evidence, Grade, Verdict
from planner.model.mission import Conditions, Guarantee, Mission, Objective, Waypoint
from planner.model.plan import (
    Availability,
    ChargingStop,
    Choice,
    Difference,
    Fallback,
    Furthest,
    HowToStart,
    Infeasible,
    Instead,
    Leg,
    Money,
    Plan,
    Rejected,
    Rejection,
    Relaxation,
    Summary,
    WorldNames,
)
from planner.model.token import Token, TokenType, Wallet
from planner.roads.names import Stretch

CAR = load_catalogue(shipped_path()).vehicles[0]
UID = "04A1B2C3D4E5F6"
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
MOMENTS = st.integers(1_600_000_000_000_000, 1_900_000_000_000_000).map(lambda us: us / 1e6)
NUMBERS = st.integers(0, 10**12).map(lambda n: n / 1e6)
SOCS = st.integers(0, 10**6).map(lambda n: n / 1e6)
PLACES = st.builds(
    LonLat, st.integers(-17_000, 17_000).map(lambda n: n / 100), st.integers(-80, 80).map(float)
)


class Roads:
    """Stands for a region: every edge is a short line whose number is its longitude."""

    def path_geometry(self, path: tuple[int, ...]) -> np.ndarray:
        return np.array([[edge % 170, 45.0] for edge in path], dtype=float).reshape(-1, 2)

    def roads_along(self, path: tuple[int, ...]) -> tuple[Stretch, ...]:
        return tuple(Stretch("Long Road", f"A {edge}", 1000.0) for edge in path)


def maybe(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | values


MONEY = st.builds(
    Money,
    amount=st.decimals(0, 10_000, places=4),
    currency=st.sampled_from(("EUR", "CHF")),
    vat_included=st.booleans(),
    basis=st.sampled_from(("retail", "cpo_tariff")),
)
LEGS = st.builds(
    Leg,
    start=PLACES,
    end=PLACES,
    start_name=NAMES,
    end_name=NAMES,
    departure=MOMENTS,
    arrival=MOMENTS,
    distance_m=NUMBERS,
    energy_kwh=NUMBERS,
    energy_mean_kwh=NUMBERS,
    soc_start=SOCS,
    soc_end=SOCS,
    path=st.lists(st.integers(0, 10**6), max_size=4).map(tuple),
    approach_start_m=NUMBERS,
    approach_end_m=NUMBERS,
    start_node=st.integers(-1, 10**6),
    end_node=st.integers(-1, 10**6),
)
EVIDENCE = st.builds(Evidence, NAMES, NAMES, NAMES, maybe(MOMENTS))


@st.composite
def stops(draw: st.DrawFn, *, fallbacks: bool = True) -> ChargingStop:
    token = draw(st.sampled_from((-1, 0)))
    return draw(
        st.builds(
            ChargingStop,
            station_id=NAMES,
            station_name=NAMES,
            operator=NAMES,
            party=st.just("AT*AAA"),
            location=PLACES,
            evse_uid=NAMES,
            evse_id=maybe(NAMES),
            connector_id=NAMES,
            connector_standard=st.just("CHADEMO"),
            power_kw=NUMBERS,
            arrival=MOMENTS,
            departure=MOMENTS,
            soc_arrival=SOCS,
            soc_departure=SOCS,
            energy_kwh=NUMBERS,
            cost=maybe(MONEY),
            token=st.just(token),
            start=st.builds(
                HowToStart,
                how=st.sampled_from(("card", "payment_card")),
                label=NAMES,
                physical_reference=NAMES,
                directions=NAMES,
                help_phone=NAMES,
            ),
            verdict=st.builds(
                Verdict,
                grade=st.sampled_from(Grade),
                rule=NAMES,
                evidence=st.lists(EVIDENCE, max_size=2).map(tuple),
                token=st.just(token),
                valid_until=maybe(MOMENTS),
                warnings=st.lists(NAMES, max_size=1).map(tuple),
                shared=st.lists(NAMES, max_size=1).map(tuple),
            ),
            availability=st.builds(
                Availability,
                status=st.just("AVAILABLE"),
                as_of=maybe(MOMENTS),
                probability_free=maybe(SOCS),
            ),
            floor_soc=SOCS,
            waiting_s=NUMBERS,
            overhead_s=NUMBERS,
            charging_s=NUMBERS,
            decide_by=maybe(MOMENTS),
            fallbacks=st.lists(fallback(), max_size=1).map(tuple) if fallbacks else st.just(()),
            spare_evse_ids=st.lists(NAMES, max_size=2).map(tuple),
        )
    )


def fallback() -> st.SearchStrategy[Fallback]:
    return st.builds(
        Fallback,
        leg=LEGS,
        stop=stops(fallbacks=False),
        onward_legs=st.lists(LEGS, max_size=1).map(tuple),
        onward_stops=st.lists(stops(fallbacks=False), max_size=1).map(tuple),
        arrival=MOMENTS,
        latest_arrival=MOMENTS,
        lateness_s=NUMBERS,
        common_causes=st.lists(NAMES, max_size=2).map(tuple),
    )


TOKEN = Token(
    uid=UID, type=TokenType.RFID, contract_id="DE-ABC-C12345678-X", provider="DE*ABC", label="ABC"
)
MISSIONS = st.builds(
    Mission,
    id=NAMES,
    waypoints=st.lists(
        st.builds(
            Waypoint,
            location=PLACES,
            name=NAMES,
            service_s=NUMBERS,
            arrive_after=maybe(MOMENTS),
            arrive_before=maybe(MOMENTS),
        ),
        min_size=2,
        max_size=3,
    ).map(tuple),
    departure=MOMENTS,
    now=MOMENTS,
    vehicle=st.just(CAR),
    soc=SOCS,
    wallet=st.builds(Wallet, tokens=st.just((TOKEN,)), payment_card=st.booleans()),
    reserve_soc=SOCS,
    arrival_soc=SOCS,
    guarantee=st.builds(
        Guarantee,
        min_grade=st.sampled_from(Grade),
        fallbacks=st.integers(0, 3),
        windows=st.booleans(),
    ),
    objective=st.builds(
        Objective,
        value_of_time=st.decimals(0, 1000, places=2),
        currency=st.just("EUR"),
        preset=st.sampled_from(("", "fastest", "cheapest")),
    ),
    conditions=st.builds(
        Conditions,
        temperature_c=st.integers(-20, 40).map(float),
        headwind_m_s=st.integers(-5, 5).map(float),
        payload_kg=st.integers(0, 500).map(float),
        speed_cap_kmh=maybe(st.integers(60, 130).map(float)),
    ),
    exclude_stations=st.lists(NAMES, max_size=1).map(tuple),
    alternatives=st.integers(0, 2),
    assumed=st.lists(NAMES, max_size=2).map(tuple),
)
WORLDS = st.builds(
    WorldNames,
    hash=NAMES,
    region=NAMES,
    region_hash=NAMES,
    region_as_of=NAMES,
    feeds=NAMES,
    feeds_as_of=maybe(MOMENTS),
    agreements=NAMES,
    attribution=st.lists(NAMES, max_size=2).map(tuple),
)
REJECTED = st.builds(
    Rejected,
    counts=st.dictionaries(NAMES, st.integers(0, 99), max_size=2),
    stations=st.lists(
        st.builds(
            Rejection,
            station_id=NAMES,
            name=NAMES,
            location=PLACES,
            reason=NAMES,
            detail=NAMES,
        ),
        max_size=1,
    ).map(tuple),
    truncated=st.booleans(),
    detour_s=NUMBERS,
    unseen=st.integers(0, 9),
)


DIFFERENCES = st.builds(
    Difference,
    says=NAMES,
    later_s=NUMBERS,
    stops=st.integers(-3, 3),
    more=maybe(MONEY),
    shared=SOCS,
)
CHOICES = st.builds(
    Choice,
    stop=st.integers(0, 3),
    station_id=NAMES,
    says=NAMES,
    reason=st.sampled_from(("", "no_fallback")),
    instead=maybe(
        st.builds(
            Instead,
            station_id=NAMES,
            station_name=NAMES,
            operator=NAMES,
            party=NAMES,
            location=PLACES,
            power_kw=NUMBERS,
            arrival=MOMENTS,
            departure=MOMENTS,
        )
    ),
    difference=maybe(DIFFERENCES),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    costs = tuple(draw(st.lists(MONEY, max_size=1)))
    return Plan(
        id=draw(NAMES),
        created=draw(MOMENTS),
        mission=draw(MISSIONS),
        world=draw(WORLDS),
        valid_until=draw(MOMENTS),
        promise=draw(NAMES),
        summary=Summary(
            departure=draw(MOMENTS),
            arrival=draw(MOMENTS),
            driving_s=draw(NUMBERS),
            charging_s=draw(NUMBERS),
            distance_m=draw(NUMBERS),
            energy_kwh=draw(NUMBERS),
            energy_mean_kwh=draw(NUMBERS),
            costs=costs,
            unpriced_stops=draw(st.integers(0, 2)),
            charging_stops=draw(st.integers(0, 9)),
            gap=draw(maybe(SOCS)),
            min_grade=draw(maybe(st.sampled_from(Grade))),
            order=draw(st.integers(0, 3)),
            p_all_fail=draw(maybe(SOCS)),
            common_causes=tuple(draw(st.lists(NAMES, max_size=2))),
        ),
        legs=tuple(draw(st.lists(LEGS, min_size=1, max_size=2))),
        charging_stops=tuple(draw(st.lists(stops(), max_size=1))),
        rejected=draw(REJECTED),
        warnings=tuple(draw(st.lists(NAMES, max_size=2))),
        choices=tuple(draw(st.lists(CHOICES, max_size=1))),
        differs=draw(maybe(DIFFERENCES)),
    )


def infeasibles() -> st.SearchStrategy[Infeasible]:
    return st.builds(
        Infeasible,
        id=NAMES,
        created=MOMENTS,
        mission=MISSIONS,
        world=WORLDS,
        reason=st.sampled_from(("no_route", "no_fallback")),
        title=NAMES,
        furthest=maybe(
            st.builds(
                Furthest, location=PLACES, distance_m=NUMBERS, remaining_s=NUMBERS, name=NAMES
            )
        ),
        rejected=REJECTED,
        relaxations=st.lists(
            st.builds(
                Relaxation,
                change=NAMES,
                value=NAMES | NUMBERS,
                says=NAMES,
                arrival=maybe(MOMENTS),
            ),
            max_size=1,
        ).map(tuple),
        untried=st.lists(NAMES, max_size=1).map(tuple),
        warnings=st.lists(NAMES, max_size=1).map(tuple),
    )


EXAMPLE_COST = Money(amount=Decimal("12.30"), currency="EUR", vat_included=True, basis="retail")
