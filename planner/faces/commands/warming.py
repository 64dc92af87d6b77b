"""``plugsure warm-up``: compile what is compiled, and prepare roads, before somebody waits."""

import time

import click

from planner.faces.commands.console import note, progress_bar
from planner.faces.warming import search_compiled
from planner.legs.hierarchy import warm_up as compile_hierarchy
from planner.legs.prepared import PreparedRoads
from planner.legs.warming import drive_somewhere
from planner.roads.graph import RoadGraph
from planner.roads.region import list_regions, open_region
from planner.settings import Settings


@click.command(name="warm-up", epilog="Example: plugsure warm-up")
def warm_up() -> None:
    """Compile all kernels and prepare the roads of all regions; once after each installation."""
    settings = Settings.read()
    began = time.perf_counter()
    with search_compiled():
        compile_hierarchy()
    note(f"Kernels are compiled ({time.perf_counter() - began:.0f} s)")
    for info in list_regions(settings.regions):
        if info.damage:
            note(f"{info.name} is damaged and left out: {info.damage}")
            continue
        graph = open_region(settings.regions, info.name)
        prepare_roads(graph)
        note(f"{info.name} is prepared")


def prepare_roads(graph: RoadGraph) -> None:
    """Prepare a region's roads for all cars, with a progress bar."""
    with search_compiled(), progress_bar() as shown:
        task = shown.add_task("preparing legs", total=1.0)

        def tell(stage: str, share: float) -> None:
            shown.update(task, description=stage, completed=share)

        roads = PreparedRoads.of(graph, tell)
        roads.prepare(tell)
        drive_somewhere(roads)


__all__ = ["prepare_roads", "warm_up"]
