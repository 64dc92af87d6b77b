"""A card whose contract changed under the same uid inherits no promise, and sheds no refusal."""

from dataclasses import replace

import pytest

from planner.access.evidence import NOTHING, Records
from planner.store.snapshot import TokenEvidence

PARTY, STATION = "NL*AAA", "NL*AAA*1"
FORMER, NOW_HELD = "aaaa", "bbbb"


def told(kind: str, at: float, contract: str, value: str = "") -> TokenEvidence:
    return TokenEvidence(
        token="t",
        station_id="" if kind == "whitelisted" else STATION,
        evse_uid="" if kind == "whitelisted" else "1",
        party=PARTY,
        kind=kind,
        value=value,
        at=at,
        until=9.0,
        source="test",
        contract=contract,
    )


PROMISES = [
    told("succeeded", 1, FORMER),
    told("authorized", 1, FORMER, "ALLOWED"),
    told("reserved", 1, FORMER, "ACCEPTED"),
    told("whitelisted", 1, FORMER, "ALWAYS/valid"),
]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda item: item.kind)
def test_what_a_former_contract_was_promised_is_not_promised_to_the_new_one(
    promise: TokenEvidence,
) -> None:
    def known(held: str, told: TokenEvidence) -> object:
        return Records([told], 3, held).at_evse(PARTY, STATION, "1")

    assert known(NOW_HELD, promise) == NOTHING
    assert known(FORMER, promise) != NOTHING
    assert known("", promise) != NOTHING
    assert known(NOW_HELD, replace(promise, contract="")) != NOTHING


def test_a_copy_that_is_not_valid_forbids_whatever_contract_it_names() -> None:
    copies = [told("whitelisted", 1, NOW_HELD, "ALWAYS/valid")]
    copies.append(told("whitelisted", 2, FORMER, "ALWAYS/invalid"))
    assert Records(copies, 3, NOW_HELD).at_party(PARTY).whitelisted == copies[-1]


@pytest.mark.parametrize(
    ("refused", "worked", "is_lifted"),
    [
        (FORMER, FORMER, True),
        (FORMER, NOW_HELD, True),
        (FORMER, "", True),
        (NOW_HELD, NOW_HELD, True),
        (NOW_HELD, FORMER, False),
        (FORMER, None, False),
    ],
)
def test_only_a_use_with_the_contract_that_counts_lifts_a_refusal(
    refused: str, worked: str | None, *, is_lifted: bool
) -> None:
    rows = [told("refused", 1, refused)]
    rows += [] if worked is None else [told("succeeded", 2, worked)]
    here = Records(rows, 3, NOW_HELD).at_evse(PARTY, STATION, "1")
    assert (here.refused_here is None) == is_lifted


def test_a_lifted_refusal_hides_none_that_stands() -> None:
    rows = [told("refused", 1, NOW_HELD), told("refused", 2, FORMER), told("succeeded", 3, FORMER)]
    here = Records(rows, 4, NOW_HELD).at_evse(PARTY, STATION, "1")
    assert here.refused_here == rows[0]
