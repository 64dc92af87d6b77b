"""What a vehicle can use of each EVSE, whoever drives it: the connector, its power, the parking."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from planner.access.ledger import CODES, Refusal
from planner.access.outlets import Outlet, Outlets
from planner.access.parking import parking_refusal
from planner.model.station import EvseFacts
from planner.model.vehicle import Vehicle
from planner.store.snapshot import Snapshot

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """A vehicle before all EVSEs of a snapshot.

    ``outlets`` and ``parking`` stand by number of the facts, and so does ``reason_of``, the code
    of the earliest reason why no car or not this one charges there, 0 where there is none;
    ``connector`` int8 and ``power_kw`` float32 are laid out, shape (evses,), and read-only.
    """

    outlets: tuple[Outlet, ...]
    parking: tuple[Refusal | None, ...]
    connector: NDArray[np.int8]
    power_kw: NDArray[np.float32]
    reason_of: NDArray[np.int16]

    @classmethod
    def of(cls, snapshot: Snapshot, vehicle: Vehicle) -> "Fitting":
        """Hold a vehicle against every distinct set of facts."""
        chosen = Outlets(vehicle)
        outlets = tuple([chosen.choose(facts.connectors) for facts in snapshot.facts])
        parking = _parking(snapshot.facts, vehicle)
        hours = [0 if facts.hours_known else CODES["hours_unknown"] for facts in snapshot.facts]
        of = snapshot.facts_of
        return cls(
            outlets,
            parking,
            laid_out(np.array([outlet.connector for outlet in outlets], np.int8), of),
            laid_out(np.array([outlet.power_kw for outlet in outlets], np.float32), of),
            earliest(
                _codes(outlet.refusal for outlet in outlets),
                _codes(parking),
                np.array(hours, np.int16),
            ),
        )


def _parking(facts: Sequence[EvseFacts], vehicle: Vehicle) -> tuple[Refusal | None, ...]:
    known: dict[tuple[object, ...], Refusal | None] = {}
    found = []
    for told in facts:
        where = (told.parking_restrictions, told.max_height_m)
        if where not in known:
            known[where] = parking_refusal(told, vehicle, None)
        found.append(known[where])
    return tuple(found)


def earliest(*codes: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the earliest reason of each row in the ledger's order; 0 is none, and no reason."""
    # As unsigned numbers, one less makes of 0 the greatest there is.
    least = np.minimum.reduce([np.subtract(each, 1).view(np.uint16) for each in codes])
    return np.asarray(np.add(least, 1).view(np.int16))


def _codes(refusals: Iterable[Refusal | None]) -> NDArray[np.int16]:
    return np.array([0 if told is None else CODES[told.reason] for told in refusals], np.int16)


def laid_out(
    by_facts: NDArray[T], facts_of: NDArray[np.int32], exceptions: Iterable[tuple[int, int]] = ()
) -> NDArray[T]:
    """Gather a column by number of the facts to one by EVSE, read-only.

    ``exceptions`` are (EVSE, value) where it is another than that of its facts.
    """
    column = by_facts[facts_of]
    for e, value in exceptions:
        column[e] = value
    column.setflags(write=False)
    return column
