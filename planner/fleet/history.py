"""The charging history: records in, with what they prove; and all that reports are made of, out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from planner.access.evidence import CHARGED_S
from planner.energy.catalogue import find_vehicle
from planner.energy.description import vehicle_from_dict, vehicle_to_dict
from planner.errors import InputError
from planner.fleet.depots import is_metered, metered_at_depots
from planner.fleet.matching import Match, Timetable, match_all
from planner.fleet.places import Places
from planner.fleet.purse import Purse
from planner.fleet.same_charge import Bills
from planner.fleet.trips import PlannedTrip
from planner.model.fleet import FleetVehicle
from planner.model.token import Token
from planner.model.vehicle import Catalogue, Vehicle
from planner.ocpi.charge import Charge
from planner.ocpi.charge_reading import Bearer, contract_digest
from planner.store.bodies import decode
from planner.store.charges import Authorization, Kept
from planner.store.database import Change
from planner.store.evidence import insert_evidence
from planner.store.snapshot import Snapshot, TokenEvidence
from planner.store.store import Store

_PARTY = re.compile(r"[A-Z]{2}\*[A-Z0-9]{3}")

_CHUNK = 500
_PAGE = 1000

AROUND_S = 86_400.0
"""Clocks of a Session and its CDR differ by far less."""


def open_purse(store: Store) -> Purse:
    """Gather the fleet's tokens."""
    return Purse.of(store.wallets.all(), _issued(store), store.fleet.drivers())


def _issued(store: Store) -> Iterator[Token]:
    offset = 0
    while True:
        page, total = store.issued.page(since=None, until=None, offset=offset, limit=_PAGE)
        yield from (one.token for one in page)
        offset += len(page)
        if not page or offset >= total:
            return


def import_charges(
    store: Store,
    rows: Iterable[tuple[Charge, Bearer]],
    *,
    source: str,
    snapshot: Snapshot,
    now: float,
) -> Kept:
    """Keep records of a file, all or none, and what they prove of the fleet's tokens.

    Parameters
    ----------
    source : str
        What the records are said to come from.
    snapshot : Snapshot
        In which the places are looked up.
    now : float
        UTC epoch seconds: a use is evidence for 30 days.
    """
    purse, places = open_purse(store), Places(snapshot)
    kept = Kept()
    left = iter(rows)
    with store.database.writing() as change:
        while page := list(islice(left, _CHUNK)):
            named = [replace(purse.recognise(*row), source=source) for row in page]
            fresh: list[Charge] = []
            kept += store.charges.put(change, named, fresh)
            strange = {
                told.name
                for (_, bearer), told in zip(page, named, strict=True)
                if _is_of_another_provider(bearer, told)
            }
            proving = [charge for charge in fresh if charge.name not in strange]
            _keep_evidence(change, purse, places, proving, now)
    return kept


def _is_of_another_provider(bearer: Bearer, told: Charge) -> bool:
    """Whether a record without a contract names another provider than its card's."""
    is_party = _PARTY.fullmatch(bearer.provider) is not None
    return not bearer.contract and is_party and bearer.provider != told.provider


def _contract_of(charge: Charge, token: Token) -> str:
    """Name the contract as told; where none is, or the uid in its place, the one held now."""
    own = contract_digest(token.contract_id)
    return own if charge.contract in {"", contract_digest(token.uid)} else charge.contract


def _keep_evidence(
    change: Change, purse: Purse, places: Places, fresh: Iterable[Charge], now: float
) -> None:
    """Keep that tokens of the fleet have worked where they have."""
    rows = []
    for charge in fresh:
        if charge.is_credit or charge.energy_kwh <= 0 or charge.token not in purse.tokens:
            continue
        spot = places.spot(charge)
        if spot is None or not now - CHARGED_S <= charge.ends <= now:
            continue
        rows.append(
            TokenEvidence(
                token=charge.token,
                station_id=spot.station.id,
                evse_uid="" if spot.evse is None else spot.evse.uid,
                party=spot.station.party,
                kind="succeeded",
                value="",
                at=charge.ends,
                until=None,
                source=f"{'Session' if charge.is_session else 'CDR'} {charge.id}",
                contract=_contract_of(charge, purse.tokens[charge.token]),
            )
        )
    insert_evidence(change, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A charge with its trip, its place's time zone, and whose it was; empty: not known.

    ``car`` is the vehicle as physics sees it, None where it is not known.
    """

    charge: Charge
    match: Match | None
    zone: str
    vehicle: str
    driver: str
    mission: str
    wallet: str
    car: Vehicle | None

    @property
    def is_metered(self) -> bool:
        """Whether an own depot metered it, and nobody bills it."""
        return is_metered(self.charge)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was charged in a span of time.

    ``entries`` are CDRs, and what own depots metered and nobody bills. ``pending`` are Sessions
    that go on or whose CDR has not come: they are no part of any bill.
    """

    entries: tuple[Entry, ...]
    pending: tuple[Entry, ...]
    purse: Purse
    places: Places
    trips: tuple[PlannedTrip, ...]

    @property
    def all(self) -> tuple[Entry, ...]:
        """Billed and pending, by their begin."""
        both = (*self.entries, *self.pending)
        return tuple(sorted(both, key=lambda e: (e.charge.begins, e.charge.name)))


def open_history(
    store: Store,
    snapshot: Snapshot,
    catalogue: Catalogue,
    *,
    since: float | None = None,
    until: float | None = None,
    more_trips: Iterable[PlannedTrip] = (),
) -> History:
    """Read the history, and find out which trip each charge was on and whose it was.

    Parameters
    ----------
    since, until : float, optional
        UTC epoch seconds: charges that ended from the one on and before the other.
    more_trips : iterable of PlannedTrip
        Of plans that are not stored.
    """
    purse, places = open_purse(store), Places(snapshot)
    closed, open_ = _parted(store, purse, places, since, until)
    stored = (decode(body, PlannedTrip) for body in store.charges.trips(since=_back(since)))
    by_plan = {trip.plan: purse.on_trip(trip) for trip in (*stored, *more_trips)}
    trips = tuple(by_plan.values())
    in_use = {plan.plan for plan in store.fleet_plans.ending_after(since or 0.0)}
    timetable = Timetable(trips, in_use)
    given = store.charges.authorizations(c.reference for c in (*closed, *open_))
    closed, open_ = ([_as_allowed(c, purse, given) for c in some] for some in (closed, open_))
    garage = _Garage(store.fleet.vehicles(), catalogue)

    def entries(some: list[Charge]) -> tuple[Entry, ...]:
        matches = match_all(some, timetable, places, given)
        return tuple(
            _entry(charge, match, purse, places, garage)
            for charge, match in zip(some, matches, strict=True)
        )

    return History(
        entries=entries(closed),
        pending=entries(open_),
        purse=purse,
        places=places,
        trips=trips,
    )


def _as_allowed(charge: Charge, purse: Purse, given: Mapping[str, Authorization]) -> Charge:
    """Name the card that we allowed under a record's reference, where it names none of ours."""
    allowed = given.get(charge.reference)
    if allowed is None or charge.token in purse.tokens or allowed.token not in purse.tokens:
        return charge
    return replace(charge, token=allowed.token, provider=purse.tokens[allowed.token].provider)


def _parted(
    store: Store, purse: Purse, places: Places, since: float | None, until: float | None
) -> tuple[list[Charge], list[Charge]]:
    """Read what is on the bill, and the Sessions that still wait for their CDR.

    A Session and its CDR may end at the two sides of ``since`` or ``until``, so records around the
    span are looked at too.
    """
    begins = None if since is None else since - AROUND_S
    ends = None if until is None else until + AROUND_S
    charges = [purse.recognise(c) for c in store.charges.all(since=begins, until=ends)]
    bills = [c for c in charges if not c.is_session]
    billed = {(c.party.casefold(), c.session_id.casefold()) for c in bills}
    sessions = [
        c
        for c in charges
        if c.is_session and (c.party.casefold(), c.session_id.casefold()) not in billed
    ]
    told = Bills(bills, places)
    metered = metered_at_depots(sessions, store.charge_points.depots(), told)

    def within(some: Iterable[Charge]) -> list[Charge]:
        later = (c for c in some if since is None or c.ends >= since)
        return [c for c in later if until is None or c.ends < until]

    closed = sorted(within((*bills, *metered)), key=lambda c: (c.ends, c.name))
    return closed, within(c for c in sessions if not is_metered(c) and not told.tells(c))


def _back(since: float | None) -> float | None:
    """Give from when on trips are read: a charge may end long after its trip."""
    return None if since is None else since - 7 * 86_400.0


class _Garage:
    """The fleet's vehicles as physics sees them."""

    def __init__(self, vehicles: Iterable[FleetVehicle], catalogue: Catalogue) -> None:
        self._own = {vehicle.id: vehicle for vehicle in vehicles}
        self._catalogue = catalogue
        self._known: dict[str, Vehicle | None] = {}

    def car(self, name: str) -> Vehicle | None:
        """Give a vehicle by the fleet's id or the catalogue's, None where neither knows it."""
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> Vehicle | None:
        own = self._own.get(name)
        try:
            car = find_vehicle(self._catalogue, name if own is None else own.model)
            if own is None or not own.overrides:
                return car
            return vehicle_from_dict({**vehicle_to_dict(car), **own.overrides})
        except InputError:
            return None


def _entry(
    charge: Charge, match: Match | None, purse: Purse, places: Places, garage: _Garage
) -> Entry:
    """Say whose a charge was: as the record says, as its trip says, as its token says."""
    trip = None if match is None else match.trip
    owner = purse.drivers.get(charge.token)
    wallet = purse.wallets.get(charge.token)
    vehicle = charge.vehicle or (trip.vehicle if trip is not None else "")
    vehicle = vehicle or ("" if owner is None else owner.vehicle)
    driver = charge.driver or (trip.driver if trip is not None else "")
    own_car = garage.car(charge.vehicle) if charge.vehicle else None
    of_trip = trip.car if trip is not None else None
    return Entry(
        charge=charge,
        match=match,
        zone=places.zone(charge, places.spot(charge)),
        vehicle=vehicle,
        driver=driver or ("" if owner is None else owner.id),
        mission=charge.mission or (trip.mission if trip is not None else ""),
        wallet="" if wallet is None or ":" in wallet.id else wallet.id,
        car=own_car or of_trip or (garage.car(vehicle) if vehicle else None),
    )
