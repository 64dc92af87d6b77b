"""From a proven way to the legs and stops of a plan: charges become states of charge."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from planner.access.chargers import Chargers
from planner.availability.forecast import probability_free
from planner.energy.charging import ChargingCurve, metered_kwh
from planner.legs.rows import Path
from planner.model.geo import LonLat
from planner.model.grade import Verdict
from planner.model.plan import Availability, ChargingStop, Fallback, HowToStart, Leg, Money
from planner.model.station import Connector, Station
from planner.model.token import TokenType
from planner.search.pricing import Period, price_stop
from planner.search.problem import EPSILON_KWH, STOP_OVERHEAD_S
from planner.search.setup import Stage
from planner.search.ways import Hop, Stop, Way, every_hop

HOW = {
    TokenType.RFID: "card",
    TokenType.APP_USER: "app",
    TokenType.AD_HOC_USER: "app",
    TokenType.EMAID: "plug",
    TokenType.OTHER: "card",
}
"""How a token of each OCPI type starts a session at the post."""

PRICE_STEPS = 10
"""Pieces in which a charging session is priced, by equal energy."""


Drive = tuple[int, int, int]
"""Two places, and the kind of the leg between them."""


@dataclass(frozen=True, slots=True)
class Driven:
    """A drive between two nodes: its path, and what its edges sum up to."""

    path: Path
    distance_m: float
    energy_kwh: float
    energy_mean_kwh: float


@dataclass(eq=False)
class Writer:
    """Writes the ways of one stage; what they tell again is looked up once."""

    stage: Stage
    _driven: dict[Drive, Driven] = field(default_factory=dict)
    _verdicts: dict[tuple[int, float, float], Verdict] = field(default_factory=dict)

    def legs(self, way: Way) -> tuple[Leg, ...]:
        """Return the drives of a way in order."""
        self._look_up(every_hop(way))
        return tuple(self.leg(hop) for hop in way.hops)

    def stops(self, way: Way) -> tuple[ChargingStop, ...]:
        """Return the stops of a way in order, each with its fallbacks."""
        return tuple(self.stop(stop) for stop in way.stops)

    def _look_up(self, hops: Iterable[Hop]) -> None:
        """Find the paths of drives and sum up their edges: in one go, for most is beside them."""
        drives = dict.fromkeys((hop.start, hop.end, hop.kind) for hop in hops)
        new = [drive for drive in drives if drive not in self._driven]
        if not new:
            return
        trip = self.stage.trip
        paths = [self.stage.legs.path(*drive) for drive in new]
        edges = np.concatenate([np.array(path.edges, np.int64) for path in paths])
        length_m = trip.world.region.length_m[edges]
        careful_kwh, mean_kwh = trip.car.energies_kwh(edges)
        first = 0
        for drive, path in zip(new, paths, strict=True):
            part = slice(first, first := first + len(path.edges))
            self._driven[drive] = Driven(
                path,
                float(length_m[part].sum(dtype=np.float64)),
                float(careful_kwh[part].sum()),
                float(mean_kwh[part].sum()),
            )

    def leg(self, hop: Hop) -> Leg:
        """Write one drive, its energy summed along its edges."""
        self._look_up((hop,))
        driven, legs = self._driven[hop.start, hop.end, hop.kind], self.stage.legs
        _, start_kwh, start_mean = legs.approach_of(hop.start)
        _, end_kwh, end_mean = legs.approach_of(hop.end)
        start_m, end_m = legs.approach_m(hop.start), legs.approach_m(hop.end)
        return Leg(
            start=self._location(hop.start),
            end=self._location(hop.end),
            start_name=self._name(hop.start),
            end_name=self._name(hop.end),
            departure=hop.left_at,
            arrival=hop.arrival,
            distance_m=driven.distance_m + start_m + end_m,
            energy_kwh=driven.energy_kwh + start_kwh + end_kwh,
            energy_mean_kwh=driven.energy_mean_kwh + start_mean + end_mean,
            soc_start=self._soc(hop.left_kwh),
            soc_end=self._soc(hop.charge),
            path=driven.path.edges,
            approach_start_m=start_m,
            approach_end_m=end_m,
            start_node=driven.path.start_node,
            end_node=driven.path.end_node,
        )

    def stop(self, stop: Stop) -> ChargingStop:
        """Write one stop with its access, its price and its fallbacks."""
        stage, chargers = self.stage, self.stage.trip.chargers
        station = self._station(stop.place)
        connector = stage.doors.connector(stop.evse)
        evse = stage.trip.world.snapshot.evse(stop.evse)
        verdict = self._verdict(stop)
        written = ChargingStop(
            station_id=station.id,
            station_name=station.title,
            operator=station.operated_by,
            party=station.party,
            location=station.location,
            evse_uid=evse.uid,
            evse_id=evse.evse_id,
            connector_id=connector.id,
            connector_standard=connector.standard,
            power_kw=float(chargers.power_kw[stop.evse]),
            arrival=stop.arrival,
            departure=stop.departure,
            soc_arrival=self._soc(stop.charge),
            soc_departure=self._soc(stop.left_kwh),
            energy_kwh=stop.left_kwh - stop.charge,
            cost=self._cost(stop, station, connector),
            token=verdict.token,
            start=self._start(stop, station),
            verdict=verdict,
            availability=self._availability(chargers, stop),
            floor_soc=self._soc(stop.floor_kwh),
            overhead_s=STOP_OVERHEAD_S,
            charging_s=stop.departure - stop.arrival - STOP_OVERHEAD_S - stop.waiting_s,
            waiting_s=stop.waiting_s,
            decide_by=stop.departure if stop.fallbacks else None,
            spare_evse_ids=self._spares(stop),
        )
        fallbacks = tuple(self._fallback(written, way) for way in stop.fallbacks)
        return replace(written, fallbacks=fallbacks)

    def _fallback(self, failed: ChargingStop, way: Way) -> Fallback:
        legs, stops = self.legs(way), self.stops(way)
        shared = tuple(c for c in failed.verdict.shared if c in stops[0].verdict.shared)
        return Fallback(
            leg=legs[0],
            stop=stops[0],
            onward_legs=legs[1:],
            onward_stops=stops[1:],
            arrival=legs[-1].arrival,
            latest_arrival=legs[-1].arrival + way.slack_s,
            lateness_s=self._lateness_s(way),
            common_causes=shared,
        )

    def _lateness_s(self, way: Way) -> float:
        """How late the latest of the missed windows is, should the stop fail at the last moment."""
        latest = 0.0
        for hop in way.hops:
            if hop.end >= self.stage.problem.stations:
                before = self.stage.problem.vias[hop.stage].arrive_before
                if before is not None:
                    latest = max(latest, hop.arrival + way.slack_s - before)
        return latest

    def _cost(self, stop: Stop, station: Station, connector: Connector) -> Money | None:
        trip = self.stage.trip
        token = self._verdict(stop).token
        reserve = self.stage.reserve_kwh
        return price_stop(
            trip.world.snapshot,
            station,
            connector,
            trip.mission.wallet.tokens[token] if token >= 0 else None,
            start=stop.arrival + stop.waiting_s + STOP_OVERHEAD_S,
            charging=charging_periods(
                self.stage.doors.curve(stop.evse),
                stop.charge + reserve,
                stop.left_kwh + reserve,
                metered_kwh(
                    trip.mission.vehicle,
                    is_dc=connector.is_dc,
                    battery_kwh=stop.left_kwh - stop.charge,
                ),
            ),
            parking_s=0.0,
        )

    def _start(self, stop: Stop, station: Station) -> HowToStart:
        trip = self.stage.trip
        evse = trip.world.snapshot.evse(stop.evse)
        number = self._verdict(stop).token
        token = trip.mission.wallet.tokens[number] if number >= 0 else None
        return HowToStart(
            how=HOW[token.type] if token else "payment_card",
            label=(token.label or token.provider) if token else "payment card",
            physical_reference=evse.physical_reference,
            directions=evse.directions or station.directions,
            help_phone=station.help_phone,
        )

    def _verdict(self, stop: Stop) -> Verdict:
        """Judge the stop for its stay, should it begin as late as the trip allows."""
        asked = (stop.evse, stop.arrival, stop.departure)
        known = self._verdicts.get(asked)
        if known is None:
            known = self._verdicts[asked] = self.stage.trip.chargers.verdict_at(*asked)
        return known

    def _availability(self, chargers: Chargers, stop: Stop) -> Availability:
        snapshot, now = self.stage.trip.world.snapshot, self.stage.trip.mission.now
        told = float(snapshot.status_at[stop.evse])
        status = chargers.effective_status(stop.evse)
        age_s = None if np.isnan(told) else max(now - told, 0.0)
        return Availability(
            status=snapshot.status_word(stop.evse),
            as_of=None if np.isnan(told) else told,
            probability_free=probability_free(
                status,
                age_s,
                len(self.stage.doors.options(stop.place)),
                max(stop.arrival - now, 0.0) / 60.0,
            ),
        )

    def _spares(self, stop: Stop) -> tuple[str, ...]:
        evses = self.stage.doors.spares(stop.place, stop.evse, stop.arrival, stop.departure)
        found = (self.stage.trip.world.snapshot.evse(number) for number in evses)
        return tuple(evse.evse_id or evse.uid for evse in found)

    def _soc(self, above_reserve_kwh: float) -> float:
        usable = self.stage.trip.mission.vehicle.usable_kwh
        if -EPSILON_KWH * 10 < above_reserve_kwh < 0.0:
            above_reserve_kwh = 0.0
        return (above_reserve_kwh + self.stage.reserve_kwh) / usable

    def _station(self, place: int) -> Station:
        return self.stage.trip.world.snapshot.stations[int(self.stage.station_of[place])]

    def _location(self, place: int) -> LonLat:
        if place < self.stage.problem.stations:
            return self._station(place).location
        return self.stage.trip.mission.waypoints[place - self.stage.problem.stations].location

    def _name(self, place: int) -> str:
        if place < self.stage.problem.stations:
            return self._station(place).title
        return self.stage.trip.mission.waypoints[place - self.stage.problem.stations].name


def charging_periods(
    curve: ChargingCurve, from_kwh: float, to_kwh: float, metered: float
) -> tuple[Period, ...]:
    """Cut a charging session into `PRICE_STEPS` pieces of equal energy, each at its mean power."""
    charges = np.linspace(from_kwh, to_kwh, PRICE_STEPS + 1)
    times = np.interp(charges, curve.energy_kwh, curve.time_s)
    piece = metered / PRICE_STEPS
    return tuple(
        (float(seconds), piece, piece / max(float(seconds), 1e-9) * 3600.0)
        for seconds in np.diff(times)
    )
