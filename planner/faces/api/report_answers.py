"""What the reports answer, as models: they describe the documents, tests hold the two together."""

from typing import Annotated, Literal

from pydantic import Field

from planner.faces.api.trip_answers import MoneyAnswer, Said, Time
from planner.fleet.anomalies import Kind
from planner.fleet.bill import Basis, By

Amount = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", description="Decimal")]


class SumAnswer(Said):
    """Sums in one currency, each CDR rounded to the currency's smallest unit first."""

    key: str | None = Field(description="Of the group; null where it is not known")
    currency: str | None = Field(description="Null for charges without any price")
    charges: int
    credits: int
    energy_kwh: float
    net: Amount
    vat: Amount
    gross: Amount
    billed: Amount = Field(description="With VAT where it was told, else without")
    metered_charges: int = Field(description="Of the charges, those metered at own depots")
    metered_kwh: float
    metered: Amount = Field(
        description="Of billed, what own depots metered, at the depot's price; the rest is CDRs"
    )
    without_vat: int = Field(description="Charges that tell no VAT: they are in net, not in gross")
    without_net: int
    unpriced: int
    planned: Amount = Field(description="What plans said of the stops that are on the bill")
    billed_as_planned: Amount = Field(description="What these were billed, to hold beside it")
    difference: Amount
    planned_stops: int


class PendingAnswer(Said):
    """Sessions whose CDR has not come: in no sum."""

    count: int
    energy_kwh: float


class CostsAnswer(Said):
    """Costs by one dimension; groups add up to the totals."""

    by: By
    totals: list[SumAnswer] = Field(description="One for each currency")
    groups: list[SumAnswer]
    pending_sessions: PendingAnswer


class ChargeAnswer(Said):
    """A CDR, or what an own depot metered; its trip and its card, shown by label and masked."""

    cdr: str = Field(description="Id of the CDR; of the Session where nobody bills it")
    basis: Basis = Field(description="On what the amounts rest")
    party: str | None
    source: str
    credit: bool
    credit_of: str | None
    begins: Time
    ends: Time
    station: str | None
    evse_id: str | None
    operator: str | None
    provider: str | None
    card: str | None
    vehicle: str | None
    driver: str | None
    mission: str | None
    plan: str | None
    matched_by: Literal["reference", "token, place and time", "mission", "token and time"] | None
    energy_kwh: float
    currency: str | None
    net: Amount | None
    vat: Amount | None
    gross: Amount | None
    planned: Amount | None
    billed_as_planned: Amount | None


class ChargesAnswer(Said):
    """All CDRs of a span of time."""

    charges: list[ChargeAnswer]


class AnomalyAnswer(Said):
    """Something odd, with the figure that makes it odd and what it cost."""

    kind: Kind
    says: str
    figure: float
    expected: float | None
    unit: str
    cost: Amount | None = Field(description="Null where it is not known")
    currency: str | None
    cdr: str
    is_session: bool
    party: str | None
    begins: Time
    ends: Time
    station: str | None
    evse_id: str | None
    card: str | None
    vehicle: str | None
    driver: str | None
    mission: str | None


class AnomaliesAnswer(Said):
    """What is odd, the dearest first."""

    anomalies: list[AnomalyAnswer]


class CardAnswer(Said):
    """What a provider's card would bring."""

    provider: str
    unlocks: list[str] = Field(description="Missions that have a plan only with the card")
    cheaper: list[str]
    saves: dict[str, Amount] = Field(description="By currency, over the missions in cheaper")
    sooner_s: float
    price_list: bool = Field(description="Whether a price list of the provider is known")
    note: str = Field(description="On what the saving rests, where that is not a price list")


class PostAnswer(Said):
    """A station by id and name."""

    id: str
    name: str


class StopCardAnswer(Said):
    """The cheapest card at a planned stop."""

    mission: str
    station: PostAnswer
    evse_uid: str
    provider: str | None = Field(description="Of the card that the plan uses; null: payment card")
    cost: MoneyAnswer | None
    best_provider: str
    best_cost: MoneyAnswer
    held: bool = Field(description="Whether the wallet has the cheapest card")
    note: str


class FailedMission(Said):
    """A mission that could not be planned at all."""

    mission: str
    detail: str


class CardsAnswer(Said):
    """Card advice, the most helpful card first."""

    missions: int
    infeasible: list[str]
    failed: list[FailedMission]
    cards: list[CardAnswer]
    stops: list[StopCardAnswer]
