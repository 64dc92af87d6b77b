"""An OCPI Location of any version (2.1.1, 2.2.1, 2.3.0) as a `Station`.

What is wrong in a Location costs as little of it as can be: a bad connector its connector, a bad
EVSE its EVSE, and only a Location without an id, a party or a place is lost as a whole. Each loss
is a `Fault` that names the object and the reason; what was put right is a `Repair`. Values that
are not in OCPI's lists (a connector's standard, a capability) are kept as they are: the rules
that read them know no more than they say.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from planner.errors import Fault
from planner.feeds.fields import (
    code,
    flag,
    moment,
    name_of,
    number,
    objects,
    text,
    word,
    wording,
    words,
)
from planner.feeds.opening import read_hours
from planner.feeds.parking import Parking, read_parking
from planner.feeds.places import BadPlace, denies_clock, read_place, time_zone
from planner.feeds.plausibility import believable_power_kw
from planner.model.station import Connector, Evse, Station, Status
from planner.store.updates import Repair, Told

_PARTY_PARTS = (2, 3)
"""Letters of a country code and of a party id. Source: OCPI 2.2.1, Location."""

_SHOWN_BY = ("uid", "type", "visual_number", "issuer", "group_id")
"""Properties of a token that OCPI's PublishTokenType may name."""

_ODD_SHARE = 0.05
"""A power that is believed to less than this is as given; beyond, it is told as mended."""


class Normalised(NamedTuple):
    """What a Location came to; ``station`` is None if all of it is lost.

    A station whose EVSEs are all gone (REMOVED) or lost has an empty ``evses``.
    """

    station: Station | None
    statuses: dict[str, Told]
    faults: list[Fault]


def normalise(raw: Any, *, feed: str, sender: str = "", place: str = "") -> Normalised:
    """Read a Location.

    Parameters
    ----------
    raw : object
        The decoded JSON.
    feed : str
        Name of the feed it came by.
    sender : str
        ``CC*PPP`` of the party that sends it, for Locations that do not say (OCPI 2.1.1).
    place : str
        Names the Location in faults when it has no id of its own, such as ``file.json:17``.
    """
    faults: list[Fault] = []
    if not isinstance(raw, dict):
        faults.append(Fault(place, f"a Location is an object, not {type(raw).__name__}"))
        return Normalised(None, {}, faults)
    country_code, party_id = _party(raw, sender)
    location_id = text(raw.get("id"))
    if not location_id or not party_id:
        missing = "id" if not location_id else "party (country_code and party_id)"
        remedy = "" if not location_id else "Name the sender's party when adding the feed."
        faults.append(
            Fault(place or location_id or "locations", f"the Location has no {missing}", remedy)
        )
        return Normalised(None, {}, faults)
    name = f"{country_code}*{party_id}*{location_id}"
    where = name.replace("/", "~1")
    country = word(raw.get("country"))
    try:
        point, mended = read_place(raw.get("coordinates"), country)
    except BadPlace as error:
        faults.append(Fault(f"{where}/coordinates", f"the Location is left out: {error}"))
        return Normalised(None, {}, faults)
    if mended:
        faults.append(Repair(f"{where}/coordinates", mended))
    hours, odd = read_hours(raw.get("opening_times") or raw.get("hours"))
    faults += [Repair(f"{where}/opening_times/{field}", said) for field, said in odd]
    zone = word(raw.get("time_zone"))
    if hours is not None and hours.regular and denies_clock(zone, point):
        faults.append(
            Repair(f"{where}/time_zone", f"{zone} is not the clock there: its hours are not known")
        )
        hours = None
    parking = read_parking(raw)
    statuses: dict[str, Told] = {}
    evses = _evses(raw, where, parking, statuses, faults)
    publish = flag(raw.get("publish"))
    station = Station(
        id=name,
        feed=feed,
        country_code=country_code,
        party_id=party_id,
        location_id=location_id,
        location=point,
        evses=evses,
        name=text(raw.get("name")),
        operator=name_of(raw.get("operator")) or name_of(raw.get("suboperator")),
        address=text(raw.get("address")),
        city=word(raw.get("city")),
        country=country,
        time_zone=time_zone(zone, point),
        hours=hours,
        charging_when_closed=flag(raw.get("charging_when_closed")),
        parking_type=word(raw.get("parking_type") or raw.get("type")),
        publish=publish is not False,
        publish_allowed_to=tuple(_allowed(raw.get("publish_allowed_to"))),
        reserved_for=parking.reserved_for,
        accepted_service_providers=_accepted(raw),
        max_height_m=parking.max_height_m,
        accessible_only=_all_restricted(evses, "DISABLED"),
        two_wheelers_only=_all_restricted(evses, "MOTORCYCLES"),
        help_phone=word(raw.get("help_phone")),
        directions=wording(raw.get("directions")),
        last_updated=moment(raw.get("last_updated")) or 0.0,
    )
    return Normalised(station, statuses, faults)


def embedded_tariffs(raw: Any) -> Iterator[Mapping[str, Any]]:
    """Give the Tariffs that a Location carries inside its EVSEs and connectors, each id once.

    No OCPI version has them there, yet some feeds do (a German city's among them).
    """
    seen: set[str] = set()
    for location in objects(raw):
        holders = [location, *objects(location.get("evses"))]
        holders += [c for evse in holders[1:] for c in objects(evse.get("connectors"))]
        for holder in holders:
            for tariff in objects(holder.get("tariffs")):
                name = text(tariff.get("id"))
                if name and name not in seen:
                    seen.add(name)
                    yield tariff


def _party(raw: Mapping[str, Any], sender: str) -> tuple[str, str]:
    told = (code(raw.get("country_code")), code(raw.get("party_id")))
    given = tuple(sender.upper().split("*")) if sender else ("", "")
    for country_code, party_id in (told, given[:2]):
        if (len(country_code), len(party_id)) == _PARTY_PARTS:
            return country_code, party_id
    return "", ""


def _evses(
    raw: Mapping[str, Any],
    where: str,
    parking: Parking,
    statuses: dict[str, Told],
    faults: list[Fault],
) -> tuple[Evse, ...]:
    """Read the EVSEs that are there; of two with one uid the newer holds, also if it is gone."""
    found: dict[str, Evse] = {}
    told_at: dict[str, float] = {}
    inherited = _tariff_ids(raw)
    for index, told in enumerate(_list(raw.get("evses"), f"{where}/evses", faults)):
        if not isinstance(told, dict):
            faults.append(Fault(f"{where}/evses/{index}", "the EVSE is no object"))
            continue
        uid = text(told.get("uid")) or text(told.get("evse_id"))
        if not uid:
            faults.append(Fault(f"{where}/evses/{index}", "the EVSE has neither uid nor evse_id"))
            continue
        here = f"{where}/evses/{uid}"
        status, at = _status(told, here, faults)
        if uid in told_at:
            faults.append(Fault(here, "another EVSE of the Location has the same uid"))
            if told_at[uid] >= (at or 0.0):
                continue
            found.pop(uid, None)
            statuses.pop(uid, None)
        told_at[uid] = at or 0.0
        if status is Status.REMOVED:
            continue
        connectors = tuple(_connectors(told, here, inherited, faults))
        if not connectors:
            faults.append(Fault(here, "the EVSE is left out: it has no connector"))
            continue
        found[uid] = Evse(
            uid=uid,
            evse_id=text(told.get("evse_id")) or None,
            connectors=connectors,
            capabilities=words(told.get("capabilities")),
            parking_restrictions=parking.restrictions(told),
            physical_reference=text(told.get("physical_reference")),
            floor_level=text(told.get("floor_level")),
            directions=wording(told.get("directions")),
        )
        statuses[uid] = (status, at)
    return tuple(found.values())


def _status(told: Mapping[str, Any], here: str, faults: list[Fault]) -> Told:
    said = code(told.get("status"))
    at = moment(told.get("last_updated"))
    try:
        return Status(said), at
    except ValueError:
        faults.append(Repair(f"{here}/status", f"{said!r} is no status; read as UNKNOWN"))
        return Status.UNKNOWN, at


def _connectors(
    evse: Mapping[str, Any], where: str, inherited: tuple[str, ...], faults: list[Fault]
) -> Iterator[Connector]:
    inherited = inherited or _tariff_ids(evse)
    for index, told in enumerate(_list(evse.get("connectors"), f"{where}/connectors", faults)):
        if not isinstance(told, dict):
            faults.append(Fault(f"{where}/connectors/{index}", "the connector is no object"))
            continue
        name = text(told.get("id")) or str(index + 1)
        standard = word(told.get("standard"))
        if not standard:
            faults.append(
                Fault(
                    f"{where}/connectors/{name}",
                    "the connector is left out: it does not say its standard",
                )
            )
            continue
        connector = _connector(told, name, standard, inherited)
        given_w = connector.power_given_w
        if given_w and abs(given_w / 1000 - connector.power_kw) > _ODD_SHARE * given_w / 1000:
            faults.append(
                Repair(
                    f"{where}/connectors/{name}/max_electric_power",
                    f"{given_w:g} W cannot be: {connector.power_kw:g} kW are counted on",
                )
            )
        yield connector


def _connector(
    told: Mapping[str, Any], name: str, standard: str, inherited: tuple[str, ...]
) -> Connector:
    power_type = code(told.get("power_type")) or _power_type(standard)
    voltage_v = _positive(told.get("max_voltage", told.get("voltage")))
    amperage_a = _positive(told.get("max_amperage", told.get("amperage")))
    given_w = number(told.get("max_electric_power"))
    return Connector(
        id=name,
        standard=standard,
        format=code(told.get("format")),
        power_type=power_type,
        power_kw=believable_power_kw(
            standard=standard,
            power_type=power_type,
            voltage_v=voltage_v,
            amperage_a=amperage_a,
            given_w=given_w,
        ),
        voltage_v=voltage_v,
        amperage_a=amperage_a,
        power_given_w=given_w,
        tariff_ids=_tariff_ids(told) or inherited,
    )


def _tariff_ids(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Read references to tariffs: a list (2.2), one (2.1.1), or whole tariffs put in place."""
    named = words(told.get("tariff_ids")) or words(told.get("tariff_id"))
    if not named and "tariffs" in told:
        named = words([text(tariff.get("id")) for tariff in objects(told["tariffs"])])
    return named


def _power_type(standard: str) -> str:
    """Tell the kind of current where only the plug does."""
    is_dc = "COMBO" in standard.upper() or standard.upper() in ("CHADEMO", "MCS")
    return "DC" if is_dc else "AC_1_PHASE"


def _positive(value: Any) -> float | None:
    found = number(value)
    return found if found and found > 0 else None


def _list(value: Any, where: str, faults: list[Fault]) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        faults.append(Repair(where, "one object stands where a list should"))
        return [value]
    faults.append(Fault(where, f"a list should stand here, not {type(value).__name__}"))
    return []


def _allowed(value: Any) -> Iterator[str]:
    """Give each entry of publish_allowed_to as ``KIND:value`` joined by ``|``.

    One that names no token and no group, or a visual number of any issuer, is no entry.
    Source: OCPI 2.2.1-d2, mod_locations, PublishTokenType.
    """
    for entry in objects(value):
        told = {kind: text(entry.get(kind)) for kind in _SHOWN_BY}
        names_a_token = told["uid"] or (told["visual_number"] and told["issuer"])
        if names_a_token or told["group_id"]:
            yield "|".join(f"{kind}:{said}" for kind, said in told.items() if said)


def _accepted(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the providers that every EVSE accepts, or the Location's own list."""
    own = words(raw.get("accepted_service_providers"))
    lists = [words(evse.get("accepted_service_providers")) for evse in objects(raw.get("evses"))]
    if own or not lists:
        return own
    return tuple(sorted(set(lists[0]).intersection(*lists[1:])))


def _all_restricted(evses: tuple[Evse, ...], restriction: str) -> bool:
    return bool(evses) and all(restriction in evse.parking_restrictions for evse in evses)
