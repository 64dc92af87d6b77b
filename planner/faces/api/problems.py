"""Everything that goes wrong, as ``application/problem+json`` (RFC 9457)."""

import logging
from typing import Any

from flask import Flask, Response, json
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from planner.errors import (
    BrokenClaim,
    DataMissing,
    Fault,
    FeedError,
    InputError,
    NotFound,
    PlugsureError,
    StoreError,
)
from planner.formats.plan_json import PROBLEM

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[PlugsureError], int], ...] = (
    (InputError, 400),
    (NotFound, 404),
    (DataMissing, 503),
    (StoreError, 503),
    (FeedError, 502),
    (BrokenClaim, 500),
    (PlugsureError, 500),
)
"""The first that fits counts."""

TOLD_IN_FULL = (InputError, NotFound)
"""Errors whose places are the request's own; those of others name files and hosts of ours."""


class Refused(Exception):  # noqa: N818 -- a refusal to serve, not a mistake of the program
    """A request that is turned away before anything is planned: auth, limits, media types."""

    def __init__(
        self, status: int, code: str, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        super().__init__(detail)


TITLES = {
    400: "The request cannot be read",
    401: "A key is needed",
    403: "The key does not allow this",
    404: "Not found",
    405: "Method not allowed",
    406: "No such format",
    409: "In conflict with an earlier request",
    413: "The body is too large",
    415: "This media type is not read",
    429: "Too many requests",
    500: "Something went wrong on our side",
    503: "Not ready",
}


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    faults: tuple[Fault, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """Make a problem document; ``code`` is the stable end of its ``type``."""
    body: dict[str, Any] = {
        "type": PROBLEM + code,
        "title": title,
        "status": status,
        "detail": detail,
        "errors": errors_of(faults),
    }
    return Response(
        json.dumps(body, ensure_ascii=False),
        status,
        headers=headers,
        content_type="application/problem+json",
    )


def errors_of(faults: tuple[Fault, ...]) -> list[dict[str, str]]:
    """Write faults as the contract's ``errors[]``."""
    return [{"pointer": f.place, "detail": f.detail, "remedy": f.remedy} for f in faults]


def error_document(error: PlugsureError) -> dict[str, Any]:
    """Write an error as it stands in a batch's results."""
    return {
        "type": PROBLEM + error.code,
        "title": error.title,
        "detail": str(error),
        "errors": errors_of(error.faults),
    }


def answer_error(error: PlugsureError) -> Response:
    """Answer one of Plugsure's own errors."""
    status = next(code for kind, code in STATUS if isinstance(error, kind))
    if status >= 500:  # noqa: PLR2004 -- ours
        log.error("%s: %s", error.code, error)
    headers = {"Retry-After": "5"} if status == 503 else None  # noqa: PLR2004
    if isinstance(error, TOLD_IN_FULL):
        return problem(status, error.code, error.title, str(error), error.faults, headers)
    told = "; ".join(str(Fault("", f.detail, f.remedy)) for f in error.faults)
    return problem(status, error.code, error.title, told, (), headers)


def answer_http(error: HTTPException) -> Response:
    """Answer what Flask and Werkzeug raise: 404, 405, 413 and the like."""
    status = error.code or 500
    if isinstance(error, RequestEntityTooLarge):
        detail = "the body is larger than this server reads"
    else:
        detail = error.description or ""
    title = TITLES.get(status, error.name)
    code = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}.get(
        status, f"http-{status}"
    )
    made = problem(status, code, title, detail)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        made.headers["Allow"] = ", ".join(sorted(allowed))
    return made


def answer_refusal(error: Refused) -> Response:
    """Answer a request that was turned away."""
    return problem(
        error.status, error.code, TITLES[error.status], error.detail, headers=error.headers
    )


def answer_defect(error: Exception) -> Response:
    """Answer a defect of ours, which is logged; nothing of it is told."""
    log.error("a request failed by a defect", exc_info=error)
    detail = "This is a defect of the planner; the operator's log tells more"
    return problem(500, "internal-error", TITLES[500], detail)


def install(app: Flask) -> None:
    """Let every error of an app be answered as a problem."""
    app.register_error_handler(PlugsureError, answer_error)
    app.register_error_handler(Refused, answer_refusal)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(Exception, answer_defect)
