"""Two folders change places in one step, so that no reader finds neither."""

import ctypes
import os
from functools import cache
from pathlib import Path
from typing import Any

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
"""Source: Linux, renameat2(2)."""


def exchange(one: Path, other: Path) -> bool:
    """Let two paths change places; False where the system or the disk cannot do it in one step."""
    rename = _renameat2()
    if rename is None:
        return False
    failed = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return not failed


@cache
def _renameat2() -> Any:
    """Find the function in the C library; None where it has none, as outside Linux."""
    return getattr(ctypes.CDLL(None), "renameat2", None)
