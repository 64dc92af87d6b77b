"""Closures and slow-downs of roads, as a user gave them, and which edges of a region they mean."""

from dataclasses import dataclass
from typing import Literal

SPAN_S = 24 * 3600.0
"""What is in force at any moment from a departure to so many seconds later counts for the trip."""

LEAST_KMH = 5.0
"""Nothing is slowed below walking pace; what is slower is a closure."""

Shape = Literal["Point", "LineString", "MultiLineString", "Polygon"]
Position = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where a closure is: ``parts`` hold (lon, lat) in degrees.

    A Point has one part of one position, a line one or more parts, a Polygon its rings, the outer
    one first.
    """

    shape: Shape
    parts: tuple[tuple[Position, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A stretch of road that is closed or slower than usual for a while.

    Exactly one of ``closed``, ``speed_kmh`` and ``factor`` is given.

    Attributes
    ----------
    geometry : Geometry or None
        None where the edges were named outright.
    both : bool
        Whether a line means both directions of its roads; else the one in which it is drawn.
    speed_kmh : float or None
        The most that is driven there.
    factor : float or None
        Of the usual speed, above 0 and at most 1.
    begins, ends : float or None
        UTC epoch seconds, the end excluded; None is open.
    region_hash : str
        The region that ``edges`` were found in.
    edges : tuple of int
        Directed edges of that region, ascending.
    """

    id: str
    geometry: Geometry | None
    both: bool = False
    closed: bool = False
    speed_kmh: float | None = None
    factor: float | None = None
    begins: float | None = None
    ends: float | None = None
    reason: str = ""
    region_hash: str = ""
    edges: tuple[int, ...] = ()

    def is_in_force(self, departure: float, span_s: float = SPAN_S) -> bool:
        """Say whether it is valid at any moment of a trip's span."""
        starts = self.begins is None or self.begins <= departure + span_s
        return starts and (self.ends is None or self.ends > departure)
