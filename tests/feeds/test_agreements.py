"""Roaming agreements and retail prices from CSV files as people write them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from planner.errors import DataError
from planner.feeds.agreements import (
    import_agreements,
    import_prices,
    read_agreements,
    read_prices,
)
from planner.store.store import Store


def epoch(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


@pytest.fixture
def write(tmp_path: Path):
    def write_file(text: str) -> Path:
        path = tmp_path / "a.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def test_agreements_are_read_with_their_source(write):
    table = read_agreements(
        write(
            "emsp,cpo,via,valid_from,valid_to,token_types\n"
            "NL*MSP,NL*ABC,,2026-01-01,2026-07-01T02:00:00+02:00,RFID APP_USER\n"
            "nl-msp,*,DE*HUB,,,\n"
        ),
        now=5.0,
    )
    assert table.faults == ()
    first, second = table.rows
    assert (first.emsp, first.cpo, first.via) == ("NL*MSP", "NL*ABC", "")
    assert first.valid_from == epoch(2026, 1, 1)
    assert first.valid_to == epoch(2026, 7, 1)
    assert first.token_types == ("APP_USER", "RFID")
    assert (first.source, first.as_of) == ("a.csv:2", 5.0)
    assert (second.emsp, second.cpo, second.via) == ("NL*MSP", "*", "DE*HUB")
    assert (second.valid_from, second.valid_to, second.token_types) == (None, None, ())


def test_columns_may_stand_in_any_order_case_and_with_semicolons(write):
    table = read_agreements(
        write("﻿CPO ;Valid From;EMSP;remark\r\nNL*ABC;2026-01-01;nlmsp;hello\r\n"), now=0.0
    )
    assert table.faults == ()
    assert table.rows[0].emsp == "NL*MSP"
    assert table.rows[0].valid_from == epoch(2026, 1, 1)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("NLMSPX,NL*ABC,,,,", "emsp"),
        ("*,NL*ABC,,,,", "emsp"),
        ("NL*MSP,,,,,", "cpo"),
        ("NL*MSP,NL*ABC,hub,,,", "via"),
        ("NL*MSP,NL*ABC,,01.02.2026,,", "valid_from"),
        ("NL*MSP,NL*ABC,,2026-02-01T00:00:00,,", "valid_from"),
        ("NL*MSP,NL*ABC,,2026-02-01,2026-02-01,", "valid_to"),
        ("NL*MSP,NL*ABC,,,,RFID CARD", "token_types"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column_and_the_good_ones_stay(write, cells, column):
    table = read_agreements(
        write(
            "emsp,cpo,via,valid_from,valid_to,token_types\n"
            f"NL*MSP,NL*ABC,,,,\n{cells}\nNL*MSP,NL*XYZ,,,,\n"
        ),
        now=0.0,
    )
    assert [row.cpo for row in table.rows] == ["NL*ABC", "NL*XYZ"]
    assert [fault.place for fault in table.faults] == [f"a.csv:3:{column}"]


def test_prices_are_exact_and_an_empty_amount_is_not_charged(write):
    table = read_prices(
        write(
            "emsp;cpo;currency;per_kwh;per_min;per_session;idle_per_min;power_min_kw;"
            "power_max_kw;valid_from;valid_to\n"
            "NL*MSP;*;eur;0,590;;1e-2;0.1;50;;2026-01-01;\n"
        )
    )
    assert table.faults == ()
    price = table.rows[0]
    assert (price.per_kwh, price.per_min, price.per_session) == ("0.590", "0", "0.01")
    assert price.idle_per_min == "0.1"
    assert (price.currency, price.power_min_kw, price.power_max_kw) == ("EUR", 50.0, None)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("NL*MSP,*,EURO,0.5,,,", "currency"),
        ("NL*MSP,*,EUR,free,,,", "per_kwh"),
        ("NL*MSP,*,EUR,-1,,,", "per_kwh"),
        ("NL*MSP,*,EUR,NaN,,,", "per_kwh"),
        ("NL*MSP,*,EUR,,,,", "per_kwh"),
        ("NL*MSP,*,EUR,1,,many,", "power_min_kw"),
        ("NL*MSP,*,EUR,1,,50,50", "power_max_kw"),
    ],
)
def test_a_bad_price_is_named_by_line_and_column(write, cells, column):
    table = read_prices(
        write(
            "emsp,cpo,currency,per_kwh,per_min,power_min_kw,power_max_kw\n"
            f"{cells}\nNL*MSP,NL*ABC,EUR,0,,,\n"
        )
    )
    assert len(table.rows) == 1
    assert [fault.place for fault in table.faults] == [f"a.csv:2:{column}"]


def test_a_file_of_something_else_changes_nothing(write, tmp_path: Path):
    store = Store.open(f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path / "key")
    import_agreements(store, write("emsp,cpo\nNL*MSP,NL*ABC\n"), now=1.0)
    for text, why in [
        ("a,b\n1,2\n", "lacks emsp, cpo"),
        ("", "empty"),
        ("emsp,cpo\nx,y\n1,2\n", "no party"),
    ]:
        with pytest.raises(DataError, match=why):
            import_agreements(store, write(text), now=2.0)
    assert [row.cpo for row in store.knowledge.agreements()] == ["NL*ABC"]
    import_prices(store, write("emsp,cpo,currency,per_kwh\nNL*MSP,NL*ABC,EUR,0.5\n"))
    assert store.snapshot().prices == store.knowledge.prices()
    assert len(store.snapshot().agreements) == 1
    import_agreements(store, write("emsp,cpo\n"), now=3.0)
    assert store.knowledge.agreements() == ()
    store.close()


def test_a_file_that_is_no_utf_8_is_said(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes("emsp,cpo,remark\nNL*MSP,NL*ABC,Köln\n".encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        read_agreements(path, now=0.0)
