"""Compile what trips need in a process beside, while roads are prepared in this one."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from planner.search.core.warming import warm_up as compile_search


@contextmanager
def search_compiled() -> Iterator[None]:
    """Have the search compiled when this ends; numba keeps it on disk for all processes."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as beside:
        compiling = beside.submit(compile_search)
        yield
        compiling.result()
