"""Loops over the samples along roads, compiled."""

import numba
import numpy as np
from numpy.typing import NDArray

_MORE = 128
"""The bit of a byte that says that its number goes on."""


@numba.njit(cache=True)
def eliminate_chains(
    first: NDArray[np.int64],
    stiff: NDArray[np.float64],
    weight: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Express the samples within each chain by its two ends: x = own + by_start u + by_end v.

    Chain c has the links ``first[c]`` up to ``first[c + 1]``; between them lie one sample fewer,
    of which the i-th stands after the i-th link. For each sample the equation is
    ``(weight + left + right) x - left before - right after = weight wanted``, left and right the
    stiffness of its links. Source: the Thomas algorithm for three right-hand sides.

    Parameters
    ----------
    first : int64[chains + 1]
    stiff : float64[links]
    weight, wanted : float64[links]
        Of the sample after each link; the last of each chain is not read.

    Returns
    -------
    own, by_start, by_end : float64[links]
        At the sample after each link; 0 at the last of each chain.
    """
    own = np.zeros(len(stiff))
    by_start = np.zeros(len(stiff))
    by_end = np.zeros(len(stiff))
    onward = np.zeros(len(stiff))
    for chain in range(len(first) - 1):
        begin, last = first[chain], first[chain + 1] - 1
        for i in range(begin, last):
            held = weight[i] + stiff[i] + stiff[i + 1]
            own[i] = weight[i] * wanted[i]
            if i == begin:
                by_start[i] = stiff[i]
            else:
                held -= stiff[i] * onward[i - 1]
                own[i] += stiff[i] * own[i - 1]
                by_start[i] = stiff[i] * by_start[i - 1]
            own[i] /= held
            by_start[i] /= held
            onward[i] = stiff[i + 1] / held
        for i in range(last - 1, begin - 1, -1):
            if i == last - 1:
                by_end[i] = onward[i]
            else:
                own[i] += onward[i] * own[i + 1]
                by_start[i] += onward[i] * by_start[i + 1]
                by_end[i] = onward[i] * by_end[i + 1]
    return own, by_start, by_end


@numba.njit(cache=True)
def pack_shapes(
    first: NDArray[np.int64],
    e7: NDArray[np.int32],
    anchor_e7: NDArray[np.int64],
    packed: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Write each shape's points as steps from the point before, the first from its anchor.

    A step in each direction is a zigzag number (0, -1, 1, -2, .. become 0, 1, 2, 3, ..) in groups
    of seven bits, the lowest first; all bytes but a number's last have their high bit set.
    Source: the variable-length integers of the Protocol Buffers encoding.

    Parameters
    ----------
    first : int64[shapes + 1]
    e7 : int32[points, 2]
    anchor_e7 : int64[shapes, 2]
    packed : uint8[at least 10 * points]
        Is written.

    Returns
    -------
    int64[shapes + 1]
        Where each shape begins in ``packed``.
    """
    begins = np.zeros(len(first), np.int64)
    at = 0
    for shape in range(len(first) - 1):
        lon, lat = anchor_e7[shape, 0], anchor_e7[shape, 1]
        for point in range(first[shape], first[shape + 1]):
            for axis in range(2):
                here = np.int64(e7[point, axis])
                step = here - (lon if axis == 0 else lat)
                left = (step << 1) ^ (step >> 63)
                while left >= _MORE:
                    packed[at] = (left & (_MORE - 1)) | _MORE
                    left >>= 7
                    at += 1
                packed[at] = left
                at += 1
            lon, lat = np.int64(e7[point, 0]), np.int64(e7[point, 1])
        begins[shape + 1] = at
    return begins


@numba.njit(cache=True)
def count_points(
    edges: NDArray[np.int64],
    shape_of: NDArray[np.int32],
    first: NDArray[np.uint32],
    packed: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Return the number of points of each edge's line, both ends included."""
    counts = np.full(len(edges), 2, np.int64)
    for index in range(len(edges)):
        shape = np.int64(shape_of[edges[index]])
        if shape == 0:
            continue
        numbers = 0
        for at in range(first[abs(shape) - 1], first[abs(shape)]):
            numbers += packed[at] < _MORE
        counts[index] += numbers // 2
    return counts


@numba.njit(cache=True)
def unpack_lines(
    edges: NDArray[np.int64],
    begins: NDArray[np.int64],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    shape_of: NDArray[np.int32],
    first: NDArray[np.uint32],
    packed: NDArray[np.uint8],
    points: NDArray[np.float64],
) -> None:
    """Write each edge's line to ``points``, float64[begins[-1], 2], from ``begins`` on.

    The inverse of `pack_shapes`; a shape that is driven against its direction is written backwards.
    """
    for index in range(len(edges)):
        edge = edges[index]
        shape = np.int64(shape_of[edge])
        start, end = tail[edge], head[edge]
        a, z = begins[index], begins[index + 1] - 1
        points[a, 0], points[a, 1] = lon[start], lat[start]
        points[z, 0], points[z, 1] = lon[end], lat[end]
        if shape == 0:
            continue
        anchor = start if shape > 0 else end
        x, y = np.int64(np.rint(lon[anchor] * 1e7)), np.int64(np.rint(lat[anchor] * 1e7))
        row, step = (a + 1, 1) if shape > 0 else (z - 1, -1)
        at, stop = np.int64(first[abs(shape) - 1]), np.int64(first[abs(shape)])
        while at < stop:
            for axis in range(2):
                left, shift = np.int64(0), 0
                while packed[at] >= _MORE:
                    left |= np.int64(packed[at] & (_MORE - 1)) << shift
                    shift += 7
                    at += 1
                left |= np.int64(packed[at]) << shift
                at += 1
                moved = (left >> 1) ^ -(left & 1)
                if axis == 0:
                    x += moved
                else:
                    y += moved
            points[row, 0], points[row, 1] = x * 1e-7, y * 1e-7
            row += step


@numba.njit(cache=True)
def count_typos(
    wanted: NDArray[np.uint32],
    codes: NDArray[np.uint32],
    start: int,
    full: int,
    most: int,
    rows: NDArray[np.int64],
) -> tuple[int, int]:
    """Return the typos of a word of ``full`` letters, and the fewest of a beginning of it.

    ``most + 1`` stands for more. ``rows`` is int64[3, len(wanted) + most + 2] to work in.
    Source: the optimal string alignment distance (Damerau 1964).
    """
    count, far = len(wanted), most + 1
    length = min(full, count + most)
    before, last, row = rows[0], rows[1], rows[2]
    for j in range(length + 1):
        last[j] = min(j, far)
    for i in range(1, count + 1):
        # Cells farther from the diagonal than there may be typos hold too many.
        low, high = max(1, i - most), min(length, i + most)
        row[low - 1] = i if low == 1 and i < far else far
        least = row[low - 1]
        for j in range(low, high + 1):
            here = codes[start + j - 1]
            cost = min(last[j - 1] + (here != wanted[i - 1]), last[j] + 1, row[j - 1] + 1)
            swapped = i > 1 and j > 1 and here == wanted[i - 2]
            if swapped and codes[start + j - 2] == wanted[i - 1]:
                cost = min(cost, before[j - 2] + 1)
            row[j] = cost
            least = min(least, cost)
        if high < length:
            row[high + 1] = far
        before, last, row = last, row, before
        if least > most:
            return far, far
    begun = far
    for j in range(max(0, count - most), length + 1):
        begun = min(begun, last[j])
    return (min(last[length], far) if full == length else far), begun


@numba.njit(cache=True)
def near_words(
    wanted: NDArray[np.uint32],
    wanted_letters: np.uint64,
    letters: NDArray[np.uint64],
    first: NDArray[np.int64],
    codes: NDArray[np.uint32],
    most: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Find the words that are at most so many typos from one that is wanted, or begin so.

    Parameters
    ----------
    wanted : uint32[length]
        Code points.
    wanted_letters, letters : uint64, uint64[words]
        A bit for each code point modulo 64 that a word holds: words that lack more of the wanted
        ones than there may be typos are passed over.
    first, codes : int64[words + 1], uint32[code points]
    most : int

    Returns
    -------
    word, whole, begun : int64[found]
        Index of the word; its typos, ``most + 1`` for more; the fewest typos of a beginning of it.
    """
    found = np.empty(len(letters), np.int64)
    whole, begun = np.empty(len(letters), np.int64), np.empty(len(letters), np.int64)
    rows = np.full((3, len(wanted) + most + 2), most + 1, np.int64)
    hits = 0
    for word in range(len(letters)):
        lacking = wanted_letters & ~letters[word]
        for _ in range(most):
            lacking &= lacking - np.uint64(1) if lacking else np.uint64(0)
        length = first[word + 1] - first[word]
        if lacking or length + most < len(wanted):
            continue
        typos, started = count_typos(wanted, codes, first[word], length, most, rows)
        if started <= most:
            found[hits], whole[hits], begun[hits] = word, typos, started
            hits += 1
    return found[:hits], whole[:hits], begun[:hits]
