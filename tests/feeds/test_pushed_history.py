"""What partners push of Sessions and CDRs is in the charging history, under our own cards."""

from dataclasses import replace
from typing import Any

import pytest

from planner.fleet.history import open_purse
from planner.model.token import Wallet
from planner.store.issued import IssuedToken
from planner.store.store import Store
from tests.feeds.partner import NEW, NEWER, Partner, add_partner, desk_of
from tests.feeds.test_pushed_records import CDR, LATER, SESSION, TOKEN

OLD_CDR = {
    "id": "C9",
    "start_date_time": NEW,
    "stop_date_time": NEWER,
    "auth_id": TOKEN.contract_id,
    "location": {"id": "LOC1", "evses": [{"uid": "1"}]},
    "currency": "EUR",
    "total_cost": 3.5,
    "total_energy": 12.5,
    "last_updated": NEWER,
}


@pytest.fixture
def cpo(store: Store) -> Partner:
    store.issued.save([IssuedToken(token=TOKEN)])
    return Partner(desk_of(store, lambda: LATER), add_partner(store, "cpo", "NL*TNM"))


def test_a_session_is_followed_until_its_cdr_takes_its_place(cpo: Partner, store: Store) -> None:
    cpo.ask("PUT", "sessions/NL/TNM/S1", {**SESSION, "status": "ACTIVE", "kwh": 1.0})
    cpo.ask("PATCH", "sessions/NL/TNM/S1", {"kwh": 12.5, "last_updated": NEW})
    (held,) = store.charges.all()
    assert (held.is_session, float(held.energy_kwh), held.token) == (True, 12.5, TOKEN.digest)
    cdr = {**CDR, "session_id": "S1", "currency": "EUR", "total_cost": {"excl_vat": 5}}
    assert cpo.ask("POST", "cdrs", cdr).status == 201
    assert cpo.ask("POST", "cdrs", cdr).code == 1000
    found = {charge.is_session: charge for charge in store.charges.all()}
    assert found[False].session_id == found[True].session_id == "S1"
    assert (found[False].source, found[False].token) == ("cpo", TOKEN.digest)


@pytest.mark.parametrize("more", [{}, {"auth_id": "depLGC12345678X"}])
def test_a_cdr_of_2_1_1_is_known_by_its_contract(
    cpo: Partner, store: Store, more: dict[str, Any]
) -> None:
    cpo.version = "2.1.1"
    assert cpo.ask("POST", "cdrs", {**OLD_CDR, **more}).status == 201
    (held,) = store.charges.all()
    assert (held.party, held.token, held.net, held.gross) == ("NL*TNM", TOKEN.digest, 3.5, None)


def test_a_card_of_another_provider_is_recognised_by_the_wallet_that_holds_it(
    cpo: Partner, store: Store
) -> None:
    token = {"country_code": "FR", "party_id": "XYZ", "uid": "aa11bb22", "type": "RFID"}
    cpo.ask("POST", "cdrs", {**CDR, "cdr_token": {**token, "contract_id": "FR-XYZ-C00000001-A"}})
    (held,) = store.charges.all()
    card = replace(TOKEN, uid="AA11BB22", provider="FR*XYZ", contract_id="FRXYZC00000001A")
    store.wallets.save(Wallet(id="w", tokens=(card,)))
    assert open_purse(store).recognise(held).token == card.digest


def test_a_record_that_cannot_be_read_is_kept_and_left_out_of_the_history(
    cpo: Partner, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    useless = {**CDR, "end_date_time": None}
    assert cpo.ask("POST", "cdrs", useless).status == 201
    assert list(store.charges.all()) == []
    assert "end_date_time is missing" in caplog.text
    assert TOKEN.uid not in caplog.text.upper()
