"""Pulling for ever: each feed on its own schedule, spread out, and patient with the broken.

Clock, sleep and chance are passed in, so that a test runs days in no time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from planner.errors import PlugsureError
from planner.feeds.sync import SyncReport
from planner.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often to pull, in seconds.

    ``interval_s`` between pulls of what changed, ``full_every_s`` between those of everything;
    each wait varies by up to ``jitter`` of itself, so that feeds do not fall into step. After a
    failure the wait doubles, up to ``longest_wait_s``. New feeds are noticed within ``look_s``.
    """

    interval_s: float = 60.0
    full_every_s: float = 86_400.0
    jitter: float = 0.1
    longest_wait_s: float = 3600.0
    look_s: float = 5.0

    def wait_s(self, failures: int, chance: float) -> float:
        """Give the wait after so many failures in a row; ``chance`` is from 0 to 1."""
        # Beyond 2^32 intervals the longest wait has long been reached.
        grown = self.interval_s * 2.0 ** min(failures, 32)
        wait = grown if not failures else min(grown, max(self.longest_wait_s, self.interval_s))
        return wait * (1.0 + self.jitter * (2.0 * chance - 1.0))


@dataclass(slots=True)
class Turn:
    """When a feed is to be pulled next, and how it went so far (UTC epoch seconds)."""

    due: float
    failures: int = 0
    last_full: float | None = None


Pull = Callable[[str, float, bool], SyncReport]
"""Pulls a feed: name, now, whether in full; usually `sync_feed` with the store filled in."""


@dataclass(slots=True)
class Watch:
    """The schedule of all OCPI feeds of a store.

    Parameters
    ----------
    store : Store
    pull : callable
        (name, now, full) → SyncReport; raises PlugsureError.
    clock, sleep : callable
        UTC epoch seconds; waiting.
    chance : callable
        A random number from 0 to 1.
    told : callable
        Hears of each pull: the feed, and its report or its error.
    """

    store: Store
    pull: Pull
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    chance: Callable[[], float]
    told: Callable[[str, SyncReport | PlugsureError], None]
    rhythm: Rhythm = field(default_factory=Rhythm)
    turns: dict[str, Turn] = field(default_factory=dict)

    def run(self, stop: Callable[[], bool]) -> None:
        """Pull until ``stop`` says so; it is asked at least every ``rhythm.look_s``."""
        while not stop():
            self.step()
            if stop():
                return
            now = self.clock()
            next_due = min((turn.due for turn in self.turns.values()), default=now + 3600.0)
            self.sleep(min(max(next_due - now, 0.0), self.rhythm.look_s))

    def step(self) -> None:
        """Pull every feed whose turn it is; one that fails holds up no other."""
        self._look()
        for name, turn in sorted(self.turns.items(), key=lambda item: item[1].due):
            if turn.due <= self.clock():
                self._take(name, turn)

    def _look(self) -> None:
        """Notice feeds that are new, and those that are gone."""
        try:
            sources = self.store.feeds.sources()
        except PlugsureError as error:
            self.told("", error)
            return
        names = {source.name for source in sources if source.kind == "ocpi" and source.url}
        for name in names - self.turns.keys():
            self.turns[name] = Turn(self.clock())
        for name in self.turns.keys() - names:
            del self.turns[name]

    def _take(self, name: str, turn: Turn) -> None:
        began = self.clock()
        full = turn.last_full is None or began - turn.last_full >= self.rhythm.full_every_s
        try:
            report = self.pull(name, began, full)
        except PlugsureError as error:
            turn.failures += 1
            self.told(name, error)
        else:
            turn.failures = 0
            turn.last_full = began if report.full else turn.last_full
            self.told(name, report)
        turn.due = self.clock() + self.rhythm.wait_s(turn.failures, self.chance())
