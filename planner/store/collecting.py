"""Building many values that live: the garbage collector would walk over all of them in vain."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collection() -> Iterator[None]:
    """Keep the cycle collector from running; worth a third of the time of reading a feed.

    What dies without cycles is freed as always. Nested and concurrent uses are harmless: at worst
    the collector runs sooner.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
