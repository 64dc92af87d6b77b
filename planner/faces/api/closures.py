"""Closures and slow-downs of roads: the operator's word on what cannot be driven, and when."""

from typing import Any, Literal

from flask import Response
from pydantic import Field

from planner.errors import InputError
from planner.faces.api.answers import Fault
from planner.faces.api.doors import Answer, Door, json_answer, office
from planner.faces.api.trip_answers import Said
from planner.faces.closures import ClosuresRequest, place_closures, show_closures

door = Door("closures", "Closures")


class ClosureAnswer(Said):
    """A closure, as it may be given again, and what of the region it means."""

    type: Literal["Feature"]
    id: str
    geometry: dict[str, Any] | None
    properties: dict[str, Any]
    matched: dict[str, Any] = Field(
        description="How many directed edges of the region and metres it means, whether it was "
        "placed on this very region, and whether it is in force now"
    )


class ClosuresAnswer(Said):
    """All closures, in their order."""

    type: Literal["FeatureCollection"]
    features: list[ClosureAnswer]
    notes: list[Fault] = Field(description="Stretches that run along no road, after a PUT")


@door.opens(
    "GET",
    "/v1/closures",
    summary="Closures and slow-downs, past and coming ones among them",
    scope="admin",
    answers={200: Answer(says="Closures as GeoJSON", model=ClosuresAnswer)},
)
def closures() -> Response:
    """List the closures."""
    return _answer([])


@door.opens(
    "PUT",
    "/v1/closures",
    summary="Put these in the place of all closures and slow-downs",
    scope="admin",
    body=ClosuresRequest,
    largest="most_batch_bytes",
    answers={200: Answer(says="Closures as they are now", model=ClosuresAnswer)},
)
def put(body: ClosuresRequest) -> Response:
    """Replace the closures, all or none."""
    used = office()
    given = [(f"/features/{number}", feature) for number, feature in enumerate(body.features)]
    placed = place_closures(used.world.region, given)
    if placed.faults:
        raise InputError.of(placed.faults)
    used.store.closures.replace(placed.closures)
    notes = [
        {"pointer": note.place, "detail": note.detail, "remedy": note.remedy}
        for note in placed.notes
    ]
    return _answer(notes)


@door.opens(
    "DELETE",
    "/v1/closures",
    summary="Lift all closures and slow-downs",
    scope="admin",
    answers={204: Answer(says="Lifted", media=())},
)
def clear() -> Response:
    """Delete all closures."""
    office().store.closures.replace(())
    return Response(status=204)


def _answer(notes: list[dict[str, str]]) -> Response:
    used = office()
    shown = show_closures(used.store.closures.all(), used.world.region, now=used.clock())
    return json_answer({**shown, "notes": notes})
