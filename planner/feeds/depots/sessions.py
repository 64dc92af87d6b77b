"""Keeps transactions, and the OCPI Sessions that they are, beside those of other operators.

A transaction is kept as facts (module ``transactions``), shown as a Session (module ``sessions``)
and stands in the charging history; all are encrypted, for they name the token.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec

from planner.feeds.depots.metering import keep_metered
from planner.feeds.depots.transactions import News, TokenShown, Transaction, add
from planner.model.station import DEPOT_PARTY
from planner.model.token import Token
from planner.ocpi.times import write_time
from planner.store.charge_points import KnownPoint, PointState
from planner.store.database import Change
from planner.store.evidence import insert_evidence
from planner.store.objects import Sent, object_name
from planner.store.snapshot import TokenEvidence
from planner.store.store import Store

TRANSACTIONS, SESSIONS = "transactions", "sessions"
_NAMES = UUID("6f5c7c1e-3a0f-5f0c-9d2e-4a1d9f0b7c55")
"""Namespace of session ids: OCPI allows 36 characters, fewer than two OCPP ids need."""

Finder = Callable[[TokenShown], Token | None]
"""Says which of the fleet's tokens was shown."""


class Kept(NamedTuple):
    """What became of a message: the transaction, and the charge point's state with it."""

    transaction: Transaction
    state: PointState


def session_id(point: str, transaction: str) -> str:
    """Name the Session of a transaction: the same for the same, whenever it is told."""
    return str(uuid5(_NAMES, f"{len(point)}|{point}|{transaction}"))


def read_transaction(
    store: Store, change: Change, known: KnownPoint, name: str
) -> Transaction | None:
    """Give what is known of a transaction, None if nothing is."""
    held = store.objects.value(change.connection, known.feed, TRANSACTIONS, _key(known, name))
    return None if held is None else msgspec.convert(held, Transaction)


def keep(
    store: Store,
    change: Change,
    known: KnownPoint,
    name: str,
    news: News,
    find: Finder,
    now: float,
) -> Kept:
    """Add what a message tells of a transaction, and settle which one is open at its EVSE."""
    before = read_transaction(store, change, known, name)
    after = add(before, name, news)
    state = known.state
    if after.evse_uid:
        after, state = _settle(store, change, known, after, find, now)
    if after != before:
        _write(store, change, known, after, find, now)
        _tell_use(change, known, before, after, find, now)
    return Kept(after, state)


def _settle(
    store: Store,
    change: Change,
    known: KnownPoint,
    told: Transaction,
    find: Finder,
    now: float,
) -> tuple[Transaction, PointState]:
    """Let the one that began last be the only open one at an EVSE."""
    newest = known.state.newest.get(told.evse_uid)
    this = (told.began, told.name)
    if newest is not None and newest[1] != told.name:
        if this < tuple(newest):
            return _cut(told, newest[0]), known.state
        other = read_transaction(store, change, known, newest[1])
        if other is not None and _cut(other, told.began) != other:
            _write(store, change, known, _cut(other, told.began), find, now)
    named = {**known.state.newest, told.evse_uid: this}
    return told, replace(known.state, newest=named)


def _cut(told: Transaction, at: float) -> Transaction:
    return replace(told, cut=at if told.cut is None else min(at, told.cut))


def _write(
    store: Store,
    change: Change,
    known: KnownPoint,
    told: Transaction,
    find: Finder,
    now: float,
) -> None:
    name = _key(known, told.name)
    facts = {name: Sent(msgspec.to_builtins(told), told.told_at, now)}
    held = store.objects.read(change.connection, known.feed, TRANSACTIONS, [name])
    store.objects.write(change, known.feed, TRANSACTIONS, facts, held)
    if told.evse_uid:
        named = object_name(DEPOT_PARTY, session_id(known.point.id, told.name))
        shown = {named: Sent(session_of(known, told, find), told.told_at, now)}
        held = store.objects.read(change.connection, known.feed, SESSIONS, [named])
        store.objects.write(change, known.feed, SESSIONS, shown, held)
        token = None if told.token is None else find(told.token)
        keep_metered(store, change, known, shown[named].value, token, now)


def session_of(known: KnownPoint, told: Transaction, find: Finder) -> dict[str, Any]:
    """Write a transaction as a Session of OCPI 2.2.1; its cost is not known and left out."""
    country_code, _, party_id = DEPOT_PARTY.partition("*")
    session: dict[str, Any] = {
        "country_code": country_code,
        "party_id": party_id,
        "id": session_id(known.point.id, told.name),
        "start_date_time": write_time(told.began),
        "kwh": round(told.energy_kwh, 6),
        "auth_method": "WHITELIST",
        "location_id": known.point.depot,
        "evse_uid": told.evse_uid,
        "connector_id": told.connector_id or "1",
        "charging_periods": [
            {
                "start_date_time": write_time(told.began),
                "dimensions": [{"type": "ENERGY", "volume": round(told.energy_kwh, 6)}],
            }
        ],
        "status": "ACTIVE" if told.is_open else "COMPLETED",
        "last_updated": write_time(told.told_at),
    }
    if told.end is not None:
        session["end_date_time"] = write_time(told.end)
    if told.token is not None:
        session["cdr_token"] = _cdr_token(told.token, find(told.token))
    return session


def _cdr_token(shown: TokenShown, token: Token | None) -> dict[str, str]:
    if token is None:
        return {"uid": shown.uid, "type": "OTHER", "contract_id": shown.uid}
    country_code, _, party_id = token.provider.partition("*")
    return {
        "country_code": country_code,
        "party_id": party_id,
        "uid": token.uid,
        "type": token.type.value,
        "contract_id": token.contract_id or token.uid,
    }


def _tell_use(
    change: Change,
    known: KnownPoint,
    before: Transaction | None,
    after: Transaction,
    find: Finder,
    now: float,
) -> None:
    """Keep, once, that a token of the fleet has charged at an EVSE."""
    if not _has_charged(after) or (before is not None and _has_charged(before)):
        return
    token = find(after.token) if after.token is not None else None
    if token is None:
        return
    row = TokenEvidence(
        token=token.digest,
        station_id=f"{DEPOT_PARTY}*{known.point.depot}",
        evse_uid=after.evse_uid,
        party=DEPOT_PARTY,
        kind="succeeded",
        value="",
        at=min(after.told_at, now),
        until=None,
        source=f"Session {session_id(known.point.id, after.name)}",
    )
    insert_evidence(change, [row])


def _has_charged(told: Transaction) -> bool:
    token = told.token
    return told.energy_kwh > 0 and bool(told.evse_uid) and token is not None and token.is_accepted


def _key(known: KnownPoint, name: str) -> str:
    return object_name(DEPOT_PARTY, f"{known.point.id}*{name}")
