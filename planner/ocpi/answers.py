"""What we answer a partner: envelopes, HTTP statuses and the headers that trace a request.

The transport ends where JSON was read: what is no JSON is HTTP 400, a resource that is not there
404, a method that is not served 405, a caller who is not known 401; a request that was read is
answered with HTTP 200 and an OCPI status code, or 201 where it made something new.
Source: OCPI 2.2.1, status codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from planner.errors import DataError, InputError, NotFound, PlugsureError
from planner.ocpi.messages import (
    CLIENT_ERROR,
    INVALID_PARAMETERS,
    SERVER_ERROR,
    SUCCESS,
    UNKNOWN_LOCATION,
    write_envelope,
)

TRACING = ("X-Request-ID", "X-Correlation-ID")

ROUTING = ("country-code", "party-id")
"""Ends of the names of routing headers: ``OCPI-from-country-code`` and so on."""


@dataclass(frozen=True, slots=True)
class Response:
    """What is to be answered."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 -- an answer of the protocol, told to the caller
    """An answer that is no success: HTTP status, OCPI status code, and the sentence."""

    def __init__(self, status: int, code: int, says: str, *, allow: str = "") -> None:
        super().__init__(says)
        self.status = status
        self.code = code
        self.says = says
        self.allow = allow

    @classmethod
    def of(cls, error: PlugsureError) -> "Refusal":
        """Tell one of our errors as the protocol does."""
        says = "; ".join(str(fault) for fault in error.faults)
        if isinstance(error, NotFound):
            return cls(404, UNKNOWN_LOCATION, says)
        if isinstance(error, DataError | InputError):
            return cls(200, INVALID_PARAMETERS, says)
        return cls(500, SERVER_ERROR, "this request could not be served; try again later")


def say(
    data: Any,
    *,
    now: float,
    status: int = 200,
    code: int = SUCCESS,
    message: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with an envelope; ``now`` is UTC epoch seconds."""
    body = write_envelope(data, now=now, status_code=code, message=message)
    return Response(status, body, headers or {})


def refuse(refusal: Refusal, *, now: float) -> Response:
    """Answer with a refusal."""
    headers = {"Allow": refusal.allow} if refusal.allow else {}
    return say(
        None,
        now=now,
        status=refusal.status,
        code=refusal.code,
        message=refusal.says,
        headers=headers,
    )


def with_tracing(response: Response, asked: Mapping[str, str], *, routed: bool = False) -> Response:
    """Give the answer the ids of its request, and turn its routing round where it is ``routed``.

    Source: OCPI 2.2.1, transport and format, message routing: in a response from and to change
    places; only requests of functional modules carry them.
    """
    headers = {"Content-Type": "application/json", **response.headers}
    named = {name.lower(): value for name, value in asked.items()}
    headers |= {name: named[name.lower()] for name in TRACING if name.lower() in named}
    for here, there in (("from", "to"), ("to", "from")) if routed else ():
        for part in ROUTING:
            if f"ocpi-{here}-{part}" in named:
                headers[f"OCPI-{there}-{part}"] = named[f"ocpi-{here}-{part}"]
    return Response(response.status, response.body, headers)


def routed_party(asked: Mapping[str, str], end: str) -> str:
    """Name the party (``CC*PPP``) that a request is routed ``from`` or ``to``; empty if none."""
    named = {name.lower(): value for name, value in asked.items()}
    parts = [named.get(f"ocpi-{end}-{part}", "").strip().upper() for part in ROUTING]
    return "*".join(parts) if all(parts) else ""


__all__ = [
    "CLIENT_ERROR",
    "Refusal",
    "Response",
    "refuse",
    "routed_party",
    "say",
    "with_tracing",
]
