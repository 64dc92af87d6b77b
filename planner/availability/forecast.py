"""The chance that a charging point is free at arrival, from its last status and plain figures.

An EVSE that is free now tends to stay free for a while, and in the long run is taken as often as
others at that hour. So the chance that it is taken at arrival starts at what the status says and
settles towards the usual share::

    taken = usual + likeness(age + time to arrival) * (taken now - usual)
    likeness(t) = lasting + (1 - lasting) * exp(-t / memory)

``lasting`` is what never settles: some places are always fuller than others. Where several EVSEs
alike stand side by side, one is free unless all are taken, and that is more likely than chance
alone would make it, because a site fills up as a whole; the table `ALL_TAKEN` is measured.

Source of all figures: derived from the Dutch national charge point data (NDW, hourly occupancy of
65,894 locations from 2 to 9 June 2026, 3.06 million samples); only these totals are kept. They are
a prior: they hold for no particular place, and they are not a promise. What stands as occupied for
weeks (about 1 % of the EVSEs) is in them, so they err to the careful side.
"""

from math import exp

from planner.model.station import Status

USUAL_AC: tuple[float | None, ...] = (
    *(0.265, 0.293, 0.270, None, None, None, 0.277, 0.254, 0.214, 0.236, 0.208, 0.230),
    *(0.223, 0.220, 0.212, None, 0.226, None, 0.252, None, 0.253, 0.275, 0.260, 0.289),
)
"""Share of alternating-current EVSEs taken, by local hour 0 to 23; None was not sampled."""

USUAL_DC: tuple[float | None, ...] = (
    *(0.138, 0.131, 0.132, None, None, None, 0.134, 0.133, 0.144, 0.153, 0.174, 0.168),
    *(0.189, 0.198, 0.198, None, 0.186, None, 0.178, None, 0.166, 0.158, 0.151, 0.148),
)
"""The same for direct current."""

ALL_TAKEN: tuple[float, ...] = (1.0, 0.43, 0.19, 0.19, 0.10, 0.10, 0.06)
"""Chance that all of 1, 2, .. 7 or more EVSEs of a site are taken, given that one of them is.

The greater of both currents, then the greatest of this and all larger sites, rounded up: more
EVSEs never make it less likely that one is free.
"""

LASTING_AC, LASTING_DC = 0.53, 0.69
"""Likeness of a site's occupancy to itself from half a day on."""

MEMORY_AC_S, MEMORY_DC_S = 15_300.0, 10_200.0
"""Time constant of what is forgotten, seconds: 4.2 h and 2.8 h, least squares over 1 to 12 h."""

FAULT_S = 86_400.0
"""Seconds for which a fault is taken to last; after that nothing is known."""

SUREST = 0.99
"""No status is believed beyond this."""

DAY_H = 24


def probability_free(
    status: Status,
    age_s: float | None,
    evses_alike: int,
    minutes_to_arrival: float,
    *,
    local_hour: int | None = None,
    is_dc: bool = False,
) -> float | None:
    """Estimate the chance that at least one of the EVSEs alike is free at arrival.

    Parameters
    ----------
    status : Status
        Of the EVSE, as last told.
    age_s : float or None
        Seconds since it was told; None if it is not known when.
    evses_alike : int
        EVSEs of the site that would do as well, this one included: 1 or more.
    minutes_to_arrival : float
        Minutes from now.
    local_hour : int, optional
        Hour of arrival on the station's clock, 0 to 23; by default the mean of the day.
    is_dc : bool
        Whether it gives direct current; the default is the more occupied kind.

    Returns
    -------
    float or None
        0 to 0.99, never less with more EVSEs alike; None where nothing is known: the status is
        UNKNOWN, or a fault so long ago that it may have been repaired.

    Raises
    ------
    ValueError
        ``evses_alike`` is less than 1.
    """
    if evses_alike < 1:
        raise ValueError(f"evses_alike counts the EVSE itself, so it is not {evses_alike}")
    ahead_s = max(minutes_to_arrival, 0.0) * 60.0
    if status in {Status.REMOVED, Status.PLANNED}:
        return 0.0
    if status in {Status.OUTOFORDER, Status.INOPERATIVE, Status.BLOCKED}:
        return 0.0 if (age_s or 0.0) + ahead_s < FAULT_S else None
    if status is Status.UNKNOWN:
        return None
    usual = usual_share(local_hour, is_dc=is_dc)
    now = 0.0 if status is Status.AVAILABLE else 1.0
    likeness = _likeness(None if age_s is None else max(age_s, 0.0) + ahead_s, is_dc=is_dc)
    taken = usual + likeness * (now - usual)
    return min(1.0 - taken * all_taken(evses_alike), SUREST)


def usual_share(local_hour: int | None, *, is_dc: bool) -> float:
    """Return the share of EVSEs that is usually taken at a local hour, or over the day."""
    table = USUAL_DC if is_dc else USUAL_AC
    if local_hour is None:
        sampled = [share for share in table if share is not None]
        return sum(sampled) / len(sampled)
    return _between(table, local_hour % DAY_H)


def all_taken(evses_alike: int) -> float:
    """Return the chance that all EVSEs alike are taken, given that one of them is."""
    return ALL_TAKEN[min(evses_alike, len(ALL_TAKEN)) - 1]


def _likeness(elapsed_s: float | None, *, is_dc: bool) -> float:
    lasting = LASTING_DC if is_dc else LASTING_AC
    if elapsed_s is None:
        return lasting
    return lasting + (1.0 - lasting) * exp(-elapsed_s / (MEMORY_DC_S if is_dc else MEMORY_AC_S))


def _between(table: tuple[float | None, ...], hour: int) -> float:
    """Read an hour; one that was not sampled lies on the line between its neighbours."""
    before = next(n for n in range(DAY_H) if table[(hour - n) % DAY_H] is not None)
    after = next(n for n in range(DAY_H) if table[(hour + n) % DAY_H] is not None)
    low, high = table[(hour - before) % DAY_H], table[(hour + after) % DAY_H]
    assert low is not None
    assert high is not None
    return low if before + after == 0 else low + (high - low) * before / (before + after)
