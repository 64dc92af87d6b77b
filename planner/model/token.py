"""What a driver holds to pay with."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum


class TokenType(StrEnum):
    """OCPI ``TokenType``; EMAID is a contract used by Plug and Charge (ISO 15118)."""

    RFID = "RFID"
    APP_USER = "APP_USER"
    AD_HOC_USER = "AD_HOC_USER"
    OTHER = "OTHER"
    EMAID = "EMAID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token. Its uid is a secret: ``repr`` masks it and nothing prints it.

    ``provider`` is ``CC*PPP`` of the eMSP that issued it. ``known_as`` is the name that an
    installation gives it, by a key of its own; empty where none did.
    """

    uid: str
    type: TokenType
    contract_id: str
    provider: str
    label: str = ""
    group_id: str = ""
    issuer: str = ""
    visual_number: str = ""
    valid: bool = True
    expires: float | None = None
    known_as: str = field(default="", compare=False)

    @property
    def masked(self) -> str:
        """The uid with all but its last two characters hidden."""
        return "••••" + self.uid[-2:] if len(self.uid) > 4 else "••••"  # noqa: PLR2004

    @property
    def digest(self) -> str:
        """A stable name for the token within a process (SHA-256, 16 hex digits).

        Who has it can find a short uid by trying them all: it is not to be given out.
        """
        return hashlib.sha256(f"{self.provider}|{self.type}|{self.uid}".encode()).hexdigest()[:16]

    @property
    def public_name(self) -> str:
        """What it is called in plans, ids and files; keyed wherever there is an installation."""
        return self.known_as or self.digest

    def __repr__(self) -> str:
        return f"Token({self.type} {self.masked} of {self.provider})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """The tokens and the payment card of a driver."""

    tokens: tuple[Token, ...] = ()
    payment_card: bool = False
    id: str = ""
    name: str = ""

    @property
    def digest(self) -> str:
        """A stable name for what the wallet opens, without any uid."""
        parts = [
            f"{t.public_name}|{t.valid}|{t.expires}|{t.group_id}|{t.contract_id}|{t.issuer}"
            f"|{t.visual_number}"
            for t in self.tokens
        ]
        text = ";".join(parts) + f";{self.payment_card}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]
