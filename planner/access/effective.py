"""The status to plan by of every EVSE at a moment, compiled: what `status.believed` says of one."""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.access.memory import Memory, Same
from planner.access.status import FAULTY, GONE, SILENCE_S, SKEW_S
from planner.model.station import STATUSES, Status
from planner.store.snapshot import Snapshot

AVAILABLE, UNKNOWN = STATUSES.index(Status.AVAILABLE), STATUSES.index(Status.UNKNOWN)


def effective_of(snapshot: Snapshot, now: float) -> NDArray[np.int8]:
    """Give the status to plan by of every EVSE at ``now``, by its place in `STATUSES`.

    Shape (evses,), kept for all who ask at the same moment. It is the status as believed, but for
    a fault whose veto has ended: that is UNKNOWN, for nobody has said that it was repaired.
    """
    silence_s = snapshot.status_silence_s
    told = (snapshot.status, snapshot.status_at, _NONE if silence_s is None else silence_s)
    return _KEPT.recall((Same(*told), now), lambda: _read_only(_effective(*told, now, *_TABLES)))


_KEPT: Memory[NDArray[np.int8]] = Memory(2)

_NONE = np.empty(0)

_TABLES = (
    np.array([SILENCE_S.get(word, np.inf) for word in STATUSES]),
    np.array([word in FAULTY for word in STATUSES], np.bool_),
    np.array([word in GONE for word in STATUSES], np.bool_),
)
"""By number of the status: the longest plausible silence, whether it is a fault, or gone."""


def _read_only(column: NDArray[np.int8]) -> NDArray[np.int8]:
    column.setflags(write=False)
    return column


@njit(cache=True, nogil=True)
def _effective(
    status: NDArray[np.int8],
    since: NDArray[np.float64],
    silence_s: NDArray[np.float64],
    now: float,
    usual_s: NDArray[np.float64],
    faulty: NDArray[np.bool_],
    gone: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """Give `effective_of`; ``silence_s`` is empty where no EVSE's own rate of change is known."""
    found = status.copy()
    for e in range(status.size):
        word = status[e]
        longest_s = usual_s[word]
        if silence_s.size and not np.isnan(silence_s[e]):
            own_s = silence_s[e]
            longest_s = own_s if word == AVAILABLE else min(own_s, longest_s)
        # A date that was never told is NaN, and compares as False.
        trusted = since[e] <= now + SKEW_S and now - since[e] <= longest_s
        if faulty[word] or not (trusted or gone[word]):
            found[e] = UNKNOWN
    return found
