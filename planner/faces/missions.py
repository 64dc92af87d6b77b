"""From a checked request to a Mission: places found, defaults filled in and listed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any, TypeVar

from planner.energy.catalogue import find_vehicle
from planner.energy.description import vehicle_from_dict
from planner.errors import Fault, InputError, InvalidToken, UnknownVehicle, UnknownWallet
from planner.faces.crew import NO_FLEET, Crew, Garage, crew_of, vehicle_of_record
from planner.faces.findings import Findings
from planner.faces.requests import (
    ConditionsRequest,
    ObjectiveRequest,
    PlanRequest,
    StopRequest,
    TokenRequest,
    VehicleRequest,
    WalletRequest,
)
from planner.formats.stamps import stamp
from planner.model.fleet import FleetVehicle
from planner.model.geo import LonLat
from planner.model.grade import Grade
from planner.model.mission import Guarantee, Mission, Objective, Waypoint
from planner.model.token import Token, Wallet
from planner.model.vehicle import Catalogue, Conditions, Vehicle
from planner.ocpi.ids import provider_of_contract_id
from planner.roads.places import Places
from planner.world import World

T = TypeVar("T")

RESERVE_SOC = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a request is read with: the catalogue, places by name, stored wallets, the clock.

    ``places`` opens the region only where a place is asked for by name. ``wallet``
    raises UnknownWallet; ``token`` returns the stored token of a uid, None if there is none or
    several; ``now`` is UTC epoch seconds; ``garage`` holds the fleet's own records. ``name`` gives
    a token the name by which the installation knows it.
    """

    catalogue: Catalogue
    places: Callable[[], Places]
    wallet: Callable[[str], Wallet]
    token: Callable[[str], Token | None]
    now: float
    garage: Garage = NO_FLEET
    name: Callable[[Token], Token] = lambda token: token


def mission_of(request: PlanRequest, desk: Desk, mission_id: str = "") -> Mission:
    """Fill in what the request left open.

    Raises
    ------
    InputError
        Or one of its children: UnknownPlace, UnknownVehicle, UnknownWallet, InvalidToken.
    """
    assumed: list[str] = []
    found = Findings()
    waypoints = [
        found.read(_waypoint, stop, desk.places, f"/stops/{index}", assumed)
        for index, stop in enumerate(request.stops)
    ]
    crew = found.read(_crew, request, desk)
    wallet = found.read(_wallet, request, crew, desk)
    vehicle = found.read(_vehicle, request, crew, desk)
    found.demand()
    departure = request.departure
    if departure is None:
        departure = float(ceil(desk.now))
        assumed.append(f"departure {stamp(departure, waypoints[0].location)} (now)")
    reserve, arrival = _charges(request, assumed)
    return Mission(
        id=mission_id,
        waypoints=tuple(waypoints),
        departure=departure,
        now=desk.now,
        vehicle=vehicle,
        soc=request.vehicle.soc,
        wallet=wallet,
        reserve_soc=reserve,
        arrival_soc=arrival,
        guarantee=_guarantee(request, assumed),
        objective=_objective(request.objective, assumed),
        conditions=_conditions(request, assumed),
        avoid=tuple(sorted(set(request.avoid))),
        speed_caps_kmh=tuple(sorted(set(request.speed_caps_kmh))),
        exclude_stations=tuple(request.exclude_stations),
        alternatives=request.alternatives,
        assumed=tuple(assumed),
        policy=crew.policy,
        vehicle_id=crew.vehicle.id if crew.vehicle else "",
        driver=crew.driver,
    )


def _crew(request: PlanRequest, desk: Desk) -> Crew:
    asked = request.vehicle
    described = bool(asked.description())
    return crew_of(
        desk.garage, driver=request.driver, vehicle=asked.id or "", is_described=described
    )


def _wallet(request: PlanRequest, crew: Crew, desk: Desk) -> Wallet:
    return wallet_of(request.wallet or _wallet_of(crew), desk)


def _vehicle(request: PlanRequest, crew: Crew, desk: Desk) -> Vehicle:
    return vehicle_of(request.vehicle, desk.catalogue, crew.vehicle)


def _wallet_of(crew: Crew) -> str:
    if not crew.wallet:
        raise UnknownWallet(
            f"driver {crew.driver!r} has no wallet", place="/wallet", remedy="Name one"
        )
    return crew.wallet


def demand_on_roads(mission: Mission, world: World) -> None:
    """Raise OffNetwork with the pointer of the first stop that is too far from the roads."""
    for index, waypoint in enumerate(mission.waypoints):
        _placed(f"/stops/{index}/location", partial(world.snapper.snap, waypoint.location))


def _waypoint(
    stop: StopRequest, places: Callable[[], Places], pointer: str, assumed: list[str]
) -> Waypoint:
    name = stop.name
    if stop.location is not None:
        location = LonLat(*stop.location)
    else:
        found = _placed(f"{pointer}/place", lambda: places().find(stop.place or ""))
        location, name = found.place.location, name or found.place.title
        if found.note:
            assumed.append(found.note)
    late, early = stop.arrive_before, stop.arrive_after
    if late is not None and early is not None and late < early:
        raise InputError("lies before arrive_after", place=f"{pointer}/arrive_before")
    return Waypoint(
        location=location,
        name=name,
        service_s=stop.service_s,
        arrive_after=early,
        arrive_before=late,
    )


def _placed(pointer: str, find: Callable[[], T]) -> T:
    """Call, and put the request's pointer in place of the error's own.

    What is not the request's fault, such as a region that is not there, is told as it is.
    """
    try:
        return find()
    except InputError as error:
        faults = [Fault(pointer, fault.detail, fault.remedy) for fault in error.faults]
        raise type(error).of(faults) from error


def _charges(request: PlanRequest, assumed: list[str]) -> tuple[float, float]:
    reserve = request.reserve_soc
    if reserve is None:
        reserve = RESERVE_SOC
        assumed.append(f"reserve_soc {reserve:g}")
    arrival = request.arrival_soc
    if arrival is None:
        arrival = reserve
        assumed.append(f"arrival_soc {arrival:g} (the reserve)")
    elif arrival < reserve:
        assumed.append(f"arrival_soc {reserve:g}: the reserve holds at the end too")
        arrival = reserve
    return reserve, arrival


def _guarantee(request: PlanRequest, assumed: list[str]) -> Guarantee:
    asked = request.guarantee
    given = set() if asked is None else asked.model_fields_set
    word = Grade.AD_HOC.word if asked is None else asked.min_grade
    fallbacks = 1 if asked is None else asked.fallbacks
    if "min_grade" not in given:
        assumed.append(f"min_grade {word}")
    if "fallbacks" not in given:
        assumed.append(f"fallbacks {fallbacks}")
    windows = asked is not None and asked.windows
    return Guarantee(min_grade=Grade.read(word), fallbacks=fallbacks, windows=windows)


def _objective(asked: ObjectiveRequest | None, assumed: list[str]) -> Objective:
    default = Objective()
    if asked is None or (asked.value_of_time is None and asked.preset is None):
        assumed.append(f"objective {default.preset}")
        return default
    return Objective(
        value_of_time=default.value_of_time if asked.value_of_time is None else asked.value_of_time,
        currency=asked.currency,
        preset=asked.preset or "",
    )


def _conditions(request: PlanRequest, assumed: list[str]) -> Conditions:
    asked = request.conditions or ConditionsRequest()
    if "temperature_c" not in asked.model_fields_set:
        assumed.append(f"temperature {asked.temperature_c:g} °C")
    return Conditions(
        temperature_c=asked.temperature_c,
        headwind_m_s=asked.headwind_m_s,
        payload_kg=request.vehicle.payload_kg,
        speed_cap_kmh=asked.speed_cap_kmh,
    )


def vehicle_of(
    asked: VehicleRequest, catalogue: Catalogue, record: FleetVehicle | None = None
) -> Vehicle:
    """Make the vehicle of the fleet's record, its full description, or find it in the catalogue."""
    described = asked.description()
    if described:
        vehicle = vehicle_from_dict(_with_id(asked, described), place="/vehicle")
    elif record is not None:
        vehicle = _placed("/vehicle/id", lambda: vehicle_of_record(record, catalogue))
    else:
        vehicle = _from_catalogue(asked, catalogue)
    limit = vehicle.max_payload_kg
    if limit is None:  # a car whose limit is not known surely carries no more than itself
        limit = vehicle.mass_kg
    if asked.payload_kg > limit:
        raise InputError(
            f"{asked.payload_kg:g} kg is more than the {limit:g} kg that {vehicle.title} may carry",
            place="/vehicle/payload_kg",
        )
    return vehicle


def _from_catalogue(asked: VehicleRequest, catalogue: Catalogue) -> Vehicle:
    if not asked.id:
        raise UnknownVehicle(
            "names no vehicle",
            place="/vehicle",
            remedy="Give its id in the catalogue, or its full description",
        )
    wanted = asked.id
    return _placed("/vehicle/id", lambda: find_vehicle(catalogue, wanted))


def _with_id(asked: VehicleRequest, described: dict[str, Any]) -> dict[str, Any]:
    return described if asked.id is None else {"id": asked.id, **described}


def wallet_of(asked: str | WalletRequest, desk: Desk, place: str = "/wallet") -> Wallet:
    """Find a stored wallet, or make one of the tokens given; it can pay with something.

    ``place`` is the JSON Pointer of the wallet in what was asked, empty where it is the whole.
    """
    if isinstance(asked, str):
        wallet = _placed(place, lambda: desk.wallet(asked))
    else:
        tokens = tuple(
            token_of(token, desk, f"{place}/tokens/{index}")
            for index, token in enumerate(asked.tokens)
        )
        wallet = Wallet(tokens=tokens, payment_card=asked.payment_card, name=asked.name)
    usable = [t for t in wallet.tokens if t.valid and (t.expires is None or t.expires > desk.now)]
    if not usable and not wallet.payment_card:
        held = "only expired or invalid tokens" if wallet.tokens else "neither token nor card"
        raise InvalidToken(
            f"holds {held}",
            place=place or "/tokens",
            remedy="Add a token, or payment_card: true",
        )
    return wallet


def token_of(asked: TokenRequest, desk: Desk, pointer: str) -> Token:
    """Make a token; its provider is given, or named by its contract id, or stored with it."""
    if asked.expires is not None and asked.expires <= desk.now:
        raise InvalidToken(
            f"expired at {stamp(asked.expires)}", place=f"{pointer}/expires", remedy="Leave it out"
        )
    if not (asked.provider or asked.contract_id):
        return _stored(asked, desk, pointer)
    provider = asked.provider or provider_of_contract_id(asked.contract_id)
    if not provider:
        raise InvalidToken(
            "names no provider",
            place=f"{pointer}/contract_id",
            remedy="Write it like FR-ABC-C12345678, or give provider as CC*PPP",
        )
    made = Token(
        uid=asked.uid,
        type=asked.type,
        contract_id=asked.contract_id,
        provider=_party(provider, pointer),
        label=asked.label or asked.issuer or provider,
        group_id=asked.group_id,
        issuer=asked.issuer,
        visual_number=asked.visual_number,
        valid=asked.valid,
        expires=asked.expires,
    )
    return desk.name(made)


def _stored(asked: TokenRequest, desk: Desk, pointer: str) -> Token:
    found = desk.token(asked.uid)
    if found is None:
        raise InvalidToken(
            "says nothing of its provider, and no stored wallet holds this uid",
            place=pointer,
            remedy="Add contract_id or provider (on the command line: UID/CONTRACT)",
        )
    return found


def _party(text: str, pointer: str) -> str:
    country, _, party = text.upper().replace("-", "*").partition("*")
    if len(country) != 2 or len(party) != 3 or not (country + party).isalnum():  # noqa: PLR2004
        raise InvalidToken("is no party", place=f"{pointer}/provider", remedy="Write CC*PPP")
    return f"{country}*{party}"
