"""How many requests one caller may make: a token bucket for each, forgotten when it is full."""

import math
import threading
import time
from dataclasses import dataclass, field

MOST_CALLERS = 10_000


@dataclass(eq=False)
class Buckets:
    """Token buckets by caller; each process has its own."""

    per_minute: int
    burst: int
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, caller: str, now_s: float | None = None) -> float:
        """Take one token; return 0, or the seconds until there is one.

        ``now_s`` is a monotonic clock in seconds. No rate (0) means no limit.
        """
        if self.per_minute == 0:
            return 0.0
        now = time.monotonic() if now_s is None else now_s
        rate = self.per_minute / 60.0
        capacity = float(max(1, self.burst))
        with self._lock:
            level, then = self._levels.get(caller, (capacity, now))
            level = min(capacity, level + (now - then) * rate)
            if level < 1.0:
                self._levels[caller] = (level, now)
                return math.ceil((1.0 - level) / rate)
            self._levels[caller] = (level - 1.0, now)
            if len(self._levels) > MOST_CALLERS:
                self._forget(now, rate, capacity)
        return 0.0

    def _forget(self, now: float, rate: float, capacity: float) -> None:
        """Drop the buckets that are full again; of too many others, the oldest."""
        self._levels = {
            caller: (level, then)
            for caller, (level, then) in self._levels.items()
            if level + (now - then) * rate < capacity
        }
        while len(self._levels) > MOST_CALLERS:
            del self._levels[next(iter(self._levels))]
