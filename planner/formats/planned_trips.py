"""From a plan's JSON to what a bill is held against; its long lists are passed over.

Of the hundred kilobytes of a plan some two are read: most of it is lines and edges.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from planner.energy.description import vehicle_from_dict
from planner.errors import InputError
from planner.fleet.trips import PlannedStop, PlannedTrip
from planner.formats.stamps import moment
from planner.model.geo import LonLat, distance_m
from planner.model.plan import Money
from planner.model.vehicle import Vehicle

APART_M = 10_000.0
"""Points of the drive that are kept lie so far apart."""


class _Station(msgspec.Struct):
    id: str
    location: LonLat
    name: str = ""
    operator: str = ""
    party: str = ""


class _Connector(msgspec.Struct):
    power_kw: float = 0.0


class _Cost(msgspec.Struct):
    amount: str
    currency: str
    vat_included: bool
    basis: str


class _Used(msgspec.Struct):
    index: int = -1


class _Line(msgspec.Struct):
    coordinates: list[tuple[float, float]]


class _Leg(msgspec.Struct):
    geometry: _Line


class _Stop(msgspec.Struct):
    station: _Station
    evse_uid: str
    arrival: str
    departure: str
    energy_kwh: float
    connector: _Connector
    token: _Used
    evse_id: str | None = None
    cost: _Cost | None = None
    fallbacks: "list[_Stop]" = []


class _Token(msgspec.Struct):
    digest: str


class _Wallet(msgspec.Struct):
    tokens: list[_Token]
    id: str = ""


class _Mission(msgspec.Struct):
    wallet: _Wallet
    vehicle: dict[str, Any]
    mission_id: str = ""
    vehicle_id: str = ""
    driver: str = ""


class _Summary(msgspec.Struct):
    departure: str
    arrival: str


class _Plan(msgspec.Struct):
    id: str
    created: str
    mission: _Mission
    summary: _Summary
    legs: list[_Leg]
    charging_stops: list[_Stop]


class _Row(msgspec.Struct):
    plan: _Plan | None = None


_plans = msgspec.json.Decoder(_Plan)
_rows = msgspec.json.Decoder(_Row)


def trip_of_plan(body: bytes) -> PlannedTrip:
    """Read a plan as it was answered.

    Raises
    ------
    InputError
        If it is no plan.
    """
    try:
        return _trip(_plans.decode(body))
    except (msgspec.DecodeError, ValueError) as error:
        raise InputError(f"this is no plan: {error}", place="/") from None


def trips_of_results(lines: Iterator[bytes]) -> Iterator[PlannedTrip]:
    """Read the plans among the results of a batch (NDJSON); other lines are passed over."""
    for line in lines:
        if not line.strip():
            continue
        try:
            row = _rows.decode(line)
        except msgspec.DecodeError:
            continue
        if row.plan is not None:
            yield _trip(row.plan)


def _trip(plan: _Plan) -> PlannedTrip:
    mission = plan.mission
    tokens = tuple(token.digest for token in mission.wallet.tokens)
    return PlannedTrip(
        plan=plan.id,
        mission=mission.mission_id,
        created=moment(plan.created),
        departure=moment(plan.summary.departure),
        arrival=moment(plan.summary.arrival),
        vehicle=mission.vehicle_id or str(mission.vehicle.get("id", "")),
        driver=mission.driver,
        wallet=mission.wallet.id,
        car=_car(mission.vehicle),
        tokens=tokens,
        stops=tuple(_stops(plan.charging_stops, tokens)),
        way=tuple(_way(plan.legs)),
    )


def _stops(stops: list[_Stop], tokens: tuple[str, ...]) -> Iterator[PlannedStop]:
    """Give the stops of the trip, then their fallbacks, so that a number names one for ever."""
    for stop in stops:
        yield _stop(stop, tokens, -1)
    for number, stop in enumerate(stops):
        for fallback in stop.fallbacks:
            yield _stop(fallback, tokens, number)


def _stop(stop: _Stop, tokens: tuple[str, ...], fallback_of: int) -> PlannedStop:
    used, cost, station = stop.token.index, stop.cost, stop.station
    return PlannedStop(
        station_id=station.id,
        station_name=station.name,
        operator=station.operator,
        party=station.party,
        location=station.location,
        evse_uid=stop.evse_uid,
        evse_id=stop.evse_id or "",
        arrival=moment(stop.arrival),
        departure=moment(stop.departure),
        energy_kwh=stop.energy_kwh,
        cost=None
        if cost is None
        else Money(
            amount=Decimal(cost.amount),
            currency=cost.currency,
            vat_included=cost.vat_included,
            basis=cost.basis,
        ),
        token=tokens[used] if 0 <= used < len(tokens) else "",
        power_kw=stop.connector.power_kw,
        fallback_of=fallback_of,
    )


def _way(legs: list[_Leg]) -> Iterator[LonLat]:
    last: LonLat | None = None
    for leg in legs:
        for lon, lat in leg.geometry.coordinates:
            here = LonLat(lon, lat)
            if last is None or distance_m(last, here) >= APART_M:
                yield here
                last = here


def _car(told: dict[str, Any]) -> Vehicle | None:
    try:
        return vehicle_from_dict(told)
    except (InputError, KeyError, TypeError, ValueError):
        return None
