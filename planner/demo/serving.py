"""``python -m planner.demo.serving``: runs the demo's OCPI server until it is told to stop.

The bootstrap token comes by the environment variable ``PLUGSURE_DEMO_TOKEN``, so that it stands
in no list of processes. When it listens it prints one line, ``{"port": N}``.
"""

import argparse
import json
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from planner.demo.live import LiveWorld
from planner.demo.operators import CONNECTIONS
from planner.demo.partners import TOKEN_VARIABLE, Partners
from planner.demo.server import Peers, create_server
from planner.demo.sites import SEED, read_sites


class _Handler(WSGIRequestHandler):
    """HTTP/1.1 with kept connections; logs no request, for addresses may hold a token's uid."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main(arguments: list[str] | None = None) -> int:
    """Serve; return the exit status."""
    parser = argparse.ArgumentParser(prog="planner.demo.serving", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, or a port that is taken: any")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--state", type=Path, default=None, help="file that keeps registrations")
    given = parser.parse_args(arguments)
    bootstrap = os.environ.get(TOKEN_VARIABLE, "")
    if not bootstrap:
        sys.stderr.write(f"{TOKEN_VARIABLE} is not set: it holds the bootstrap token\n")
        return 2
    logging.basicConfig(level=logging.WARNING)
    world = LiveWorld(read_sites(), seed=given.seed)
    partners = Partners(tuple(c.id for c in CONNECTIONS), bootstrap, given.state)
    app = create_server(Peers(world, partners))
    server = _listen(given.port, app)
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"port": server.server_port}) + "\n")
    sys.stdout.flush()
    stopped.wait()
    server.shutdown()
    return 0


def _listen(port: int, app: Flask) -> BaseWSGIServer:
    """Listen at a port or, if it is taken, at any that is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            port = 0
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)


if __name__ == "__main__":
    sys.exit(main())
