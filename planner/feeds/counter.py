"""The counter with all its servers: which module of OCPI is served by what."""

import uuid
from collections.abc import Callable, Mapping, Sequence

from planner.feeds.client import OcpiClient
from planner.feeds.command_server import CommandServer
from planner.feeds.desk import Desk, Server
from planner.feeds.location_server import LocationServer
from planner.feeds.partners import keep_state, read_state
from planner.feeds.record_servers import (
    CdrServer,
    ClientInfoServer,
    SessionServer,
    TariffServer,
)
from planner.feeds.token_server import TokenServer
from planner.ocpi.answers import Response
from planner.ocpi.messages import Role
from planner.ocpi.party import respond
from planner.store.store import Store

MODULES: tuple[tuple[str, str], ...] = (
    ("locations", "RECEIVER"),
    ("tariffs", "RECEIVER"),
    ("sessions", "RECEIVER"),
    ("cdrs", "RECEIVER"),
    ("hubclientinfo", "RECEIVER"),
    ("tokens", "SENDER"),
    ("commands", "SENDER"),
)
"""What is served besides credentials, and in which role."""


def open_desk(
    store: Callable[[], Store],
    *,
    base_url: str,
    roles: Sequence[Role],
    client: Callable[[], OcpiClient],
    new_token: Callable[[], str],
    clock: Callable[[], float],
) -> Desk:
    """Make the desk at which partners are served.

    Parameters
    ----------
    store : callable
        Gives the store, when it is first needed.
    base_url : str
        Where ``/ocpi`` is reached from outside.
    roles : sequence of Role
        Whom we speak for.
    client : callable
        Makes a client, by which a party that registers is called back.
    new_token : callable
        Makes a secret by which a party may call us.
    clock : callable
        UTC epoch seconds.
    """
    modules = tuple((name, role, name) for name, role in MODULES)

    def handshake(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        before = read_state(store(), headers, base_url=base_url, roles=roles, modules=modules)
        with client() as calling:
            made, after = respond(
                method,
                path,
                headers,
                body,
                before,
                fetch=calling.fetch,
                new_token=new_token,
                now=clock(),
            )
        if after is not before:
            keep_state(store(), before, after)
        return made

    ours = roles[0]
    servers: dict[str, Server] = {
        "locations": LocationServer(store),
        "tariffs": TariffServer(store, ours.party),
        "sessions": SessionServer(store, ours.party),
        "cdrs": CdrServer(store, ours.party),
        "hubclientinfo": ClientInfoServer(store),
        "tokens": TokenServer(store, ours, lambda: str(uuid.uuid4())),
        "commands": CommandServer(store),
    }
    return Desk(
        store,
        base_url=base_url,
        roles=roles,
        servers=servers,
        handshake=handshake,
        clock=clock,
    )
