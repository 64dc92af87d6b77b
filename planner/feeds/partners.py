"""Partners in the store: registering with a party, and keeping those that register with us.

A partner is a feed. Its encrypted credentials hold ``token`` (by which we call it, once
registered), ``token_a`` (by which we may register with it) and ``our_token`` (by which it calls
us).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from planner.errors import FeedError
from planner.feeds.client import OcpiClient
from planner.ocpi.handshake import Standing
from planner.ocpi.messages import Credentials, Role
from planner.ocpi.party import PartyState, Peer
from planner.store.feeds import Source
from planner.store.store import Store


def register_feed(
    store: Store,
    feed_name: str,
    *,
    our_versions_url: str,
    our_roles: Sequence[Role],
    new_token: Callable[[], str],
    now: float,
    client: OcpiClient | None = None,
) -> None:
    """Register with the party of a feed whose credentials hold ``token_a``.

    Our endpoints at ``our_versions_url`` must be served while this runs: the party calls them
    back, by a token that stands in the store before it is told. A feed that is registered
    already changes its credentials instead (PUT).

    Raises
    ------
    FeedError
        If the handshake failed; noted on the feed, whose credentials stay as they were.
    """
    if client is None:
        with OcpiClient() as own:
            register_feed(
                store,
                feed_name,
                our_versions_url=our_versions_url,
                our_roles=our_roles,
                new_token=new_token,
                now=now,
                client=own,
            )
        return
    source = store.feeds.get(feed_name)
    before = store.feeds.credentials(feed_name)
    ours = new_token()
    store.feeds.save_credentials(feed_name, {**before, "our_token": ours})
    try:
        connection = client.register(
            source.url,
            before.get("token") or before.get("token_a", ""),
            our_versions_url,
            our_roles,
            our_token=ours,
            again="token" in before,
        )
    except FeedError as error:
        store.feeds.save_credentials(feed_name, before)
        store.feeds.record_failure(feed_name, now, str(error))
        raise
    store.feeds.save_credentials(feed_name, {"token": connection.token, "our_token": ours})
    if connection.partner.credentials is not None:
        known = store.feeds.get(feed_name)
        store.feeds.save(identified(known, connection.partner.credentials))


def read_state(
    store: Store,
    *,
    base_url: str,
    roles: Sequence[Role],
    modules: Sequence[tuple[str, str, str]] = (),
) -> PartyState:
    """Give our side of OCPI as `planner.ocpi.party.respond` takes it, with all partners.

    Parameters
    ----------
    base_url : str
        Where ``/ocpi`` is reached from outside.
    modules : sequence of (identifier, role, path)
        What is served besides credentials.
    """
    peers = []
    for source in store.feeds.sources():
        credentials = store.feeds.credentials(source.name) if source.kind == "ocpi" else {}
        if ours := credentials.get("our_token"):
            standing = Standing.REGISTERED if "token" in credentials else Standing.INVITED
            peers.append(Peer(source.name, ours, standing, versions_url=source.url))
    return PartyState(
        base_url=base_url, roles=tuple(roles), modules=tuple(modules), peers=tuple(peers)
    )


def keep_state(store: Store, before: PartyState, after: PartyState) -> None:
    """Write what a response changed: who has registered with us, and who has left."""
    known = {peer.name: peer for peer in before.peers}
    left = known.keys() - {peer.name for peer in after.peers}
    for name in left:
        store.feeds.save_credentials(name, {})
    for peer in after.peers:
        if peer == known.get(peer.name) or peer.partner is None:
            continue
        theirs = peer.partner.credentials
        if theirs is None:
            continue
        store.feeds.save_credentials(peer.name, {"token": theirs.token, "our_token": peer.token})
        source = replace(store.feeds.get(peer.name), url=theirs.url)
        store.feeds.save(identified(source, theirs))


def identified(source: Source, credentials: Credentials) -> Source:
    """Say of a feed who sends it: the hub where there is one, else the first CPO."""
    roles = credentials.roles
    senders = [r for r in roles if r.role == "HUB"] or [r for r in roles if r.role == "CPO"]
    if not senders:
        return source
    return replace(source, sender=senders[0].party, is_hub=senders[0].role == "HUB")
