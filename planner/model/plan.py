"""The answer to a mission: Plan or Infeasible, both plain values in the contract's names.

Times are UTC epoch seconds, energies kWh on the battery's side at the 95 % quantile unless a name
says ``mean``, states of charge 0 to 1.
"""

from dataclasses import dataclass
from decimal import Decimal

from planner.model.geo import LonLat
from planner.model.grade import Grade, Verdict
from planner.model.mission import Mission


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount; ``basis`` is ``retail`` (a price list for drivers) or ``cpo_tariff``."""

    amount: Decimal
    currency: str
    vat_included: bool
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A drive between two places.

    ``path`` holds the region's edge ids in order. ``approach_start_m`` and ``approach_end_m`` are
    the metres between a place and the road node it was snapped to (see ``legs``), driven slowly.
    """

    start: LonLat
    end: LonLat
    start_name: str
    end_name: str
    departure: float
    arrival: float
    distance_m: float
    energy_kwh: float
    energy_mean_kwh: float
    soc_start: float
    soc_end: float
    path: tuple[int, ...]
    approach_start_m: float = 0.0
    approach_end_m: float = 0.0
    start_node: int = -1
    end_node: int = -1

    @property
    def duration_s(self) -> float:
        """Driving time in seconds."""
        return self.arrival - self.departure


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Status of the EVSE as last told, and the estimated chance that one is free at arrival."""

    status: str
    as_of: float | None
    probability_free: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingStop:
    """A charging stop, of the trip or of the way from a fallback.

    ``fallbacks`` is empty where no more failures are to be survived.
    ``token`` indexes the wallet's tokens, -1 is the payment card. ``floor_soc`` is the least
    state of charge at which one may arrive so that the fallback still holds. ``decide_by`` is the
    latest moment to choose the fallback.
    """

    station_id: str
    station_name: str
    operator: str
    party: str
    location: LonLat
    evse_uid: str
    evse_id: str | None
    connector_id: str
    connector_standard: str
    power_kw: float
    arrival: float
    departure: float
    soc_arrival: float
    soc_departure: float
    energy_kwh: float
    cost: Money | None
    token: int
    start: "HowToStart"
    verdict: Verdict
    availability: Availability
    floor_soc: float = 0.0
    waiting_s: float = 0.0
    overhead_s: float = 0.0
    charging_s: float = 0.0
    decide_by: float | None = None
    fallbacks: "tuple[Fallback, ...]" = ()
    spare_evse_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HowToStart:
    """What the driver does at the post: ``how`` is card, app, plug or payment_card."""

    how: str
    label: str
    physical_reference: str = ""
    directions: str = ""
    help_phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Where to go if the stop fails, and the rest of the trip from there.

    ``leg`` runs from the failed stop; ``stop`` is the charging there; ``onward_legs`` and
    ``onward_stops`` alternate from there to the end. ``arrival`` and ``latest_arrival`` are at the
    end of the trip, if the stop fails on arrival and at the last moment. ``common_causes`` is what
    stop and fallback share.
    """

    leg: Leg
    stop: ChargingStop
    onward_legs: tuple[Leg, ...]
    onward_stops: tuple[ChargingStop, ...]
    arrival: float
    latest_arrival: float
    lateness_s: float
    common_causes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A station that was left out: the first decisive reason and the fact behind it."""

    station_id: str
    name: str
    location: LonLat
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """All that was left out within the detour: counts are complete, the list is capped.

    ``detour_s`` is the most extra driving time at which a station was looked at.
    ``unseen`` counts Locations that OCPI forbids to show to this driver.
    """

    counts: dict[str, int]
    stations: tuple[Rejection, ...]
    truncated: bool
    detour_s: float
    unseen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldNames:
    """Hashes and times (UTC epoch seconds) of what a plan was made from.

    ``closures`` names those in force for the trip, empty where none is.
    """

    hash: str
    region: str
    region_hash: str
    region_as_of: str
    feeds: str
    feeds_as_of: float | None
    agreements: str
    attribution: tuple[str, ...]
    closures: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of a plan.

    ``gap`` is the share of the trip's time by which the best trip with as many fallbacks can be
    shorter at most, over all roads and all stations of the wallet; None where it is not proven.
    """

    departure: float
    arrival: float
    driving_s: float
    charging_s: float
    distance_m: float
    energy_kwh: float
    energy_mean_kwh: float
    costs: tuple[Money, ...]
    unpriced_stops: int
    charging_stops: int
    gap: float | None
    min_grade: Grade | None
    order: int
    p_all_fail: float | None
    common_causes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How another trip differs from a plan, in what a driver cares about.

    ``later_s`` is by how much it arrives later (negative: sooner), ``stops`` how many more it
    makes. ``more`` is what it costs more (negative: less), None where that is not known of both in
    one currency. ``shared`` is the share of its road, 0 to 1, that the plan drives too.
    """

    says: str
    later_s: float
    stops: int
    more: Money | None
    shared: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """The stop that the next best trip makes in a stop's place."""

    station_id: str
    station_name: str
    operator: str
    party: str
    location: LonLat
    power_kw: float
    arrival: float
    departure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Why a plan stops where it does: the best proven trip that does not stop at that site.

    ``stop`` counts the plan's stops from 0. ``difference`` is None where there is no such trip;
    ``reason`` then says why: no_fallback, window_missed, out_of_range, or not_found where the
    search was given up before all was tried. ``instead`` is None besides where the next best trip
    makes no other stop.
    """

    stop: int
    station_id: str
    says: str
    reason: str
    instead: Instead | None
    difference: Difference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A trip whose every claim can be checked; ``legs`` and ``visits`` tell it in order.

    ``choices`` are told only where they are asked for; ``differs`` is None but for an alternative.
    """

    id: str
    created: float
    mission: Mission
    world: WorldNames
    valid_until: float
    promise: str
    summary: Summary
    legs: tuple[Leg, ...]
    charging_stops: tuple[ChargingStop, ...]
    rejected: Rejected
    alternatives: "tuple[Plan, ...]" = ()
    warnings: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    differs: Difference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Furthest:
    """The farthest that one gets: the nearest to the goal in driving time."""

    location: LonLat
    distance_m: float
    remaining_s: float
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """One single change that makes the trip feasible, checked by planning again."""

    change: str
    value: str | float
    says: str
    arrival: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Infeasible:
    """No plan, and why.

    ``reason`` is no_route, no_accessible_charger, out_of_range, window_missed or no_fallback.
    ``untried`` names the kinds of changes that there was no time to try.
    """

    id: str
    created: float
    mission: Mission
    world: WorldNames
    reason: str
    title: str
    furthest: Furthest | None
    rejected: Rejected
    relaxations: tuple[Relaxation, ...] = ()
    untried: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a plan that does not hold: its kind, where it stands, and what is so instead."""

    kind: str
    where: str
    detail: str


Outcome = Plan | Infeasible
