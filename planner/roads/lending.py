"""Connections to an index: of a file that never changes, or of memory; safe for threads."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


class FileSource:
    """Lends each thread of each process a connection of its own to a file that never changes.

    The pages of the file are shared by all through the system's cache. A connection is not taken
    along into a child process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mine = threading.local()

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection."""
        held: tuple[int, sqlite3.Connection] | None = getattr(self._mine, "held", None)
        if held is None or held[0] != os.getpid():
            address = f"file:{quote(str(self.path))}?mode=ro&immutable=1"
            held = os.getpid(), sqlite3.connect(address, uri=True, check_same_thread=False)
            self._mine.held = held
        yield held[1]


class MemorySource:
    """Lends the one connection of an index in memory, to one thread at a time."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._lock = threading.RLock()

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """Give the connection and hold others off until it is given back."""
        with self._lock:
            yield self._database
