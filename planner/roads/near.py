"""Points on the sphere, and which of them stand near to one: asked of the same ones again."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from planner.model.geo import EARTH_RADIUS_M
from planner.roads.sphere import unit_vectors

Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class NearPoints:
    """Points to ask what is near; ``points_m``, shape (points, 3), has chords for distances."""

    points_m: NDArray[np.float64]
    _near: dict[tuple[int, float], Ints] = field(default_factory=dict, repr=False)

    @classmethod
    def at(cls, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> "NearPoints":
        """Take the points at some degrees, shape (points,) each."""
        return cls(EARTH_RADIUS_M * unit_vectors(lon, lat))

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points_m)

    def near(self, number: int, radius_m: float) -> Ints:
        """List the points within a distance of one, itself included, in their order."""
        known = self._near.get((number, radius_m))
        if known is None:
            found = self._tree.query_ball_point(self.points_m[number], radius_m)
            known = np.array(sorted(found), np.intp)
            known.setflags(write=False)
            self._near[number, radius_m] = known
        return known

    def near_each(self, numbers: Ints, radius_m: float) -> list[list[int]]:
        """List of each of many, in any order, what is near to it; nothing of it is kept."""
        return list(self._tree.query_ball_point(self.points_m[numbers], radius_m))
