"""``plugsure serve``: the production server, gunicorn with processes and threads."""

import os
import shutil
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click

from planner.settings import Settings

THREADS = 16
"""For each process; an event stream holds one while it is open."""

GRACE_S = 30
"""How long requests may go on when the server is told to stop."""


OCPP_ADDRESS = "127.0.0.1:9000"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog="Example: plugsure serve --host 0.0.0.0 --port 8080 --workers 4")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 256))
@click.option("--threads", default=THREADS, show_default=True, type=click.IntRange(1, 256))
@click.option(
    "--ocpp",
    "ocpp_address",
    is_flag=False,
    flag_value=OCPP_ADDRESS,
    metavar="[HOST:PORT]",
    help=f"Serve the fleet's own charge points too, at {OCPP_ADDRESS} or there.",
)
@click.option("--ocpp-cert", type=FILE, help="Certificate (PEM) for charge points: TLS.")
@click.option("--ocpp-key", type=FILE, help="Its key, if it is not in the same file.")
@click.option("--ocpp-plain", is_flag=True, help="Let passwords cross a private network in clear.")
def serve(
    host: str,
    port: int,
    workers: int,
    threads: int,
    ocpp_address: str | None,
    ocpp_cert: Path | None,
    ocpp_key: Path | None,
    ocpp_plain: bool,
) -> None:
    """Serve page and API until told to stop; requests under way are finished first."""
    charge_points: AbstractContextManager[None] = nullcontext()
    if ocpp_address is not None:
        from planner.faces.ocpp.child import (  # noqa: PLC0415 -- only where it is asked for
            charge_points_served,
            read_options,
        )

        options = read_options(ocpp_address, ocpp_cert, ocpp_key, plain=ocpp_plain)
        charge_points = charge_points_served(options)
    # prometheus_client looks for this when it is imported, so before the application is.
    folder = tempfile.mkdtemp(prefix="plugsure-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    master = os.getpid()
    try:
        with charge_points:
            _server(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", workers, threads).run()
    finally:
        if os.getpid() == master:  # the workers are forks that leave by this way too
            shutil.rmtree(folder, ignore_errors=True)


def _forget(pid: int) -> None:
    """Drop the gauges of a process that has ended."""
    from prometheus_client import multiprocess  # noqa: PLC0415 -- see `serve`

    multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call] # it has no types


def _server(bind: str, workers: int, threads: int) -> Any:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 -- see `serve`

    from planner.faces.api.app import create_app, warm_up  # noqa: PLC0415

    class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
        """Gunicorn with our application and settings."""

        def load_config(self) -> None:
            """Set what gunicorn is run with."""
            settings = {
                "bind": bind,
                "workers": workers,
                "threads": threads,
                "worker_class": "gthread",
                "graceful_timeout": GRACE_S,
                "timeout": 300,
                "keepalive": 75,
                "proc_name": "plugsure",
                "post_worker_init": lambda worker: warm_up(worker.wsgi),
                "child_exit": lambda _arbiter, worker: _forget(worker.pid),
            }
            for name, value in settings.items():
                self.cfg.set(name, value)
            if "control_socket_disable" in self.cfg.settings:  # newer versions open one in HOME
                self.cfg.set("control_socket_disable", True)  # noqa: FBT003

        def load(self) -> Any:
            """Make the application, once in each process."""
            return create_app(Settings.read())

    return Server()
