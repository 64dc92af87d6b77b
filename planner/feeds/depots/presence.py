"""Which charge points are there, and what plans are shown of their EVSEs.

The clock is passed in; methods are called one at a time, by the one process that listens.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from planner.feeds.depots.numbers import has_connector, read_moment
from planner.feeds.depots.registry import show_depot
from planner.feeds.depots.showing import STILL_HEARD_S, shown_of
from planner.feeds.depots.statuses import STATUSES, WHOLE
from planner.model.station import DEPOT_PARTY, Status
from planner.store.charge_points import ChargePoint, KnownPoint, PointState
from planner.store.database import Change
from planner.store.stations import apply_status_news
from planner.store.store import Store

log = logging.getLogger(__name__)

BEAT_S = 60.0
"""How often it is noted in the store that charge points are still connected."""

SHOW_EVERY_S = 86_400.0
"""How often stations are made anew: their holidays are worked out for a year ahead."""


@dataclass(slots=True)
class Presence:
    """Connections and statuses of all charge points.

    Parameters
    ----------
    store : Store
    clock : callable
        Gives UTC epoch seconds.
    """

    store: Store
    clock: Callable[[], float]
    points: dict[str, KnownPoint] = field(default_factory=dict)
    """What is registered, as of the last `tick`."""
    _connected: set[str] = field(default_factory=set)
    _heard: dict[str, float] = field(default_factory=dict)
    _sequence: int = -1
    _next_beat: float = 0.0
    _next_showing: float = 0.0

    # Connections ----------------------------------------------------------------------------

    def connect(self, name: str) -> None:
        """Note that a charge point has connected; NotFound if it is not registered."""
        now = self.clock()
        with self.store.database.writing() as change:
            known = self.store.charge_points.known(change.connection, name)
            state = self._doubting(known, now)
            self.points[name] = known
            self._connected.add(name)
            self._heard[name] = now
            self.store.charge_points.save_heard(change, {name: now})
            self._show(change, known, state, now)
        self._next_beat = 0.0

    def disconnect(self, name: str) -> None:
        """Note that a charge point has gone; it counts as heard for `STILL_HEARD_S` more."""
        now = self.clock()
        self._connected.discard(name)
        self._heard[name] = now
        with self.store.database.writing() as change:
            self.store.charge_points.save_heard(change, {name: now})

    def doubted(self, name: str) -> tuple[tuple[int, int], ...]:
        """Name the connectors whose status was last told before a long silence.

        Returns
        -------
        tuple of (EVSE, connector)
            In OCPP numbers.
        """
        told = self.store.charge_points.get(name).state.doubted
        return tuple((int(evse), int(c)) for evse, c in (word.split("/") for word in told))

    def confirm(self, name: str) -> None:
        """Believe what was told before a silence: a charge point reports what changed meanwhile.

        Source: OCPP 1.6 edition 2, section 4.9; OCPP 2.0.1 part 2, use case B04.
        """
        now = self.clock()
        with self.store.database.writing() as change:
            known = self.store.charge_points.known(change.connection, name)
            if known.state.doubted:
                self._show(change, known, replace(known.state, doubted=()), now)

    def point(self, name: str) -> ChargePoint:
        """Give a charge point as it is registered; NotFound if it is not."""
        known = self.points.get(name) or self.store.charge_points.get(name)
        return known.point

    def boot(self, name: str, made_by: str) -> None:
        """Take a BootNotification."""
        now = self.clock()
        with self.store.database.writing() as change:
            known = self.store.charge_points.known(change.connection, name)
            state = replace(known.state, booted=now, made_by=made_by[:200])
            self._show(change, known, state, now)

    def status(self, name: str, evse: int, connector: int, word: str, said_at: str) -> None:
        """Take a StatusNotification; one that is older than what is known changes nothing.

        Parameters
        ----------
        evse, connector : int
            OCPP numbers; 0, 0 is the charge point itself.
        word : str
            OCPP's.
        said_at : str
            As the charge point dates it; empty where it does not.
        """
        now = self.clock()
        told, at = STATUSES.get(word, Status.UNKNOWN), read_moment(said_at, now)
        key = f"{evse}/{connector}"
        with self.store.database.writing() as change:
            known = self.store.charge_points.known(change.connection, name)
            if key != WHOLE and not has_connector(known.point, evse, connector):
                log.warning("%s has no connector %s: it is not registered so", name, key)
                return
            before = known.state.statuses.get(key)
            if before is not None and at < before[1]:
                return
            statuses = {**known.state.statuses, key: (told.value, at)}
            doubted = tuple(one for one in known.state.doubted if one != key)
            state = replace(known.state, statuses=statuses, doubted=doubted)
            self._show(change, known, state, now)

    # As time goes by ------------------------------------------------------------------------

    def tick(self) -> None:
        """Do what is due: silence, news of registrations and tokens, and signs of life."""
        now = self.clock()
        sequence = self.store.sequence()
        if sequence != self._sequence:
            self._sequence = sequence
            self.points = {known.point.id: known for known in self.store.charge_points.all()}
        silent = [known for known in self.points.values() if self._differs(known, known.state, now)]
        if silent:
            with self.store.database.writing() as change:
                for one in silent:
                    known = self.store.charge_points.known(change.connection, one.point.id)
                    self._show(change, known, self._doubting(known, now), now)
        if now >= self._next_beat:
            self._next_beat = now + BEAT_S
            self._beat(now)
        if now >= self._next_showing:
            self._next_showing = now + SHOW_EVERY_S
            for depot in self.store.charge_points.depots().values():
                with self.store.database.writing() as change:
                    show_depot(self.store, change, depot, now)

    def close(self) -> None:
        """Note until when charge points were connected."""
        self._beat(self.clock())

    def _beat(self, now: float) -> None:
        """Note who is connected, and until when each depot is known as it is shown."""
        heard_now = dict.fromkeys(self._connected, now)
        self._heard.update(heard_now)
        with self.store.database.writing() as change:
            self.store.charge_points.save_heard(change, heard_now)
            points = self.store.charge_points.read(change.connection)
        by_depot: dict[str, list[KnownPoint]] = {}
        for known in points:
            by_depot.setdefault(known.point.depot, []).append(known)
        for depot, there in by_depot.items():
            heard = [at for at in map(self._heard_of, there) if at is not None]
            alive = [at for at in heard if now - at <= STILL_HEARD_S]
            if alive:
                counts = {
                    "stations": 1,
                    "evses": sum(len(known.point.evses) for known in there),
                    "charge_points": len(there),
                    "connected": len(alive),
                }
                self.store.feeds.record_sync(depot, min(alive), counts)

    def _heard_of(self, known: KnownPoint) -> float | None:
        return self._heard.get(known.point.id, known.heard)

    def _silence_of(self, known: KnownPoint, now: float) -> float | None:
        """Give the seconds since a charge point was last heard; None if it never was."""
        if known.point.id in self._connected:
            return 0.0
        heard = self._heard_of(known)
        return None if heard is None else now - heard

    def _differs(self, known: KnownPoint, state: PointState, now: float) -> bool:
        shown = shown_of(known.point, state, self._silence_of(known, now))
        return any(word.value != state.shown.get(uid, ("",))[0] for uid, (word, _) in shown.items())

    def _doubting(self, known: KnownPoint, now: float) -> PointState:
        """Doubt, after a long silence, all that was said before it, but for faults."""
        silence_s = self._silence_of(known, now)
        if silence_s is None or silence_s <= STILL_HEARD_S:
            return known.state
        return replace(known.state, doubted=tuple(sorted(set(known.state.statuses) - {WHOLE})))

    def _show(self, change: Change, known: KnownPoint, state: PointState, now: float) -> None:
        """Keep a state, and write to the stations what it changes."""
        silence_s = self._silence_of(known, now)
        shown = dict(state.shown)
        news: dict[str, tuple[Status, float | None]] = {}
        for uid, (word, said_at) in shown_of(known.point, state, silence_s).items():
            before, since = shown.get(uid, ("", now))
            at = max(said_at if silence_s == 0.0 else now - (silence_s or 0.0), since)
            if word.value != before or at > since:
                shown[uid] = (word.value, at)
                news[uid] = (word, at)
        state = replace(state, shown=shown)
        self.store.charge_points.save_state(change, known.point.id, state)
        self.points[known.point.id] = replace(known, state=state)
        if news:
            station_id = f"{DEPOT_PARTY}*{known.point.depot}"
            apply_status_news(change, known.feed, {station_id: news})
