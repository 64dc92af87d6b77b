"""What the demo's peers say in OCPI 2.2.1: envelopes, pages, and the checks of what they are sent.

Written from the specification (2.2.1-d2, "Transport and format", "Status codes", "Credentials"),
apart from the planner's own side, so that each checks the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

Json = dict[str, Any]
VERSION = "2.2.1"
PAGE = 50
"""The most objects that a peer puts on a page (``X-Limit``)."""

SUCCESS = 1000
CLIENT_ERROR = 2000
INVALID = 2001
NOT_ENOUGH = 2002
UNKNOWN_LOCATION = 2003
UNKNOWN_TOKEN = 2004
SERVER_ERROR = 3000
CANNOT_USE_YOUR_API = 3001
UNSUPPORTED_VERSION = 3002
NO_COMMON_ENDPOINTS = 3003
UNKNOWN_RECEIVER = 4001


class Refusal(Exception):  # noqa: N818 -- an answer of the protocol, told to the caller
    """An answer that is not a success: HTTP status, OCPI status code, and the sentence."""

    def __init__(self, http: int, code: int, says: str) -> None:
        super().__init__(says)
        self.http, self.code, self.says = http, code, says


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its objects, the count of all, and the query of the next one, None at the end."""

    data: list[Json]
    total: int
    limit: int
    next_query: str | None


def envelope(data: object, *, code: int = SUCCESS, says: str = "Success") -> Json:
    """Wrap an answer as every OCPI answer is wrapped; ``data`` None leaves the field out."""
    body: Json = {} if data is None else {"data": data}
    now = datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return body | {"status_code": code, "status_message": says, "timestamp": now}


def read_moment(text: str, name: str) -> datetime:
    """Read an OCPI DateTime: RFC 3339, in UTC with or without ``Z``; Refusal 2001 otherwise."""
    try:
        read = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Refusal(400, INVALID, f"{name}: {text!r} is no DateTime") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def page_of(objects: Sequence[Json], query: Mapping[str, str]) -> Page:
    """Cut the page that a query asks for.

    Parameters
    ----------
    objects : sequence of dict
        All that the caller may see, oldest first.
    query : mapping
        ``date_from`` (inclusive), ``date_to`` (exclusive), ``offset``, ``limit``.

    Returns
    -------
    Page
        At most `PAGE` objects.

    Raises
    ------
    Refusal
        2001 for a parameter that cannot be read.
    """
    dates = {
        key: read_moment(query[key], key) for key in ("date_from", "date_to") if query.get(key)
    }
    offset = _count(query, "offset", 0, least=0)
    limit = min(PAGE, _count(query, "limit", PAGE, least=1))
    begin, end = dates.get("date_from"), dates.get("date_to")
    if begin is not None or end is not None:
        objects = [
            body
            for body in objects
            if (begin is None or _updated(body) >= begin) and (end is None or _updated(body) < end)
        ]
    following = None
    if offset + limit < len(objects):
        kept = {key: query[key] for key in dates}
        following = urlencode(kept | {"offset": offset + limit, "limit": limit})
    return Page(list(objects[offset : offset + limit]), len(objects), limit, following)


def _updated(body: Json) -> datetime:
    return datetime.fromisoformat(body["last_updated"])


def _count(query: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise Refusal(400, INVALID, f"{name}: {text!r} is no whole number from {least}")
    return int(text)


def checked_credentials(body: object) -> Json:
    """Return a partner's Credentials object if it is whole; Refusal 2001 or 2002 if not."""
    if not isinstance(body, dict):
        raise Refusal(400, INVALID, "the body is no JSON object")
    missing = [name for name in ("token", "url", "roles") if not body.get(name)]
    if missing:
        raise Refusal(400, NOT_ENOUGH, f"the credentials lack {', '.join(missing)}")
    token, url, roles = body["token"], body["url"], body["roles"]
    if not isinstance(token, str) or not 0 < len(token) <= 64 or not token.isprintable():  # noqa: PLR2004
        raise Refusal(400, INVALID, "token: a string of 1 to 64 printable characters")
    if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"}:
        raise Refusal(400, INVALID, "url: an http or https address of a versions endpoint")
    if not isinstance(roles, list) or not all(_is_role(role) for role in roles):
        raise Refusal(
            400, INVALID, "roles: each needs role, party_id, country_code, business_details.name"
        )
    return body


def _is_role(role: object) -> bool:
    return (
        isinstance(role, dict)
        and role.get("role") in {"CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP"}
        and isinstance(role.get("party_id"), str)
        and len(role["party_id"]) == 3  # noqa: PLR2004
        and isinstance(role.get("country_code"), str)
        and len(role["country_code"]) == 2  # noqa: PLR2004
        and isinstance(role.get("business_details"), dict)
        and isinstance(role["business_details"].get("name"), str)
    )


TOKEN_FIELDS = {
    "country_code": str,
    "party_id": str,
    "uid": str,
    "type": str,
    "contract_id": str,
    "issuer": str,
    "valid": bool,
    "whitelist": str,
    "last_updated": str,
}
"""The fields that a Token must have, and their types in JSON."""


def checked_token(body: object, country_code: str, party_id: str, uid: str, kind: str) -> Json:
    """Return a Token object that is put at this address if it is whole and is the one named."""
    if not isinstance(body, dict):
        raise Refusal(400, INVALID, "the body is no JSON object")
    missing = [name for name in TOKEN_FIELDS if body.get(name) is None]
    if missing:
        raise Refusal(400, NOT_ENOUGH, f"the token lacks {', '.join(missing)}")
    wrong = [name for name, kind_ in TOKEN_FIELDS.items() if not isinstance(body[name], kind_)]
    if wrong:
        raise Refusal(400, INVALID, f"of the wrong type: {', '.join(wrong)}")
    if body["whitelist"] not in {"ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"}:
        raise Refusal(400, INVALID, "whitelist: not a WhitelistType")
    if body["type"] not in {"AD_HOC_USER", "APP_USER", "OTHER", "RFID"}:
        raise Refusal(400, INVALID, "type: not a TokenType")
    read_moment(body["last_updated"], "last_updated")
    here = (country_code.upper(), party_id.upper(), uid.upper(), kind)
    named = (body["country_code"], body["party_id"], body["uid"])
    if (*(part.upper() for part in named), body["type"]) != here:
        raise Refusal(400, INVALID, "the token is not the one that the address names")
    return body
