"""Coroutines run to their end beside whatever loop the test's own thread may have.

A driver of browsers may keep a loop running in the thread of the tests, and asyncio runs
no second one there.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own, and give what it returns."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
