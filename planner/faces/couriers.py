"""The couriers of one process: they deliver what webhooks are to be told, and watch plans in use.

Several processes may deliver at once, each takes other notices. Plans are watched by one of them:
whoever holds the lock on a file in the home.
"""

import fcntl
import hashlib
import logging
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO

from planner.errors import NotFound, PlugsureError
from planner.faces.dispatch import Dispatch, risk_to_json
from planner.faces.notices import tell
from planner.faces.office import Office
from planner.feeds.hooks import GIVE_UP_S, Messenger, wait_s
from planner.store.webhooks import DELIVERED, GIVEN_UP, WAITING, Delivery

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
LEASE_S = 60.0
"""How long what was taken is nobody else's: longer than any try lasts."""

AT_ONCE = 4
WATCH_EVERY_S = 30.0
SWEEP_EVERY_S = 86_400.0
KEPT_S = 30 * 86_400.0
"""How long a plan that is over is kept among those in use, to be looked up."""

SHARE = 0.1
"""Of the time, watching takes no more than this."""


@dataclass(eq=False)
class Couriers:
    """Delivers and watches; `start` once in each process."""

    office: Office
    messenger: Messenger
    _thread: threading.Thread | None = field(default=None, init=False)
    _pid: int = field(default=0, init=False)
    _watching: IO[bytes] | None = field(default=None, init=False)
    _seen: int = field(default=-1, init=False)
    _due: float = field(default=0.0, init=False)
    _sweep: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start the thread in this process, if it does not run yet (a fork has none)."""
        if self._thread is None or self._pid != os.getpid():
            self._pid = os.getpid()
            self._thread = threading.Thread(target=self._run, name="couriers", daemon=True)
            self._thread.start()

    def deliver(self) -> int:
        """Try to deliver what is due; return how much was."""
        store = self.office.store
        taken = store.webhooks.take(now=self.office.clock(), lease_s=LEASE_S, most=AT_ONCE)
        if taken:
            with ThreadPoolExecutor(AT_ONCE) as several:
                list(several.map(self._deliver, taken))
        return len(taken)

    def watch(self) -> int:
        """Check the plans in use, and tell of each that is newly at risk; return how many are."""
        used = self.office
        used.fresh_world()
        now = used.clock()
        found = Dispatch(used, now).risks(used.store.fleet_plans.ending_after(now))
        for use, risk in found:
            kinds = "|".join(sorted({f"{c.kind} {c.where}" for c in risk.broken}))
            once = f"{use.plan}|{hashlib.sha256(kinds.encode()).hexdigest()}"
            tell(used, "mission.at_risk", risk_to_json(use, risk), once=once)
        return len(found)

    def _run(self) -> None:
        while True:
            try:
                busy = self.deliver()
                self._watch_now_and_then()
                self._sweep_now_and_then()
            except PlugsureError as error:
                log.warning("webhooks wait: %s", error)
                busy = 0
            except Exception:  # the thread must go on
                if not threading.main_thread().is_alive():
                    return
                log.exception("webhooks failed by a defect")
                busy = 0
            if not busy:
                time.sleep(LOOK_EVERY_S)

    def _watch_now_and_then(self) -> None:
        """Watch if somebody wants to be told, the world has moved, and nobody else does."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + WATCH_EVERY_S
        wanted = any(hook.wants("mission.at_risk") for hook in self.office.store.webhooks.all())
        if not wanted or not self._may_watch():
            return
        sequence = self.office.store.sequence()
        if sequence == self._seen:
            return
        began = time.monotonic()
        self.watch()
        self._seen = sequence
        self._due = time.monotonic() + max(WATCH_EVERY_S, (time.monotonic() - began) / SHARE)

    def _sweep_now_and_then(self) -> None:
        if time.monotonic() >= self._sweep:
            self._sweep = time.monotonic() + SWEEP_EVERY_S
            self.office.store.fleet_plans.forget(self.office.clock() - KEPT_S)

    def _may_watch(self) -> bool:
        if self._watching is not None:
            return True
        held = (self.office.settings.home / "watching.lock").open("ab")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            return False
        self._watching = held
        return True

    def _deliver(self, delivery: Delivery) -> None:
        hooks = self.office.store.webhooks
        try:
            hook, secret = hooks.get(delivery.webhook), hooks.secret(delivery.webhook)
        except NotFound:
            return  # it was deleted meanwhile, and its deliveries with it
        now = self.office.clock()
        told = self.messenger.tell(hook.url, secret, delivery, now)
        due = now + wait_s(delivery.attempts + 1)
        state = DELIVERED if told.state == "delivered" else WAITING
        if told.state == "gone" or (state == WAITING and due > delivery.created + GIVE_UP_S):
            state = GIVEN_UP
        hooks.settle(delivery, state, due=due, told=told.words)
