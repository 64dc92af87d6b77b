"""Who may come in: API keys with scopes, and the rate at which each may ask."""

import hashlib
import ipaddress
from dataclasses import dataclass

from flask import Request

from planner.faces.api.limits import Buckets
from planner.faces.api.options import ApiOptions
from planner.faces.api.problems import Refused
from planner.store.keys import Keys

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
"""Headers by which a proxy shows itself: then the loopback address tells nothing of the caller."""

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="plugsure"'}


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets requests in."""

    keys: Keys
    options: ApiOptions
    buckets: Buckets

    def admit(self, request: Request, scope: str | None) -> str:
        """Let a request in and return a name for its caller, or raise `Refused`.

        ``scope`` None needs no key. The scope ``admin`` includes all others.
        """
        secret = _bearer(request)
        caller = _caller(request, secret)
        self._slow_down(caller)
        if scope is None:
            return caller
        if secret is None:
            if self.options.open_to_loopback and is_local(request):
                return caller
            raise Refused(401, "key-needed", "send Authorization: Bearer KEY", CHALLENGE)
        key = self.keys.check(secret)
        if key is None:
            self._slow_down(_caller(request, None))  # guessing many keys is one caller's doing
            raise Refused(401, "key-unknown", "there is no such key, or it was revoked", CHALLENGE)
        if scope not in key.scopes and "admin" not in key.scopes:
            raise Refused(403, "scope-missing", f"the key lacks the scope {scope}")
        return f"key:{key.id}"

    def _slow_down(self, caller: str) -> None:
        wait_s = self.buckets.take(caller)
        if wait_s:
            raise Refused(
                429,
                "too-many-requests",
                f"try again in {wait_s:.0f} seconds",
                {"Retry-After": f"{wait_s:.0f}"},
            )


def _bearer(request: Request) -> str | None:
    header = request.headers.get("Authorization", "")
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return None
    return secret.strip()


def _caller(request: Request, secret: str | None) -> str:
    if secret is None:
        return f"address:{request.remote_addr}"
    return f"secret:{hashlib.sha256(secret.encode()).hexdigest()[:16]}"


def is_local(request: Request) -> bool:
    """Say whether a request comes from this very machine, and through no proxy.

    The host asked for must be this machine too: a page elsewhere whose name was pointed at the
    loopback address (DNS rebinding) is not let in.
    """
    if any(name in request.headers for name in FORWARDED):
        return False
    name = request.host.rpartition(":")[0] if not request.host.endswith("]") else request.host
    if (name or request.host).strip("[]") not in LOCAL_NAMES:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
