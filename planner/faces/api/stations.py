"""Stations with grade and status, and the grade of each token at one EVSE.

No uid stands in an address: a wallet in a query is the id of a stored one.
"""

import hashlib
from typing import Annotated, Any

from flask import Response, request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from planner.access.chargers import Chargers, accessible
from planner.faces.api.answers import Problem
from planner.faces.api.doors import Answer, Door, json_answer, office, services
from planner.faces.api.trip_answers import EvidenceAnswer, Said, Time
from planner.faces.faults import read_model
from planner.faces.fields import Body, Box, Moment
from planner.faces.judging import ANY_CAR, grades_at, is_shown, station_feature
from planner.faces.missions import Desk, vehicle_of, wallet_of
from planner.faces.requests import (
    GradeWord,
    TokenRequest,
    VehicleRequest,
    WalletChoice,
    WalletRequest,
)
from planner.formats.geojson import collection
from planner.model.geo import BBox
from planner.model.grade import Grade
from planner.model.token import Wallet
from planner.world import World

door = Door("stations", "Stations and access")

GEOJSON = "application/geo+json"


class StationsRequest(Body):
    """Stations in a box, as a wallet and a vehicle see them."""

    bbox: Box
    wallet: WalletChoice | None = None
    vehicle: VehicleRequest | None = None
    min_grade: GradeWord = "ad_hoc"
    limit: Annotated[int, Field(strict=True, ge=1)] | None = None


def _four(text: str) -> str:
    parts = text.split(",")
    if len(parts) != 4:  # noqa: PLR2004 -- west, south, east, north
        raise ValueError("write bbox=west,south,east,north")
    try:
        [float(part) for part in parts]
    except ValueError:
        raise ValueError("write bbox=west,south,east,north in degrees") from None
    return text


class StationsQuery(BaseModel):
    """Stations in a box; a wallet is the id of a stored one."""

    model_config = ConfigDict(extra="forbid")

    bbox: Annotated[str, Field(description="west,south,east,north"), AfterValidator(_four)]
    wallet: Annotated[str, Field(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1)] | None = None


class StationsAnswer(Said):
    """A GeoJSON FeatureCollection."""

    type: str
    features: list[dict[str, Any]]
    attribution: list[str]
    truncated: bool
    unseen: int
    world: str


class AccessRequest(Body):
    """Which tokens open an EVSE at a moment."""

    evse_id: Annotated[str, Field(strict=True, min_length=1, max_length=255)]
    tokens: Annotated[list[TokenRequest], Field(max_length=50)] = Field(default_factory=list)
    payment_card: bool = False
    at: Moment | None = None


class GradeAnswer(Said):
    """The grade of one token at one EVSE."""

    token: dict[str, Any]
    grade: str
    rule: str
    evidence: list[EvidenceAnswer]
    valid_until: Time | None
    warnings: list[str]


class AccessAnswerList(Said):
    """The grade of each token at an EVSE."""

    evse_id: str
    station: dict[str, Any]
    at: Time
    status: dict[str, Any]
    grades: list[GradeAnswer]


ANSWERS = {
    200: Answer(says="Stations as GeoJSON", model=StationsAnswer, media=(GEOJSON,)),
}


@door.opens(
    "GET",
    "/v1/stations",
    summary="Stations in a box as GeoJSON, with grade and status",
    scope="plan",
    query=StationsQuery,
    answers={**ANSWERS, 304: Answer(says="Nothing has changed", media=())},
)
def by_query(query: StationsQuery) -> Response:
    """List stations for an address; ETag is the world's."""
    document: dict[str, Any] = {"bbox": [float(part) for part in query.bbox.split(",")]}
    if query.wallet is not None:
        document["wallet"] = query.wallet
    if query.limit is not None:
        document["limit"] = query.limit
    return _answer(read_model(StationsRequest, document), tagged=True)


@door.opens(
    "POST",
    "/v1/stations",
    summary="The same, for a wallet and vehicle that stand in the body",
    scope="plan",
    body=StationsRequest,
    answers=ANSWERS,
)
def by_body(body: StationsRequest) -> Response:
    """List stations for a wallet and vehicle in the body."""
    return _answer(body, tagged=False)


def _answer(asked: StationsRequest, *, tagged: bool) -> Response:
    used = office()
    desk = used.desk()
    world = used.world
    chargers = _chargers(world, asked, desk)
    most = services().options.most_stations
    limit = min(asked.limit or most, most)
    wallet = chargers.wallet.digest
    # Reasons and grades that depend on the hour change with it, so the minute is in the tag.
    told = f"{world.hash}|{wallet}|{request.full_path}|{int(desk.now // 60)}"
    tag = hashlib.sha256(told.encode()).hexdigest()[:20]
    if tagged and tag in request.if_none_match:
        answer = Response(status=304)
        answer.set_etag(tag)
        return answer
    document = _stations(world, BBox(*asked.bbox), chargers, limit, with_car=bool(asked.vehicle))
    answer = json_answer(document, media=GEOJSON)
    if tagged:
        answer.set_etag(tag)
        answer.headers["Cache-Control"] = "private, no-cache"
        answer.headers["Vary"] = "Authorization"
    return answer


def _chargers(world: World, asked: StationsRequest, desk: Desk) -> Chargers:
    wallet = Wallet() if asked.wallet is None else wallet_of(asked.wallet, desk)
    car = ANY_CAR if asked.vehicle is None else vehicle_of(asked.vehicle, desk.catalogue)
    least = Grade.read(asked.min_grade)
    return accessible(world.snapshot, wallet, car, min_grade=least, now=desk.now)


def _stations(
    world: World, box: BBox, chargers: Chargers, limit: int, *, with_car: bool
) -> dict[str, Any]:
    snapshot = world.snapshot
    inside = (
        (snapshot.lon >= box.west)
        & (snapshot.lon <= box.east)
        & (snapshot.lat >= box.south)
        & (snapshot.lat <= box.north)
    ).nonzero()[0]
    features: list[dict[str, Any]] = []
    unseen, truncated = 0, False
    for station in inside:
        if not is_shown(chargers, int(station)):
            unseen += 1
        elif len(features) == limit:
            truncated = True
        else:
            features.append(station_feature(chargers, int(station), with_car=with_car))
    document = collection(features, world.names.attribution)
    return {**document, "truncated": truncated, "unseen": unseen, "world": world.hash}


@door.opens(
    "POST",
    "/v1/access",
    summary="Grade, rule and evidence of each token at an EVSE",
    scope="plan",
    body=AccessRequest,
    answers={
        200: Answer(says="The grades", model=AccessAnswerList),
        404: Answer(
            says="There is no such EVSE", model=Problem, media=("application/problem+json",)
        ),
    },
)
def access(body: AccessRequest) -> Response:
    """Grade tokens at an EVSE."""
    used = office()
    desk = used.desk()
    held = WalletRequest(tokens=body.tokens, payment_card=body.payment_card)
    wallet = wallet_of(held, desk, "")
    at = desk.now if body.at is None else body.at
    return json_answer(grades_at(used.world, body.evse_id, wallet, now=desk.now, at=at))
