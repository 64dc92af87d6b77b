"""Doors: blueprints whose routes say what they take and give, so that the description is the code.

Each route is an `Operation`. The wrapper around a view lets the caller in, checks media type, size
and body, answers repeated requests again, and only then calls the view. OpenAPI is written from the
same operations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Blueprint, Response, current_app, g, json, request
from pydantic import BaseModel

from planner.errors import InputError
from planner.faces.api.gate import Gate
from planner.faces.api.idempotency import Answers
from planner.faces.api.options import ApiOptions
from planner.faces.api.problems import Refused
from planner.faces.faults import read_json, read_model
from planner.faces.office import Office

JSON = "application/json"
NAME = "plugsure"

View = Callable[..., Response]
B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of an operation: its model (None: no schema) and its media types."""

    says: str
    model: type[BaseModel] | None = None
    media: tuple[str, ...] = (JSON,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a route takes and gives.

    ``scope`` is the one a key needs, None lets anyone in. ``body`` is read from JSON; an operation
    with ``raw`` media types reads its body itself. ``answers`` leaves out the problems that any
    request may meet.
    """

    summary: str
    tag: str
    scope: str | None
    answers: dict[int, Answer]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    raw: tuple[str, ...] = ()
    largest: str = "most_body_bytes"


@dataclass(frozen=True, slots=True)
class Services:
    """What one app's views work with, kept in ``app.extensions``."""

    office: Office
    options: ApiOptions
    gate: Gate
    kept: Answers
    operations: dict[str, Operation]


def services() -> Services:
    """Return the services of the app that answers the present request."""
    return cast("Services", current_app.extensions[NAME])


def office() -> Office:
    """Return the office of the app that answers the present request."""
    return services().office


class Door(Blueprint):
    """A blueprint whose routes are operations."""

    def __init__(self, name: str, tag: str) -> None:
        super().__init__(name, __name__)
        self.tag = tag
        self.operations: dict[str, Operation] = {}

    def opens(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        scope: str | None,
        answers: dict[int, Answer],
        **more: Any,
    ) -> Callable[[View], View]:
        """Register a view at a path; ``more`` are further fields of `Operation`."""
        operation = Operation(summary=summary, tag=self.tag, scope=scope, answers=answers, **more)

        def register(view: View) -> View:
            name = view.__name__
            self.operations[f"{self.name}.{name}"] = operation
            self.add_url_rule(path, name, _guarded(view, operation), methods=[method])
            return view

        return register


def _guarded(view: View, operation: Operation) -> View:
    @wraps(view)
    def answer(**named: Any) -> Response:
        served = services()
        g.caller = served.gate.admit(request, operation.scope)
        if operation.query is not None:
            named["query"] = read_model(operation.query, request.args.to_dict())
        if request.method not in ("POST", "PUT"):
            return view(**named)
        request.max_content_length = getattr(served.options, operation.largest)
        data = request.get_data(cache=True)
        read = _body(operation, data)
        if read is not None:
            named["body"] = read
        if request.method == "PUT":  # to be asked again does no harm by itself
            return view(**named)
        return served.kept.answer_once(request, g.caller, data, lambda: view(**named))

    return answer


def _body(operation: Operation, data: bytes) -> BaseModel | None:
    """Check the media type, and the body where it is JSON of a known shape."""
    if operation.raw:
        _demand_media(operation.raw)
        return None
    if operation.body is None:
        if data.strip() not in (b"", b"{}"):
            raise InputError("takes no body", place="")
        return None
    _demand_media((JSON,))
    return read_model(operation.body, read_json(data))


def _demand_media(known: tuple[str, ...]) -> None:
    given = request.mimetype
    if given not in known:
        said = f"{given!r} is not read here" if given else "the body has no Content-Type"
        raise Refused(415, "media-type", f"{said}; send {' or '.join(known)}")


def json_answer(
    document: Any, status: int = 200, headers: dict[str, str] | None = None, media: str = JSON
) -> Response:
    """Answer with a JSON document."""
    text = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False)
    return Response(text, status, headers=headers, content_type=media)
