"""What a charge should have cost by the operator's tariff, reckoned anew.

Where the tariff is not known, has changed since, or the record does not tell enough, there is a
reason in words and no figure: an accusation needs a proof.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from planner.errors import DataError
from planner.fleet.history import Entry
from planner.fleet.places import Places, Spot
from planner.ocpi.charge import Charge
from planner.ocpi.tariffs import Cost, Tariff, Usage, choose, cost

LONGEST_PAUSE_S = 60.0
"""A shorter pause between periods of charging is a gap in the record, not parking."""


@dataclass(frozen=True, slots=True)
class Repriced:
    """What the tariff says; ``cost`` is None where it cannot be known, and ``why`` says so.

    ``usage`` is what was priced. Where the record does not tell when charging ended, it is the
    dearer of the ways to share the time between charging and parking.
    """

    cost: Cost | None
    tariff: Tariff | None = None
    usage: Usage | None = None
    why: str = ""


def reprice(entry: Entry, places: Places) -> Repriced:
    """Price a charge by the tariff that it was made under."""
    charge = entry.charge
    if charge.is_credit:
        return Repriced(None, why="a credit is priced by the record that it takes back")
    spot = places.spot(charge)
    tariff, why = find_tariff(charge, spot, places)
    if tariff is None:
        return Repriced(None, why=why)
    usages, why = usages_of(charge, entry.zone, spot)
    if why and _needs_times(tariff):
        return Repriced(None, tariff, why=why)
    return dearest(tariff, usages)


def dearest(tariff: Tariff, usages: Iterable[Usage]) -> Repriced:
    """Price each way in which a session may have gone, and give the dearest."""
    best: Repriced | None = None
    for usage in usages:
        try:
            priced = cost(tariff, usage)
        except (DataError, ValueError) as error:
            return Repriced(None, tariff, why=f"the session cannot be priced: {error}")
        if not priced.known:
            return Repriced(None, tariff, usage, "the tariff does not speak of such a session")
        if best is None or best.cost is None or priced.net > best.cost.net:
            best = Repriced(priced, tariff, usage)
    return best or Repriced(None, tariff, why="nothing was used")


def find_tariff(charge: Charge, spot: Spot | None, places: Places) -> tuple[Tariff | None, str]:
    """Find the tariff: of the record itself, by its id, else of the connector."""
    named = {spell.tariff_id for spell in charge.spells if spell.tariff_id}
    if len(named) > 1:
        return None, "the session was billed by several tariffs"
    own = [tariff for tariff in charge.tariffs if not named or tariff.id in named]
    if len(own) == 1:
        return own[0], ""
    if len(own) > 1:
        return None, "the record carries several tariffs and does not say which holds"
    snapshot = places.snapshot
    if named:
        found = snapshot.tariffs.get((charge.party, next(iter(named))))
        return _unchanged(found, charge)
    connector = None if spot is None else spot.connector
    if spot is None or connector is None:
        return None, "the EVSE is not known"
    known = [snapshot.tariffs.get((spot.station.party, name)) for name in connector.tariff_ids]
    tariffs = [tariff for tariff in known if tariff is not None]
    return _unchanged(choose(tariffs, ad_hoc=False, at=charge.begins), charge)


def _unchanged(tariff: Tariff | None, charge: Charge) -> tuple[Tariff | None, str]:
    if tariff is None:
        return None, "no tariff is known"
    if tariff.last_updated > charge.begins:
        return None, "the tariff has changed since"
    return tariff, ""


def _needs_times(tariff: Tariff) -> bool:
    """Say whether time is billed, or decides which price holds after the start."""
    return any(
        (component.price and component.dimension in ("TIME", "PARKING_TIME"))
        or element.restrictions.min_duration_s is not None
        or element.restrictions.max_duration_s is not None
        for element in tariff.elements
        for component in element.components
    )


def usages_of(charge: Charge, zone: str, spot: Spot | None) -> tuple[list[Usage], str]:
    """Say how a session may have gone; the text says what stands in the way of knowing."""
    if charge.spells:
        usage, has_pause = _by_spells(charge, zone)
        return [usage], "the car stood idle between two periods of charging" if has_pause else ""
    if charge.parking_s is not None:
        return [_even(charge, zone, max(0.0, charge.duration_s - charge.parking_s))], ""
    usages = [_even(charge, zone, charge.duration_s)]
    connector = None if spot is None else spot.connector
    power_kw = charge.power_kw or (None if connector is None else connector.power_kw)
    if power_kw:
        least_s = min(charge.duration_s, float(charge.energy_kwh) / power_kw * 3600)
        usages.append(_even(charge, zone, least_s))
    return usages, ""


def _even(charge: Charge, zone: str, charging_s: float) -> Usage:
    """Charge evenly, then park."""
    kwh = float(charge.energy_kwh)
    power_kw = kwh * 3600 / charging_s if charging_s > 0 else 0.0
    return Usage(
        start=charge.begins,
        zone=zone,
        charging=((charging_s, kwh, power_kw),),
        parking_s=max(0.0, charge.duration_s - charging_s),
    )


def _by_spells(charge: Charge, zone: str) -> tuple[Usage, bool]:
    """Take the periods as they are; energy that none of them tells is spread over the charging."""
    spells = list(charge.spells)
    last = max((n for n, spell in enumerate(spells) if spell.is_charging), default=-1)
    pauses = [s for s in spells[:last] if not s.is_charging and s.duration_s > LONGEST_PAUSE_S]
    told = sum((spell.energy_kwh for spell in spells), Decimal(0))
    if not told and charge.energy_kwh:
        charging_s = sum(s.duration_s for s in spells if s.is_charging)
        spells = [
            replace(
                s,
                energy_kwh=charge.energy_kwh * Decimal(s.duration_s / charging_s),
            )
            if s.is_charging and charging_s
            else s
            for s in spells
        ]
    charging = tuple((s.duration_s, float(s.energy_kwh), s.power_kw) for s in spells[: last + 1])
    parking_s = sum(s.duration_s for s in spells[last + 1 :])
    usage = Usage(start=charge.begins, zone=zone, charging=charging, parking_s=parking_s)
    return usage, bool(pauses)
