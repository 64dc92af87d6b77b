"""The operators' side of the demo's world: its objects as they are at a moment.

Objects are replaced, never changed in place, so a reader may serialise what it was given while
another moves the world on. The same seed and moment give the same objects.
"""

import threading
from collections.abc import Iterable, Sequence
from typing import Any

from planner.demo.locations import location_of, moment
from planner.demo.operators import OPERATORS
from planner.demo.sites import Site
from planner.demo.statuses import Pulse, Told, pulse_of, spell_at, told_in, week_of
from planner.demo.tariffs import tariffs_of

Json = dict[str, Any]


class LiveWorld:
    """All Locations and Tariffs of the demo's operators. Safe between threads."""

    def __init__(self, sites: Iterable[Site], *, seed: int) -> None:
        self.seed = seed
        self._sites = tuple(sites)
        self._lock = threading.Lock()
        self._week: int | None = None
        self._bodies: dict[str, Json] = {}
        self._locations: dict[str, Json] = {}
        self._pulses: dict[str, dict[str, Pulse]] = {}
        self._spells: dict[str, dict[str, int]] = {}
        self._set: dict[str, Told] = {}
        self._tariffs = {op.key: tariffs_of(op) for op in OPERATORS}

    def locations(self, parties: Sequence[str], now_s: float) -> list[Json]:
        """Return the Locations of these parties (``CC*PPP``) at a moment, in their fixed order."""
        wanted = set(parties)
        with self._lock:
            self._advance(now_s)
            return [at for at in self._locations.values() if _party(at) in wanted]

    def tariffs(self, parties: Sequence[str]) -> list[Json]:
        """Return the Tariffs of these parties, in their order."""
        return [tariff for party in parties for tariff in self._tariffs.get(party, [])]

    def set_status(self, uid: str, status: str, now_s: float) -> bool:
        """Hold an EVSE at a status from this moment on; False if there is no such EVSE."""
        with self._lock:
            self._advance(now_s)
            for location_id, pulses in self._pulses.items():
                if uid in pulses:
                    self._set[uid] = Told(status, int(now_s))
                    self._retell(location_id)
                    return True
        return False

    def _advance(self, now_s: float) -> None:
        """Move on to a moment: only Locations of which a post has begun a new spell are made."""
        if week_of(now_s) != self._week:
            self._begin_week(week_of(now_s))
        for location_id, pulses in self._pulses.items():
            spells = {uid: spell_at(pulse, now_s) for uid, pulse in pulses.items()}
            if spells != self._spells.get(location_id):
                self._spells[location_id] = spells
                self._retell(location_id)

    def _begin_week(self, week_s: int) -> None:
        self._week = week_s
        self._spells.clear()
        for site in self._sites:
            body = location_of(site, seed=self.seed, week_s=week_s)
            self._bodies[body["id"]] = body
            self._pulses[body["id"]] = {
                evse["uid"]: pulse_of(self.seed, evse["uid"]) for evse in body["evses"]
            }

    def _retell(self, location_id: str) -> None:
        body = self._bodies[location_id]
        evses = [evse | self._told(location_id, evse["uid"]) for evse in body["evses"]]
        latest = max(body["last_updated"], *(evse["last_updated"] for evse in evses))
        self._locations[location_id] = body | {"evses": evses, "last_updated": latest}

    def _told(self, location_id: str, uid: str) -> Json:
        told = self._set.get(uid)
        if told is None:
            pulse = self._pulses[location_id][uid]
            told = told_in(self.seed, uid, pulse, self._spells[location_id][uid])
        return {"status": told.status, "last_updated": moment(told.since_s)}


def _party(body: Json) -> str:
    return f"{body['country_code']}*{body['party_id']}"
