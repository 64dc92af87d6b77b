"""All anomalies of a history: those of single charges, and those that others bring to light."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from statistics import median

from planner.fleet.anomalies import OF_METERED, OF_ONE, Anomaly, Case, case_of
from planner.fleet.history import Entry, History
from planner.fleet.matching import AFTER_S, BEFORE_S
from planner.fleet.neighbours import Neighbours
from planner.fleet.trips import PlannedTrip
from planner.model.station import DEPOT_PARTY

OVERLAP_S = 120.0
"""Clocks of posts differ by less than this."""

OTHERS = 3
DEARER = Decimal("1.5")
DEARER_BY = Decimal(1)
"""A price is far above others if so many others are known, and it is so many times their median,
and so much above it in the currency's unit."""

HOUR_S = 3600.0


def find_anomalies(history: History, now: float) -> tuple[Anomaly, ...]:
    """Judge all charges, the dearest anomaly first.

    Parameters
    ----------
    now : float
        UTC epoch seconds: as of when it is judged which posts accept a card.
    """
    taken_back = {
        (e.charge.party.casefold(), e.charge.credit_of.casefold())
        for e in history.entries
        if e.charge.is_credit
    }
    entries = [
        entry
        for entry in history.all
        if not entry.charge.is_credit
        and (entry.charge.party.casefold(), entry.charge.id.casefold()) not in taken_back
    ]
    neighbours = Neighbours(history, now)
    calendar = _Calendar(history.trips)
    found: list[Anomaly] = []
    for entry in entries:
        case = case_of(entry, history)
        is_own = entry.charge.party == DEPOT_PARTY
        for rule in OF_METERED if is_own else OF_ONE:
            found += rule(case)
        found += () if is_own else _above_others(case, neighbours)
        found += _bad_card(case, history)
        found += calendar.away(case, history)
    found += _overlapping(entries, history)
    return tuple(sorted(found, key=_weight))


def _weight(anomaly: Anomaly) -> tuple[Decimal, float, str, str]:
    charge = anomaly.entry.charge
    return -(anomaly.cost or Decimal(0)), charge.ends, charge.name, anomaly.kind


def _above_others(case: Case, neighbours: Neighbours) -> Iterator[Anomaly]:
    """Tell that others in reach that accept the same card are far cheaper.

    What was billed beyond the tariff is another matter, and not told twice.
    """
    charge, due = case.charge, case.repriced.cost
    with_vat = charge.net is None
    billed = charge.gross if with_vat else charge.net
    if billed is not None and due is not None and (due.vat_included or not with_vat):
        billed = min(billed, due.gross if with_vat else due.net)
    if billed is None or billed <= DEARER_BY:
        return
    prices = neighbours.prices(case, with_vat=with_vat)
    if len(prices) < OTHERS:
        return
    usual = median(prices)
    if billed <= usual * DEARER or billed - usual <= DEARER_BY:
        return
    kwh = charge.energy_kwh or Decimal(1)
    says = (
        f"billed {billed:.2f} {charge.currency}; {len(prices)} other stations nearby that accept "
        f"this card ask {usual:.2f} for it, half of them less"
    )
    unit = f"{charge.currency}/kWh"
    figures = float(billed / kwh), float(usual / kwh)
    yield case.odd("price_above_others", *figures, unit, says, billed - usual)


def _bad_card(case: Case, history: History) -> Iterator[Anomaly]:
    """Tell a card that was not valid any more, or that is none of the fleet's."""
    charge, purse = case.charge, history.purse
    if not purse.tokens or not (charge.token or charge.contract or charge.token_mask):
        return
    token = purse.tokens.get(charge.token)
    if token is None:
        says = f"card {charge.token_mask} is none of the fleet's"
        yield case.odd("foreign_card", 1, 0, "card", says, case.billed)
    elif token.expires is not None and token.expires <= charge.begins:
        days = (charge.begins - token.expires) / 86_400
        says = f"the card had expired {days:.0f} days before"
        yield case.odd("expired_card", days, 0, "days", says, case.billed)
    elif not token.valid:
        yield case.odd("expired_card", 0, 0, "days", "the card is not valid", case.billed)


class _Calendar:
    """When each card was on which mission."""

    def __init__(self, trips: Iterable[PlannedTrip]) -> None:
        self._by_token: dict[str, list[PlannedTrip]] = {}
        self._begins, self._ends = float("inf"), float("-inf")
        for trip in trips:
            self._begins = min(self._begins, trip.departure - BEFORE_S)
            self._ends = max(self._ends, trip.arrival + AFTER_S)
            for token in trip.tokens:
                self._by_token.setdefault(token, []).append(trip)

    def away(self, case: Case, history: History) -> Iterator[Anomaly]:
        """Tell a charge of the fleet's card on no mission, in the time that missions are known."""
        charge, entry = case.charge, case.entry
        if entry.match is not None or entry.mission or charge.token not in history.purse.tokens:
            return
        if charge.party == DEPOT_PARTY or not self._begins <= charge.begins <= self._ends:
            return
        trips = self._by_token.get(charge.token, [])
        place = history.places.location(charge, history.places.spot(charge))
        now = [t for t in trips if t.departure - BEFORE_S <= charge.begins <= t.arrival + AFTER_S]
        if now and place is not None:
            km = min(trip.metres_from_way(place) for trip in now) / 1000
            says = f"{km:.0f} km from where the card's mission went"
            yield case.odd("away_from_mission", km, 25, "km", says, case.billed)
        elif trips:
            hours = min(_apart_s(trip, charge.begins) for trip in trips) / HOUR_S
            says = f"{hours:.0f} hours from the nearest mission of this card"
            yield case.odd("away_from_mission", hours, AFTER_S / HOUR_S, "h", says, case.billed)
        else:
            says = "no mission was planned with this card"
            yield case.odd("away_from_mission", 0, 1, "missions", says, case.billed)


def _apart_s(trip: PlannedTrip, moment: float) -> float:
    return max(trip.departure - moment, moment - trip.arrival, 0.0)


def _overlapping(entries: Iterable[Entry], history: History) -> Iterator[Anomaly]:
    """Tell sessions of one token that ran at the same time; of two, the later one is odd."""
    latest: dict[str, Entry] = {}
    for entry in entries:
        charge = entry.charge
        if not charge.token:
            continue
        before = latest.get(charge.token)
        if before is None or charge.ends > before.charge.ends:
            latest[charge.token] = entry
        if before is None or before.charge.ends - charge.begins <= OVERLAP_S:
            continue
        both_s = min(before.charge.ends, charge.ends) - charge.begins
        case, other = case_of(entry, history), case_of(before, history)
        amounts = [a for a in (case.billed, other.billed) if a is not None]
        same = case.charge.currency == other.charge.currency
        cost = min(amounts) if len(amounts) == len((case, other)) and same else None
        says = f"ran for {both_s / 60:.0f} min beside {before.charge.id} with the same card"
        yield replace(case.odd("overlapping", both_s / 60, 0, "min", says, cost))
