"""A battery driven step by step, and the fullest that one can be anywhere: plain and slow."""

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def drive(
    charge_kwh: float, edges_kwh: Iterable[tuple[float, float]], full_kwh: float
) -> float | None:
    """Charge at the end, full at most on the way; None where it runs out.

    Of each edge what it takes, and the most that any stretch inside of it takes.
    """
    for used, inside in edges_kwh:
        if charge_kwh < inside:
            return None
        charge_kwh = min(charge_kwh - used, full_kwh - inside)
    return None if charge_kwh < 0.0 else charge_kwh


def fullest(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    edge_kwh: NDArray[np.float64],
    nodes: int,
    source: int,
    charge_kwh: float,
    full_kwh: float,
) -> NDArray[np.float64]:
    """Most charge with which one can be at each node; -inf where one cannot be.

    More charge is never worse, so going on from the most is enough; round trips never gain.
    """
    out: list[list[int]] = [[] for _ in range(nodes)]
    for edge, node in enumerate(tail):
        out[int(node)].append(edge)
    best = np.full(nodes, -np.inf)
    best[source] = charge_kwh
    waiting = deque([source])
    while waiting:
        here = waiting.popleft()
        for edge in out[here]:
            left = min(best[here] - float(edge_kwh[edge]), full_kwh)
            if left >= 0.0 and left > best[head[edge]] + 1e-9:
                best[head[edge]] = left
                waiting.append(int(head[edge]))
    return best
