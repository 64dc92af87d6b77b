"""A trip as proven: hops from place to place, stops with the ways from their fallbacks."""

from collections.abc import Iterator
from dataclasses import dataclass

from planner.search.floors import Refuge
from planner.search.problem import Call


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One leg of a trip, and the stop at its end (None at a waypoint that is not charged at)."""

    start: int
    end: int
    kind: int
    stage: int
    left_at: float
    left_kwh: float
    arrival: float
    charge: float
    stop: "Stop | None"


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
    """A stop of a trip with its proven fallbacks."""

    place: int
    stage: int
    evse: int
    arrival: float
    charge: float
    departure: float
    left_kwh: float
    floor_kwh: float
    fallbacks: "tuple[Way, ...]"
    waiting_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A way to the end: hops in order; ``slack_s`` is how much later each arrival may come."""

    hops: tuple[Hop, ...]
    slack_s: float

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The stops in order."""
        return tuple(hop.stop for hop in self.hops if hop.stop is not None)


def every_hop(way: Way) -> Iterator[Hop]:
    """Give the hops of a way, and those of the ways behind its stops."""
    yield from way.hops
    for stop in way.stops:
        for other in stop.fallbacks:
            yield from every_hop(other)


def hop_to(before: Call, call: Call, stop: Stop | None) -> Hop:
    """Drive from one call to the next."""
    return Hop(
        start=before.place,
        end=call.place,
        kind=call.kind,
        stage=call.stage,
        left_at=before.departure,
        left_kwh=before.left_kwh,
        arrival=call.time,
        charge=call.charge,
        stop=stop,
    )


def arrive(call: Call, stop: Stop | None) -> Hop:
    """Stand in for the drive to a fallback until it is known where it starts."""
    return Hop(
        start=call.place,
        end=call.place,
        kind=0,
        stage=call.stage,
        left_at=call.time,
        left_kwh=call.charge,
        arrival=call.time,
        charge=call.charge,
        stop=stop,
    )


def drive_first(first: Hop, failed: Call, refuge: Refuge, left_at: float) -> Hop:
    """Drive to a fallback, now that it is known where from and when."""
    return Hop(
        start=failed.place,
        end=first.end,
        kind=refuge.kind,
        stage=first.stage,
        left_at=left_at,
        left_kwh=failed.charge,
        arrival=first.arrival,
        charge=first.charge,
        stop=first.stop,
    )
