"""How the demo's planner comes to know its peers: by handshake, then by pulls."""

import secrets
from types import TracebackType
from typing import Self

from planner.demo.operators import CONNECTIONS, Connection, Party
from planner.errors import FeedError
from planner.feeds.client import OcpiClient
from planner.feeds.partners import register_feed
from planner.feeds.sync import sync_feed
from planner.ocpi.messages import Role
from planner.store.feeds import Source
from planner.store.store import Store

OURSELVES = Party("DE", "P9S", "Plugsure's planner (demo)")
"""Who the demo's planner is to its peers: a made-up provider."""
OUR_ROLES = (Role("EMSP", OURSELVES.country_code, OURSELVES.party_id, OURSELVES.name),)


class Feeding:
    """The demo's feeds, one for each connection.

    Parameters
    ----------
    store : Store
        Where what is pulled goes.
    peers : str
        Address of the demo's OCPI server.
    bootstrap : str
        The token that its parties gave out of band.
    ours : str
        Address of our own OCPI endpoints, which the peers call back.
    """

    def __init__(self, store: Store, peers: str, bootstrap: str, ours: str) -> None:
        self._store = store
        self._peers = peers
        self._bootstrap = bootstrap
        self._ours = ours
        self._client = OcpiClient()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def connect(self, now_s: float) -> int:
        """Pull everything from each peer, registering where that is needed.

        Returns
        -------
        int
            How many stations there are.
        """
        return sum(self._connect(connection, now_s) for connection in CONNECTIONS)

    def pull(self, now_s: float) -> None:
        """Pull what changed from each peer."""
        for connection in CONNECTIONS:
            sync_feed(self._store, feed_name(connection), now=now_s, client=self._client)

    def _connect(self, connection: Connection, now_s: float) -> int:
        """Use a registration that is kept; where it is refused or there is none, register."""
        name, url = feed_name(connection), f"{self._peers}/{connection.id}/ocpi/versions"
        kept = {source.name: source for source in self._store.feeds.sources()}.get(name)
        if kept is not None and kept.url == url:
            try:
                return self._pull_all(name, now_s)
            except FeedError:
                pass
        elif kept is not None:
            self._store.remove_feed(name)
        self._register(name, url, now_s)
        return self._pull_all(name, now_s)

    def _pull_all(self, name: str, now_s: float) -> int:
        report = sync_feed(self._store, name, now=now_s, full=True, client=self._client)
        return report.counts["stations"]

    def _register(self, name: str, url: str, now_s: float) -> None:
        """Register by a real handshake, with the bootstrap token."""
        invited = {"token_a": self._bootstrap}
        if name in {source.name for source in self._store.feeds.sources()}:
            self._store.feeds.save_credentials(name, invited)
        else:
            self._store.feeds.add(Source(name=name, kind="ocpi", url=url), invited)
        register_feed(
            self._store,
            name,
            our_versions_url=f"{self._ours}/versions",
            our_roles=OUR_ROLES,
            new_token=lambda: secrets.token_urlsafe(32),
            now=now_s,
            client=self._client,
        )


def feed_name(connection: Connection) -> str:
    """Return the name of a connection's feed."""
    return f"demo-{connection.id}"
