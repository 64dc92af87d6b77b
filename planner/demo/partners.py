"""Who may talk to a peer of the demo: the one-time bootstrap token, then the registered partner.

Transitions of one connection, and nothing else changes them:

    armed ──POST with the bootstrap token──► registered   (the bootstrap token is spent)
    registered ──PUT──► registered                         (both tokens are new)
    registered ──DELETE──► armed                           (its operator hands the token out again)

A start with a stored registration is both: the partner's token works, and so does a new bootstrap
token, by which a partner that lost its own registers anew.
"""

import base64
import binascii
import hmac
import json
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
TOKEN_VARIABLE = "PLUGSURE_DEMO_TOKEN"  # noqa: S105 -- a name, not the token
"""The environment variable by which the server is told the bootstrap token."""


@dataclass(frozen=True, slots=True)
class Partner:
    """A registered partner: the token it uses here, its own credentials, and its endpoints."""

    token: str
    credentials: Json
    endpoints: tuple[Json, ...]

    def __repr__(self) -> str:
        return f"Partner({self.credentials.get('url')})"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: a partner, or one who holds the bootstrap token only."""

    partner: Partner | None


class Partners:
    """The partner of each connection; kept in a file where one is given. Safe between threads."""

    def __init__(self, connections: tuple[str, ...], bootstrap: str, path: Path | None) -> None:
        self.bootstrap = bootstrap
        self._path = path
        self._lock = threading.Lock()
        self._armed = set(connections)
        self._partners: dict[str, Partner] = _read(path) if path else {}

    def caller(self, connection: str, authorization: str | None) -> Caller | None:
        """Return who an ``Authorization`` header stands for, None if nobody.

        OCPI 2.2.1 has the token in Base64 after the word ``Token``.
        """
        token = _token(authorization)
        if token is None:
            return None
        with self._lock:
            partner = self._partners.get(connection)
            if partner is not None and hmac.compare_digest(partner.token, token):
                return Caller(partner)
            if connection in self._armed and hmac.compare_digest(self.bootstrap, token):
                return Caller(None)
        return None

    def register(self, connection: str, credentials: Json, endpoints: tuple[Json, ...]) -> str:
        """Keep a partner's credentials and return the new token that it shall use from now on."""
        partner = Partner(secrets.token_urlsafe(32), credentials, endpoints)
        with self._lock:
            self._partners[connection] = partner
            self._armed.discard(connection)
            self._write()
        return partner.token

    def unregister(self, connection: str) -> None:
        """Forget the partner; the bootstrap token works again."""
        with self._lock:
            self._partners.pop(connection, None)
            self._armed.add(connection)
            self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        held = {
            name: {"token": p.token, "credentials": p.credentials, "endpoints": list(p.endpoints)}
            for name, p in self._partners.items()
        }
        fresh = self._path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(held), encoding="utf-8")
        fresh.replace(self._path)


def _token(authorization: str | None) -> str | None:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme != "Token":
        return None
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None


def _read(path: Path) -> dict[str, Partner]:
    """Read the kept partners; a file that cannot be read means that all register anew."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Partner(body["token"], body["credentials"], tuple(body["endpoints"]))
            for name, body in held.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
