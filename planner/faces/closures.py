"""Closures as users write them (GeoJSON features, rows of CSV) and as they are shown again."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from planner.errors import Fault, InputError
from planner.faces.faults import read_model
from planner.faces.fields import Body, Flag, Moment, Number, Position, Text, Whole
from planner.formats.stamps import stamp
from planner.model.closure import LEAST_KMH, Closure, Geometry
from planner.roads.graph import RoadGraph
from planner.roads.matching import match_geometries

MOST_CLOSURES = 20_000
MOST_POINTS = 10_000


def _flat(position: Any) -> Any:
    """Leave out the height of a position, which GeoJSON allows."""
    return position[:2] if isinstance(position, list) and len(position) > 2 else position  # noqa: PLR2004


Place = Annotated[Position, BeforeValidator(_flat)]
Line = Annotated[list[Place], Field(min_length=2, max_length=MOST_POINTS)]
Ring = Annotated[list[Place], Field(min_length=4, max_length=MOST_POINTS)]


class PointRequest(Body):
    """The nearest road within 30 m, both ways."""

    type: Literal["Point"]
    coordinates: Place


class LineRequest(Body):
    """Along a road."""

    type: Literal["LineString"]
    coordinates: Line


class LinesRequest(Body):
    """Along several roads, or a road with gaps."""

    type: Literal["MultiLineString"]
    coordinates: Annotated[list[Line], Field(min_length=1, max_length=1000)]


class PolygonRequest(Body):
    """All roads that touch an area."""

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=1000)]


GeometryRequest = Annotated[
    PointRequest | LineRequest | LinesRequest | PolygonRequest, Field(discriminator="type")
]


class ClosureProperties(Body):
    """What is so there, and when: exactly one of closed, speed_kmh and factor."""

    closed: Flag = False
    speed_kmh: Annotated[Number, Field(ge=LEAST_KMH, le=200)] | None = Field(
        default=None, description="The most that is driven there"
    )
    factor: Annotated[Number, Field(gt=0, le=1)] | None = Field(
        default=None, description="Of the usual speed; nothing is slower than 5 km/h"
    )
    both_directions: Flag = Field(
        default=False, description="A line means both directions, not only the one it is drawn in"
    )
    edges: Annotated[list[Annotated[Whole, Field(ge=0)]], Field(min_length=1)] | None = Field(
        default=None, description="Directed edges of the region, instead of a geometry"
    )
    begins: Moment | None = Field(default=None, alias="from")
    ends: Moment | None = Field(default=None, alias="until")
    reason: Text = ""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        told = [self.closed, self.speed_kmh is not None, self.factor is not None]
        if sum(told) != 1:
            raise ValueError("give exactly one of closed: true, speed_kmh and factor")
        if self.begins is not None and self.ends is not None and self.ends <= self.begins:
            raise ValueError("until should be after from")
        return self


class ClosureRequest(Body):
    """One closure or slow-down, as a GeoJSON feature."""

    type: Literal["Feature"]
    id: Annotated[str, Field(strict=True, min_length=1, max_length=100)] | Whole | None = None
    geometry: GeometryRequest | None = None
    properties: ClosureProperties
    matched: Any = Field(default=None, description="As an answer says it; ignored")

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if (self.geometry is None) == (self.properties.edges is None):
            raise ValueError("give either a geometry or properties.edges")
        return self


class ClosuresRequest(Body):
    """All closures and slow-downs from now on, as a GeoJSON FeatureCollection."""

    type: Literal["FeatureCollection"]
    features: Annotated[list[ClosureRequest], Field(max_length=MOST_CLOSURES)]
    name: Any = Field(default=None, description="Ignored, as bbox and notes are")
    bbox: Any = None
    notes: Any = None


@dataclass(frozen=True, slots=True)
class Placed:
    """Closures on a region's roads; ``faults`` are of those left out, ``notes`` of parts."""

    closures: tuple[Closure, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def read_features(features: Sequence[tuple[str, Any]]) -> tuple[list[Any], list[Fault]]:
    """Check features one by one, each with the place that faults of it begin with."""
    good: list[tuple[str, ClosureRequest]] = []
    faults: list[Fault] = []
    for place, feature in features:
        try:
            good.append((place, read_model(ClosureRequest, feature)))
        except InputError as error:
            faults += (replace(fault, place=place + fault.place) for fault in error.faults)
    return good, faults


def place_closures(graph: RoadGraph, given: Sequence[tuple[str, ClosureRequest]]) -> Placed:
    """Find the edges that each closure means; one that means none is a fault."""
    faults: list[Fault] = []
    notes: list[Fault] = []
    closures = [_closure(request, graph) for _, request in given]
    drawn = [
        (n, (f"{place}/geometry", closure.geometry, closure.both))
        for n, ((place, _), closure) in enumerate(zip(given, closures, strict=True))
        if closure.geometry is not None
    ]
    matches = match_geometries(graph, [wanted for _, wanted in drawn]) if drawn else []
    for (n, _), match in zip(drawn, matches, strict=True):
        closures[n] = replace(closures[n], edges=tuple(match.edges.tolist()))
        (notes if match.edges.size else faults).extend(match.faults)
    seen: set[str] = set()
    kept = []
    for (place, _), closure in zip(given, closures, strict=True):
        if closure.geometry is None and closure.edges[-1] >= len(graph.head):
            detail = f"the region has {len(graph.head)} edges, numbered from 0"
            faults.append(Fault(f"{place}/properties/edges", detail, "Give a geometry instead"))
        elif closure.id in seen:
            detail = f"another closure has the id {closure.id!r}"
            faults.append(Fault(f"{place}/id", detail, "Give each an id of its own, or none"))
        elif closure.edges:
            seen.add(closure.id)
            kept.append(closure)
    return Placed(tuple(kept), tuple(faults), tuple(notes))


def _closure(request: ClosureRequest, graph: RoadGraph) -> Closure:
    said = request.properties
    return Closure(
        id=_name(request),
        geometry=None if request.geometry is None else _geometry(request.geometry),
        both=said.both_directions,
        closed=said.closed,
        speed_kmh=said.speed_kmh,
        factor=said.factor,
        begins=said.begins,
        ends=said.ends,
        reason=said.reason,
        region_hash=graph.hash,
        edges=tuple(sorted(set(said.edges or ()))),
    )


def _name(request: ClosureRequest) -> str:
    if request.id is not None:
        return str(request.id)[:100]
    text = json.dumps(request.model_dump(mode="json", exclude={"matched"}), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _geometry(given: PointRequest | LineRequest | LinesRequest | PolygonRequest) -> Geometry:
    match given:
        case PointRequest():
            return Geometry("Point", ((given.coordinates,),))
        case LineRequest():
            return Geometry("LineString", (tuple(given.coordinates),))
        case _:
            return Geometry(given.type, tuple(tuple(part) for part in given.coordinates))


def show_closures(closures: Sequence[Closure], graph: RoadGraph, *, now: float) -> dict[str, Any]:
    """Write closures as a FeatureCollection that may be given again."""
    features = [_feature(closure, graph, now) for closure in closures]
    return {"type": "FeatureCollection", "features": features}


def _feature(closure: Closure, graph: RoadGraph, now: float) -> dict[str, Any]:
    here = closure.region_hash == graph.hash
    edges = np.array(closure.edges if here else (), np.int64)
    properties: dict[str, Any] = {
        "closed": closure.closed,
        "speed_kmh": closure.speed_kmh,
        "factor": closure.factor,
        "both_directions": closure.both,
        "from": None if closure.begins is None else stamp(closure.begins),
        "until": None if closure.ends is None else stamp(closure.ends),
        "reason": closure.reason,
    }
    if closure.geometry is None:
        properties["edges"] = list(closure.edges)
    return {
        "type": "Feature",
        "id": closure.id,
        "geometry": _drawn(closure.geometry),
        "properties": properties,
        "matched": {
            "edges": len(edges),
            "metres": round(float(np.asarray(graph.length_m)[edges].sum(dtype=np.float64)), 1),
            "this_region": here,
            "in_force": closure.is_in_force(now, 0.0),
        },
    }


def _drawn(geometry: Geometry | None) -> dict[str, Any] | None:
    if geometry is None:
        return None
    parts: Any = [[list(point) for point in part] for part in geometry.parts]
    if geometry.shape == "Point":
        parts = parts[0][0]
    elif geometry.shape == "LineString":
        parts = parts[0]
    return {"type": geometry.shape, "coordinates": parts}
