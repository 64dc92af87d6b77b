"""What programs may ask, as models: the plan request and its parts."""

from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from planner.energy.description import BOUNDS, LISTS, WHOLE
from planner.faces.fields import Amount, Body, Flag, Moment, Number, Position, Soc, Text, Whole
from planner.model.token import TokenType
from planner.model.vehicle import Vehicle

GradeWord = Literal["committed", "verified", "contracted", "ad_hoc", "indicated"]
"""Grades that may be asked for: `unknown` and `refused` never carry a stop."""


def _uid(text: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("a uid is 1 to 36 printable ASCII characters without spaces")
    return text


Uid = Annotated[str, Field(strict=True, min_length=1, max_length=36), AfterValidator(_uid)]
"""Source: OCPI 2.2.1 Token.uid, CiString(36)."""


class StopRequest(Body):
    """A place to visit: where it is, or what it is called."""

    location: Position | None = None
    place: Annotated[Text, Field(min_length=1)] | None = Field(
        default=None, description="A place's name, instead of its location"
    )
    name: Text = ""
    service_s: Annotated[Number, Field(ge=0, le=604_800)] = 0.0
    arrive_after: Moment | None = None
    arrive_before: Moment | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> "StopRequest":
        if (self.location is None) == (self.place is None):
            raise ValueError("give either location or place")
        return self


def describe_vehicle(schema: dict[str, Any]) -> None:
    """Add the fields of a full description to a JSON schema, with their bounds."""
    properties = schema["properties"]
    for field in fields(Vehicle):
        if field.name in properties:
            continue
        if field.name in BOUNDS:
            low, high, unit = BOUNDS[field.name]
            kind = "integer" if field.name in WHOLE else "number"
            said: dict[str, Any] = {"type": kind, "minimum": low, "maximum": high}
            if unit:
                said["description"] = unit
        elif field.name in LISTS:
            said = {"type": "array", "items": {"type": "string"}}
        elif field.name == "dc_curve":
            point = {"type": "object", "required": ["soc", "power_kw"]}
            said = {"type": "array", "items": point}
        else:
            said = {"type": "boolean" if field.name == "heat_pump" else "string"}
        properties[field.name] = said
    properties["road_load"] = {"type": "object", "description": "A, B, C of F(v) = A + B v + C v²"}
    schema["additionalProperties"] = False


class VehicleRequest(BaseModel):
    """A vehicle of the fleet or catalogue by its ``id``, or one described in full; its charge now.

    A description has the names of the catalogue and is checked by `vehicle_from_dict`.
    """

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra=describe_vehicle,
    )

    soc: Soc
    payload_kg: Annotated[Number, Field(ge=0, le=50_000)] = 0.0
    id: Text | None = None

    def description(self) -> dict[str, Any]:
        """Return what was given beside ``id``, ``soc`` and ``payload_kg``."""
        return dict(self.model_extra or {})


class TokenRequest(Body):
    """A token; without contract or provider, its uid is looked for among the stored wallets."""

    uid: Uid
    type: TokenType = TokenType.RFID
    contract_id: Text = ""
    provider: Text = Field(
        default="", description="CC*PPP of the provider; else taken from the contract id"
    )
    label: Text = ""
    group_id: Text = ""
    issuer: Text = ""
    visual_number: Text = ""
    valid: Flag = True
    expires: Moment | None = None


class WalletRequest(Body):
    """What the driver holds to pay with."""

    tokens: Annotated[list[TokenRequest], Field(max_length=50)] = Field(default_factory=list)
    payment_card: Flag = False
    name: Text = ""


def _wallet_kind(value: Any) -> str:
    return "stored" if isinstance(value, str) else "given"


WalletChoice = Annotated[
    Annotated[Text, Tag("stored")] | Annotated[WalletRequest, Tag("given")],
    Discriminator(_wallet_kind),
]
"""A wallet, or the id of a stored one."""


class GuaranteeRequest(Body):
    """What every stop must hold."""

    min_grade: GradeWord = "ad_hoc"
    fallbacks: Annotated[Whole, Field(ge=0, le=3)] = 1
    windows: Flag = Field(default=False, description="Fallbacks must keep time windows too")


class ObjectiveRequest(Body):
    """Time against money: an hour's worth, or a preset."""

    value_of_time: Annotated[Amount, Field(ge=0, le=100_000)] | None = None
    currency: Annotated[str, Field(strict=True, pattern=r"^[A-Z]{3}$")] = "EUR"
    preset: Literal["fastest", "cheapest", "surest"] | None = None


class ConditionsRequest(Body):
    """The day."""

    temperature_c: Annotated[Number, Field(ge=-50, le=60)] = 15.0
    headwind_m_s: Annotated[Number, Field(ge=-40, le=40)] = 0.0
    speed_cap_kmh: Annotated[Number, Field(ge=30, le=300)] | None = None


class PlanRequest(Body):
    """One trip to plan."""

    stops: Annotated[list[StopRequest], Field(min_length=2, max_length=25)]
    departure: Moment | None = None
    driver: Text = Field(
        default="", description="Of the fleet: brings a vehicle, a wallet and a policy along"
    )
    vehicle: VehicleRequest
    wallet: WalletChoice = Field(
        default="",
        validate_default=True,
        description="Needed unless the driver has one",
        json_schema_extra={"default": None},
    )
    reserve_soc: Annotated[Number, Field(ge=0, lt=1)] | None = None
    arrival_soc: Soc | None = None
    guarantee: GuaranteeRequest | None = None
    objective: ObjectiveRequest | None = None
    conditions: ConditionsRequest | None = None
    avoid: Annotated[list[Literal["toll", "ferry", "motorway"]], Field(max_length=3)] = Field(
        default_factory=list, description="Kinds of roads that neither trip nor fallbacks use"
    )
    speed_caps_kmh: Annotated[
        list[Annotated[Number, Field(ge=30, le=300)]], Field(max_length=5)
    ] = Field(
        default_factory=list,
        description="Speeds of which the driver may keep to one, where that serves better",
    )
    exclude_stations: Annotated[list[Text], Field(max_length=1000)] = Field(default_factory=list)
    alternatives: Annotated[Whole, Field(ge=0, le=5)] = 0

    @field_validator("wallet")
    @classmethod
    def _named(cls, value: str | WalletRequest, info: ValidationInfo) -> str | WalletRequest:
        if value == "" and not info.data.get("driver"):
            raise ValueError("is missing")
        return value


class TripRequest(PlanRequest):
    """One trip to plan by itself."""

    explain: Flag = Field(
        default=False,
        description="Tell of each stop the next best choice too; takes as long again for each",
    )


class MissionRequest(PlanRequest):
    """One trip of many."""

    mission_id: Text = ""
    priority: Whole = 0
