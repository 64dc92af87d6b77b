"""A town that several tests drive in."""

import pytest

from tests.legs.hierarchy.random_roads import Roads, grid_roads


@pytest.fixture(scope="session")
def town() -> Roads:
    """Give a town of 1,600 junctions."""
    return grid_roads(40, 3)
