"""What legs are to those who search over them: rows from one place to all, and paths.

All charges here are counted above the reserve: a battery of ``capacity_kwh`` is what lies between
the reserve and full.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

KEPT_ROWS = 1_000
"""Rows kept at a time, those used last: with 10,000 places each takes 0.3 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Legs from one place to every place, each of shape (places,).

    From charge q one arrives with ``min(q - net_kwh, cap_kwh)`` if ``q >= required_kwh``;
    ``time_s`` is infinite where no drive can be made.
    """

    time_s: F64
    net_kwh: F64
    required_kwh: F64
    cap_kwh: F64


@dataclass(frozen=True, slots=True)
class Path:
    """A leg in full: its edges in order, the node it starts and ends at."""

    edges: tuple[int, ...]
    start_node: int
    end_node: int
