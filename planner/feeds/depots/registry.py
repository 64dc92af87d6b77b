"""Depots and charge points in the store: registered, shown as stations, and taken out again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from planner.errors import InputError, NotFound
from planner.feeds.depots.passwords import hash_password, new_password
from planner.feeds.osm_hours import read_opening_hours
from planner.feeds.places import country_at, time_zone
from planner.model.geo import distance_m
from planner.model.station import DEPOT, DEPOT_PARTY, Evse, SharedPower, Station, Status
from planner.ocpi.tariffs import Element, PriceComponent, Tariff
from planner.store.charge_points import ChargePoint, Depot, KnownPoint
from planner.store.database import Change
from planner.store.feeds import Source
from planner.store.stations import apply_stations
from planner.store.store import Store
from planner.store.tariffs import apply_tariffs
from planner.store.updates import StationsUpdate, TariffsUpdate, Told

ONE_SITE_M = 300.0
"""A depot's charge points stand together: farther apart they are two places for a plan."""

_DEPOT_NAME = re.compile(r"[^\s*/:][^*/:\x00-\x1f]{0,35}")
"""It is the id of an OCPI Location, which has 36 characters at most."""

_POINT_ID = re.compile(r"[A-Za-z0-9_=+|@.-]{1,48}")
"""Source: OCPP 2.0.1 part 2, identifierString, without what has a meaning in a URL or a user
name (``:`` and ``*``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A charge point to register, with its depot; ``password`` None has one made."""

    depot: Depot
    point: ChargePoint
    password: str | None = None


def register(store: Store, told: Sequence[Registration], *, now: float) -> dict[str, str]:
    """Register charge points, or change what was registered of them.

    Returns
    -------
    dict of str to str
        The password of each charge point that is new or was given one, by its identity: they
        cannot be had again.

    Raises
    ------
    InputError
        If a name cannot be used, a charge point belongs to another depot, or stands too far away.
    """
    _demand_usable(store, told)
    taken = {source.name: source.kind for source in store.feeds.sources()}
    for name in dict.fromkeys(one.depot.name for one in told):
        if taken.get(name, DEPOT) != DEPOT:
            raise InputError("there is a feed of that name that is no depot", place=name)
    passwords: dict[str, str] = {}
    hashes: dict[str, str] = {}
    for one in told:
        kept = store.charge_points.password_hash(one.point.id)
        if kept is None or one.password is not None:
            passwords[one.point.id] = one.password or new_password()
            kept = hash_password(passwords[one.point.id])
        hashes[one.point.id] = kept
    for name in {one.depot.name for one in told} - set(taken):
        store.feeds.add(Source(name=name, kind=DEPOT, sender=DEPOT_PARTY))
    with store.database.writing() as change:
        for one in told:
            store.charge_points.save_depot(change, one.depot)
            store.charge_points.save(change, one.point, hashes[one.point.id])
        for depot in {one.depot.name: one.depot for one in told}.values():
            show_depot(store, change, depot, now)
    return passwords


def change_password(store: Store, name: str) -> str:
    """Give a charge point a new password, and return it: the old one opens nothing any more."""
    password = new_password()
    hashed = hash_password(password)
    with store.database.writing() as change:
        known = store.charge_points.known(change.connection, name)
        store.charge_points.save(change, known.point, hashed)
    return password


def unregister(store: Store, name: str, *, now: float) -> None:
    """Take out a charge point; with the last one its depot goes too.

    Raises
    ------
    NotFound
        If it is not registered.
    """
    with store.database.writing() as change:
        known = store.charge_points.known(change.connection, name)
        store.charge_points.remove(change, name)
        if store.charge_points.read(change.connection, known.feed):
            show_depot(store, change, store.charge_points.depots()[known.point.depot], now)
            return
    store.remove_feed(known.point.depot)


def show_depot(store: Store, change: Change, depot: Depot, now: float) -> None:
    """Write a depot as the station that plans see."""
    feed_points = [
        known
        for known in store.charge_points.read(change.connection)
        if known.point.depot == depot.name
    ]
    shown = (station_of(depot, feed_points, now), _statuses(feed_points, now))
    apply_stations(change, StationsUpdate(feed=depot.name, stations=[shown], full=True))
    apply_tariffs(change, TariffsUpdate(feed=depot.name, tariffs=tariffs_of(depot), full=True))
    change.touch("feeds")


def station_of(depot: Depot, points: Sequence[KnownPoint], now: float) -> Station:
    """Make the station of a depot: a Location with the EVSEs of all its charge points."""
    zone = time_zone("", depot.location)
    country = country_at(depot.location)
    country_code, _, party_id = DEPOT_PARTY.partition("*")
    return Station(
        id=f"{DEPOT_PARTY}*{depot.name}",
        feed=depot.name,
        country_code=country_code,
        party_id=party_id,
        location_id=depot.name,
        location=depot.location,
        evses=tuple(
            _within(depot, known.point, evse) for known in points for evse in known.point.evses
        ),
        name=depot.name,
        operator="own depot",
        address=depot.address,
        country=country,
        time_zone=zone,
        hours=read_opening_hours(depot.hours, zone=zone, country=country, now=now),
        last_updated=now,
        max_kw=depot.max_kw,
        shared=tuple(
            SharedPower(max_kw=point.max_kw, evse_uids=tuple(evse.uid for evse in point.evses))
            for point in (known.point for known in points)
            if point.max_kw is not None and len(point.evses) > 1
        ),
    )


def _within(depot: Depot, point: ChargePoint, evse: Evse) -> Evse:
    """Cap what an EVSE gives at what its depot and charge point may draw, and name its price."""
    names = tuple(tariff.id for tariff in tariffs_of(depot))
    most = min((kw for kw in (depot.max_kw, point.max_kw) if kw is not None), default=inf)
    capped = tuple(
        replace(c, power_kw=min(c.power_kw, most), tariff_ids=names) for c in evse.connectors
    )
    return replace(evse, connectors=capped)


def tariffs_of(depot: Depot) -> list[Tariff]:
    """Write the prices of a depot as tariffs, each until the next one holds; VAT is not told."""
    country_code, _, party_id = DEPOT_PARTY.partition("*")
    ends = [price.since - 1.0 for price in depot.prices[1:]]
    return [
        Tariff(
            country_code=country_code,
            party_id=party_id,
            id=f"{depot.name} {number}",
            currency=price.currency,
            elements=(Element((PriceComponent("ENERGY", price.per_kwh, None, 1),)),),
            valid_from=price.since,
            valid_to=end,
            last_updated=price.since,
        )
        for number, (price, end) in enumerate(zip(depot.prices, [*ends, None], strict=False), 1)
    ]


def _statuses(points: Sequence[KnownPoint], now: float) -> Mapping[str, Told]:
    """Give what was last shown of each EVSE; one that never called is planned."""
    told: dict[str, Told] = {}
    for known in points:
        for evse in known.point.evses:
            word, at = known.state.shown.get(evse.uid, (Status.PLANNED.value, now))
            told[evse.uid] = (Status(word), at)
    return told


def _demand_usable(store: Store, told: Sequence[Registration]) -> None:
    depots = store.charge_points.depots()
    points = {known.point.id.casefold(): known.point for known in store.charge_points.all()}
    seen: set[str] = set()
    for one in told:
        name, place = one.point.id, f"charge point {one.point.id[:48]}"
        if not _POINT_ID.fullmatch(name):
            raise InputError(
                "the identity of a charge point has 1 to 48 letters, digits or _=+|@.-",
                place=place,
            )
        if name.casefold() in seen:
            raise InputError("it is there twice", place=place)
        seen.add(name.casefold())
        if not one.point.evses:
            raise InputError("it has no EVSE", place=place, remedy="Give one, such as ccs:150")
        held = points.get(name.casefold())
        if held is not None and (held.id, held.depot) != (name, one.depot.name):
            raise InputError(
                f"{held.id} is registered at {held.depot} already",
                place=place,
                remedy=f"Take it out first: plugsure depot remove {held.id}",
            )
        _demand_place(one, depots.setdefault(one.depot.name, one.depot))


def _demand_place(one: Registration, known: Depot) -> None:
    if not _DEPOT_NAME.fullmatch(one.depot.name):
        raise InputError(
            "a depot's name has 1 to 36 characters, none of them * / or :", place=one.depot.name
        )
    here, there = one.depot.location, known.location
    if distance_m(here, there) > ONE_SITE_M:
        raise InputError(
            f"{one.point.id} stands more than {ONE_SITE_M:.0f} m from its depot",
            place=one.depot.name,
            remedy="Give it a depot of its own",
        )
    zone, country = time_zone("", here), country_at(here)
    if read_opening_hours(one.depot.hours, zone=zone, country=country, now=0.0) is None:
        raise InputError(
            f"the opening hours {one.depot.hours!r} are not understood",
            place=one.depot.name,
            remedy="Write them as OpenStreetMap does, such as 24/7 or Mo-Fr 06:00-20:00",
        )


def demand_depot(store: Store, name: str) -> Depot:
    """Give a depot; NotFound if there is none of that name."""
    depot = store.charge_points.depots().get(name)
    if depot is None:
        raise NotFound(f"there is no depot {name!r}", remedy="See `plugsure depot list`")
    return depot
