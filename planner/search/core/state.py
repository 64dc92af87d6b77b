"""The arrays that the kernel works on, and how they grow.

Everything a search has found stands in these arrays, so the kernel can return to Python at any
moment (for a row of legs, an exact energy, an admission, more room) and go on as if nothing had
been. numba takes named tuples of arrays as they are.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]

DONE, ROOM, ROW, EXACT, ADMIT, CUT, OFFERS = range(7)
"""What the kernel returns for: nothing is left to do; arrays are full; a place has no row of legs
yet; a leg is only bounded; a station asks whether one may arrive so; as many labels are settled as
one would at most; the offers of a station are not known yet."""

HEAP, LABELS, RAMPS, POINTS, ADMISSIONS, BEST, SETTLED, POPPED, ASKED, WAYS = range(10)
"""Places of `State.tally`. BEST is the departure ramp at the end of the best trip so far, -1: none;
ASKED is the entry that stands before a question, WAYS counts legs that are sorted."""

NEED_POINTS, NEED_LABELS, NEED_RAMPS, NEED_WAYS, LIMIT = range(10, 15)
"""Places of `State.tally`: how much room is needed after ROOM, and how many labels to settle."""

COST, ASKED_S, ASKED_KWH = range(3)
"""Places of `State.value`: the best trip's cost, and the arrival that is asked about."""

ROOT = -1


class LegArrays(NamedTuple):
    """Rows of legs: those from place p are ``first[p] <= leg < last[p]``; -1: not known yet."""

    first: I64
    last: I64
    target: I32
    time_s: F64
    net_kwh: F64
    required_kwh: F64
    cap_kwh: F64
    exact: Flags


class Posts(NamedTuple):
    """Offers in the objective's unit: those of station s are ``first[s] <= o < last[s]``.

    A ``first`` of -1 says that they are not known yet.

    ``rate`` prices a second of charging, time and money together, ``fixed_cost`` a stop with its
    overhead. Windows of an offer are ``window_first[o] <= w < window_first[o + 1]``. A station at
    which one may not wait outside opens at ``turn[turn_first[s]:turn_last[s]]``.
    """

    first: I64
    last: I64
    curve: I64
    overhead_s: F64
    fixed_cost: F64
    rate: F64
    per_kwh: F64
    waits: Flags
    window_first: I64
    opens: F64
    closes: F64
    turn_first: I64
    turn_last: I64
    turn: F64
    curve_first: I64
    energy_kwh: F64
    time_s: F64


class Frame(NamedTuple):
    """What stays the same during one search.

    ``floor`` (stages, places), ``opens``, ``closes`` and ``service_s`` of the waypoints, ``price``
    (bounds,) and ``ahead`` (bounds, stages, places), see `planner.search.core.bounds`. ``patience``
    is until when one may stay at a waypoint after its service: for ever, or not at all. Hours of
    posts are told on a clock that shows ``begins_s`` as the search begins; each stay must hold for
    ``slack_s`` more. ``asks`` says that there may be admissions, ``admits`` that one is asked for
    where none is known.
    """

    stations: int
    floor: F64
    opens: F64
    closes: F64
    service_s: F64
    price: F64
    ahead: F64
    reserve_kwh: float
    weight: float
    slack_kwh: float
    slack_cost: float
    patience: float
    split: bool
    lingers: bool
    asks: bool
    admits: bool
    begins_s: float
    slack_s: float


class State(NamedTuple):
    """Heap, labels, ramps and their points, settled arrivals by (stage, place), admissions.

    A label is an arrival at ``place`` by ``leg`` for departures ``low`` to ``high`` of the ramp
    ``ramp``. Settled, it has points of its own. ``latest`` is the latest moment at which it may
    arrive by staying longer where it came from, ``leave_by`` that until when it must have left.

    Entries of the heap are labels, and ramps (inverted bitwise) of which legs are left: those from
    a place in a stage stand in ``way[way_first:way_last]``, and ``ramp_next`` is the next of them.
    """

    tally: I64
    value: F64
    heap_key: F64
    heap_entry: I64
    stage: I32
    place: I32
    ramp: I64
    leg: I64
    low: F64
    high: F64
    latest: F64
    leave_by: F64
    begin: I64
    end: I64
    next: I64
    ramp_first: I64
    ramp_last: I64
    ramp_label: I64
    ramp_offer: I64
    ramp_closes: F64
    ramp_next: I64
    q: F64
    t: F64
    c: F64
    y: F64
    least: F64
    settled: I64
    way_first: I64
    way_last: I64
    way: I64
    rest: F64
    scratch: F64
    admitted: I64
    admitted_next: I64
    since: F64
    until: F64
    admitted_kwh: F64
    admitted_s: F64


_BY_LABEL = (
    *("stage", "place", "ramp", "leg", "low", "high", "latest", "leave_by"),
    *("begin", "end", "next"),
)
_BY_RAMP = ("ramp_first", "ramp_last", "ramp_label", "ramp_offer", "ramp_closes", "ramp_next")
_BY_WAY = ("way", "rest")
_BY_ENTRY = ("heap_key", "heap_entry")
_BY_POINT = ("q", "t", "c", "y")
_BY_ADMISSION = ("admitted_next", "since", "until", "admitted_kwh", "admitted_s")


def make_state(stages: int, places: int, bounds: int) -> State:
    """Make the arrays of an empty search."""
    labels, ramps, points, ways, admissions = 1024, 256, 4096, 4096, 64
    tally = np.zeros(15, np.int64)
    tally[BEST] = tally[ASKED] = -1
    tally[LIMIT] = np.iinfo(np.int64).max
    return State(
        tally=tally,
        value=np.full(3, np.inf),
        heap_key=np.empty(labels + ramps),
        heap_entry=np.empty(labels + ramps, np.int64),
        stage=np.empty(labels, np.int32),
        place=np.empty(labels, np.int32),
        ramp=np.empty(labels, np.int64),
        leg=np.empty(labels, np.int64),
        low=np.empty(labels),
        high=np.empty(labels),
        latest=np.empty(labels),
        leave_by=np.empty(labels),
        begin=np.empty(labels, np.int64),
        end=np.empty(labels, np.int64),
        next=np.empty(labels, np.int64),
        ramp_first=np.empty(ramps, np.int64),
        ramp_last=np.empty(ramps, np.int64),
        ramp_label=np.empty(ramps, np.int64),
        ramp_offer=np.empty(ramps, np.int64),
        ramp_closes=np.empty(ramps),
        ramp_next=np.empty(ramps, np.int64),
        q=np.empty(points),
        t=np.empty(points),
        c=np.empty(points),
        y=np.empty(points),
        least=np.empty((bounds, points)),
        settled=np.full(stages * places, -1, np.int64),
        way_first=np.full(stages * places, -1, np.int64),
        way_last=np.empty(stages * places, np.int64),
        way=np.empty(ways, np.int64),
        rest=np.empty(ways),
        scratch=np.empty((6, points + 8)),
        admitted=np.full(stages * places, -1, np.int64),
        admitted_next=np.empty(admissions, np.int64),
        since=np.empty(admissions),
        until=np.empty(admissions),
        admitted_kwh=np.empty(admissions),
        admitted_s=np.empty(admissions),
    )


def grow(state: State) -> State:
    """Give the room that the kernel asked for, and as much again."""
    tally = state.tally
    labels = _larger(state.stage.size, int(tally[LABELS] + tally[NEED_LABELS]))
    ramps = _larger(state.ramp_first.size, int(tally[RAMPS] + tally[NEED_RAMPS]))
    points = _larger(state.q.size, int(tally[POINTS] + tally[NEED_POINTS]))
    ways = _larger(state.way.size, int(tally[WAYS] + tally[NEED_WAYS]))
    fields: dict[str, Any] = {name: _longer(getattr(state, name), labels) for name in _BY_LABEL}
    fields |= {name: _longer(getattr(state, name), ramps) for name in _BY_RAMP}
    fields |= {name: _longer(getattr(state, name), points) for name in _BY_POINT}
    fields |= {name: _longer(getattr(state, name), ways) for name in _BY_WAY}
    fields |= {name: _longer(getattr(state, name), labels + ramps) for name in _BY_ENTRY}
    least = np.empty((state.least.shape[0], points))
    least[:, : state.least.shape[1]] = state.least
    return state._replace(**fields, least=least, scratch=np.empty((6, points + 8)))


def write_admission(
    state: State, place: int, since: float, until: float, floor_kwh: float, leave_by: float
) -> State:
    """Write down an admission for ``place`` (stage * places + place)."""
    made = int(state.tally[ADMISSIONS])
    if made == state.since.size:
        fields: dict[str, Any] = {
            name: _longer(getattr(state, name), 2 * made) for name in _BY_ADMISSION
        }
        state = state._replace(**fields)
    state.since[made], state.until[made] = since, until
    state.admitted_kwh[made], state.admitted_s[made] = floor_kwh, leave_by
    state.admitted_next[made] = state.admitted[place]
    state.admitted[place] = made
    state.tally[ADMISSIONS] = made + 1
    return state


def _larger(size: int, needed: int) -> int:
    return size if needed <= size else max(2 * size, 2 * needed)


def _longer(array: NDArray[Any], size: int) -> NDArray[Any]:
    if size == array.shape[0]:
        return array
    longer = np.empty(size, array.dtype)
    longer[: array.shape[0]] = array
    return longer
