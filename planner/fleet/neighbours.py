"""What the same charge would have cost at other stations in reach that accept the same card."""

from collections.abc import Iterator
from decimal import Decimal
from math import cos, radians

import numpy as np
from scipy.spatial import cKDTree

from planner.access.chargers import Chargers, accessible
from planner.fleet.anomalies import Case
from planner.fleet.history import History
from planner.fleet.places import Spot
from planner.fleet.repricing import dearest, usages_of
from planner.model.geo import distance_m
from planner.model.grade import Grade
from planner.model.plan import Money
from planner.model.station import Connector
from planner.model.token import Token, Wallet
from planner.model.vehicle import Vehicle
from planner.ocpi.tariffs import Usage
from planner.search.pricing import price_stop, retail_price, tariff_of

REACH_M = 5000.0
"""As far as a driver would go round for a better price."""

AS_STRONG = 0.5
"""A post of less than this share of the power is no other choice."""

MOST_STATIONS = 40
"""So many of the nearest stations are looked at."""

_DEGREE_M = 111_195.0


class Neighbours:
    """Stations around a charge; what a card opens is asked once for each card and car."""

    def __init__(self, history: History, now: float) -> None:
        self._history = history
        self._now = now
        snapshot = history.places.snapshot
        self._snapshot = snapshot
        points = np.column_stack([snapshot.lon, snapshot.lat]) if len(snapshot.stations) else None
        self._tree = None if points is None else cKDTree(points)
        self._opened: dict[tuple[str, str], Chargers] = {}

    def prices(self, case: Case, *, with_vat: bool) -> list[Decimal]:
        """List what the same charge costs at each other station, where it is known.

        Where the record does not part charging from parking, it is the dearer way to part them.
        With VAT the amounts are gross; else net, and price lists for drivers, which hold the VAT,
        are left out.
        """
        charge, car, socket = case.charge, case.entry.car, case.socket
        token = self._history.purse.tokens.get(charge.token)
        here = self._history.places.spot(charge)
        usages, _ = usages_of(charge, case.entry.zone, here)
        if token is None or car is None or here is None or socket is None:
            return []
        opened = self._chargers(token, car)
        found = []
        for spots in self._around(here):
            alike = [s for s in spots if _is_alike(s, opened, socket.is_dc, socket.power_kw)]
            prices = (
                self._price(s, opened, token, usages, charge.currency, with_vat=with_vat)
                for s in alike
            )
            known = [price for price in prices if price is not None]
            if known:
                found.append(min(known))
        return found

    def _chargers(self, token: Token, car: Vehicle) -> Chargers:
        key = (token.digest, car.id)
        if key not in self._opened:
            wallet = Wallet(tokens=(token,))
            self._opened[key] = accessible(
                self._snapshot, wallet, car, min_grade=Grade.CONTRACTED, now=self._now
            )
        return self._opened[key]

    def _around(self, here: Spot) -> Iterator[list[Spot]]:
        if self._tree is None:
            return
        place = here.station.location
        reach = REACH_M / _DEGREE_M / max(0.1, cos(radians(place.lat)))
        numbers = self._tree.query_ball_point((place.lon, place.lat), reach)
        stations = self._snapshot.stations
        near = sorted((distance_m(place, stations[n].location), n) for n in numbers)
        for metres, number in near[:MOST_STATIONS]:
            if metres <= REACH_M and stations[number].id != here.station.id:
                yield list(self._history.places.evses_near(iter([number])))

    def _price(
        self,
        spot: Spot,
        opened: Chargers,
        token: Token,
        usages: list[Usage],
        currency: str,
        *,
        with_vat: bool,
    ) -> Decimal | None:
        assert spot.evse is not None
        connector = spot.evse.connectors[int(opened.connector[spot.number])]
        begins = usages[0].start
        if with_vat and retail_price(self._snapshot, spot.station, connector, token, begins):
            listed = [self._listed(spot, connector, token, usage) for usage in usages]
            known = [m.amount for m in listed if m is not None and m.currency == currency]
            return max(known, default=None)
        tariff = tariff_of(self._snapshot, spot.station, connector, ad_hoc=False, at=begins)
        if tariff is None or tariff.currency != currency:
            return None
        cost = dearest(tariff, usages).cost
        if cost is None or (with_vat and not cost.vat_included):
            return None
        return cost.gross if with_vat else cost.net

    def _listed(self, spot: Spot, connector: Connector, token: Token, usage: Usage) -> Money | None:
        return price_stop(
            self._snapshot,
            spot.station,
            connector,
            token,
            start=usage.start,
            charging=usage.charging,
            parking_s=usage.parking_s,
        )


def _is_alike(spot: Spot, opened: Chargers, is_dc: bool, power_kw: float) -> bool:
    """Say whether an EVSE accepts the card, fits the car, and is of the same kind and strength."""
    place = int(opened.connector[spot.number])
    if spot.evse is None or place < 0 or opened.grade[spot.number] < Grade.CONTRACTED:
        return False
    connector = spot.evse.connectors[place]
    return connector.is_dc == is_dc and connector.power_kw >= AS_STRONG * power_kw
