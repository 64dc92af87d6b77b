"""How sure it is that a token opens an EVSE, and what says so."""

from dataclasses import dataclass
from enum import IntEnum


class Grade(IntEnum):
    """Grades of access, best highest; only a grade at or above the mission's may carry a stop."""

    REFUSED = 0
    UNKNOWN = 1
    INDICATED = 2
    AD_HOC = 3
    CONTRACTED = 4
    VERIFIED = 5
    COMMITTED = 6

    @property
    def word(self) -> str:
        """The contract's word for it."""
        return self.name.lower()

    @classmethod
    def read(cls, word: str) -> "Grade":
        """Read the contract's word; ValueError names the words that are known."""
        try:
            return cls[word.upper()]
        except KeyError:
            known = ", ".join(grade.word for grade in reversed(cls))
            raise ValueError(f"{word!r} is no grade; known are {known}") from None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact: where it stands, its value, and when that was known (UTC epoch seconds)."""

    source: str
    field: str
    value: str
    as_of: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one rule, or all of them together, say of a token at an EVSE.

    ``rule`` is the rule's stable name. ``valid_until`` is when the evidence ends, None: open.
    ``token`` is the index in the wallet, -1 for the payment card. ``shared`` names what the grade
    rests on and may share with others (``operator:..``, ``hub:..``, ``token:..``).
    """

    grade: Grade
    rule: str
    evidence: tuple[Evidence, ...]
    token: int = -1
    valid_until: float | None = None
    warnings: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
