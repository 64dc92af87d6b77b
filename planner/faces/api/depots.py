"""The fleet's own depots: what stands there, what they may draw, and what a kWh costs."""

from typing import Annotated, Any

from flask import Response
from pydantic import Field

from planner.faces.api.doors import Answer, Door, json_answer, office
from planner.faces.api.trip_answers import Said
from planner.faces.fields import Amount, Body, Moment
from planner.feeds.depots.metering import set_price
from planner.formats.depot_json import evses_to_json, prices_to_json
from planner.formats.stamps import stamp
from planner.store.charge_points import Depot, DepotPrice, KnownPoint

door = Door("depots", "Fleet")


class DepotPriceRequest(Body):
    """What a kWh costs at a depot, without VAT; one of the same moment is replaced."""

    per_kwh: Annotated[Amount, Field(ge=0)]
    currency: Annotated[str, Field(strict=True, pattern=r"^[A-Z]{3}$")] = "EUR"
    since: Moment | None = Field(
        default=None, description="Sessions that begin from then on; from the first one by default"
    )


class DepotPriceAnswer(Said):
    """A price; ``since`` is null for that of the first sessions."""

    since: str | None
    per_kwh: str
    currency: str


class PostAnswer(Said):
    """An EVSE of a charge point, its status as it was last told."""

    uid: str
    evse_id: str | None
    plugs: str
    status: str


class ChargePointAnswer(Said):
    """A charge point; ``max_kw`` is what its EVSEs may draw together."""

    id: str
    name: str
    max_kw: float | None
    heard: str | None
    evses: list[PostAnswer]


class DepotAnswer(Said):
    """A depot; ``max_kw`` is what its charge points may draw together."""

    id: str
    location: list[float]
    address: str
    hours: str
    max_kw: float | None
    prices: list[DepotPriceAnswer]
    charge_points: list[ChargePointAnswer]


class DepotsAnswer(Said):
    """Depots, by name."""

    depots: list[DepotAnswer]


@door.opens(
    "GET",
    "/v1/fleet/depots",
    summary="The fleet's own depots, their charge points and prices",
    scope="fleet",
    answers={200: Answer(says="Depots, by name", model=DepotsAnswer)},
)
def depots() -> Response:
    """List the depots."""
    store = office().store.charge_points
    points = store.all()
    return json_answer({"depots": [_said(depot, points) for depot in store.depots().values()]})


@door.opens(
    "POST",
    "/v1/fleet/depots/<depot_id>/prices",
    summary="Say what a kWh costs at a depot: plans and the bill reckon with it",
    scope="fleet",
    body=DepotPriceRequest,
    answers={201: Answer(says="The depot", model=DepotAnswer)},
)
def add_price(depot_id: str, body: DepotPriceRequest) -> Response:
    """Set a price."""
    used = office()
    told = DepotPrice(body.since or 0.0, body.per_kwh, body.currency)
    changed = set_price(used.store, depot_id, told, now=used.clock())
    return json_answer(_said(changed, used.store.charge_points.all()), 201)


def _said(depot: Depot, points: tuple[KnownPoint, ...]) -> dict[str, Any]:
    return {
        "id": depot.name,
        "location": list(depot.location),
        "address": depot.address,
        "hours": depot.hours,
        "max_kw": depot.max_kw,
        "prices": prices_to_json(depot),
        "charge_points": [_point(known) for known in points if known.point.depot == depot.name],
    }


def _point(known: KnownPoint) -> dict[str, Any]:
    point = known.point
    return {
        "id": point.id,
        "name": point.name,
        "max_kw": point.max_kw,
        "heard": None if known.heard is None else stamp(known.heard),
        "evses": evses_to_json(known),
    }
