"""Serves operators who read our tokens, and who ask for one of them at this very moment."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from planner.errors import DataError
from planner.feeds.desk import Asked, Given
from planner.feeds.evidence import digests_of, known_evses, place_of
from planner.feeds.fields import text
from planner.ocpi.answers import Refusal
from planner.ocpi.charge_reading import contract_digest
from planner.ocpi.messages import NOT_ENOUGH, UNKNOWN_TOKEN, Role
from planner.ocpi.pager import write_paging
from planner.ocpi.times import read_time
from planner.ocpi.tokens import Allowed, decide, write_token
from planner.store.charges import Authorization
from planner.store.database import Change
from planner.store.evidence import insert_evidence
from planner.store.issued import IssuedToken
from planner.store.objects import object_name
from planner.store.snapshot import TokenEvidence
from planner.store.store import Store

PAGE_LIMIT = 1000

AUTHORIZE = "authorize"

OLD_REFERENCE = "authorization_id"
"""GIREVE's addition to 2.1.1, which 2.2 took up by another name."""


class TokenServer:
    """The sender interface of the Tokens module."""

    def __init__(self, store: Callable[[], Store], ours: Role, new_id: Callable[[], str]) -> None:
        self._store = store
        self._ours = ours
        self._new_id = new_id

    def methods(self, parts: Sequence[str]) -> tuple[str, ...]:
        """Name what is served: the list, and ``{uid}/authorize``."""
        if not parts or parts == ("",):
            return ("GET",)
        return ("POST",) if len(parts) == 2 and parts[1] == AUTHORIZE else ()  # noqa: PLR2004

    def serve(self, asked: Asked) -> Given:
        """Answer a GET of the list or a POST that asks for a token."""
        return self._list(asked) if asked.method == "GET" else self._authorize(asked)

    def _list(self, asked: Asked) -> Given:
        offset = _count(asked.query, "offset", 0, least=0)
        limit = min(_count(asked.query, "limit", PAGE_LIMIT, least=1), PAGE_LIMIT)
        tokens, total = self._store().issued.page(
            since=_moment(asked.query, "date_from"),
            until=_moment(asked.query, "date_to"),
            offset=offset,
            limit=limit,
        )
        url = f"{asked.url}?{urlencode(dict(asked.query))}" if asked.query else asked.url
        headers = write_paging(url, offset=offset, limit=limit, total=total)
        return Given([self._written(one, asked) for one in tokens], headers=headers)

    def _authorize(self, asked: Asked) -> Given:
        kind = asked.query.get("type", "RFID").upper()
        store = self._store()
        one = store.issued.find(self._digests(asked.parts[0], kind))
        if one is None:
            raise Refusal(404, UNKNOWN_TOKEN, "this token is none of ours")
        place = _references(asked.value)
        if one.only_at and not place:
            raise Refusal(200, NOT_ENOUGH, "this token needs LocationReferences")
        party = self._operator(asked, place)
        allowed = decide(
            one.token, party, only_at=one.only_at, has_credit=one.has_credit, now=asked.now
        )
        is_old = asked.version.startswith("2.1")
        told: dict[str, Any] = {"allowed": str(allowed)}
        if not is_old:
            told["token"] = self._written(one, asked)
        if allowed is Allowed.ALLOWED:
            if place:
                told["location"] = self._allow_at(asked, party, one, place)
            reference = self._new_id()
            told[OLD_REFERENCE if is_old else "authorization_reference"] = reference
            self._remember(asked, party, one, place, reference)
        else:
            self._refuse_at(asked, party, one, place, allowed)
        return Given(told)

    def _operator(self, asked: Asked, place: Mapping[str, Any]) -> str:
        """Say whose driver stands there: as routed, or whose Location it is behind a hub."""
        source = asked.caller.source
        if asked.routed_from or not source.is_hub or not place:
            return asked.routed_from or source.sender
        location_id = text(place.get("location_id"))
        parties = self._store().objects.parties_of(asked.caller.feed, "locations", location_id)
        return parties[0] if len(parties) == 1 else source.sender

    def _digests(self, uid: str, kind: str) -> list[str]:
        """Name the tokens that may be meant; 2.1.1 and 2.2.1 call newer types OTHER."""
        kinds = [kind] if kind != "OTHER" else ["OTHER", "APP_USER", "AD_HOC_USER", "EMAID"]
        return [digest for one in kinds for digest in digests_of(self._ours.party, one, uid)]

    def _allow_at(
        self, asked: Asked, party: str, one: IssuedToken, place: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give the place at which the token is allowed, and keep that it is."""
        store, feed = self._store(), asked.caller.feed
        location_id = text(place.get("location_id"))
        uids = [text(uid) for uid in place.get("evse_uids") or () if text(uid)]
        with store.database.writing() as change:
            name = object_name(party, location_id)
            held = store.objects.value(change.connection, feed, "locations", name)
            known = known_evses(held, uids)
            station_id, _ = place_of(store, change.connection, feed, party, location_id, "")
            insert_evidence(
                change,
                [
                    TokenEvidence(
                        token=one.token.digest,
                        station_id=station_id,
                        evse_uid=uid,
                        party=party,
                        kind="authorized",
                        value=str(Allowed.ALLOWED),
                        at=asked.now,
                        until=None,
                        source=f"asked by {asked.caller.source.name}",
                        contract=contract_digest(one.token.contract_id),
                    )
                    for uid in known
                ],
            )
        told: dict[str, Any] = {"location_id": location_id}
        if uids:
            told["evse_uids"] = list(known) if held is not None else uids
        return told

    def _remember(
        self,
        asked: Asked,
        party: str,
        one: IssuedToken,
        place: Mapping[str, Any],
        reference: str,
    ) -> None:
        """Keep what we allowed under a reference: Session and CDR will bring it back."""
        store, feed = self._store(), asked.caller.feed
        with store.database.writing() as change:
            station_id, uids = _named_places(store, change, feed, party, place)
            store.charges.authorize(
                change,
                Authorization(
                    reference=reference,
                    token=one.token.digest,
                    party=party,
                    station_id=station_id,
                    evse_uids=tuple(uids),
                    at=asked.now,
                ),
            )

    def _refuse_at(
        self,
        asked: Asked,
        party: str,
        one: IssuedToken,
        place: Mapping[str, Any],
        allowed: Allowed,
    ) -> None:
        """Keep that the token was refused: no CDR will ever tell it."""
        store, feed = self._store(), asked.caller.feed
        with store.database.writing() as change:
            station_id, uids = _named_places(store, change, feed, party, place)
            insert_evidence(
                change,
                [
                    TokenEvidence(
                        token=one.token.digest,
                        station_id=station_id,
                        evse_uid=uid,
                        party=party,
                        kind="refused",
                        value=str(allowed),
                        at=asked.now,
                        until=None,
                        source=f"asked by {asked.caller.source.name}",
                        contract=contract_digest(one.token.contract_id),
                    )
                    for uid in uids or [""]
                ],
            )

    def _written(self, one: IssuedToken, asked: Asked) -> dict[str, Any]:
        return write_token(
            one.token,
            asked.version,
            whitelist=one.whitelist,
            last_updated=one.last_updated,
            now=asked.now,
            issuer=self._ours.name,
        )


def _named_places(
    store: Store, change: Change, feed: int, party: str, place: Mapping[str, Any]
) -> tuple[str, list[str]]:
    """Name the station and EVSEs of LocationReferences as a snapshot does; empty without any."""
    location_id = text(place.get("location_id"))
    if not location_id:
        return "", []
    held = store.objects.value(
        change.connection, feed, "locations", object_name(party, location_id)
    )
    station_id, _ = place_of(store, change.connection, feed, party, location_id, "")
    uids = [text(uid) for uid in place.get("evse_uids") or () if text(uid)]
    return station_id, list(known_evses(held, uids))


def _references(value: Any) -> Mapping[str, Any]:
    """Read LocationReferences; empty where there are none."""
    if value is None or value == {}:
        return {}
    if not isinstance(value, Mapping) or not text(value.get("location_id")):
        raise DataError("LocationReferences need a location_id", place="authorize")
    uids = value.get("evse_uids")
    if uids is not None and not isinstance(uids, list):
        raise DataError("evse_uids is a list", place="authorize")
    return value


def _count(query: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    said = query.get(name, "").strip()
    if not said:
        return default
    if not (said.isascii() and said.isdigit()) or int(said) < least:
        raise DataError(f"{said[:20]!r} is no whole number from {least}", place=name)
    return min(int(said), 2**31)


def _moment(query: Mapping[str, str], name: str) -> float | None:
    said = query.get(name, "").strip()
    if not said:
        return None
    try:
        return read_time(said.replace(" ", "+"))
    except ValueError as error:
        raise DataError(str(error), place=name) from None
