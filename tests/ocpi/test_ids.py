"""Ids are compared, checked and never refused."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.ocpi.ids import (
    ALPHABET,
    din_check_digit,
    iso_check_digit,
    normalise_contract_id,
    normalise_evse_id,
    party_of_evse_id,
    provider_of_contract_id,
    read_contract_id,
    read_evse_id,
)

CODES = st.text(ALPHABET, min_size=14, max_size=14)


@pytest.mark.parametrize(
    ("code", "digit"),
    [
        ("NN123ABCDEFGHI", "T"),
        ("FRXYZ123456789", "2"),
        ("ITA1B2C3E4F5G6", "4"),
        ("ESZU8WOX834H1D", "R"),
        ("PT73902837ABCZ", "Z"),
        ("DE83DUIEN83QGZ", "D"),
        ("DE83DUIEN83ZGQ", "M"),
        ("DE8AA001234567", "0"),
        ("NLTNM000122045", "U"),
    ],
)
def test_check_digits_of_iso_are_those_that_were_published(code: str, digit: str) -> None:
    assert iso_check_digit(code) == digit


@pytest.mark.parametrize(
    ("code", "digit"), [("INTNM000071", "9"), ("INTNM000110", "X"), ("NLTNM012204", "5")]
)
def test_check_digits_of_din_are_those_that_were_published(code: str, digit: str) -> None:
    assert din_check_digit(code) == digit


@given(CODES, st.integers(0, 13), st.sampled_from(ALPHABET))
def test_any_single_wrong_character_changes_the_check_digit(
    code: str, place: int, other: str
) -> None:
    wrong = code[:place] + other + code[place + 1 :]
    assert (iso_check_digit(wrong) == iso_check_digit(code)) == (wrong == code)


@given(CODES, st.integers(0, 12))
def test_any_swap_of_neighbours_changes_the_check_digit(code: str, place: int) -> None:
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert (iso_check_digit(swapped) == iso_check_digit(code)) == (swapped == code)


def test_a_code_of_another_length_has_no_check_digit() -> None:
    with pytest.raises(ValueError, match="14"):
        iso_check_digit("NLTNM")
    with pytest.raises(ValueError, match="11"):
        din_check_digit("nltnm012204")


@pytest.mark.parametrize(
    ("given_id", "normal", "party"),
    [
        ("NL*SPI*ECO01064*1", "NLSPIECO010641", "NL*SPI"),
        ("NL.SPI.ECO01064*1", "NLSPIECO010641", "NL*SPI"),
        ("nlspieco010641", "NLSPIECO010641", "NL*SPI"),
        ("NLALLEGO0049462", "NLALLEGO0049462", "NL*ALL"),
        ("DE*8AA*E1234567890", "DE8AAE1234567890", "DE*8AA"),
        ("+49*810*000*438", "+49*810*000*438", None),
        ("49*810*000*438", "+49*810*000*438", None),
        ("", "", None),
        ("garage left", "GARAGELEFT", None),
    ],
)
def test_evse_ids_are_compared_without_separators_and_case(
    given_id: str, normal: str, party: str | None
) -> None:
    assert normalise_evse_id(given_id) == normal
    assert party_of_evse_id(given_id) == party


def test_an_odd_evse_id_is_kept_as_given_with_a_warning() -> None:
    odd = read_evse_id("NL.SPI.ECO01064*1")
    assert (odd.given, odd.form) == ("NL.SPI.ECO01064*1", "iso")
    assert "'.'" in odd.warnings[0]
    assert read_evse_id("no id").warnings
    assert not read_evse_id("NL*TNM*E1").warnings


def test_no_two_evse_ids_of_the_dutch_feed_fall_together_that_are_apart(shared: Path) -> None:
    places: dict[str, set[tuple[float, float]]] = {}
    raw: dict[str, set[str]] = {}
    with gzip.open(shared / "chargers" / "nl-ocpi-locations.ndjson.gz") as lines:
        for number, line in enumerate(lines):
            if number % 4:
                continue
            location = json.loads(line)
            at = location["coordinates"]
            for evse in location["evses"]:
                if evse_id := evse.get("evse_id"):
                    key = normalise_evse_id(evse_id)
                    raw.setdefault(key, set()).add(evse_id)
                    places.setdefault(key, set()).add(
                        (round(float(at["longitude"]), 2), round(float(at["latitude"]), 2))
                    )
    merged = [key for key, ids in raw.items() if len(ids) > 1]
    assert len(raw) > 20_000
    assert all(len(places[key]) == 1 for key in merged)


@pytest.mark.parametrize(
    ("text", "form", "provider", "normal"),
    [
        ("NL-TNM-000122045-U", "iso", "NL*TNM", "NLTNM000122045"),
        ("nltnm000122045", "iso", "NL*TNM", "NLTNM000122045"),
        ("NL-TNM-012204-5", "din", "NL*TNM", "NLTNM000122045"),
        ("NL*TNM*012204*5", "din", "NL*TNM", "NLTNM000122045"),
        ("NLTNM012204", "din", "NL*TNM", "NLTNM000122045"),
        ("NL-TNM-C00122045-K", "iso", "NL*TNM", "NLTNMC00122045"),
        ("FR-ABC-C12345678-S", "iso", "FR*ABC", "FRABCC12345678"),
        ("DE8ACC12E46L89", "iso", "DE*8AC", "DE8ACC12E46L89"),
        ("04A1B2C3D4E5F6", "", None, "04A1B2C3D4E5F6"),
        ("customer 17", "", None, "CUSTOMER17"),
        ("", "", None, ""),
    ],
)
def test_contract_ids_of_both_norms_are_compared_in_one_form(
    text: str, form: str, provider: str | None, normal: str
) -> None:
    contract = read_contract_id(text)
    assert (contract.given, contract.form) == (text, form)
    assert provider_of_contract_id(text) == provider
    assert normalise_contract_id(text) == normal


def test_a_wrong_check_digit_warns_and_refuses_nothing() -> None:
    contract = read_contract_id("NL-TNM-000122045-X")
    assert contract.party == "NL*TNM"
    assert contract.warnings == ("the check digit is X and should be U",)
    assert not read_contract_id("NL-TNM-000122045-U").warnings


def test_the_repr_of_a_contract_id_does_not_give_it_away() -> None:
    assert "000122045" not in repr(read_contract_id("NL-TNM-000122045-U"))


@given(st.text(max_size=40))
def test_no_text_at_all_is_refused(text: str) -> None:
    assert isinstance(normalise_evse_id(text), str)
    assert isinstance(normalise_contract_id(text), str)
    read_evse_id(text)
    read_contract_id(text)
