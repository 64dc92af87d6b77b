"""Which EVSE of a station a wallet may count on at a moment: access as the search asks for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.access.chargers import Chargers
from planner.access.effective import AVAILABLE, UNKNOWN
from planner.access.glance import surely_allowed, works
from planner.access.ledger import Refusal
from planner.access.status import FAULTY
from planner.availability.forecast import probability_free
from planner.energy.charging import ChargingCurve, charging_curve, metered_kwh
from planner.model.grade import Grade
from planner.model.mission import Mission
from planner.model.station import STATUSES, Connector
from planner.model.vehicle import Vehicle
from planner.search.doubts import doubt_s
from planner.search.pricing import price_stop
from planner.search.problem import ALWAYS, Choice, Period
from planner.store.snapshot import Snapshot

_FAULTY = frozenset(STATUSES.index(word) for word in FAULTY)


@dataclass(eq=False)
class WalletDoors:
    """Offers of stations to one wallet and car.

    ``station_of`` gives the snapshot's station of each place, ``soonest`` the earliest moment at
    which the trip could be there; ``priced`` asks for estimates of money, which cost time and are
    made only where the objective counts them.
    """

    snapshot: Snapshot
    chargers: Chargers
    mission: Mission
    station_of: NDArray[np.intp]
    priced: bool
    soonest: NDArray[np.float64]
    _options: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _periods: dict[tuple[int, bool], tuple[Period, ...]] = field(default_factory=dict)
    _rates: dict[int, tuple[float, float, float]] = field(default_factory=dict)

    def options(self, place: int) -> tuple[int, ...]:
        """EVSEs of a station that static facts allow, the surest and most powerful first.

        One that was down when last told is none of them, however long ago that was: nobody has
        said that it works again.
        """
        known = self._options.get(place)
        if known is None:
            known = self._options[place] = self._usable(int(self.station_of[place]))
        return known

    def _usable(self, station: int) -> tuple[int, ...]:
        chargers = self.chargers
        begin, end = int(self.snapshot.first[station]), int(self.snapshot.first[station + 1])
        here = slice(begin, end)
        rows = zip(
            chargers.effective[here].tolist(),
            chargers.power_kw[here].tolist(),
            self.snapshot.status[here].tolist(),
            chargers.grade[here].tolist(),
            range(begin, end),
            chargers.reason[here].tolist(),
            strict=True,
        )
        usable = sorted(
            (effective == UNKNOWN, -power_kw, status != AVAILABLE, -grade, e)
            for effective, power_kw, status, grade, e, reason in rows
            if reason == 0 and status not in _FAULTY
        )
        return tuple([row[-1] for row in usable])

    def choices(self, place: int, *, spare: bool) -> tuple[Choice, ...]:
        """List EVSEs of a station up to the first that may be counted on all through the trip.

        Where money counts, one of each price and power that may.
        """
        found: list[Choice] = []
        steady: set[tuple[int, tuple[float, float, float]]] = set()
        for evse in self.options(place):
            curve = self.curve(evse)
            rate = self._rate(evse, self.mission.departure) if self.priced else (0.0, 0.0, 0.0)
            if (id(curve), rate) in steady:
                continue
            periods = self.periods(place, evse, spare=spare)
            if periods:
                found.append(Choice(evse, curve, periods, *rate))
            if periods == ALWAYS:
                steady.add((id(curve), rate))
                if not self.priced:
                    break
            if len(found) == MOST_CHOICES:
                break
        return tuple(found)

    def periods(self, place: int, evse: int, *, spare: bool) -> tuple[Period, ...]:
        """List the periods within which any stay may count on an EVSE, in order.

        What may be counted on for a stay may be so for each part of it. So a period is known by
        asking for all of it; those asked for begin and end where anything changes. Of a fallback
        no more is asked than of a stop unless its state is unknown, and no less unless policy or
        fleet do.
        """
        differs = self.chargers.allowance.eases_fallbacks or self.chargers.is_uncertain(evse)
        key = (evse, spare and differs)
        if key not in self._periods:
            self._periods[key] = self._ask(place, evse, spare=key[1])
        return self._periods[key]

    def _ask(self, place: int, evse: int, *, spare: bool) -> tuple[Period, ...]:
        asked = self._asked(spare=spare)
        begin, end = float(self.soonest[place]), self.mission.departure + STEADY_S
        if not begin < end:
            return ALWAYS
        if self._sure[place] and self._holds_surely(place, evse, spare=spare):
            return ALWAYS
        if asked(evse, begin, end) is None:
            return ALWAYS
        moments = [begin, *self.chargers.changes(evse, begin, end), end]
        last, found, after = len(moments) - 1, [], 0
        for first in range(last):
            opens = moments[first] + (MARGIN_S if first > 0 else 0.0)
            until = after
            for number in range(max(after, first) + 1, last + 1):
                closes = moments[number] - (MARGIN_S if number < last else 0.0)
                if opens > closes or asked(evse, opens, closes) is not None:
                    break
                until = number
            if until > after:
                closes = moments[until] - MARGIN_S if until < last else np.inf
                found.append((opens if first > 0 else -np.inf, closes))
                after = until
        return tuple(found)

    def _holds_surely(self, place: int, evse: int, *, spare: bool) -> bool:
        """Say of an EVSE of a sure station whether `_asked` would find nothing against it.

        A fallback whose state is unknown needs another beside it.
        """
        others = self.options(place) if spare and self.chargers.is_uncertain(evse) else ()
        alone = bool(others) and not any(
            other != evse and works(self.chargers, other) for other in others
        )
        return works(self.chargers, evse) and not alone

    @cached_property
    def _curves(self) -> "Curves":
        return Curves(self.chargers)

    @cached_property
    def _sure(self) -> NDArray[np.bool_]:
        """Mark the places that may be counted on all through the trip, shape (places,)."""
        end = np.full(self.soonest.size, self.mission.departure + STEADY_S)
        return surely_allowed(self.chargers, self.station_of, self.soonest, end)

    def allows(self, evse: int, arrival: float, departure: float, *, spare: bool) -> bool:
        """Say whether an EVSE may be counted on for a stay."""
        return self._asked(spare=spare)(evse, arrival, departure) is None

    def _asked(self, *, spare: bool) -> Callable[[int, float, float], Refusal | None]:
        return self.chargers.fallback_refusal_at if spare else self.chargers.refusal_at

    def spares(self, place: int, evse: int, arrival: float, departure: float) -> tuple[int, ...]:
        """List other EVSEs of the station that may be counted on at the same time."""
        within = self.soonest[place] <= arrival and departure <= self.mission.departure + STEADY_S
        sure = bool(within and self._sure[place])
        return tuple(
            other
            for other in self.options(place)
            if other != evse
            and (
                (sure and works(self.chargers, other))
                or self.chargers.refusal_at(other, arrival, departure) is None
            )
        )

    def connector(self, evse: int) -> Connector:
        """Return the connector of the EVSE that the car would use."""
        return connector_of(self.chargers, evse)

    def curve(self, evse: int) -> ChargingCurve:
        """Return the car's charging curve there."""
        return self._curves.of(evse)

    def _rate(self, evse: int, arrival: float) -> tuple[float, float, float]:
        """Estimate a linear price from two sessions; an unknown price is ranked as a dear one.

        Where the surest trip is asked for, the price of a stop is that of its doubts, in seconds.
        """
        known = self._rates.get(evse)
        if known is not None:
            return known
        if self.mission.objective.preset == "surest":
            known = self._rates[evse] = (0.0, 0.0, self._doubt_s(evse))
            return known
        small, large = (self._price(evse, arrival, kwh) for kwh in (10.0, 30.0))
        if small is None or large is None:
            rate = (UNKNOWN_PRICE_PER_KWH, 0.0, 0.0)
        else:
            per_kwh = max((large - small) / 20.0, 0.0)
            rate = (per_kwh, 0.0, max(small - 10.0 * per_kwh, 0.0))
        self._rates[evse] = rate
        return rate

    def _doubt_s(self, evse: int) -> float:
        """Weigh what is doubtful of a stop at an EVSE, at the time the trip could be there."""
        station = int(self.snapshot.evse_station[evse])
        place = int(np.searchsorted(self.station_of, station))
        told = float(self.snapshot.status_at[evse])
        free = probability_free(
            self.chargers.effective_status(evse),
            None if np.isnan(told) else max(self.mission.now - told, 0.0),
            len(self.options(place)),
            max(float(self.soonest[place]) - self.mission.now, 0.0) / 60.0,
        )
        return doubt_s(free, Grade(int(self.chargers.grade[evse])))

    def _price(self, evse: int, arrival: float, battery_kwh: float) -> float | None:
        station = self.snapshot.stations[int(self.snapshot.evse_station[evse])]
        connector = self.connector(evse)
        power = max(float(self.chargers.power_kw[evse]), 0.1)
        token = int(self.chargers.token[evse])
        metered = metered_kwh(self.mission.vehicle, is_dc=connector.is_dc, battery_kwh=battery_kwh)
        money = price_stop(
            self.snapshot,
            station,
            connector,
            self.mission.wallet.tokens[token] if token >= 0 else None,
            start=arrival,
            charging=((battery_kwh / power * 3600.0, metered, power),),
            parking_s=0.0,
        )
        return None if money is None else float(money.amount)


@dataclass(frozen=True, eq=False)
class Curves:
    """A car's charging curves at EVSEs that it can use; equal connectors give the same one."""

    chargers: Chargers
    _known: dict[tuple[object, ...], ChargingCurve] = field(default_factory=dict)

    def of(self, evse: int) -> ChargingCurve:
        """Return the curve at the connector that the car would use."""
        connector = connector_of(self.chargers, evse)
        key = (
            connector.power_type,
            connector.power_kw,
            connector.voltage_v,
            connector.standard,
        )
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = curve_at(self.chargers.vehicle, connector)
        return known


def connector_of(chargers: Chargers, evse: int) -> Connector:
    """Return the connector of an EVSE that the car would use."""
    return chargers.snapshot.evse(evse).connectors[int(chargers.connector[evse])]


def curve_at(vehicle: Vehicle, connector: Connector) -> ChargingCurve:
    """Return a car's charging curve at a connector that fits it."""
    return charging_curve(
        vehicle,
        power_type=connector.power_type,
        power_kw=connector.power_kw,
        voltage_v=connector.voltage_v,
        standard=connector.standard,
    )


STEADY_S = 2 * 86_400.0
"""Time from departure for which it is asked when a station may be counted on; stops later than
that are asked about when a trip stands."""

MARGIN_S = 1.0
"""Seconds kept from the moment at which something changes, for rounding."""

MOST_CHOICES = 4
"""EVSEs of one station that a search chooses between."""

UNKNOWN_PRICE_PER_KWH = 1.5
"""Rank of a stop whose price is not known, in the objective's currency per kWh: after all others.
Source: above the dearest public tariffs in the Dutch national OCPI data of June 2026."""
