"""Where a worker finds the world that a batch is planned in."""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from planner.fleet.frozen import frozen, thaw
from planner.roads.graph import RoadGraph
from planner.roads.region import region_folder
from planner.settings import Settings
from planner.store.snapshot import Snapshot
from planner.world import RoadSide, World, choose_region


class Site(Hashable, Protocol):
    """Where a worker finds its world; equal sites are one world. Sent with every task: small."""

    def open(self) -> "World | Missing":
        """Open the world, or say what is not there yet."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Files that a worker lacks, by their SHA-256; ``cache`` names the folder they should be in."""

    cache: str
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A region's folder and a frozen snapshot's, on this machine."""

    region: Path
    snapshot: Path

    def open(self) -> World:
        """Map both."""
        return World(RoadSide.of(RoadGraph.open(self.region), KEPT_CARS), thaw(self.snapshot))


KEPT_CARS = 2
"""Cars of which a worker keeps what it has learned of roads: missions of one come together."""

_WORLDS: dict[Site, World] = {}
_OPENING = threading.Lock()


def world_at(site: Site) -> World | Missing:
    """Open the world of a site once for each process; of several, the last is kept."""
    with _OPENING:
        world = _WORLDS.get(site)
        if world is None:
            opened = site.open()
            if isinstance(opened, Missing):
                return opened
            _WORLDS.clear()
            world = _WORLDS[site] = opened
        return world


@contextmanager
def site_here(settings: Settings, region: str | None, snapshot: Snapshot) -> Iterator[Frozen]:
    """Freeze a snapshot, for as long as the block lasts, beside the region of an installation."""
    folder = region_folder(settings.regions, choose_region(settings, region))
    with frozen(snapshot, settings.home / "batches" / "worlds") as held:
        yield Frozen(folder, held)
