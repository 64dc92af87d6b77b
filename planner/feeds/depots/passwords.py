"""Passwords of charge points: made here or given, and kept only as a salted scrypt hash.

OCPP's security profiles 1 and 2 send them by HTTP Basic authentication.
"""

import hashlib
import hmac
import secrets

from planner.errors import InputError

SHORTEST, LONGEST = 16, 40
"""Characters of a password. Source: OCPP 2.0.1 part 2, A00.FR.205 (BasicAuthPassword)."""

MADE_BYTES = 18
"""Random bytes of a password that is made here: 24 characters."""

_N, _R, _P = 1 << 14, 8, 1
"""Cost of scrypt: 16 MB and some 50 ms. Source: RFC 7914, section 2, for interactive logins."""

_SALT_BYTES = 16


def new_password() -> str:
    """Make a password."""
    return secrets.token_urlsafe(MADE_BYTES)


def hash_password(password: str) -> str:
    """Give what is kept of a password.

    Raises
    ------
    InputError
        If its length is not between `SHORTEST` and `LONGEST`.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            f"a charge point's password has {SHORTEST} to {LONGEST} characters",
            place="password",
            remedy="Leave it out to have one made",
        )
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"


def is_password(password: str, kept: str) -> bool:
    """Whether this is the password of which ``kept`` is the hash."""
    _, _, rest = kept.partition("$")
    salt, _, hashed = rest.partition("$")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)).hex(), hashed)


NOBODY = f"scrypt${'00' * _SALT_BYTES}${'00' * 32}"
"""The hash of no password: asked for unknown charge points, which then take as long to refuse."""


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)
