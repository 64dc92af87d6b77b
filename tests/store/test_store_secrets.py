"""What must never lie in the database in clear."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.errors import InputError, NotFound, StoreError, UnknownWallet
from planner.model.token import Token, TokenType, Wallet
from planner.store.feeds import Source
from planner.store.issued import IssuedToken
from planner.store.store import Store

UID = "04A1B2C3D4E5F6"
TOKEN = Token(
    uid=UID, type=TokenType.RFID, contract_id="FR-ABC-C12345678-S", provider="FR*ABC", label="Blue"
)


def everything(tmp_path: Path) -> bytes:
    return b"".join(path.read_bytes() for path in (tmp_path / "home").glob("plugsure.sqlite*"))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'home' / 'plugsure.sqlite'}"


def test_a_wallet_comes_back_whole_and_its_uids_are_not_in_the_file(store: Store, tmp_path: Path):
    wallet = Wallet(id="anna", name="Anna", tokens=(TOKEN,), payment_card=True)
    store.wallets.save(Wallet(id="anna"))
    store.wallets.save(wallet)
    store.wallets.save(Wallet(id="bert"))
    assert store.wallets.get("anna") == wallet
    assert [w.id for w in store.wallets.all()] == ["anna", "bert"]
    assert UID.encode() not in everything(tmp_path)
    assert UID not in repr(store.wallets.get("anna"))
    store.wallets.remove("bert")
    for missing in ("bert", "nobody"):
        with pytest.raises(UnknownWallet):
            store.wallets.get(missing)
        with pytest.raises(UnknownWallet):
            store.wallets.remove(missing)
    with pytest.raises(InputError):
        store.wallets.save(Wallet())


def test_credentials_of_feeds_are_encrypted(store: Store, tmp_path: Path):
    store.feeds.add(Source(name="cpo", kind="ocpi"), {"token": "tok-C-secret"})
    assert store.feeds.credentials("cpo") == {"token": "tok-C-secret"}
    store.feeds.save_credentials("cpo", {"token": "tok-D-secret"})
    assert store.feeds.credentials("cpo") == {"token": "tok-D-secret"}
    assert store.feeds.credentials("file") == {}
    assert b"-secret" not in everything(tmp_path)


def test_the_key_file_is_for_its_owner_only(store: Store, tmp_path: Path):
    assert (tmp_path / "home" / "key").stat().st_mode & 0o777 == 0o600


def test_without_the_right_key_secrets_are_refused_and_the_rest_works(
    opened: Callable[[], Store], tmp_path: Path
):
    store = opened()
    store.wallets.save(Wallet(id="anna", tokens=(TOKEN,)))
    (tmp_path / "home" / "key").unlink()
    stranger = opened()
    with pytest.raises(StoreError, match="another key"):
        stranger.wallets.get("anna")
    assert stranger.snapshot().stations == ()
    (tmp_path / "home" / "key").write_text("no key")
    with pytest.raises(StoreError, match="holds no key"):
        opened()


def test_an_api_key_works_until_it_is_revoked_and_is_never_stored(store: Store, tmp_path: Path):
    key, secret = store.keys.create("dispatch", ("plan", "batch", "plan"), now=5.0)
    assert key.scopes == ("batch", "plan")
    assert store.keys.check(secret) == key
    assert store.keys.check(secret + "x") is None
    assert store.keys.check("") is None
    assert secret.encode() not in everything(tmp_path)
    store.keys.revoke(key.id, now=9.0)
    store.keys.revoke(key.id, now=10.0)
    assert store.keys.check(secret) is None
    assert [(k.name, k.revoked) for k in store.keys.all()] == [("dispatch", 9.0)]
    with pytest.raises(NotFound):
        store.keys.revoke("nope", now=1.0)
    with pytest.raises(InputError, match="unknown scope root"):
        store.keys.create("x", ("root",), now=1.0)
    with pytest.raises(InputError, match="needs a scope"):
        store.keys.create("x", (), now=1.0)


def test_a_token_has_another_name_in_each_installation_and_none_tells_its_uid(
    tmp_path: Path,
) -> None:
    token = Token(uid="04A1B2C3", type=TokenType.RFID, contract_id="C1", provider="DE*ABC")
    names = set()
    for home in ("one", "two", "one"):
        store = Store.open(f"sqlite:///{tmp_path / home / 's.sqlite'}", tmp_path / home / "key")
        store.wallets.save(Wallet(id="anna", tokens=(token,)))
        store.issued.save([IssuedToken(token=token)])
        held = store.wallets.get("anna")
        (issued,), _ = store.issued.page(since=None, until=None, offset=0, limit=1)
        assert held.tokens == (token,), "the name is no part of what a token is"
        assert held.tokens[0].public_name == issued.token.public_name
        assert held.digest != Wallet(tokens=(token,)).digest
        names.add(held.tokens[0].public_name)
        store.close()
    guessed = hashlib.sha256(b"DE*ABC|RFID|04A1B2C3").hexdigest()
    assert len(names) == 2
    assert not any(name in guessed or guessed[:16] in name for name in names)
