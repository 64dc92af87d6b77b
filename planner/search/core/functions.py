"""What labels are made of: cost as a function of charge, piecewise linear, as rows of points.

A **ramp** is three arrays ``q, t, c`` of points ``first <= i < last``: with charge ``q[i]`` kWh one
is there after ``t[i]`` seconds at a cost of ``c[i]``, and linear between. Charges never fall from
one point to the next, and neither do costs: one can have more only for more. A single point is a
charge that is settled. Here a car came from a post that fills fast and then slowly::

      cost c
        |                         o  full
        |                     .
        |                 .              the amount charged at the last stop is still open:
        |             o                  each point of the ramp is one choice of it
        |         /
        |       /
        |     /
        |   o  just enough to get here
        |
        +---+---------+-----------+----> charge q on arrival
           lo                    hi

`start` lets a ramp wait for a place to open, `charge` turns the ramp of an arrival into the ramp of
the departures from a post, `cut` drives it along a leg, and `uncovered` says which part of it
another ramp leaves standing. All of them are exact: a break in either function is a point of the
result, and so is each crossing.

Source: Baum, Dibbelt, Gemsa, Wagner, Zündorf: Shortest Feasible Paths with Charging Stops for
Battery Electric Vehicles, Transportation Science 53 (2019), charging function propagation; there a
label splits at each candidate charge, here the candidates are folded into one ramp (see `charge`).
"""

import numpy as np
from numpy.typing import NDArray

from planner.search.core.compiled import compiled, kernel_only

F64 = NDArray[np.float64]


@compiled
def find_piece(q: F64, first: int, last: int, at: float) -> int:
    """Place of the piece that holds ``at``: the last point at or below it that has a next one."""
    low, high = first, max(first, last - 2)
    while low < high:
        middle = (low + high + 1) >> 1
        if q[middle] <= at:
            low = middle
        else:
            high = middle - 1
    return low


@compiled
def on_piece(q: F64, v: F64, piece: int, last: int, at: float) -> float:
    """Value at a charge of the piece that starts there, or of the point where it is the last."""
    if piece + 1 >= last:
        return float(v[piece])
    width = q[piece + 1] - q[piece]
    if width <= 0.0:
        return float(v[piece + 1] if at >= q[piece + 1] else v[piece])
    share = min(1.0, max(0.0, (at - q[piece]) / width))
    return float(v[piece] + share * (v[piece + 1] - v[piece]))


@compiled
def value(q: F64, v: F64, first: int, last: int, at: float) -> float:
    """Value of a ramp at a charge; beyond its ends, that at the end."""
    return on_piece(q, v, find_piece(q, first, last, at), last, at)


@kernel_only
def cut(
    q: F64,
    t: F64,
    c: F64,
    first: int,
    last: int,
    low: float,
    high: float,
    to_q: F64,
    to_t: F64,
    to_c: F64,
) -> int:
    """Copy the part of a ramp from ``low`` to ``high`` to the front of other arrays.

    Returns the number of points; both ends are among them, once where they are one.
    """
    piece = find_piece(q, first, last, low)
    to_q[0] = low
    to_t[0] = on_piece(q, t, piece, last, low)
    to_c[0] = on_piece(q, c, piece, last, low)
    made = 1
    if high <= low:
        return made
    piece += 1
    while piece < last and q[piece] < high:
        if q[piece] > low:
            to_q[made] = q[piece]
            to_t[made] = t[piece]
            to_c[made] = c[piece]
            made += 1
        piece += 1
    before = find_piece(q, first, last, high)
    to_q[made] = high
    to_t[made] = on_piece(q, t, before, last, high)
    to_c[made] = on_piece(q, c, before, last, high)
    return made + 1


@kernel_only
def start(
    q: F64,
    t: F64,
    c: F64,
    n: int,
    opens: float,
    waits: bool,
    weight: float,
    to_q: F64,
    to_t: F64,
    to_c: F64,
) -> int:
    """Let an arrival wait until ``opens``; returns the number of points, 0 where none may wait.

    A second costs ``weight``. Arrivals too early are left out where one may not wait. The charge
    with which one arrives just at the opening becomes a point: below it more charge is free, as it
    is charged while one would wait.
    """
    made = 0
    for i in range(n):
        if t[i] >= opens:
            if i > 0 and t[i - 1] < opens and t[i] > opens:
                share = (opens - t[i - 1]) / (t[i] - t[i - 1])
                to_q[made] = q[i - 1] + share * (q[i] - q[i - 1])
                to_t[made] = opens
                to_c[made] = c[i - 1] + share * (c[i] - c[i - 1])
                made += 1
            to_q[made] = q[i]
            to_t[made] = t[i]
            to_c[made] = c[i]
            made += 1
        elif waits:
            to_q[made] = q[i]
            to_t[made] = opens
            to_c[made] = c[i] + weight * (opens - t[i])
            made += 1
    return made


@compiled
def charge(
    q: F64,
    t: F64,
    c: F64,
    n: int,
    energy: F64,
    seconds: F64,
    curve_first: int,
    curve_last: int,
    rate: float,
    per_kwh: float,
    fixed_s: float,
    fixed_cost: float,
    closes: float,
    slack: float,
    to_q: F64,
    to_t: F64,
    to_c: F64,
    to_y: F64,
    place: int,
) -> int:
    """Make the ramp of departures from a post out of the ramp of arrivals at it.

    Write ``T`` for the time from empty to a charge at this post (``seconds`` over ``energy``) and
    ``C(q) = rate * T(q) + per_kwh * q`` for what that costs. Who arrives with y and leaves with
    z >= y pays ``c(y) + fixed_cost + C(z) - C(y)``. For each z the best y is the one with the least
    ``H(y) = c(y) - C(y)`` of all y <= z, so one walk upwards that remembers the least H so far
    yields the whole ramp; nothing is assumed of the shape of T. Where H is at a new low, y = z is
    best: the stop before charges that kWh more cheaply, and this one gives nothing there.

    The points are written from ``place`` on, with the y of each in ``to_y``; the place after the
    last one is returned. Where the best y jumps there are two points at one charge. Departures
    after ``closes`` are cut off. A new low counts when it is lower by more than ``slack``, which
    keeps the noise of equal posts from making points.
    """
    made = place
    top = energy[curve_last - 1]
    if q[0] > top or t[0] + fixed_s > closes:
        return made
    i, k = 0, find_piece(energy, curve_first, curve_last, q[0])
    here, reached = q[0], on_piece(energy, seconds, k, curve_last, q[0])
    low = c[0] - rate * reached - per_kwh * here
    low_t, low_y = t[0] - reached, here
    height = low
    to_q[made], to_t[made] = here, t[0] + fixed_s
    to_c[made], to_y[made] = c[0] + fixed_cost, here
    made += 1
    while here < top:
        while i + 1 < n and q[i + 1] <= here:
            i += 1
        while k + 1 < curve_last and energy[k + 1] <= here:
            k += 1
        arrivals = i + 1 < n
        after = min(energy[k + 1], q[i + 1]) if arrivals else energy[k + 1]
        then = on_piece(energy, seconds, k, curve_last, after)
        falls = False
        if arrivals:
            arrive_t, arrive_c = on_piece(q, t, i, n, after), on_piece(q, c, i, n, after)
            below = arrive_c - rate * then - per_kwh * after
            falls = below < low - slack
            if falls:
                if low_y < here or height > low:
                    share = 0.0 if height <= low else (height - low) / (height - below)
                    at = here + share * (after - here)
                    at_t = reached + share * (then - reached)
                    to_q[made], to_t[made] = at, low_t + at_t + fixed_s
                    to_c[made] = low + rate * at_t + per_kwh * at + fixed_cost
                    to_y[made] = low_y
                    made += 1
                    to_q[made], to_t[made] = at, on_piece(q, t, i, n, at) + fixed_s
                    to_c[made], to_y[made] = on_piece(q, c, i, n, at) + fixed_cost, at
                    made += 1
                low, low_t, low_y = below, arrive_t - then, after
                to_q[made], to_t[made] = after, arrive_t + fixed_s
                to_c[made], to_y[made] = arrive_c + fixed_cost, after
                made += 1
            height = below
        if not falls and after >= energy[k + 1]:
            to_q[made], to_t[made] = after, low_t + then + fixed_s
            to_c[made] = low + rate * then + per_kwh * after + fixed_cost
            to_y[made] = low_y
            made += 1
        here, reached = after, then
    return close(to_q, to_t, to_c, to_y, place, made, closes)


@kernel_only
def close(q: F64, t: F64, c: F64, y: F64, first: int, last: int, closes: float) -> int:
    """Cut off what is later than ``closes``; returns the place after the last point kept."""
    if t[last - 1] <= closes:
        return last
    end = first
    while end < last and t[end] <= closes:
        end += 1
    if end == first:
        return first
    share = (closes - t[end - 1]) / (t[end] - t[end - 1])
    q[end] = q[end - 1] + share * (q[end] - q[end - 1])
    c[end] = c[end - 1] + share * (c[end] - c[end - 1])
    y[end] = y[end - 1] + share * (y[end] - y[end - 1])
    t[end] = closes
    return end + 1


@kernel_only
def suffix_least(q: F64, c: F64, first: int, last: int, price: float, least: F64) -> None:
    """Write, for each point, the least of ``c - price * q`` from there on into ``least``."""
    lowest = np.inf
    for i in range(last - 1, first - 1, -1):
        lowest = min(lowest, c[i] - price * q[i])
        least[i] = lowest


@kernel_only
def step(q: F64, piece: int, last: int, here: float) -> int:
    """Move on to the piece on which ``here`` lies and that goes beyond it, if there is one."""
    while piece + 2 < last and q[piece + 1] <= here:
        piece += 1
    return piece


@kernel_only
def end_of(q: F64, piece: int, last: int, here: float, high: float) -> float:
    """End of a piece, or ``high`` where that comes first or the piece does not go beyond here."""
    beyond = piece + 1 < last and q[piece + 1] > here
    return min(high, q[piece + 1]) if beyond else high


@compiled
def uncovered(
    q: F64,
    t: F64,
    c: F64,
    n: int,
    low: float,
    high: float,
    by_q: F64,
    by_t: F64,
    by_c: F64,
    first: int,
    last: int,
    timed: bool,
    slack: float,
) -> tuple[float, float]:
    """Return the part of a ramp, within ``low`` to ``high``, that another leaves standing.

    A charge is covered where the other ramp has as much or more for no more (and, if ``timed``, no
    later). Outside the part returned every charge is covered; ``low > high`` says all is.
    """
    by_low, by_high = by_q[first], by_q[last - 1]
    if by_high < low or by_c[first] > c[n - 1] + slack:
        return low, high
    first_bare, last_bare = np.inf, -np.inf
    i, j = find_piece(q, 0, n, low), find_piece(by_q, first, last, low)
    here, before, covered_before = low, low, True
    while True:
        held = max(here, by_low)
        covered = here <= by_high
        covered = covered and (
            on_piece(by_q, by_c, j, last, held) <= on_piece(q, c, i, n, here) + slack
        )
        covered = covered and (
            not timed or on_piece(by_q, by_t, j, last, held) <= on_piece(q, t, i, n, here) + slack
        )
        if not (covered and covered_before):
            first_bare, last_bare = min(first_bare, before), here
        if here >= high:
            return first_bare, last_bare
        before, covered_before = here, covered
        i, j = step(q, i, n, here), step(by_q, j, last, here)
        after = end_of(q, i, n, here, high)
        here = min(after, by_low) if here < by_low else end_of(by_q, j, last, here, after)
