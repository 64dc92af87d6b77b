"""Which EVSE of a station a wallet may count on at a moment: access as the search asks for it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.access.chargers import Chargers
from planner.access.ledger import Refusal
from planner.access.status import FAULTY
from planner.energy.charging import ChargingCurve, charging_curve, metered_kwh
from planner.model.mission import Mission
from planner.model.station import Connector, Status
from planner.model.vehicle import Vehicle
from planner.search.pricing import price_stop
from planner.search.problem import STOP_OVERHEAD_S, Offer
from planner.store.snapshot import Snapshot


@dataclass(eq=False)
class WalletDoors:
    """Offers of stations to one wallet and car.

    ``station_of`` gives the snapshot's station of each place; ``priced`` asks for estimates of
    money, which cost time and are made only where the objective counts them.
    """

    snapshot: Snapshot
    chargers: Chargers
    mission: Mission
    station_of: NDArray[np.intp]
    priced: bool
    _options: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _steady: dict[tuple[int, bool], Offer | None] = field(default_factory=dict)
    _rates: dict[int, tuple[float, float, float]] = field(default_factory=dict)

    def options(self, place: int) -> tuple[int, ...]:
        """EVSEs of a station that static facts allow, the surest and most powerful first.

        One that was down when last told is none of them, however long ago that was: nobody has
        said that it works again.
        """
        known = self._options.get(place)
        if known is None:
            station = int(self.station_of[place])
            numbers = range(
                int(self.snapshot.first[station]), int(self.snapshot.first[station + 1])
            )
            usable = [
                e
                for e in numbers
                if self.chargers.reason[e] == 0 and self.snapshot.status_word(e) not in FAULTY
            ]
            usable.sort(
                key=lambda e: (
                    self.chargers.is_uncertain(e),
                    -float(self.chargers.power_kw[e]),
                    self.snapshot.status_word(e) is not Status.AVAILABLE,
                    -int(self.chargers.grade[e]),
                    e,
                )
            )
            known = self._options[place] = tuple(usable)
        return known

    def offer(self, place: int, arrival: float, slack_s: float, *, spare: bool) -> Offer | None:
        """Return the best EVSE open at every arrival from ``arrival`` to ``slack_s`` later."""
        steady = self._steady_offer(place, spare=spare)
        if steady is not None and arrival + slack_s <= steady.until:
            return steady
        asked = self._asked(spare=spare)
        for evse in self.options(place):
            longest = arrival + STOP_OVERHEAD_S + float(self.curve(evse).time_s[-1]) + slack_s
            until = longest
            if asked(evse, arrival, longest) is not None:
                until = arrival
                if asked(evse, arrival, arrival + slack_s) is not None:
                    continue
            return self._made(evse, arrival, until, spare=spare)
        return None

    def _steady_offer(self, place: int, *, spare: bool) -> Offer | None:
        """Return the best EVSE of a station if it is open to this wallet all through the trip.

        What may be counted on for a long stay may be so for each part of it: the sooner one
        arrives, the more is asked of its status.
        """
        key = (place, spare)
        if key not in self._steady:
            departure = self.mission.departure
            until = departure + STEADY_S
            best = next(iter(self.options(place)), None)
            asked = self._asked(spare=spare)
            if best is None or asked(best, departure, until) is not None:
                self._steady[key] = None
            else:
                self._steady[key] = self._made(best, departure, until, spare=spare)
        return self._steady[key]

    def _made(self, evse: int, arrival: float, until: float, *, spare: bool) -> Offer:
        per_kwh, per_hour, per_stop = self._rate(evse, arrival) if self.priced else (0, 0, 0)
        return Offer(evse, self.curve(evse), until, per_kwh, per_hour, per_stop, spare)

    def allows(self, offer: Offer, arrival: float, departure: float) -> bool:
        """Say whether the EVSE stays open to this wallet until a departure."""
        return self._asked(spare=offer.spare)(offer.evse, arrival, departure) is None

    def _asked(self, *, spare: bool) -> Callable[[int, float, float], Refusal | None]:
        return self.chargers.fallback_refusal_at if spare else self.chargers.refusal_at

    def spares(self, place: int, evse: int, arrival: float, departure: float) -> tuple[int, ...]:
        """List other EVSEs of the station that may be counted on at the same time."""
        return tuple(
            other
            for other in self.options(place)
            if other != evse and self.chargers.refusal_at(other, arrival, departure) is None
        )

    def connector(self, evse: int) -> Connector:
        """Return the connector of the EVSE that the car would use."""
        return self.snapshot.evse(evse).connectors[int(self.chargers.connector[evse])]

    def curve(self, evse: int) -> ChargingCurve:
        """Return the car's charging curve there."""
        return curve_at(self.mission.vehicle, self.connector(evse))

    def least_per_kwh(self, candidate: NDArray[np.bool_]) -> float:
        """Estimate the least price of a kWh at the first choice of each candidate station."""
        first = [self.options(int(place)) for place in np.flatnonzero(candidate)]
        departure = self.mission.departure
        return min((self._rate(evses[0], departure)[0] for evses in first if evses), default=0.0)

    def _rate(self, evse: int, arrival: float) -> tuple[float, float, float]:
        """Estimate a linear price from two sessions; an unknown price is ranked as a dear one."""
        known = self._rates.get(evse)
        if known is not None:
            return known
        small, large = (self._price(evse, arrival, kwh) for kwh in (10.0, 30.0))
        if small is None or large is None:
            rate = (UNKNOWN_PRICE_PER_KWH, 0.0, 0.0)
        else:
            per_kwh = max((large - small) / 20.0, 0.0)
            rate = (per_kwh, 0.0, max(small - 10.0 * per_kwh, 0.0))
        self._rates[evse] = rate
        return rate

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
"""Time from departure for which a station is asked once whether it stays open."""

UNKNOWN_PRICE_PER_KWH = 1.5
"""Rank of a stop whose price is not known, in the objective's currency per kWh: after all others.
Source: above the dearest public tariffs in the Dutch national OCPI data of June 2026."""
