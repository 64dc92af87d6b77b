"""Secrets at rest: credentials and token uids are encrypted with a key that lies in the home.

Source: Fernet (AES-128-CBC with HMAC-SHA256), as in the package ``cryptography``; for what is
searched by or compared, AES-SIV (RFC 5297) with a key of its own, derived by HKDF (RFC 5869).
"""

import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from planner.errors import StoreError

_DISGUISE_KEY_BYTES = 64
"""Both halves of AES-SIV with 256 bits each."""


class Vault:
    """Seals and opens bytes with one key; its ``repr`` says nothing of it."""

    def __init__(self, key: bytes, place: str) -> None:
        self._fernet = Fernet(key)
        self._naming = hmac.digest(key, b"names", "sha256")
        derived = HKDF(SHA256(), _DISGUISE_KEY_BYTES, salt=None, info=b"plugsure disguises")
        self._disguising = AESSIV(derived.derive(key))
        self._place = place

    @classmethod
    def open(cls, key_file: Path) -> "Vault":
        """Read the key, or make one that only the owner may read.

        Raises
        ------
        StoreError
            If the file cannot be read or written, or holds no key.
        """
        try:
            key = _read_or_make(key_file)
        except OSError as error:
            raise StoreError(
                f"the key file cannot be used: {error.strerror}",
                place=str(key_file),
                remedy="Check that PLUGSURE_HOME is a folder that you may write to.",
            ) from error
        try:
            return cls(key, str(key_file))
        except ValueError as error:
            raise StoreError(
                "the file holds no key",
                place=str(key_file),
                remedy="Restore the key; without it stored credentials and wallets are lost.",
            ) from error

    def name(self, secret: bytes) -> str:
        """Name a secret: the same by the same key, and nothing to anyone without it.

        Source: HMAC-SHA256, by a key derived from the vault's.
        """
        return hmac.digest(self._naming, secret, "sha256").hex()

    def disguise(self, value: str, purpose: str) -> str:
        """Encrypt a short value so that the same gives the same: it can be searched by.

        Parameters
        ----------
        purpose : str
            What kind of value it is: equal values of two kinds do not look alike.

        Returns
        -------
        str
            Hex digits, twice 16 bytes more than the value has; empty for the empty value.
        """
        if not value:
            return ""
        return self._disguising.encrypt(value.encode(), [purpose.encode()]).hex()

    def reveal(self, disguised: str, purpose: str) -> str:
        """Give the value that `disguise` was given; StoreError if that was with another key."""
        if not disguised:
            return ""
        try:
            return self._disguising.decrypt(bytes.fromhex(disguised), [purpose.encode()]).decode()
        except (InvalidTag, ValueError) as error:
            raise StoreError(
                "what is known of cards was written with another key",
                place=self._place,
                remedy="Restore the key that belongs to this database. If it is lost, begin with "
                "an empty database: what cards open, and what refused them, cannot be read.",
            ) from error

    def seal(self, secret: bytes) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(secret)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt what `seal` gave; StoreError if it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise StoreError(
                "a secret in the database was sealed with another key",
                place=self._place,
                remedy="Restore the key that belongs to this database, or add the feed again.",
            ) from error


def _read_or_make(key_file: Path) -> bytes:
    key_file.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and linked into place: of two processes one wins, and nobody reads half a key.
    draft = key_file.with_name(f"{key_file.name}.{os.getpid()}")
    if not key_file.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, Fernet.generate_key())
        finally:
            os.close(descriptor)
        try:
            os.link(draft, key_file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return key_file.read_bytes().strip()
