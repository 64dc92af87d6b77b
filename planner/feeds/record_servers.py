"""Serves partners who push Tariffs, Sessions, CDRs, and hubs that tell of their parties."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from planner.errors import DataError
from planner.feeds.charges import keep_charge
from planner.feeds.desk import Asked, Given
from planner.feeds.fields import moment, text
from planner.feeds.haul import read_client_info
from planner.feeds.history import keep_use
from planner.feeds.parties import party_of
from planner.feeds.tariff_reading import read_tariffs
from planner.ocpi.answers import Refusal
from planner.ocpi.charging import read_cdr, read_session
from planner.ocpi.messages import CLIENT_ERROR, INVALID_PARAMETERS
from planner.ocpi.records import patch_record, put_record
from planner.ocpi.times import write_time
from planner.store.database import Change
from planner.store.objects import Sent, object_name
from planner.store.store import Store
from planner.store.tariffs import apply_tariffs
from planner.store.updates import TariffsUpdate

_PARTS = 3
"""Parts of an address: country code, party id, id."""

_PARTY_PARTS = 2


class RecordServer:
    """What the modules of flat objects have in common: they are read, set and changed by id."""

    module = ""
    allowed: tuple[str, ...] = ()

    def __init__(self, store: Callable[[], Store], ours: str) -> None:
        self._store = store
        self._ours = ours

    def methods(self, parts: Sequence[str]) -> tuple[str, ...]:
        """Name what is served: single objects."""
        return self.allowed if len(parts) == _PARTS and all(parts) else ()

    def serve(self, asked: Asked) -> Given:
        """Answer a GET, PUT, PATCH or DELETE."""
        party = asked.party()
        name = asked.parts[-1]
        if asked.method == "GET":
            return Given(self._held(asked, party, name))
        if asked.method == "DELETE":
            return self._delete(asked, party, name)
        demand_body(asked)
        store, key = self._store(), object_name(party, name)
        feed = asked.caller.feed
        with store.database.writing() as change:
            known = store.objects.read(change.connection, feed, self.module, [key])
            held = msgspec.json.decode(known[key].body) if key in known else None
            put_or_patch = put_record if asked.method == "PUT" else patch_record
            after = put_or_patch(self.module, held, name, party, asked.value)
            if held is None or after != held:
                self._take(change, asked, party, held, after)
                sent = Sent(after, moment(after.get("last_updated")) or 0.0, asked.now)
                store.objects.write(change, feed, self.module, {key: sent}, known)
        return Given(created=held is None)

    def _held(self, asked: Asked, party: str, name: str) -> Any:
        held = self._store().objects.get(asked.caller.feed, self.module, object_name(party, name))
        if held is None:
            raise Refusal(404, CLIENT_ERROR, f"there is no such object in {self.module}")
        return held

    def _take(self, change: Change, asked: Asked, party: str, held: Any, after: Any) -> None:
        """Draw from a change what it means to us; raises DataError to refuse it."""

    def _delete(self, asked: Asked, party: str, name: str) -> Given:
        raise NotImplementedError


class TariffServer(RecordServer):
    """The receiver interface of the Tariffs module; only 2.1.1 has a PATCH."""

    module = "tariffs"
    allowed = ("GET", "PUT", "PATCH", "DELETE")

    def serve(self, asked: Asked) -> Given:
        """Answer a GET, PUT or DELETE, and a PATCH in 2.1.1."""
        if asked.method == "PATCH" and not asked.version.startswith("2.1"):
            raise Refusal(405, CLIENT_ERROR, "PATCH is not served here", allow="GET, PUT, DELETE")
        return super().serve(asked)

    def _take(self, change: Change, asked: Asked, party: str, held: Any, after: Any) -> None:
        del held
        tariffs, faults = read_tariffs([after], party)
        if faults:
            raise DataError.of(faults)
        feed = asked.caller.source.name
        apply_tariffs(change, TariffsUpdate(feed=feed, tariffs=tuple(tariffs.values())))

    def _delete(self, asked: Asked, party: str, name: str) -> Given:
        self._held(asked, party, name)
        store = self._store()
        with store.database.writing() as change:
            key = object_name(party, name)
            known = store.objects.read(change.connection, asked.caller.feed, self.module, [key])
            held = msgspec.json.decode(known[key].body) if key in known else {}
            feed, named = asked.caller.source.name, text(held.get("id")) or name
            apply_tariffs(change, TariffsUpdate(feed=feed, tariffs=(), removed=[(party, named)]))
            store.objects.remove(change, asked.caller.feed, self.module, [key])
        return Given()


class SessionServer(RecordServer):
    """The receiver interface of the Sessions module."""

    module = "sessions"
    allowed = ("GET", "PUT", "PATCH")

    def _take(self, change: Change, asked: Asked, party: str, held: Any, after: Any) -> None:
        source, ours = asked.caller.source.name, self._ours
        keep_charge(self._store(), change, self.module, after, party, source=source, ours=ours)
        before = read_session(held) if held is not None else None
        use = read_session(after)
        if use is not None and before is None:
            said = f"Session {text(after.get('id'))}"
            keep_use(self._store(), change, asked.caller.feed, party, use, said, ours, asked.now)


class CdrServer(RecordServer):
    """The receiver interface of the CDRs module: a CDR is made once and never changed."""

    module = "cdrs"
    allowed = ("GET",)

    def methods(self, parts: Sequence[str]) -> tuple[str, ...]:
        """Name what is served: POST on the module, GET on single objects."""
        return super().methods(parts) if parts else ("POST",)

    def serve(self, asked: Asked) -> Given:
        """Answer a POST or GET."""
        if asked.method == "GET":
            return super().serve(asked)
        demand_body(asked)
        party = self._sender(asked)
        name = text(asked.value.get("id"))
        cdr = put_record(self.module, None, name, party, asked.value)
        store, key, feed = self._store(), object_name(party, name), asked.caller.feed
        with store.database.writing() as change:
            known = store.objects.read(change.connection, feed, self.module, [key])
            if key in known and msgspec.json.decode(known[key].body) != cdr:
                raise DataError("a CDR cannot be changed", place=f"cdrs {name}")
            if key not in known:
                sent = Sent(cdr, moment(cdr.get("last_updated")) or 0.0, asked.now)
                store.objects.write(change, feed, self.module, {key: sent}, known)
                source, ours = asked.caller.source.name, self._ours
                keep_charge(store, change, self.module, cdr, party, source=source, ours=ours)
                use = read_cdr(cdr)
                if use is not None:
                    said = f"CDR {name}"
                    keep_use(store, change, feed, party, use, said, ours, asked.now)
        where = "/".join(quote(part, safe="") for part in (*party.split("*"), name))
        return Given(created=key not in known, headers={"Location": f"{asked.url}/{where}"})

    def _sender(self, asked: Asked) -> str:
        """Name the party whose CDR it is; 2.1.1 does not say, so it is the caller, or routed."""
        if not isinstance(asked.value, dict):
            raise DataError("an object is needed", place="cdrs")
        source = asked.caller.source
        party = party_of(asked.value, source)
        if party == source.sender and asked.routed_from:
            party = asked.routed_from
        if not source.speaks_for(party):
            raise Refusal(404, CLIENT_ERROR, "there is no such party here")
        return party


class ClientInfoServer:
    """The receiver interface of the HubClientInfo module: only hubs have something to tell."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store

    def methods(self, parts: Sequence[str]) -> tuple[str, ...]:
        """Name what is served: one party."""
        return ("GET", "PUT") if len(parts) == _PARTY_PARTS and all(parts) else ()

    def serve(self, asked: Asked) -> Given:
        """Answer a GET or PUT."""
        source = asked.caller.source
        if not source.is_hub:
            raise Refusal(404, CLIENT_ERROR, "only a hub tells of its parties")
        party = "*".join(asked.parts).upper()
        if asked.method == "GET":
            return Given(self._held(source.sender, party))
        demand_body(asked)
        try:
            info = read_client_info(asked.value, source.sender)
        except (KeyError, AttributeError, TypeError, ValueError) as error:
            raise DataError(f"the ClientInfo is not whole: {error}", place=party) from None
        if info.party != party:
            raise DataError(f"the body names {info.party}, the address {party}", place=party)
        return Given(created=self._store().knowledge.put_client_info(info))

    def _held(self, hub: str, party: str) -> Any:
        infos = self._store().knowledge.client_infos()
        held = [info for info in infos if (info.hub, info.party) == (hub, party)]
        if not held:
            raise Refusal(404, CLIENT_ERROR, "nothing was told of this party")
        country_code, party_id = party.split("*")
        return {
            "country_code": country_code,
            "party_id": party_id,
            "role": held[0].role,
            "status": held[0].status,
            "last_updated": write_time(held[0].as_of),
        }


def demand_body(asked: Asked) -> None:
    """Refuse a request without a body."""
    if asked.value is None:
        raise Refusal(400, INVALID_PARAMETERS, "the body is empty")
