"""The operators' side of the demo's world: its objects now, and how their statuses move.

Objects are replaced, never changed in place, so a reader may serialise what it was given while
the clock goes on. The same seed, epoch and number of ticks give the same statuses.
"""

import threading
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from planner.demo.locations import location_of, moment
from planner.demo.operators import OPERATORS
from planner.demo.sites import Site
from planner.demo.tariffs import tariffs_of

Json = dict[str, Any]

NEXT_STATUS: dict[str, tuple[tuple[str, float], ...]] = {
    "AVAILABLE": (("CHARGING", 0.94), ("RESERVED", 0.03), ("OUTOFORDER", 0.02), ("BLOCKED", 0.01)),
    "CHARGING": (("AVAILABLE", 0.98), ("OUTOFORDER", 0.02)),
    "RESERVED": (("CHARGING", 1.0),),
    "BLOCKED": (("AVAILABLE", 1.0),),
    "OUTOFORDER": (("OUTOFORDER", 0.7), ("AVAILABLE", 0.3)),
}
"""What a status becomes at a change, with shares; a status that is not here stays for ever."""
CHANGES_PER_TICK = 6
OLDEST_LIVE_S = 7 * 3600
"""An EVSE silent for longer at the epoch is one that nobody hears of again."""


class LiveWorld:
    """All Locations and Tariffs of the demo's operators at this moment. Safe between threads."""

    def __init__(self, sites: Iterable[Site], *, seed: int, epoch_s: float) -> None:
        self.seed, self.epoch_s, self.ticks = seed, epoch_s, 0
        self._lock = threading.Lock()
        self._locations: dict[str, Json] = {}
        self._home: dict[str, tuple[str, int]] = {}
        for site in sites:
            location = location_of(site, seed=seed, epoch_s=epoch_s)
            self._locations[location["id"]] = location
            for number, evse in enumerate(location["evses"]):
                self._home[evse["uid"]] = (location["id"], number)
        self._tariffs = {op.key: tariffs_of(op) for op in OPERATORS}
        heard = moment(epoch_s - OLDEST_LIVE_S)
        self._living = [uid for uid in self._home if self._evse(uid)["last_updated"] > heard]

    def locations(self, parties: Sequence[str]) -> list[Json]:
        """Return the Locations of these parties (``CC*PPP``), in the order they were made."""
        wanted = set(parties)
        with self._lock:
            return [at for at in self._locations.values() if _party(at) in wanted]

    def tariffs(self, parties: Sequence[str]) -> list[Json]:
        """Return the Tariffs of these parties, in their order."""
        return [tariff for party in parties for tariff in self._tariffs.get(party, [])]

    def tick(self, now_s: float) -> list[str]:
        """Let the statuses of a few EVSEs change at this moment; return their uids."""
        self.ticks += 1
        random = Random(f"{self.seed}/tick/{self.ticks}")  # noqa: S311 -- made-up data
        changed: list[str] = []
        for uid in random.sample(self._living, min(CHANGES_PER_TICK, len(self._living))):
            choices = NEXT_STATUS.get(self._evse(uid)["status"])
            if choices:
                words, shares = zip(*choices, strict=True)
                self.set_status(uid, random.choices(words, shares)[0], now_s)
                changed.append(uid)
        return changed

    def set_status(self, uid: str, status: str, now_s: float) -> bool:
        """Set an EVSE's status; ``last_updated`` moves up to its Location. False: no such EVSE."""
        if uid not in self._home:
            return False
        location_id, number = self._home[uid]
        stamp = moment(now_s)
        with self._lock:
            location = self._locations[location_id]
            evses = list(location["evses"])
            evses[number] = evses[number] | {"status": status, "last_updated": stamp}
            self._locations[location_id] = location | {"evses": evses, "last_updated": stamp}
        return True

    def _evse(self, uid: str) -> Json:
        location_id, number = self._home[uid]
        evse: Json = self._locations[location_id]["evses"][number]
        return evse


def _party(body: Json) -> str:
    return f"{body['country_code']}*{body['party_id']}"
