"""What is odd is found, what is sound is left alone, and each anomaly has its figure and cost."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from planner.fleet.anomalies import Anomaly
from planner.fleet.history import History
from planner.fleet.judging import find_anomalies
from planner.formats.bill_json import anomaly_to_json
from tests.fleet.seeded import KINDS, NOW, make_history


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, set[tuple[str, str]]]:
    return make_history(tmp_path_factory.mktemp("month"), 400, seed=11, faulty=0.3)


@pytest.fixture(scope="module")
def found(month: tuple[History, set[tuple[str, str]]]) -> tuple[Anomaly, ...]:
    return find_anomalies(month[0], NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_sown_faults_are_found_and_sound_charges_are_not_accused(
    month: tuple[History, set[tuple[str, str]]], found: tuple[Anomaly, ...], kind: str
) -> None:
    sown = {name for name, of in month[1] if of == kind}
    told = {one.entry.charge.id for one in found if one.kind == kind}
    assert len(sown) >= 5
    assert len(sown & told) >= 0.8 * len(sown), sorted(sown - told)
    assert len(sown & told) >= 0.9 * len(told), sorted(told - sown)


def test_a_month_without_faults_is_left_alone(tmp_path: Path) -> None:
    history, truth = make_history(tmp_path, 120, seed=5, faulty=0.0)
    assert truth == set()
    assert [one.says for one in find_anomalies(history, NOW)] == []


def by_kind(found: tuple[Anomaly, ...], kind: str) -> list[Anomaly]:
    return [one for one in found if one.kind == kind]


def test_idling_costs_what_the_tariff_asks_for_it(found: tuple[Anomaly, ...]) -> None:
    for one in by_kind(found, "idle_after_full"):
        # 0.10 a minute and 21 % VAT; the post's clock counts seconds.
        assert one.cost == pytest.approx(
            Decimal(repr(one.figure)) * Decimal("0.121"), abs=Decimal("0.02")
        )


def test_a_raised_price_costs_its_excess_over_the_tariff(found: tuple[Anomaly, ...]) -> None:
    for one in by_kind(found, "price_above_tariff"):
        assert one.expected is not None
        over = Decimal(repr(round(one.figure - one.expected, 4)))
        assert one.cost == pytest.approx(over, abs=Decimal("0.011"))


def test_a_card_that_is_not_good_costs_the_whole_charge(found: tuple[Anomaly, ...]) -> None:
    odd = by_kind(found, "expired_card") + by_kind(found, "foreign_card")
    assert all(one.cost == one.entry.charge.gross for one in odd)


def test_the_dearest_comes_first(found: tuple[Anomaly, ...]) -> None:
    costs = [one.cost or Decimal(0) for one in found]
    assert costs == sorted(costs, reverse=True)


def test_no_uid_of_any_card_stands_in_a_report(
    month: tuple[History, set[tuple[str, str]]], found: tuple[Anomaly, ...]
) -> None:
    text = json.dumps([anomaly_to_json(one, month[0].purse) for one in found])
    assert "04A1B2C3" not in text.upper()
    cards = Counter(anomaly_to_json(one, month[0].purse)["card"] for one in found)
    assert all("••••" in card for card in cards)
