"""The process beside the production server that listens for charge points, and keeps running.

Not in gunicorn's workers: several would listen, and a charge point that is connected to one is
silent to the others; and a worker that is busy with a plan would let heartbeats wait. It is
started anew, not forked, so that it shares nothing with the server. It ends with its parent.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import click

from planner.errors import InputError

STOP_S = 10.0
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""A process that ran for as long is started again at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OcppOptions:
    """Where charge points connect; without a certificate, over plain websockets."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    @property
    def url(self) -> str:
        """Where charge points find it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "wss" if self.certificate else "ws"
        return f"{scheme}://{host}:{self.port}/ocpp/IDENTITY"


def read_options(
    address: str, certificate: Path | None, key: Path | None, *, plain: bool
) -> OcppOptions:
    """Read where to listen.

    Raises
    ------
    InputError
        If it is no HOST:PORT, or passwords would cross a network in the clear unasked.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65_535:  # noqa: PLR2004 -- TCP
        raise InputError(
            f"{address!r} is no HOST:PORT", place="--ocpp", remedy="Write 0.0.0.0:9000"
        )
    if key is not None and certificate is None:
        raise InputError("a key needs a certificate", place="--ocpp-key")
    if certificate is None and not plain and not _is_loopback(host):
        raise InputError(
            "passwords of charge points would cross the network in the clear",
            place="--ocpp",
            remedy="Give --ocpp-cert and --ocpp-key, or --ocpp-plain where the network is private",
        )
    return OcppOptions(host=host, port=int(port), certificate=certificate, key=key)


@contextmanager
def charge_points_served(options: OcppOptions) -> Iterator[None]:
    """Keep the process running while the block does.

    Raises
    ------
    InputError
        If it cannot listen there.
    """
    keeper = _Keeper(options)
    keeper.start()
    watching = threading.Thread(target=keeper.watch, name="ocpp-keeper", daemon=True)
    watching.start()
    try:
        yield
    finally:
        if os.getpid() == keeper.owner:  # gunicorn's workers are forks that leave by this way too
            keeper.stop()


class _Keeper:
    """Starts the process, and starts it again when it ends."""

    def __init__(self, options: OcppOptions) -> None:
        self.owner = os.getpid()
        self._options = options
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process and wait until it listens; InputError if it does not."""
        process = self._process = self._spawn()
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            process.wait()
            raise InputError(
                f"charge points cannot be served at {self._options.host}:{self._options.port}",
                place="--ocpp",
                remedy="The reason is told above",
            )
        click.echo(f"Charge points connect to {self._options.url}", err=True)

    def watch(self) -> None:
        """Start the process again whenever it ends, the sooner the longer it ran."""
        pause_s = 1.0
        while not self._stopping.is_set():
            began = time.monotonic()
            assert self._process is not None
            status = self._process.wait()
            if self._stopping.is_set():
                return
            pause_s = 1.0 if time.monotonic() - began > STEADY_S else pause_s
            click.echo(f"The process for charge points ended ({status}); it starts again", err=True)
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            if not self._stopping.is_set():
                self._process = self._spawn()

    def stop(self) -> None:
        """End the process."""
        self._stopping.set()
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _spawn(self) -> "subprocess.Popen[str]":
        files = [str(file) for file in (self._options.certificate, self._options.key) if file]
        return subprocess.Popen(  # noqa: S603 -- our own module
            [
                sys.executable,
                "-m",
                "planner.faces.ocpp",
                str(self.owner),
                self._options.host,
                str(self._options.port),
                *files,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
