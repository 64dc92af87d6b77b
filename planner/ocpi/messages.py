"""The envelope, versions, endpoints and credentials, read tolerantly and written strictly.

A reader takes what real servers send (unknown fields, explicit nulls, 2.1.1's flat credentials)
and refuses what cannot be acted on with a `FeedError` that names its place. Tokens never stand
in a ``repr``, a message or a URL.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from planner.errors import FeedError
from planner.ocpi.times import write_time

SERVED = ("2.3.0", "2.2.1", "2.1.1")
"""Versions that we serve, best first: registering needs one that both sides serve."""

SPOKEN = ("2.3.0", "2.2.1", "2.2", "2.1.1")
"""Versions that can be read, best first."""

SUCCESS = 1000
CLIENT_ERROR = 2000
INVALID_PARAMETERS = 2001
NOT_ENOUGH = 2002
UNKNOWN_LOCATION = 2003
UNKNOWN_TOKEN = 2004
SERVER_ERROR = 3000
CLIENT_API_UNUSABLE = 3001
UNSUPPORTED_VERSION = 3002
NO_MATCHING_ENDPOINTS = 3003
HUB_ERROR = 4000
UNKNOWN_RECEIVER = 4001
HUB_TIMEOUT = 4002
NOT_CONNECTED = 4003
"""Source: OCPI 2.2.1, status codes."""

_SAID_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every OCPI response carries; ``data`` is still as JSON gave it."""

    status_code: int
    status_message: str
    data: Any


@dataclass(frozen=True, slots=True)
class Version:
    """A version that a party serves, and where its details are."""

    version: str
    url: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a module is served; ``role`` SENDER owns the objects, RECEIVER takes them."""

    identifier: str
    role: str
    url: str


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """The endpoints of one version."""

    version: str
    endpoints: tuple[Endpoint, ...]

    def url_of(self, identifier: str, role: str = "SENDER") -> str | None:
        """Give the URL of a module in a role, None where the party does not serve it.

        2.1.1 knows no roles: there the only endpoint of that name counts.
        """
        named = [e for e in self.endpoints if e.identifier == identifier]
        return next((e.url for e in named if e.role in (role, "")), None)


@dataclass(frozen=True, slots=True)
class Role:
    """One hat of a platform: CPO, EMSP, HUB, NAP, NSP, OTHER, PTP or SCSP, of one party."""

    role: str
    country_code: str
    party_id: str
    name: str = ""
    website: str = ""

    @property
    def party(self) -> str:
        """``CC*PPP``."""
        return f"{self.country_code}*{self.party_id}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token to call a platform with, where its versions are, and whom it speaks for."""

    token: str = field(repr=False)
    url: str
    roles: tuple[Role, ...] = ()


def read_envelope(body: bytes, *, place: str) -> Envelope:
    """Read a response body.

    A bare list or object is taken as the data, since some servers leave the envelope out.

    Raises
    ------
    FeedError
        If the body is no JSON; ``place`` names the URL.
    """
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FeedError(
            f"the answer is no JSON ({error}); it begins {_begin(body)}",
            place=place,
            remedy="Check that the address is that of an OCPI endpoint, and ask its operator",
        ) from None
    if isinstance(raw, Mapping) and "status_code" in raw:
        code = raw["status_code"]
        message = raw.get("status_message")
        if not isinstance(code, int) or isinstance(code, bool):
            raise FeedError(
                f"the status_code is {_short(code)}, not a number",
                place=place,
                remedy="Ask the operator of the feed to answer as OCPI says",
            )
        return Envelope(code, message if isinstance(message, str) else "", raw.get("data"))
    return Envelope(SUCCESS, "", raw)


def write_envelope(
    data: Any, *, now: float, status_code: int = SUCCESS, message: str = ""
) -> bytes:
    """Write a response body; ``now`` is UTC epoch seconds."""
    body: dict[str, Any] = {"status_code": status_code, "timestamp": write_time(now)}
    if message:
        body["status_message"] = message
    if data is not None:
        body["data"] = data
    return msgspec.json.encode(body)


def demand_success(envelope: Envelope, *, place: str) -> Any:
    """Give the data of a successful answer, or raise what the other side said."""
    if SUCCESS <= envelope.status_code < CLIENT_ERROR:
        return envelope.data
    side = "our request" if envelope.status_code < SERVER_ERROR else "a fault of its own"
    said = f": {_short(envelope.status_message)}" if envelope.status_message else ""
    raise FeedError(
        f"the party answered OCPI status {envelope.status_code}, naming {side}{said}",
        place=place,
        remedy="Check the token and the version with the operator of the feed",
    )


def read_versions(data: Any, *, place: str) -> tuple[Version, ...]:
    """Read the list of versions; entries without version or URL are left out.

    Some parties wrap the list, as ``{"versions": [...]}``.
    """
    listed = data.get("versions") if isinstance(data, Mapping) else data
    entries = listed if isinstance(listed, list) else []
    versions = tuple(
        Version(entry["version"].strip(), entry["url"].strip())
        for entry in entries
        if isinstance(entry, Mapping) and _are_texts(entry, "version", "url")
    )
    if not versions:
        raise FeedError(
            "the answer lists no versions",
            place=place,
            remedy="Give the address of the versions endpoint, which often ends in /versions",
        )
    return versions


def choose_version(
    versions: Sequence[Version], *, place: str, spoken: Sequence[str] = SPOKEN
) -> Version:
    """Choose the first of ``spoken`` that is offered; FeedError names what the party offers."""
    for wanted in spoken:
        for version in versions:
            if version.version == wanted:
                return version
    offered = ", ".join(_short(v.version) for v in versions)
    raise FeedError(
        f"the party speaks OCPI {offered}, and Plugsure {', '.join(spoken)}",
        place=place,
        remedy="Ask the operator of the feed for OCPI 2.2.1",
    )


def read_version_detail(data: Any, *, place: str) -> VersionDetail:
    """Read the endpoints of a version; entries that are incomplete are left out."""
    raw = data if isinstance(data, Mapping) else {}
    entries = raw.get("endpoints")
    endpoints = tuple(
        Endpoint(
            entry["identifier"].strip().lower(),
            str(entry.get("role") or "").upper(),
            entry["url"].strip(),
        )
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping) and _are_texts(entry, "identifier", "url")
    )
    if not endpoints:
        raise FeedError(
            "the version's details list no endpoints",
            place=place,
            remedy="Ask the operator of the feed which modules the token may use",
        )
    return VersionDetail(str(raw.get("version") or ""), endpoints)


def write_version_detail(detail: VersionDetail) -> dict[str, Any]:
    """Write a version's details as JSON values."""
    return {
        "version": detail.version,
        "endpoints": [
            {"identifier": e.identifier, **({"role": e.role} if e.role else {}), "url": e.url}
            for e in detail.endpoints
        ],
    }


def read_credentials(data: Any, *, place: str) -> Credentials:
    """Read credentials of 2.2 and newer (with roles) or of 2.1.1 (one party, flat)."""
    if not isinstance(data, Mapping) or not _are_texts(data, "token", "url"):
        raise FeedError(
            "the credentials have no token or no url",
            place=place,
            remedy="Ask the operator of the feed to answer as OCPI's credentials module says",
        )
    entries = data.get("roles")
    raw = entries if isinstance(entries, list) else [{**data, "role": data.get("role", "")}]
    roles = tuple(
        _read_role(entry)
        for entry in raw
        if isinstance(entry, Mapping) and _are_texts(entry, "country_code", "party_id")
    )
    return Credentials(data["token"].strip(), data["url"].strip(), roles)


def _read_role(raw: Mapping[str, Any]) -> Role:
    details = raw.get("business_details")
    named = details if isinstance(details, Mapping) else {}
    return Role(
        str(raw.get("role") or "").upper(),
        raw["country_code"].strip().upper(),
        raw["party_id"].strip().upper(),
        str(named.get("name") or ""),
        str(named.get("website") or ""),
    )


def write_credentials(credentials: Credentials, version: str) -> dict[str, Any]:
    """Write credentials as JSON values, in the shape of the version."""
    roles = [
        {
            "role": role.role,
            "country_code": role.country_code,
            "party_id": role.party_id,
            "business_details": {
                "name": role.name or role.party,
                **({"website": role.website} if role.website else {}),
            },
        }
        for role in credentials.roles
    ]
    whole: dict[str, Any] = {"token": credentials.token, "url": credentials.url}
    if version.startswith("2.1"):
        first = {key: value for key, value in roles[0].items() if key != "role"} if roles else {}
        return {**whole, **first}
    return {**whole, "roles": roles}


def authorization(token: str, *, encoded: bool) -> str:
    """Write the Authorization header: Base64 from 2.2 on, raw in 2.1.1.

    Source: OCPI 2.2.1, transport and format, authorization; 2.1.1 sends the token as it is.
    """
    text = base64.b64encode(token.encode()).decode() if encoded else token
    return f"Token {text}"


def tokens_of(header: str) -> tuple[str, ...]:
    """Give what a received Authorization header may mean: decoded first, then as it stands.

    Parties confuse the two forms, so a receiver tries both, and takes off the newline that some
    encode along with the token. Empty without a token.
    """
    scheme, _, text = header.strip().partition(" ")
    text = text.strip()
    if scheme.lower() != "token" or not text:
        return ()
    try:
        decoded = base64.b64decode(text, validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return (text,)
    return (decoded, text) if decoded else (text,)


def _are_texts(raw: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(raw.get(name), str) and raw[name].strip() for name in names)


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _SAID_CHARACTERS else text[:_SAID_CHARACTERS] + "…"


def _begin(body: bytes) -> str:
    """Show how a body begins, so that a login page or a proxy's error is known at once."""
    text = " ".join(body[:80].decode("utf-8", "replace").split())
    return repr(text[:60]) if text else "with nothing"
