"""Small things: the catalogue, places, the region, health, metrics, the API's own description."""

import os
import time
from importlib.resources import files
from typing import Annotated, Any, Self

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from planner.energy.catalogue import search_vehicles
from planner.energy.description import vehicle_to_dict
from planner.errors import InputError, PlugsureError
from planner.faces.api.doors import Answer, Door, json_answer, office, services
from planner.faces.api.feed_metrics import FeedMetrics
from planner.faces.api.openapi import describe_api
from planner.faces.api.trip_answers import Said
from planner.faces.overviews import public_document
from planner.feeds.overview import overview
from planner.formats.stamps import stamp
from planner.model.vehicle import Vehicle
from planner.roads.places import Place
from planner.roads.resolving import point_of

door = Door("misc", "About")

DOCS_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "plugsure_requests", "Requests answered", ("route", "method", "status"), registry=REGISTRY
)
SECONDS = Histogram(
    "plugsure_request_seconds", "Time to answer", ("route", "method"), registry=REGISTRY
)


class SearchQuery(BaseModel):
    """A search."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(max_length=200, description="What to look for")] = ""
    limit: Annotated[int, Field(ge=1, le=2000)] = 50


def _point(text: str) -> str:
    try:
        known = not text or point_of(text) is not None
    except InputError as error:
        raise ValueError(error.faults[0].detail) from None
    if not known:
        raise ValueError("write lon,lat in degrees")
    return text


Point = Annotated[str, Field(max_length=60), AfterValidator(_point)]


class PlacesQuery(SearchQuery):
    """A search for places, or for the name of a point."""

    q: Annotated[str, Field(max_length=200, description="A name, whole, in part or misspelt")] = ""
    near: Annotated[Point, Field(description="lon,lat: what is nearer comes first")] = ""
    at: Annotated[Point, Field(description="lon,lat, instead of q: what this point is called")] = ""
    limit: Annotated[int, Field(ge=1, le=50)] = 8

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if bool(self.q.strip()) == bool(self.at):
            raise ValueError("give either q or at")
        return self


class VehiclesAnswer(Said):
    """Vehicles of the catalogue, in full."""

    vehicles: list[dict[str, Any]]
    total: int


class PlaceAnswer(Said):
    """A place."""

    name: str
    title: str = Field(description="The name with its settlement")
    kind: str = Field(
        description="city, town, village, hamlet, suburb, street, charger and the like"
    )
    country: str = Field(description="ISO 3166-1 alpha-2, empty where unknown")
    within: str = Field(description="The settlement of what lies in one")
    location: list[float]
    population: int
    match: str = Field(description="How the name fits: exact, prefix, words or typo")
    station: str | None = Field(description="Id of a charging station")


class PlacesAnswer(Said):
    """Places, best first."""

    places: list[PlaceAnswer]


class RegionAnswer(Said):
    """The region that plans are made on."""

    name: str
    hash: str
    as_of: str
    bbox: list[float]
    has_elevation: bool
    nodes: int
    edges: int
    max_snap_m: float
    notes: list[str]
    attribution: list[str]
    feeds: list[dict[str, Any]]


class HealthAnswer(Said):
    """The process answers."""

    status: str


class ReadyAnswer(Said):
    """Whether data is loaded and feeds are fresh, and what is not."""

    ready: bool
    world: str | None
    problems: list[str]
    feeds: list[dict[str, Any]] = Field(
        description="Each feed: state, parties, counts, freshness, rejections by reason, last error"
    )


@door.opens(
    "GET",
    "/v1/vehicles",
    summary="Search the catalogue of vehicles",
    scope="plan",
    query=SearchQuery,
    answers={200: Answer(says="Vehicles, best first", model=VehiclesAnswer)},
)
def vehicles(query: SearchQuery) -> Response:
    """Search the catalogue."""
    catalogue = office().catalogue
    found = search_vehicles(catalogue, query.q, limit=query.limit)
    said = [vehicle_to_json(vehicle) for vehicle in found]
    return json_answer({"vehicles": said, "total": len(catalogue.vehicles)})


def vehicle_to_json(vehicle: Vehicle) -> dict[str, Any]:
    """Write a vehicle of the catalogue with its title and best charging power."""
    peak = max((point.power_kw for point in vehicle.dc_curve), default=0.0)
    return {**vehicle_to_dict(vehicle), "title": vehicle.title, "dc_max_kw": peak}


@door.opens(
    "GET",
    "/v1/places",
    summary="Find settlements, streets and charging stations by name, or name a point",
    scope="plan",
    query=PlacesQuery,
    answers={200: Answer(says="Places in the region, best first", model=PlacesAnswer)},
)
def places(query: PlacesQuery) -> Response:
    """Find places by name, or the name of a point."""
    known = office().world.places
    here = point_of(query.at)
    if here is None:
        found = known.search(query.q, limit=query.limit, near=point_of(query.near))
    else:
        found = [place for place in (known.at(here),) if place is not None]
    return json_answer({"places": [_place(place) for place in found]})


def _place(place: Place) -> dict[str, Any]:
    return {
        "name": place.name,
        "title": place.title,
        "kind": place.kind,
        "country": place.country,
        "within": place.within,
        "location": [place.location.lon, place.location.lat],
        "population": place.population,
        "match": place.match,
        "station": place.station or None,
    }


@door.opens(
    "GET",
    "/v1/region",
    summary="The region, whose data it is and what it leaves out",
    scope="plan",
    answers={200: Answer(says="The region", model=RegionAnswer)},
)
def region() -> Response:
    """Tell the region and the feeds."""
    world = office().world
    roads = world.region
    feeds = world.snapshot.feeds.values()
    return json_answer(
        {
            "name": roads.name,
            "hash": roads.hash,
            "as_of": roads.as_of,
            "bbox": [float(side) for side in roads.bbox],
            "has_elevation": bool(roads.has_elevation),
            "nodes": len(roads.lon),
            "edges": len(roads.head),
            "max_snap_m": float(roads.max_snap_m),
            "notes": list(roads.notes),
            "attribution": list(world.names.attribution),
            "feeds": [
                {
                    "name": feed.name,
                    "kind": feed.kind,
                    "last_sync": None if feed.last_sync is None else stamp(feed.last_sync),
                }
                for feed in feeds
            ],
        }
    )


@door.opens(
    "GET",
    "/healthz",
    summary="Whether the process is alive",
    scope=None,
    answers={200: Answer(says="Alive", model=HealthAnswer)},
)
def healthz() -> Response:
    """Say that the process answers."""
    return json_answer({"status": "alive"})


@door.opens(
    "GET",
    "/readyz",
    summary="Whether data is loaded and feeds are fresh",
    scope=None,
    answers={
        200: Answer(says="Ready", model=ReadyAnswer),
        503: Answer(says="Not ready, and why", model=ReadyAnswer),
    },
)
def readyz() -> Response:
    """Load the world if need be and say what is missing."""
    problems: list[str] = []
    name = None
    try:
        world = office().world
    except PlugsureError as error:
        problems.append(f"{error.code}: {error.faults[0].detail}")
    else:
        name = world.hash
    feeds, late = _feeds_told()
    problems += late
    status = 503 if problems else 200
    return json_answer(
        {"ready": not problems, "world": name, "problems": problems, "feeds": feeds}, status
    )


def _feeds_told() -> tuple[list[dict[str, Any]], list[str]]:
    """Tell of all feeds, and what is wrong with them."""
    now = office().clock()
    try:
        found = overview(office().store)
    except PlugsureError as error:
        return [], [f"{error.code}: {error.faults[0].detail}"]
    late = [told for one in found if (told := one.trouble(now))]
    return [public_document(one, now) for one in found], late


@door.opens(
    "GET",
    "/metrics",
    summary="Counts and times for Prometheus",
    scope=None,
    answers={200: Answer(says="Prometheus text", media=("text/plain",))},
)
def metrics() -> Response:
    """Write the metrics of all processes of this server."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # it has no types
    feeds = CollectorRegistry()
    feeds.register(FeedMetrics(office().store, office().clock()))
    text = generate_latest(registry) + generate_latest(feeds)
    return Response(text, content_type=CONTENT_TYPE_LATEST)


@door.opens(
    "GET",
    "/openapi.json",
    summary="This description",
    scope=None,
    answers={200: Answer(says="OpenAPI 3.1")},
)
def openapi() -> Response:
    """Describe the API."""
    return json_answer(describe_api(services().operations))


@door.opens(
    "GET",
    "/docs",
    summary="This description as a page",
    scope=None,
    answers={200: Answer(says="A page", media=("text/html",))},
)
def docs() -> Response:
    """Show the description; the page fetches it from this very server, and nothing else."""
    page = files("planner.faces.api").joinpath("docs.html").read_bytes()
    headers = {"Content-Security-Policy": DOCS_POLICY}
    return Response(page, headers=headers, content_type="text/html; charset=utf-8")


def count_requests(app: Flask) -> None:
    """Count and time the requests of an app, by route: no address of a request is kept."""

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in KNOWN_METHODS else "other"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        began = g.get("began")
        if began is not None:
            SECONDS.labels(route, method).observe(time.perf_counter() - began)
        return response


KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
