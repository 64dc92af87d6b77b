"""Digests of tokens at rest: keyed, found again, brought over from older databases."""

import hashlib
import json
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from planner.errors import StoreError
from planner.model.token import Token, TokenType
from planner.ocpi.charge_reading import contract_digest
from planner.ocpi.ids import normalise_contract_id
from planner.store import database
from planner.store.bodies import digest, encode
from planner.store.feeds import Source
from planner.store.issued import IssuedToken, SentToken
from planner.store.objects import Sent
from planner.store.snapshot import TokenEvidence
from planner.store.store import Store
from planner.store.vault import Vault
from tests.databases import bytes_at_rest

CONTRACT = "DE-PLG-C12345678-X"
TOKEN = Token(uid="04A1B2C3", type=TokenType.RFID, contract_id=CONTRACT, provider="DE*PLG")
ISSUED = IssuedToken(token=TOKEN, whitelist="ALWAYS", last_updated=5.0)
WORKED = TokenEvidence(
    token=TOKEN.digest,
    station_id="NL*ABC*1",
    evse_uid="1",
    party="NL*ABC",
    kind="succeeded",
    value="",
    at=9.0,
    until=None,
    source="CDR 1",
)
REFUSED = {**json.loads(encode(WORKED)), "token": "card", "kind": "refused", "at": 8.0}
TOLD = SentToken(digest=TOKEN.digest, last_updated=5.0, at=6.0, error="")

FEED = encode(Source(name="f", kind="ocpi"))
SENT = "feed, party, digest, last_updated, at, error"
OBJECT = "feed, module, name, last_updated, at, digest, body"
SESSION = b'{"uid":"04A1B2C3"}'

OLD_CONTRACT = hashlib.sha256(normalise_contract_id(CONTRACT).encode()).hexdigest()
UNKEYED = (
    *(one.encode() for one in (TOKEN.uid, TOKEN.digest)),
    *(one.encode() for one in (contract_digest(CONTRACT), OLD_CONTRACT[:16])),
    digest(SESSION),
)


def make_old(url: str, vault: Vault) -> None:
    """Make a database as it was before digests were disguised, with rows in it."""
    here = Path(database.__file__).parent
    config = Config()
    config.set_main_option("script_location", str(here))
    config.set_main_option("version_locations", str(here / "versions"))
    config.set_main_option("path_separator", "newline")
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    old = {k: v for k, v in json.loads(encode(WORKED)).items() if k != "contract"}
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
        for statement, values in (
            ("feeds (name, kind, body) VALUES ('f', 'ocpi', :b)", {"b": FEED}),
            (
                "issued (digest, contract, last_updated, body) VALUES (:d, :c, 5.0, :b)",
                {"d": TOKEN.digest, "c": OLD_CONTRACT, "b": vault.seal(encode(ISSUED))},
            ),
            (f"sent ({SENT}) VALUES (1, 'NL*ABC', :d, 5.0, 6.0, '')", {"d": TOKEN.digest}),
            (
                f"objects ({OBJECT}) VALUES (1, 'sessions', 's', 5.0, 6.0, :d, :b)",
                {"d": digest(SESSION), "b": vault.seal(SESSION)},
            ),
            *(
                (
                    "evidence (kind, at, body, sequence) VALUES ('evidence', :at, :b, 1)",
                    {"at": row["at"], "b": json.dumps(row).encode()},
                )
                for row in (old, REFUSED)
            ),
        ):
            connection.execute(text(f"INSERT INTO {statement}"), values)
    engine.dispose()


def check(store: Store) -> None:
    """Say that all that was known of the token still is."""
    assert store.issued.find([TOKEN.digest]) == ISSUED
    with store.database.reading() as connection:
        for known in ([TOKEN.digest], []):
            assert store.issued.known_by(connection, known, CONTRACT.lower()) == TOKEN
        assert store.issued.known_by(connection, ["0" * 16], "DE-PLG-C99999999-X") is None
    assert store.issued.told("f", "NL*ABC") == {TOKEN.digest: TOLD}
    evidence = store.snapshot().token_evidence
    assert {row.token for row in evidence} == {"card", TOKEN.digest}
    assert WORKED in evidence


def test_an_old_database_keeps_what_it_knew_and_loses_every_unkeyed_digest(
    url: str, tmp_path: Path
) -> None:
    make_old(url, Vault.open(tmp_path / "key"))
    with pytest.raises(StoreError, match="another key"):
        Store.open(url, tmp_path / "stranger")  # and leaves all as it is
    store = Store.open(url, tmp_path / "key")
    check(store)
    before = store.snapshot()
    with store.database.writing() as change:
        known = store.objects.read(change.connection, 1, "sessions", ["s"])
        again = {"s": Sent(json.loads(SESSION), 5.0, 7.0)}
        store.objects.write(change, 1, "sessions", again, known)
        assert store.objects.read(change.connection, 1, "sessions", ["s"]) == known
    store.issued.save([ISSUED])
    store.issued.record("f", "NL*ABC", [TOLD])
    store.knowledge.add_token_evidence([WORKED])
    check(store)
    after = store.snapshot(before)
    assert (len(after.token_evidence), after.hash == before.hash) == (3, False)
    assert store.issued.page(since=None, until=None, offset=0, limit=9) == ([ISSUED], 1)
    held = bytes_at_rest(store)
    assert [one for one in UNKEYED if one in held] == []


def test_with_another_key_nothing_known_of_cards_is_read_or_added(url: str, tmp_path: Path) -> None:
    store = Store.open(url, tmp_path / "key")
    store.issued.save([ISSUED])
    store.knowledge.add_token_evidence([WORKED])
    store.close()
    stranger = Store.open(url, tmp_path / "stranger")
    for attempt in (
        lambda: stranger.issued.find([TOKEN.digest]),
        lambda: stranger.issued.save([ISSUED]),
        lambda: stranger.knowledge.add_token_evidence([WORKED]),
        stranger.snapshot,
    ):
        with pytest.raises(StoreError, match="another key") as caught:
            attempt()
        assert "Restore the key" in caught.value.faults[0].remedy
        assert str(tmp_path / "stranger") in caught.value.faults[0].place
    stranger.close()
    again = Store.open(url, tmp_path / "key")
    assert again.snapshot().token_evidence == (WORKED,)
    again.close()


def test_equal_values_look_equal_for_one_purpose_and_key_only(tmp_path: Path) -> None:
    one, other = Vault.open(tmp_path / "one"), Vault.open(tmp_path / "other")
    names = {v.disguise("0123", p) for v in (one, other, one) for p in ("token", "contract")}
    assert len(names) == 4
    assert one.reveal(one.disguise("0123", "token"), "token") == "0123"
    with pytest.raises(StoreError, match="another key"):
        one.reveal(one.disguise("0123", "token"), "contract")
    assert one.disguise("", "token") == one.reveal("", "token") == ""
