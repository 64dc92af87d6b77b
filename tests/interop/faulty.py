"""A party at its worst: a server on a bare socket that sends whatever bytes a test wants.

A library of HTTP would mend what is to be broken here, so answers are written by hand.
"""

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.interop.certificates import Pair

Sent = Iterable[bytes]
Act = Callable[["Asked"], Sent]


@dataclass(frozen=True)
class Asked:
    """A request."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


def reply(
    body: bytes = b"", *, status: int = 200, length: int | None = None, **headers: str
) -> list[bytes]:
    """Write an answer; ``length`` lies about its length."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= {"Content-Length": str(len(body) if length is None else length), "Connection": "close"}
    lines = [f"HTTP/1.1 {status} Said", *(f"{k}: {v}" for k, v in named.items()), "", ""]
    return ["\r\n".join(lines).encode(), body]


def envelope(data: Any, *, code: int = 1000) -> bytes:
    """Write the body of an answer of OCPI."""
    return json.dumps({"status_code": code, "data": data}).encode()


def squeezed(size: int) -> bytes:
    """Give a gzip body that swells to ``size`` bytes."""
    return gzip.compress(b"[" + b" " * size, compresslevel=9)


@dataclass
class Faulty:
    """The server; acts are used up one after the other before it behaves.

    Attributes
    ----------
    acts : dict of str to list
        By module (``versions``, ``details``, ``locations``, ``tariffs``).
    lists : dict of str to list
        What it serves when it behaves, three at a time, by offset.
    asked : list of Asked
        All requests.
    """

    pair: Pair | None = None
    host: str = "127.0.0.1"
    acts: dict[str, list[Act]] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=lambda: {"locations": [], "tariffs": []})
    asked: list[Asked] = field(default_factory=list)
    page: int = 3

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._socket = socket.create_server((self.host, 0), family=family)
        self.port = self._socket.getsockname()[1]
        self._context: ssl.SSLContext | None = None
        if self.pair is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(self.pair.certificate, self.pair.key)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def root(self) -> str:
        """Where it is reached."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.pair is None else 'https'}://{host}:{self.port}"

    @property
    def versions_url(self) -> str:
        """Its versions endpoint."""
        return f"{self.root}/versions"

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):  # not all systems wake a listener
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            connection.settimeout(10)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                asked = _read(connection)
                if asked is not None:
                    self.asked.append(asked)
                    for part in self._answer(asked):
                        connection.sendall(part)
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass

    def _answer(self, asked: Asked) -> Sent:
        module = asked.path.strip("/").split("/")[-1]
        acts = self.acts.get(module)
        return acts.pop(0)(asked) if acts else self.behave(asked)

    def behave(self, asked: Asked) -> Sent:
        """Answer as one should."""
        module = asked.path.strip("/").split("/")[-1]
        if module == "versions":
            return self.say([{"version": "2.2.1", "url": f"{self.root}/details"}])
        if module == "details":
            served = [
                {"identifier": name, "role": "SENDER", "url": f"{self.root}/{name}"}
                for name in self.lists
            ]
            return self.say({"version": "2.2.1", "endpoints": served})
        objects = self.lists.get(module, [])
        offset = int(asked.query.get("offset", 0))
        width = min(self.page, int(asked.query.get("limit", self.page)))
        headers = {"X_Total_Count": str(len(objects))}
        if offset + width < len(objects):
            link = f'<{self.root}/{module}?offset={offset + width}>; rel="next"'
            headers["Link"] = link
        return self.say(objects[offset : offset + width], **headers)

    def say(self, data: Any, **headers: str) -> Sent:
        """Answer with success."""
        return reply(envelope(data), Content_Type="application/json", **headers)


def _read(connection: socket.socket) -> Asked | None:
    text = b""
    while b"\r\n\r\n" not in text:
        part = connection.recv(65536)
        if not part:
            return None
        text += part
    first, *lines = text.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    parts = urlsplit(first.split(" ")[1])
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    return Asked(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}, headers)
