"""Charge points for tests, made of the client side of the library ``ocpp``, and a server."""

import asyncio
import base64
import itertools
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import ocpp.v16
import ocpp.v16.call
import ocpp.v201
import ocpp.v201.call
from ocpp.routing import on
from ocpp.v16 import call_result as result_16
from ocpp.v201 import call_result as result_201
from websockets.asyncio.client import ClientConnection, connect

from planner.faces.ocpp.server import OcppServer
from planner.feeds.depots.desk import DepotDesk
from planner.feeds.depots.plugs import read_evse
from planner.feeds.depots.registry import Registration
from planner.model.geo import LonLat
from planner.ocpi.times import write_time
from planner.settings import Settings
from planner.store.charge_points import ChargePoint, Depot
from planner.store.store import Store

PASSWORD = "correct-horse-battery"
PLACE = LonLat(11.58, 48.21)


class Clock:
    """A clock that stands until it is set on."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def registration(
    name: str, *plugs: str, depot: str = "Nord", location: LonLat = PLACE, **more: Any
) -> Registration:
    """A charge point with one EVSE for each word, by default one of 150 kW DC."""
    evses = tuple(
        read_evse(word, point=name, number=number)
        for number, word in enumerate(plugs or ("ccs:150@920",), 1)
    )
    return Registration(
        depot=Depot(name=depot, location=location, **more),
        point=ChargePoint(id=name, depot=depot, evses=evses),
        password=PASSWORD,
    )


def open_home(settings: Settings) -> Store:
    return Store.open(settings.database, settings.home / "secret.key")


@dataclass
class Served:
    """A server that runs in a thread of this process."""

    port: int
    server: OcppServer
    stop: Callable[[], None]

    def url(self, name: str, scheme: str = "ws") -> str:
        return f"{scheme}://localhost:{self.port}/ocpp/{name}"


@contextmanager
def serving(
    settings: Settings, clock: Clock, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[Served]:
    """Serve charge points until the block ends."""
    ready = threading.Event()
    said: dict[str, Any] = {}
    stores: list[Store] = []

    def desk() -> DepotDesk:
        stores.append(open_home(settings))
        return DepotDesk.open(stores[0], clock)

    server = OcppServer(desk, clock, tick_s=0.1, ask_after_s=0.2)

    async def run() -> None:
        said["loop"], said["stop"] = asyncio.get_running_loop(), asyncio.Event()

        def started(bound: int) -> None:
            said["port"] = bound
            ready.set()

        await server.run("127.0.0.1", port, tls, said["stop"], started)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(20)

    def stop() -> None:
        if thread.is_alive():
            said["loop"].call_soon_threadsafe(said["stop"].set)
            thread.join(20)
        assert not thread.is_alive()
        for store in stores:
            store.close()

    try:
        yield Served(said["port"], server, stop)
    finally:
        stop()


def basic(name: str, password: str = PASSWORD) -> dict[str, str]:
    told = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {told}"}


class Post16(ocpp.v16.ChargePoint):
    """A charge point of 1.6; it tells its statuses when it is asked to."""

    triggers = True
    asked: int = 0
    statuses: dict[int, str]

    @on("TriggerMessage")
    async def on_trigger(self, requested_message: str, connector_id: int = 0, **_: Any) -> Any:
        self.asked += 1
        if self.triggers and requested_message == "StatusNotification":
            word = self.statuses[connector_id]
            self.later = asyncio.create_task(self.status(connector_id, word))
        return result_16.TriggerMessage(status="Accepted" if self.triggers else "NotImplemented")

    async def boot(self) -> Any:
        return await self.call(
            ocpp.v16.call.BootNotification(charge_point_vendor="Maker", charge_point_model="One"),
            suppress=False,
        )

    async def status(self, connector: int, word: str, at: float | None = None) -> Any:
        told = ocpp.v16.call.StatusNotification(
            connector_id=connector,
            error_code="NoError",
            status=word,
            timestamp=None if at is None else write_time(at),
        )
        return await self.call(told, suppress=False)

    async def authorize(self, uid: str) -> str:
        told = await self.call(ocpp.v16.call.Authorize(id_tag=uid), suppress=False)
        return str(told.id_tag_info["status"])

    async def start_charging(self, connector: int, uid: str, wh: int, at: float) -> Any:
        return await self.call(
            ocpp.v16.call.StartTransaction(
                connector_id=connector, id_tag=uid, meter_start=wh, timestamp=write_time(at)
            ),
            suppress=False,
        )

    async def stop_charging(self, number: int, wh: int, at: float, uid: str | None = None) -> Any:
        return await self.call(
            ocpp.v16.call.StopTransaction(
                transaction_id=number, meter_stop=wh, timestamp=write_time(at), id_tag=uid
            ),
            suppress=False,
        )

    async def meter(self, connector: int, wh: float, at: float, number: int | None = None) -> Any:
        value = {"timestamp": write_time(at), "sampled_value": [{"value": str(wh)}]}
        return await self.call(
            ocpp.v16.call.MeterValues(
                connector_id=connector, meter_value=[value], transaction_id=number
            ),
            suppress=False,
        )


class Post201(ocpp.v201.ChargePoint):
    """A charge point of 2.0.1."""

    numbers: Iterator[int]

    @on("TriggerMessage")
    async def on_trigger(self, **_: Any) -> Any:
        return result_201.TriggerMessage(status="NotImplemented")

    async def boot(self) -> Any:
        return await self.call(
            ocpp.v201.call.BootNotification(
                charging_station={"vendor_name": "Maker", "model": "Two"}, reason="PowerUp"
            ),
            suppress=False,
        )

    async def status(self, evse: int, connector: int, word: str, at: float) -> Any:
        told = ocpp.v201.call.StatusNotification(
            timestamp=write_time(at), connector_status=word, evse_id=evse, connector_id=connector
        )
        return await self.call(told, suppress=False)

    async def authorize(self, uid: str, kind: str = "ISO14443") -> str:
        told = await self.call(
            ocpp.v201.call.Authorize(id_token={"id_token": uid, "type": kind}), suppress=False
        )
        return str(told.id_token_info["status"])

    async def event(
        self,
        kind: str,
        transaction: str,
        at: float,
        *,
        kwh: float | None = None,
        evse: int | None = None,
        uid: str = "",
    ) -> Any:
        sample = {"value": kwh, "unit_of_measure": {"unit": "kWh"}}
        value = {"timestamp": write_time(at), "sampled_value": [sample]}
        told = ocpp.v201.call.TransactionEvent(
            event_type=kind,
            timestamp=write_time(at),
            trigger_reason="MeterValuePeriodic",
            seq_no=next(self.numbers),
            transaction_info={"transaction_id": transaction},
            meter_value=None if kwh is None else [value],
            evse=None if evse is None else {"id": evse, "connector_id": 1},
            id_token={"id_token": uid, "type": "ISO14443"} if uid else None,
        )
        return await self.call(told, suppress=False)


@asynccontextmanager
async def line(served: Served, name: str, version: str, **more: Any) -> AsyncIterator[Any]:
    """Open a bare connection."""
    headers = more.pop("headers", basic(name))
    scheme = "wss" if "ssl" in more else "ws"
    async with connect(
        served.url(name, scheme), subprotocols=[version], additional_headers=headers, **more
    ) as socket:
        yield socket


@asynccontextmanager
async def post_16(served: Served, name: str, **more: Any) -> AsyncIterator[Post16]:
    """Connect a charge point of 1.6."""
    async with line(served, name, "ocpp1.6", **more) as socket:
        post = Post16(name, socket, response_timeout=10)
        post.statuses = {}
        async with _listening(post, socket):
            yield post


@asynccontextmanager
async def post_201(served: Served, name: str, **more: Any) -> AsyncIterator[Post201]:
    """Connect a charge point of 2.0.1."""
    async with line(served, name, "ocpp2.0.1", **more) as socket:
        post = Post201(name, socket, response_timeout=10)
        post.numbers = itertools.count()
        async with _listening(post, socket):
            yield post


@asynccontextmanager
async def _listening(post: Any, socket: ClientConnection) -> AsyncIterator[None]:
    post.socket = socket
    task = asyncio.create_task(post.start())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
