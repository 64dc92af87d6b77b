"""The one way in which this package compiles: numba, cached on disk, with its types kept.

What only other kernels call is `kernel_only`: without a wrapper for Python it compiles sooner,
and a call from Python would end the process.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function when it is first called; the checker still sees its own types."""
    return cast("Function", njit(cache=True, nogil=True)(function))


def kernel_only(function: Function) -> Function:
    """Compile a function that Python does not call."""
    return cast("Function", njit(cache=True, nogil=True, no_cpython_wrapper=True)(function))
