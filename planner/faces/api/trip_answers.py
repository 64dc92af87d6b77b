"""What the API answers of a trip's drives and stops, as models; see `answers`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Soc = Annotated[float, Field(description="0 to 1")]
Time = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, description="RFC 3339 with an offset")
]
LonLat = Annotated[list[float], Field(min_length=2, max_length=2, description="[lon, lat]")]


class Said(BaseModel):
    """A document that the API answers."""

    model_config = ConfigDict(extra="forbid")


class MoneyAnswer(Said):
    """An amount."""

    amount: str
    currency: str
    vat_included: bool
    basis: Literal["retail", "cpo_tariff"]


class LineAnswer(Said):
    """A GeoJSON line."""

    type: Literal["LineString"]
    coordinates: list[LonLat]


class EndAnswer(Said):
    """An end of a leg."""

    name: str
    location: LonLat
    node: int


class RoadAnswer(Said):
    """A part of a drive along one road."""

    name: str = Field(description="Empty where the road has none")
    ref: str = Field(description="Its number or numbers, parted by a comma; may be empty")
    distance_m: float


class LegAnswer(Said):
    """A drive."""

    from_: EndAnswer = Field(alias="from")
    to: EndAnswer
    departure: Time
    arrival: Time
    distance_m: float
    duration_s: float
    energy_kwh: float
    energy_mean_kwh: float
    soc_start: Soc
    soc_end: Soc
    approach_start_m: float
    approach_end_m: float
    roads: list[RoadAnswer] = Field(
        description="The roads in order; their distances add up to the leg's without its approaches"
    )
    geometry: LineAnswer
    path: list[int] = Field(description="Edge ids of the region")


class StationAnswer(Said):
    """A station."""

    id: str
    name: str
    operator: str
    party: str
    location: LonLat


class ConnectorAnswer(Said):
    """A connector."""

    id: str
    standard: str
    power_kw: float


class TokenAnswer(Said):
    """Which of the wallet's tokens to use."""

    index: int = Field(description="In the wallet; -1 is the payment card")
    uid: str | None = Field(description="Masked")
    type: str
    provider: str | None
    label: str


class StartAnswer(Said):
    """What the driver does at the post."""

    how: str
    label: str
    physical_reference: str
    directions: str
    help_phone: str


class EvidenceAnswer(Said):
    """One fact behind a grade."""

    source: str
    field: str
    value: str
    as_of: Time | None


class AccessAnswer(Said):
    """How sure access is, and why."""

    grade: str
    rule: str
    evidence: list[EvidenceAnswer]
    valid_until: Time | None
    warnings: list[str]
    shared: list[str]


class AvailabilityAnswer(Said):
    """What is known of the status."""

    status: str
    as_of: Time | None
    probability_free: float | None


class StopAnswer(Said):
    """A charging stop."""

    station: StationAnswer
    evse_id: str | None
    evse_uid: str
    spare_evse_ids: list[str]
    connector: ConnectorAnswer
    arrival: Time
    departure: Time
    waiting_s: float
    overhead_s: float
    charging_s: float
    soc_arrival: Soc
    soc_departure: Soc
    floor_soc: Soc
    energy_kwh: float
    cost: MoneyAnswer | None
    token: TokenAnswer
    start: StartAnswer
    decide_by: Time | None
    access: AccessAnswer
    availability: AvailabilityAnswer
    fallbacks: "list[FallbackAnswer]"


class OnwardAnswer(Said):
    """The rest of the trip from a fallback."""

    legs: list[LegAnswer]
    charging_stops: list[StopAnswer]


class FallbackAnswer(StopAnswer):
    """Where to go if the stop fails."""

    leg: LegAnswer = Field(description="From the failed stop")
    onward: OnwardAnswer
    trip_arrival: Time
    latest_arrival: Time
    lateness_s: float
    common_causes: list[str]


for _model in (StopAnswer, FallbackAnswer, OnwardAnswer):
    _model.model_rebuild()
