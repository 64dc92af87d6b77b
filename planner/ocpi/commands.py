"""Commands to operators: RESERVE_NOW and CANCEL_RESERVATION, and their two answers.

The operator first says whether it passes the command on (CommandResponse), and later, at an
address of ours, what came of it (CommandResult; 2.1.1 sends the first kind twice).
"""

from collections.abc import Mapping
from typing import Any

from planner.errors import FeedError
from planner.ocpi.times import write_time

RESERVE = "RESERVE_NOW"
CANCEL = "CANCEL_RESERVATION"
ACCEPTED = "ACCEPTED"
REJECTED = "REJECTED"

RESULTS = frozenset(
    {
        ACCEPTED,
        "CANCELED_RESERVATION",
        "EVSE_OCCUPIED",
        "EVSE_INOPERATIVE",
        "FAILED",
        "NOT_SUPPORTED",
        REJECTED,
        "TIMEOUT",
        "UNKNOWN_RESERVATION",
        "UNKNOWN_SESSION",
    }
)
"""Source: OCPI 2.2.1, CommandResultType; 2.1.1, CommandResponseType."""

_LONGEST_RESULT = 30


def write_reserve_now(
    *,
    response_url: str,
    token: Mapping[str, Any],
    until: float,
    reservation_id: str,
    location_id: str,
    evse_uid: str,
    version: str,
    reference: str,
) -> dict[str, Any]:
    """Write a ReserveNow object; 2.1.1 numbers reservations, and brings no reference back."""
    is_old = version.startswith("2.1")
    named = {} if is_old else {"authorization_reference": reference}
    return {
        "response_url": response_url,
        "token": dict(token),
        "expiry_date": write_time(until),
        "reservation_id": int(reservation_id) if is_old else reservation_id,
        "location_id": location_id,
        "evse_uid": evse_uid,
        **named,
    }


def write_cancel(*, response_url: str, reservation_id: str) -> dict[str, Any]:
    """Write a CancelReservation object."""
    return {"response_url": response_url, "reservation_id": reservation_id}


def read_response(data: Any, *, place: str) -> tuple[str, float]:
    """Read a CommandResponse: its result, and seconds to wait for the other answer.

    Raises
    ------
    FeedError
        If there is no result in it.
    """
    result = read_result(data)
    if not result:
        raise FeedError("the answer to the command has no result", place=place)
    timeout = data.get("timeout")
    return result, float(timeout) if isinstance(timeout, int | float) and timeout > 0 else 0.0


def read_result(data: Any) -> str:
    """Read the result of a command; empty where there is none. Unknown ones are kept."""
    said = data.get("result") if isinstance(data, Mapping) else None
    return said.strip().upper()[:_LONGEST_RESULT] if isinstance(said, str) else ""
