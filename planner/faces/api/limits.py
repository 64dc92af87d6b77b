"""How many requests one caller may make: a token bucket for each, shared by all processes.

The buckets lie in a file of fixed size that every process maps into its memory. A caller has one of
a few places, by a hash of its name; where all of them are taken, the fullest bucket gives way,
for it is the nearest to being forgotten anyway.
"""

import fcntl
import hashlib
import math
import mmap
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = 16_384
TRIES = 8
"""Places in which one caller may be found."""

_BUCKET = struct.Struct("<Qdd")
"""Hash of the caller (0: nobody), tokens left, when that was (seconds since the machine began)."""


class Buckets:
    """Token buckets by caller.

    Parameters
    ----------
    per_minute : int
        Requests a minute; 0 is no limit.
    burst : int
        How many of them at once.
    file : Path or None
        Where they lie, for all processes of a machine; None for this process alone.
    """

    def __init__(self, per_minute: int, burst: int, file: Path | None = None) -> None:
        self.per_minute = per_minute
        self.burst = burst
        self._threads = threading.Lock()
        size = PLACES * _BUCKET.size
        self._descriptor = -1
        if file is not None and per_minute:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
            os.ftruncate(self._descriptor, size)
        self._memory = mmap.mmap(self._descriptor, size)

    def take(self, caller: str, now_s: float | None = None) -> float:
        """Take one token; return 0, or the seconds until there is one.

        ``now_s`` is a clock in seconds that never goes back, the same in all processes. No rate
        (0) means no limit.
        """
        if self.per_minute == 0:
            return 0.0
        now = time.monotonic() if now_s is None else now_s
        rate = self.per_minute / 60.0
        name = int.from_bytes(hashlib.blake2b(caller.encode(), digest_size=8).digest()) or 1
        with self._alone():
            place, level = self._find(name, now, rate)
            if level < 1.0:
                _BUCKET.pack_into(self._memory, place, name, level, now)
                return math.ceil((1.0 - level) / rate)
            _BUCKET.pack_into(self._memory, place, name, level - 1.0, now)
        return 0.0

    def _find(self, name: int, now: float, rate: float) -> tuple[int, float]:
        """Give the place of a caller's bucket and what is in it; that of another if need be."""
        capacity = float(max(1, self.burst))
        fullest, most = -1, -1.0
        for number in range(TRIES):
            place = (name + number) % PLACES * _BUCKET.size
            owner, level, then = _BUCKET.unpack_from(self._memory, place)
            # A clock that begins anew with the machine makes what is older than it full.
            level = (
                min(capacity, level + (now - then) * rate) if owner and then <= now else capacity
            )
            if owner == name:
                return place, level
            if level > most or not owner:
                fullest, most = place, math.inf if not owner else level
        return fullest, capacity

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and other processes out."""
        with self._threads:
            if self._descriptor < 0:
                yield
                return
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
