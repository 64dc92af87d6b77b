"""The server of OCPP: websockets, one connection for each charge point.

One process listens and one thread of it does all that touches the store, one message after the
other: what a charge point says is kept in the order in which it was said, and nobody else takes a
charge point for silent that is connected elsewhere. The event loop only moves bytes.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import uuid4

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from planner.errors import NotFound, PlugsureError
from planner.faces.ocpp.answers import Caller
from planner.faces.ocpp.doorkeeper import Admitted, Doorkeeper
from planner.faces.ocpp.frames import SUBPROTOCOLS, Answered, write_call
from planner.faces.ocpp.lists import ListKeeper
from planner.feeds.depots.desk import DepotDesk
from planner.feeds.depots.local_lists import Card
from planner.feeds.depots.numbers import connector_of_place
from planner.feeds.depots.showing import PING_S

log = logging.getLogger(__name__)

MOST_BYTES = 1 << 18
"""The longest frame: a transaction's meter values of a day have a tenth of it."""

TICK_S = 1.0
ASK_AFTER_S = 2.0
"""After connecting, a charge point has this long to tell its status unasked."""

ANSWER_S = 30.0
REALM = 'Basic realm="ocpp", charset="UTF-8"'

T = TypeVar("T")

_silent = logging.Logger("planner.faces.ocpp.wire")  # noqa: LOG001 -- outside the tree on purpose
_silent.disabled = True
"""For libraries that would log headers and messages, and with them passwords and token uids."""


@dataclass(slots=True)
class _Line:
    """One connection of a charge point."""

    caller: Caller
    socket: ServerConnection
    cards: tuple[Card, ...] | None = field(default=None, repr=False)
    """The list that it was last brought, or is just being brought; None: nothing yet."""
    is_ready: bool = False
    """Whether it may be called: it has told of itself, and no list is on its way."""
    waiting: dict[str, asyncio.Future[Answered]] = field(default_factory=dict)


class OcppServer:
    """Serves a desk's charge points.

    Parameters
    ----------
    open_desk : callable
        Opens the desk; called in the thread that uses it.
    clock : callable
        Gives UTC epoch seconds.
    tick_s, ask_after_s : float
        How often the desk is told of the time; when who was silent is asked for its status.
    """

    def __init__(
        self,
        open_desk: Callable[[], DepotDesk],
        clock: Callable[[], float],
        *,
        tick_s: float = TICK_S,
        ask_after_s: float = ASK_AFTER_S,
    ) -> None:
        self._open_desk = open_desk
        self._clock = clock
        self._tick_s = tick_s
        self._ask_after_s = ask_after_s
        self._thread = ThreadPoolExecutor(1, "depots")
        self._checks = ThreadPoolExecutor(2, "passwords")
        self._lines: dict[str, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._lists = ListKeeper(clock)
        self._desk: DepotDesk | None = None
        self._door: Doorkeeper | None = None

    async def run(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext | None,
        stop: asyncio.Event,
        started: Callable[[int], None],
    ) -> None:
        """Serve until told to stop.

        Parameters
        ----------
        started : callable
            Told the port once it listens.

        Raises
        ------
        OSError
            If the address cannot be listened at.
        """
        desk = self._desk = await self._do(self._open_desk)
        self._door = Doorkeeper(desk.presence.store.charge_points.password_hash, self._clock)
        ticking = asyncio.create_task(self._tick(desk))
        try:
            async with serve(
                self._converse,
                host,
                port,
                ssl=tls,
                subprotocols=[Subprotocol(name) for name in reversed(SUBPROTOCOLS)],
                process_request=self._admit,
                max_size=MOST_BYTES,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                close_timeout=2.0,
                server_header=None,
                logger=_silent,
            ) as server:
                started(_port_of(server))
                await stop.wait()
        finally:
            for task in (ticking, *self._tasks):
                task.cancel()
            await asyncio.gather(ticking, *self._tasks, return_exceptions=True)
            await self._do(desk.presence.close)
            self._thread.shutdown()
            self._checks.shutdown()

    async def _do(self, work: Callable[..., T], *given: Any) -> T:
        """Do what touches the store, in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """Let a charge point in, or answer why not."""
        assert self._door is not None
        address = str((socket.remote_address or ("",))[0])
        told = request.headers.get_all("Authorization")
        given = told[0] if len(told) == 1 else ""
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                self._checks, self._door.admit, request.path, given, address
            )
        except PlugsureError as error:
            log.warning("nobody can be let in: %s", error)
            return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "try again later\n")
        if isinstance(found, Admitted):
            socket.username = found.name
            return None
        log.warning("refused a connection from %s: %s", address, found.said)
        response = socket.respond(HTTPStatus(found.status), f"{found.said}\n")
        if found.status == HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = REALM
        if found.wait_s:
            response.headers["Retry-After"] = str(found.wait_s)
        return response

    async def _converse(self, socket: ServerConnection) -> None:
        """Serve one connection to its end; a newer one of the same charge point ends it."""
        assert self._desk is not None
        name, desk = str(socket.username), self._desk
        line = _Line(Caller(desk, name, SUBPROTOCOLS[str(socket.subprotocol)]), socket)
        before, self._lines[name] = self._lines.get(name), line
        if before is not None:
            self._later(before.socket.close(1001, "connected anew"))
        try:
            await self._do(desk.presence.connect, name)
            log.info("%s connected by OCPP %s", name, line.caller.version)
            self._later(self._ask_status(line))
            async for frame in socket:
                await self._take(line, frame)
        except ConnectionClosed:
            pass
        except NotFound:
            await socket.close(1008, "not registered")
        except PlugsureError as error:
            log.warning("the connection of %s ends: %s", name, error)
            await socket.close(1011, "try again later")
        finally:
            await self._leave(line)

    async def _leave(self, line: _Line) -> None:
        name = line.caller.name
        if self._lines.get(name) is not line:
            return
        del self._lines[name]
        log.info("%s is gone", name)
        try:
            await self._do(line.caller.desk.presence.disconnect, name)
        except PlugsureError as error:
            log.warning("that %s is gone could not be kept: %s", name, error)

    async def _take(self, line: _Line, frame: str | bytes) -> None:
        answer = await self._do(line.caller.answer, frame)
        if isinstance(answer, str):
            await line.socket.send(answer)
            return
        waiting = line.waiting.pop(answer.id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _later(self, work: Awaitable[None]) -> None:
        async def done() -> None:
            try:
                await work
            except (ConnectionClosed, PlugsureError) as error:
                log.debug("given up: %s", type(error).__name__)

        task = asyncio.create_task(done())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask_status(self, line: _Line) -> None:
        """Ask for statuses that are from before a long silence; see `Presence.confirm`."""
        await asyncio.sleep(self._ask_after_s)
        presence, name = line.caller.desk.presence, line.caller.name
        for evse, connector in await self._do(presence.doubted, name):
            if line.caller.version == "1.6":
                point = await self._do(presence.point, name)
                about = {"connectorId": connector_of_place(point, evse, connector)}
            else:
                about = {"evse": {"id": evse, "connectorId": connector}}  # type: ignore[dict-item] # of JSON
            asked = {"requestedMessage": "StatusNotification", **about}
            answer = await self._ask(line, "TriggerMessage", asked)
            if answer is None or (answer.payload or {}).get("status") != "Accepted":
                await self._do(presence.confirm, name)
                break
        line.is_ready = True

    async def _bring_list(self, line: _Line, cards: tuple[Card, ...]) -> None:
        """Bring a charge point the list of cards, once the last one has arrived."""

        async def ask(action: str, payload: dict[str, Any]) -> Answered | None:
            return await self._ask(line, action, payload)

        try:
            await self._lists.bring(line.caller.name, line.caller.version, ask, cards)
        finally:
            line.is_ready = True

    async def _ask(self, line: _Line, action: str, payload: dict[str, Any]) -> Answered | None:
        """Call a charge point; None if it does not answer in time."""
        name = str(uuid4())
        line.waiting[name] = asyncio.get_running_loop().create_future()
        await line.socket.send(write_call(name, action, payload))
        try:
            return await asyncio.wait_for(line.waiting[name], ANSWER_S)
        except TimeoutError:
            return None
        finally:
            line.waiting.pop(name, None)

    async def _tick(self, desk: DepotDesk) -> None:
        """Do what is due, for ever; a store that is out of reach is asked again."""
        while True:
            try:
                await self._do(desk.tick)
            except PlugsureError as error:
                log.warning("the depots could not be kept up: %s", error)
            except Exception:  # a defect in one round must not end all later ones
                log.exception("the depots could not be kept up, by a defect")
            for line in self._lines.values():
                if line.is_ready and line.cards != desk.tokens.cards:
                    line.is_ready, line.cards = False, desk.tokens.cards
                    self._later(self._bring_list(line, desk.tokens.cards))
            for name in set(self._lines) - set(desk.presence.points):
                self._later(self._lines[name].socket.close(1008, "not registered"))
            await asyncio.sleep(self._tick_s)


def _port_of(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])
