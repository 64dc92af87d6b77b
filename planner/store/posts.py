"""Stations and EVSEs by numbers that their ids give, so that columns tell where somebody stands."""

from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from planner.model.station import Station
from planner.ocpi.ids import normalise_evse_id, read_evse_id


@lru_cache(maxsize=65_536)
def post_of(evse_id: str | None) -> str:
    """Give the form in which an EVSE id is the same in all feeds; empty if it follows no norm.

    Other ids, such as a plain number, need not be unique.
    """
    return normalise_evse_id(evse_id) if evse_id and read_evse_id(evse_id).form else ""


def numbers_of(names: Iterable[str]) -> NDArray[np.uint32]:
    """Give the numbers of names, in their order: equal ones have equal numbers, a few others too.

    Source: CRC-32, the same in all processes.
    """
    return np.fromiter((crc32(name.encode()) for name in names), np.uint32)


def posts_of(stations: Iterable[Station]) -> NDArray[np.uint32]:
    """Give a number of each EVSE's id, in the form that is the same in all feeds."""
    ids = (evse.evse_id for station in stations for evse in station.evses)
    return numbers_of(normalise_evse_id(told) if told else "" for told in ids)
