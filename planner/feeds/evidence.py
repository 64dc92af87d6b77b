"""What partners' words prove of our tokens: that one worked, and at which EVSE."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from planner.errors import NotFound
from planner.feeds.fields import text
from planner.model.token import Token, TokenType
from planner.ocpi.charge_reading import contract_digest
from planner.ocpi.charging import TokenUse
from planner.ocpi.patch import Target, part_of
from planner.store.objects import object_name
from planner.store.snapshot import TokenEvidence
from planner.store.store import Store


def evidence_of_use(
    store: Store,
    connection: Connection,
    feed: int,
    party: str,
    use: TokenUse,
    source: str,
    ours: str,
    now: float,
) -> TokenEvidence:
    """Tell that a token has worked at an EVSE.

    Parameters
    ----------
    feed : int
        Row of the feed that tells it.
    party : str
        ``CC*PPP`` of the operator.
    source : str
        What tells it, such as ``Session 101``.
    ours : str
        ``CC*PPP`` of ourselves: whose token it is where the object does not say.
    now : float
        UTC epoch seconds; what an operator dates later counts from now.
    """
    digests = digests_of(use.provider or ours, use.type, use.uid) if use.uid else []
    known = store.issued.known_by(connection, digests, use.contract)
    station_id, evse_uid = place_of(store, connection, feed, party, use.location_id, use.evse_uid)
    return TokenEvidence(
        token=known.digest if known else (digests or [""])[0],
        station_id=station_id,
        evse_uid=evse_uid,
        party=party,
        kind="succeeded",
        value="",
        at=min(use.at, now),
        until=None,
        source=source,
        contract=_contract_of(use, known),
    )


def _contract_of(use: TokenUse, known: Token | None) -> str:
    """Name the contract of a use as it was told; of a token of ours else the one it has now.

    Some operators repeat the uid where the contract id belongs.
    """
    if use.contract.casefold() not in {"", use.uid.casefold()}:
        return contract_digest(use.contract)
    return contract_digest(known.contract_id) if known else ""


def digests_of(provider: str, kind: str, uid: str) -> list[str]:
    """Name a token as we may know it: OCPI's uids are the same in either case."""
    try:
        type_ = TokenType(kind)
    except ValueError:
        type_ = TokenType.OTHER
    return [
        Token(uid=one, type=type_, contract_id="", provider=provider).digest
        for one in dict.fromkeys((uid, uid.upper(), uid.lower()))
    ]


def place_of(
    store: Store,
    connection: Connection,
    feed: int,
    party: str,
    location_id: str,
    evse_uid: str,
) -> tuple[str, str]:
    """Name an EVSE as a snapshot does, (station id, uid), whatever the case it is told in."""
    name = object_name(party, location_id)
    held = store.objects.value(connection, feed, "locations", name)
    try:
        whole = part_of(held, Target(location_id))
        evse = part_of(held, Target(location_id, evse_uid)) if evse_uid else {}
    except NotFound:
        return f"{party}*{location_id}", evse_uid
    return f"{party}*{text(whole.get('id'))}", text(evse.get("uid")) or evse_uid


def known_evses(held: object, uids: Iterable[str]) -> Sequence[str]:
    """Give those of the uids that a Location has, as it writes them."""
    evses = held.get("evses") if isinstance(held, dict) else None
    written = {
        str(evse.get("uid")).casefold(): str(evse.get("uid"))
        for evse in (evses if isinstance(evses, list) else [])
        if isinstance(evse, dict)
    }
    return [written[uid.casefold()] for uid in uids if uid.casefold() in written]
