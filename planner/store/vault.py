"""Secrets at rest: credentials and token uids are encrypted with a key that lies in the home.

Source: Fernet (AES-128-CBC with HMAC-SHA256), as in the package ``cryptography``.
"""

import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from planner.errors import StoreError


class Vault:
    """Seals and opens bytes with one key; its ``repr`` says nothing of it."""

    def __init__(self, key: bytes, place: str) -> None:
        self._fernet = Fernet(key)
        self._naming = hmac.digest(key, b"names", "sha256")
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
