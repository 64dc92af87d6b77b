"""Tokens as a provider writes them, and what it answers when an operator asks for one."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from planner.model.token import Token, TokenType
from planner.ocpi.times import write_time

SINCE_2_3 = frozenset({TokenType.EMAID})
"""Types that 2.3.0 has brought; 2.2.1 calls them OTHER."""

OF_2_1 = frozenset({TokenType.RFID, TokenType.OTHER})


class Allowed(StrEnum):
    """OCPI AllowedType."""

    ALLOWED = "ALLOWED"
    BLOCKED = "BLOCKED"
    EXPIRED = "EXPIRED"
    NO_CREDIT = "NO_CREDIT"
    NOT_ALLOWED = "NOT_ALLOWED"


def decide(
    token: Token, party: str, *, only_at: Sequence[str], has_credit: bool, now: float
) -> Allowed:
    """Say whether a token may be used at an operator.

    Opening hours and statuses are no reason to refuse: what we know of them may be old.
    Source: OCPI 2.2.1, mod_tokens, real-time authorization.

    Parameters
    ----------
    party : str
        ``CC*PPP`` of the operator.
    only_at : sequence of str
        Operators at which it may be used; empty for all.
    has_credit : bool
    now : float
        UTC epoch seconds.
    """
    if not token.valid:
        return Allowed.BLOCKED
    if token.expires is not None and token.expires <= now:
        return Allowed.EXPIRED
    if only_at and party not in only_at:
        return Allowed.NOT_ALLOWED
    return Allowed.ALLOWED if has_credit else Allowed.NO_CREDIT


def type_in(token: Token, version: str) -> str:
    """Give the type of a token as a version calls it."""
    if version.startswith("2.1"):
        return str(token.type if token.type in OF_2_1 else TokenType.OTHER)
    if token.type in SINCE_2_3 and version.startswith("2.2"):
        return str(TokenType.OTHER)
    return str(token.type)


def write_token(
    token: Token,
    version: str,
    *,
    whitelist: str,
    last_updated: float,
    now: float,
    issuer: str = "",
) -> dict[str, Any]:
    """Write a Token object as a version has it.

    Parameters
    ----------
    last_updated, now : float
        UTC epoch seconds. A token that has expired by ``now`` is not valid.
    issuer : str
        Whom to name where the token does not.
    """
    is_old = version.startswith("2.1")
    country_code, _, party_id = token.provider.partition("*")
    expired = token.expires is not None and token.expires <= now
    told: dict[str, Any] = {
        **({} if is_old else {"country_code": country_code, "party_id": party_id}),
        "uid": token.uid,
        "type": type_in(token, version),
        ("auth_id" if is_old else "contract_id"): token.contract_id or token.uid,
        "issuer": token.issuer or issuer or token.provider,
        "valid": token.valid and not expired,
        "whitelist": whitelist,
        "last_updated": write_time(last_updated),
    }
    if token.visual_number:
        told["visual_number"] = token.visual_number
    if token.group_id and not is_old:
        told["group_id"] = token.group_id
    return told


def read_copy(raw: Any) -> str:
    """Read an operator's copy of a token as ``WHITELIST/valid``; empty where it says neither."""
    if not isinstance(raw, Mapping):
        return ""
    whitelist, valid = raw.get("whitelist"), raw.get("valid")
    if not isinstance(whitelist, str) or not isinstance(valid, bool):
        return ""
    return f"{whitelist.upper()}/{str(valid).lower()}"
