"""What takes a refusal back: a use of the token, and for a word of protocol a newer such word."""

import pytest

from planner.access.evidence import Records
from planner.store.snapshot import TokenEvidence

PARTY, STATION = "NL*AAA", "NL*AAA*1"


def told(kind: str, at: float, value: str = "") -> TokenEvidence:
    return TokenEvidence(
        token="t",
        station_id=STATION,
        evse_uid="1",
        party=PARTY,
        kind=kind,
        value=value,
        at=at,
        until=None,
        source="test",
    )


@pytest.mark.parametrize(
    ("word", "later", "is_lifted"),
    [
        ("", told("succeeded", 2), True),
        ("", told("authorized", 2, "ALLOWED"), False),
        ("", told("reserved", 2, "ACCEPTED"), False),
        ("NO_CREDIT", told("succeeded", 2), True),
        ("NO_CREDIT", told("authorized", 2, "ALLOWED"), True),
        ("NO_CREDIT", told("authorized", 2, "BLOCKED"), False),
        ("REJECTED", told("reserved", 2, "ACCEPTED"), True),
        ("REJECTED", told("reserved", 0, "ACCEPTED"), False),
    ],
)
def test_a_refusal_stands_until_it_is_taken_back(
    word: str, later: TokenEvidence, *, is_lifted: bool
) -> None:
    records = Records([told("refused", 1, word), later], now=3)
    here, elsewhere = records.at_evse(PARTY, STATION, "1"), records.at_evse(PARTY, "NL*AAA*2", "1")
    assert (here.refused_here is None) == is_lifted
    assert (elsewhere.refused_at_party is None) == is_lifted
    assert elsewhere.refused_here is None
