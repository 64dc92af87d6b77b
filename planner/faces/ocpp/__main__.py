"""The process that listens for charge points: ``python -m planner.faces.ocpp PARENT HOST PORT``.

Started by ``plugsure serve --ocpp``, with its parent's process id: when the parent is gone, by
intention or by death, it stops. It writes its port to standard output once it listens, and what
happens to standard error.
"""

import asyncio
import logging
import os
import signal
import ssl
import sys
import time

from planner.faces.ocpp.server import OcppServer
from planner.faces.office import open_store
from planner.feeds.depots.desk import DepotDesk
from planner.settings import Settings

LEASH_S = 0.5
USAGE, UNREACHABLE = 2, 3


def main(parent: int, host: str, port: int, certificate: str = "", key: str = "") -> int:
    """Serve until told to stop, or the parent is gone; give the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s ocpp %(message)s")
    try:
        tls = tls_context(certificate, key) if certificate else None
        asyncio.run(_serve(parent, host, port, tls))
    except (OSError, ssl.SSLError) as error:
        print(f"charge points cannot be served at {host}:{port}: {error}", file=sys.stderr)  # noqa: T201
        return USAGE
    return 0


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """Make the TLS of security profile 2.

    Source: OCPP 2.0.1 part 2, A00.FR.302: TLS 1.2 or newer.

    Raises
    ------
    OSError
        If a file cannot be read, or the key is not the certificate's.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key or None)
    return context


async def _serve(parent: int, host: str, port: int, tls: ssl.SSLContext | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    watching = asyncio.create_task(_watch(parent, stop))
    server = OcppServer(lambda: DepotDesk.open(open_store(Settings.read()), time.time), time.time)
    try:
        await server.run(host, port, tls, stop, lambda bound: print(bound, flush=True))  # noqa: T201
    finally:
        watching.cancel()


async def _watch(parent: int, stop: asyncio.Event) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 -- nothing tells of a parent that is gone
        await asyncio.sleep(LEASH_S)
    stop.set()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), *sys.argv[4:6]))
