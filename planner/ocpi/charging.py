"""What a Session or CDR of any version says of a token: where it charged, and whether it did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from planner.ocpi.times import read_time

CHARGED = frozenset({"ACTIVE", "COMPLETED"})
"""States of a Session in which energy has flowed for real. Source: OCPI 2.2.1, SessionStatus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUse:
    """A token at an EVSE.

    ``provider`` is ``CC*PPP`` or empty where the object does not say; ``uid`` and ``contract`` are
    secrets and stay out of the ``repr``; 2.1.1 has the contract only.
    """

    provider: str
    type: str
    uid: str = field(repr=False)
    contract: str = field(repr=False)
    location_id: str
    evse_uid: str
    at: float


def read_session(raw: Mapping[str, Any]) -> TokenUse | None:
    """Say who charged in a Session; None if nobody has, or it does not say who and where."""
    if str(raw.get("status", "")).upper() not in CHARGED or not _positive(raw.get("kwh")):
        return None
    return _use(raw, raw.get("location"), raw.get("last_updated"))


def read_cdr(raw: Mapping[str, Any]) -> TokenUse | None:
    """Say who charged by a CDR; None if nobody has, if it takes another back, or does not say."""
    if raw.get("credit") is True or not _positive(raw.get("total_energy")):
        return None
    ended = raw.get("end_date_time") or raw.get("stop_date_time") or raw.get("last_updated")
    return _use(raw, raw.get("cdr_location") or raw.get("location"), ended)


def _use(raw: Mapping[str, Any], location: Any, at: Any) -> TokenUse | None:
    place = location if isinstance(location, Mapping) else {}
    evses = place.get("evses")
    first = evses[0] if isinstance(evses, list) and evses and isinstance(evses[0], Mapping) else {}
    location_id = _text(raw.get("location_id")) or _text(place.get("id"))
    evse_uid = _text(raw.get("evse_uid")) or _text(place.get("evse_uid")) or _text(first.get("uid"))
    named = raw.get("cdr_token")
    token = named if isinstance(named, Mapping) else {}
    uid, contract = _text(token.get("uid")), _text(token.get("contract_id"))
    contract = contract or _text(raw.get("auth_id"))
    if not location_id or not evse_uid or not (uid or contract):
        return None
    parts = (_text(token.get("country_code")).upper(), _text(token.get("party_id")).upper())
    try:
        moment = read_time(_text(at))
    except ValueError:
        return None
    return TokenUse(
        provider="*".join(parts) if all(parts) else "",
        type=_text(token.get("type")).upper() or "RFID",
        uid=uid,
        contract=contract,
        location_id=location_id,
        evse_uid=evse_uid,
        at=moment,
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
