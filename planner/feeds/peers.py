"""Whom a connection really leads to: whatever a name's text says, it may point into our network.

A party whose name is public could let it point to a machine of ours, and change that between one
look and the next. So what is judged is the address that was connected to, before TLS and before a
byte is sent.
"""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from planner.errors import FeedError
from planner.ocpi.addresses import is_inward, is_inward_address, split

Network = IPv4Network | IPv6Network

Trace = Callable[[str, dict[str, Any]], None]
"""Hears of each step of a request; what it raises ends the request.

Source: HTTPX, request extensions, "trace".
"""

_CONNECTING = "connection.connect_tcp.started"
_CONNECTED = "connection.connect_tcp.complete"


def watch_peer(url: str, networks: Sequence[Network], place: str) -> Trace:
    """Make what ends a request to ``url`` that was connected to a machine of our own network.

    Parameters
    ----------
    url : str
        A URL that names our own network in so many words may lead there.
    networks : sequence of networks
        Ours, in which parties may live: a hub behind a private line.
    place : str
        What the error names.
    """
    host = (split(url).hostname or "").casefold()
    allowed = is_inward(url)
    asked: list[str] = []

    def trace(step: str, told: dict[str, Any]) -> None:
        if step == _CONNECTING:
            asked[:] = [str(told["host"]).casefold()]
        elif step == _CONNECTED and not allowed and asked == [host]:  # else it is a proxy of ours
            stream = told["return_value"]
            peer = str(stream.get_extra_info("server_addr")[0])
            if is_inward_address(peer) and not _lies_in(peer, networks):
                stream.close()
                raise FeedError(
                    f"the name {host} leads into our own network, to {peer}",
                    place=place,
                    remedy="If the party lives there, allow its network with "
                    "PLUGSURE_OCPI_NETWORKS; else ask the operator of the feed what its name is",
                )

    return trace


def _lies_in(peer: str, networks: Sequence[Network]) -> bool:
    address = ip_address(peer.partition("%")[0])
    return any(address in network for network in networks)
