"""Partners in the store: registering with a party, and keeping those that register with us.

A partner is a feed. Its encrypted credentials hold ``token`` (by which we call it, once
registered), ``token_a`` (by which we may register with it), ``our_token`` (by which it calls us)
and, while tokens change, ``our_next_token``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from planner.errors import FeedError, InputError
from planner.feeds.client import OcpiClient
from planner.ocpi.answers import Refusal
from planner.ocpi.handshake import Partner, Standing
from planner.ocpi.messages import CLIENT_ERROR, Credentials, Role, tokens_of
from planner.ocpi.party import PartyState, Peer
from planner.store.callers import TOKENS
from planner.store.sources import Source
from planner.store.store import Store

USABLE = (
    ("locations", "SENDER"),
    ("tariffs", "SENDER"),
    ("sessions", "SENDER"),
    ("cdrs", "SENDER"),
    ("hubclientinfo", "SENDER"),
    ("tokens", "RECEIVER"),
    ("commands", "RECEIVER"),
)
"""Endpoints of the other side of which one must be there, or there is nothing to share."""

OPEN_ROLES = ("HUB", "NAP", "NSP", "OTHER")
"""Roles that send what is other parties': national access points, navigation providers."""


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
    new = "our_next_token" if "token" in before else "our_token"
    store.feeds.save_credentials(feed_name, {**before, new: ours})
    try:
        connection = client.register(
            source.url,
            before.get("token") or before.get("token_a", ""),
            our_versions_url,
            our_roles,
            our_token=ours,
            again="token" in before,
            form=source.token_form,
        )
    except FeedError as error:
        store.feeds.save_credentials(feed_name, before)
        store.feeds.record_failure(feed_name, now, str(error))
        raise
    store.feeds.save_credentials(feed_name, {"token": connection.token, "our_token": ours})
    store.feeds.save(agreed(store.feeds.get(feed_name), connection.partner))


def unregister_feed(
    store: Store, feed_name: str, *, now: float, client: OcpiClient | None = None
) -> None:
    """End a registration with the party of a feed; what it told us stays until it is removed.

    Raises
    ------
    FeedError
        If the party could not be told; the registration stands then.
    """
    if client is None:
        with OcpiClient() as own:
            unregister_feed(store, feed_name, now=now, client=own)
        return
    source = store.feeds.get(feed_name)
    held = store.feeds.credentials(feed_name)
    if "token" not in held:
        raise InputError("we are not registered with this party", place=feed_name)
    try:
        client.unregister(client.connect(source.url, held["token"], form=source.token_form))
    except FeedError as error:
        store.feeds.record_failure(feed_name, now, str(error))
        raise
    store.feeds.save_credentials(feed_name, {})


def invite(
    store: Store, feed_name: str, *, token: str, token_form: str = "", is_hub: bool = False
) -> None:
    """Let a party register with us: by this token A, which its operator is given out of band."""
    source = Source(name=feed_name, kind="ocpi", token_form=token_form, is_hub=is_hub)
    store.feeds.add(source, {"our_token": token})


def read_state(
    store: Store,
    headers: Mapping[str, str],
    *,
    base_url: str,
    roles: Sequence[Role],
    modules: Sequence[tuple[str, str, str]] = (),
) -> PartyState:
    """Give our side of OCPI as `planner.ocpi.party.respond` takes it, with the one who calls.

    Parameters
    ----------
    headers : mapping
        Of the request: by its token we know the party.
    base_url : str
        Where ``/ocpi`` is reached from outside.
    modules : sequence of (identifier, role, path)
        What is served besides credentials.
    """
    state = PartyState(base_url=base_url, roles=tuple(roles), modules=tuple(modules), needs=USABLE)
    said = next((v for k, v in headers.items() if k.lower() == "authorization"), "")
    caller = store.callers.find(tokens_of(said))
    if caller is None:
        return state
    held = store.feeds.credentials(caller.source.name)
    ours = [held[name] for name in TOKENS if held.get(name)]
    used = next((token for token in ours if token in tokens_of(said)), "")
    if not used:
        return state
    standing = Standing.REGISTERED if caller.registered else Standing.INVITED
    source = caller.source
    peer = Peer(source.name, used, standing, versions_url=source.url, token_form=source.token_form)
    return replace(state, peers=(peer,))


def keep_state(store: Store, before: PartyState, after: PartyState) -> None:
    """Write what a response changed: who has registered with us, and who has left.

    Raises
    ------
    Refusal
        If the token by which the party called was changed meanwhile, as by the same call that
        the party sent once more while we were looking it up.
    """
    known = {peer.name: peer for peer in before.peers}
    left = known.keys() - {peer.name for peer in after.peers}
    for name in left:
        _exchange(store, known[name], {})
    for peer in after.peers:
        if peer == known.get(peer.name) or peer.partner is None:
            continue
        theirs = peer.partner.credentials
        if theirs is None:
            continue
        fresh = {"token": theirs.token, "our_token": peer.token}
        _exchange(store, known[peer.name], fresh)
        source = replace(store.feeds.get(peer.name), url=theirs.url)
        store.feeds.save(agreed(source, peer.partner))


def _exchange(store: Store, before: Peer, credentials: Mapping[str, str]) -> None:
    if not store.feeds.save_credentials(before.name, credentials, by=before.token):
        raise Refusal(405, CLIENT_ERROR, "the credentials were changed by another request")


def agreed(source: Source, partner: Partner) -> Source:
    """Say of a feed what its party and we have agreed on."""
    version = partner.detail.version
    known = replace(source, version=version)
    if version and partner.encoded == version.startswith("2.1"):
        known = replace(known, token_form="base64" if partner.encoded else "raw")
    return known if partner.credentials is None else identified(known, partner.credentials)


def identified(source: Source, credentials: Credentials) -> Source:
    """Say of a feed who sends it: the hub where there is one, else the first CPO.

    2.1.1 tells no role: there the one party is the sender, and whether it is a hub is what the
    operator of this planner said.
    """
    roles = credentials.roles
    hubs = [role for role in roles if role.role == "HUB"]
    operators = [role for role in roles if role.role in ("CPO", "")]
    known = replace(source, is_open=source.is_open or any(r.role in OPEN_ROLES for r in roles))
    if not hubs and not operators:
        return known
    return replace(
        known,
        sender=(hubs or operators)[0].party,
        is_hub=bool(hubs) or source.is_hub,
        parties=tuple(dict.fromkeys(role.party for role in operators)),
    )
