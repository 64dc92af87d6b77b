"""``plugsure demo``: the made-up operators, their OCPI server and the planner, on this machine."""

import signal
from pathlib import Path
from threading import Event
from types import FrameType

import click

from planner.demo.runner import Demo, run_demo
from planner.settings import Settings


@click.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where state lives, in its folder `demo`.  [default: PLUGSURE_HOME]",
)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def demo(port: int, host: str, home: Path | None, workers: int) -> None:
    """Serve page and API on a world of made-up operators, until Ctrl-C.

    The operators are served by an OCPI 2.2.1 server in its own process; the planner knows them
    by handshake and pulls only. A user's own data is not touched.
    """
    folder = ((home or Settings.read().home) / "demo").resolve()
    stopped = Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {name: signal.signal(name, stop) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        run_demo(Demo(home=folder, host=host, port=port, workers=workers), click.echo, stopped)
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
