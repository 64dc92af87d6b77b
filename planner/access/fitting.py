"""What a vehicle can use of each EVSE, whoever drives it: the connector, its power, the parking."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from planner.access.ledger import Refusal
from planner.access.outlets import Outlet, Outlets
from planner.access.parking import parking_refusal
from planner.model.station import EvseFacts
from planner.model.vehicle import Vehicle
from planner.store.snapshot import Snapshot

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """A vehicle before all EVSEs of a snapshot.

    ``outlets`` and ``parking`` stand by number of the facts; ``connector`` int8 and ``power_kw``
    float32 are laid out, shape (evses,), and read-only.
    """

    outlets: tuple[Outlet, ...]
    parking: tuple[Refusal | None, ...]
    connector: NDArray[np.int8]
    power_kw: NDArray[np.float32]

    @classmethod
    def of(cls, snapshot: Snapshot, vehicle: Vehicle) -> "Fitting":
        """Hold a vehicle against every distinct set of facts."""
        chosen = Outlets(vehicle)
        outlets = tuple([chosen.choose(facts.connectors) for facts in snapshot.facts])
        of = snapshot.facts_of
        return cls(
            outlets,
            _parking(snapshot.facts, vehicle),
            laid_out(np.array([outlet.connector for outlet in outlets], np.int8), of),
            laid_out(np.array([outlet.power_kw for outlet in outlets], np.float32), of),
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


def laid_out(by_facts: NDArray[T], facts_of: NDArray[np.int32]) -> NDArray[T]:
    """Gather a column by number of the facts to one by EVSE, read-only."""
    column = by_facts[facts_of]
    column.setflags(write=False)
    return column
