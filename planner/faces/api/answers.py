"""What the API answers, as models: they describe the documents, tests hold the two together."""

from typing import Any, Literal

from pydantic import Field, RootModel

from planner.faces.api.trip_answers import (
    LegAnswer,
    LonLat,
    MoneyAnswer,
    Said,
    StationAnswer,
    StopAnswer,
    Time,
)


class Fault(Said):
    """One thing that is wrong."""

    pointer: str = Field(description="JSON Pointer into the request, or the parameter's name")
    detail: str
    remedy: str


class Problem(Said):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault]


class WorldAnswer(Said):
    """What a plan was made from."""

    hash: str
    region: str
    region_hash: str
    region_as_of: str
    feeds: str
    feeds_as_of: Time | None
    agreements: str
    closures: str = Field(description="Names the closures in force for the trip; empty: none")
    attribution: list[str]


class GuaranteeAnswer(Said):
    """What the plan guarantees."""

    min_grade: str | None
    order: int
    p_all_fail: float | None
    common_causes: list[str]


class SummaryAnswer(Said):
    """The figures of a plan."""

    departure: Time
    arrival: Time
    driving_s: float
    charging_s: float
    distance_m: float
    energy_kwh: float
    energy_mean_kwh: float
    cost: list[MoneyAnswer] | None = Field(
        description="Per currency; null while the price of any stop is unknown"
    )
    cost_of_priced_stops: list[MoneyAnswer]
    unpriced_stops: int
    charging_stops: int
    gap: float | None = Field(
        description="Share of the trip's time by which the best trip with as many fallbacks can be"
        " shorter at most, over all roads and all stations of the wallet; null where it is not"
        " proven, as where money counts"
    )
    guarantee: GuaranteeAnswer


class RejectedStation(Said):
    """A station that was left out."""

    id: str
    name: str
    location: LonLat
    reason: str
    detail: str


class RejectedAnswer(Said):
    """All that was left out."""

    counts: dict[str, int]
    stations: list[RejectedStation]
    truncated: bool
    detour_s: float
    unseen: int


class FurthestAnswer(Said):
    """The farthest that one gets."""

    location: LonLat
    name: str
    distance_m: float
    remaining_s: float


class RelaxationAnswer(Said):
    """One change that makes the trip feasible."""

    change: str
    value: str | float
    says: str
    arrival: Time | None


class DifferenceAnswer(Said):
    """How another trip differs from the plan."""

    says: str = Field(description="In words, for a driver")
    later_s: float = Field(description="By how much it arrives later; negative: sooner")
    stops: int = Field(description="How many more stops it makes; negative: fewer")
    more: MoneyAnswer | None = Field(
        description="What it costs more (negative: less); null where that is not known of both"
    )
    shared: float = Field(description="Share of its road that the plan drives too, 0 to 1")


class InsteadAnswer(Said):
    """The stop that the next best trip makes in a stop's place."""

    station: StationAnswer
    power_kw: float
    arrival: Time
    departure: Time


class ChoiceAnswer(Said):
    """Why a plan stops where it does: the best proven trip that does not stop at that site."""

    stop: int = Field(description="Which of the plan's charging_stops, from 0")
    station_id: str
    says: str = Field(description="In words, for a driver")
    reason: str = Field(
        description="Why there is no such trip: no_fallback, window_missed, out_of_range, or"
        " not_found where not all was tried; empty where there is one"
    )
    instead: InsteadAnswer | None = Field(description="Null: it makes no other stop instead")
    difference: DifferenceAnswer | None


class ChoicesAnswer(Said):
    """Why a stored plan stops where it does, searched on the world as it is now."""

    plan: str
    world: str
    choices: list[ChoiceAnswer]


class PlanAnswer(Said):
    """A trip whose every claim can be checked."""

    id: str
    created: Time
    world: WorldAnswer
    valid_until: Time
    promise: str
    summary: SummaryAnswer
    legs: list[LegAnswer]
    charging_stops: list[StopAnswer]
    rejected: RejectedAnswer
    alternatives: "list[PlanAnswer]"
    differs: DifferenceAnswer | None = Field(
        default=None, description="Of an alternative: how it differs from the plan"
    )
    choices: list[ChoiceAnswer] = Field(
        default_factory=list, description="For each stop the next best; empty unless asked for"
    )
    warnings: list[str]
    mission: dict[str, Any]
    replaces: str | None = Field(default=None, description="The plan whose stop failed")


class InfeasibleAnswer(Said):
    """No plan, why, how far one gets and which single change helps."""

    type: str
    title: str
    status: Literal[422]
    reason: str
    id: str
    created: Time
    world: WorldAnswer
    furthest: FurthestAnswer | None
    rejected: RejectedAnswer
    relaxations: list[RelaxationAnswer]
    untried: list[str] = Field(
        default_factory=list,
        description="Kinds of changes of which not all were tried, for time",
    )
    warnings: list[str]
    mission: dict[str, Any]
    replaces: str | None = None


class ClaimAnswer(Said):
    """A claim that does not hold."""

    kind: str
    where: str
    detail: str


class VerifyAnswer(Said):
    """What a check found."""

    plan: str
    holds: bool
    world: str
    broken: list[ClaimAnswer]
    unchecked: list[str]


class NotedAnswer(Said):
    """A success at a stop; kept as evidence unless the driver cannot have been there yet."""

    plan: str
    evse_id: str
    outcome: Literal["ok"]
    recorded: bool


class OutcomeAnswer(RootModel[PlanAnswer | NotedAnswer]):
    """The trip from a failed stop, or that a success was noted."""


for _model in (PlanAnswer, OutcomeAnswer):
    _model.model_rebuild()
