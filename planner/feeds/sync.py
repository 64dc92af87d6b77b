"""One pull of a party: everything is fetched and read before anything is written.

So a pull that fails halfway changes nothing but the note that it failed, and what was known
stays; the pages that came are kept, and the next pull goes on after them. ``last_sync`` moves to
the moment at which a pull *began*, and only if it succeeded; the next one asks for what changed
since then, and a little before, for clocks that disagree.
"""

from dataclasses import dataclass

from planner.errors import Fault, FeedError, InputError
from planner.feeds.client import OcpiClient
from planner.feeds.haul import STATIONS_TOTAL, Haul, Progress
from planner.feeds.telling import Content, read_content, write_content
from planner.store.collecting import paused_collection
from planner.store.snapshot import ClientInfo
from planner.store.sources import Source
from planner.store.store import Store
from planner.store.updates import Repair

OVERLAP_S = 300.0
"""Seconds before the last pull from which changes are asked for again: clocks disagree, and an
object may be saved after its ``last_updated``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a pull brought.

    Attributes
    ----------
    feed : str
    at : float
        UTC epoch seconds at which it began.
    full : bool
        Whether it was the whole feed, so that what it lacks is gone.
    counts : dict of str to int
        Stations, EVSEs, tariffs, client infos, pages, rejected, mended.
    rejected : tuple of Fault
        What had to be left out, and why.
    notes : tuple of str
        What else the operator should know.
    """

    feed: str
    at: float
    full: bool
    counts: dict[str, int]
    rejected: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()


def sync_feed(
    store: Store,
    feed_name: str,
    *,
    now: float,
    full: bool = False,
    progress: Progress | None = None,
    client: OcpiClient | None = None,
    ours: str = "",
) -> SyncReport:
    """Pull a party once, and tell the store.

    Parameters
    ----------
    store : Store
    feed_name : str
        A registered feed of kind ``ocpi``, whose credentials hold ``token`` (or ``token_a``, if
        the party lets it read without registering).
    now : float
        UTC epoch seconds.
    full : bool
        Pull everything, and forget what is no longer there. The first pull always does.
    ours : str
        Our own party, ``CC*PPP``, for a hub's routing; empty for none.

    Raises
    ------
    FeedError
        If any part of the pull failed; the failure is noted on the feed.
    InputError, NotFound
        If the feed is not one that can be pulled, or is not there.
    """
    if client is None:
        with OcpiClient() as own:
            return sync_feed(
                store, feed_name, now=now, full=full, progress=progress, client=own, ours=ours
            )
    source = store.feeds.get(feed_name)
    token = _token(store, source)
    is_full = full or source.last_sync is None
    since = None if is_full or source.last_sync is None else source.last_sync - OVERLAP_S
    haul = Haul(store, source, progress or _say_nothing, now, ours)
    try:
        try:
            haul.fetch(client, token, since)
        except FeedError:
            changed = _token(store, source)
            if changed == token:
                raise
            # The tokens were changed while this ran: what has come is kept, the rest comes by them.
            haul = Haul(store, store.feeds.get(feed_name), progress or _say_nothing, now, ours)
            haul.fetch(client, changed, since)
        haul.demand_plausible(full=is_full)
    except FeedError as error:
        store.feeds.record_failure(feed_name, now, str(error))
        raise
    return _tell(store, haul, full=is_full)


def _token(store: Store, source: Source) -> str:
    if source.kind != "ocpi":
        raise InputError(
            "this feed is read from a file, there is no party to pull",
            place=source.name,
            remedy="Read the file again instead",
        )
    credentials = store.feeds.credentials(source.name)
    token = credentials.get("token") or credentials.get("token_a") or ""
    if not token or not source.url:
        raise InputError(
            "the feed has no token or no versions URL yet",
            place=source.name,
            remedy="Add it with both, or wait until the party has registered with us",
        )
    return token


def _say_nothing(module: str, received: int, total: int | None) -> None:
    """Report no progress."""


def _tell(store: Store, haul: Haul, *, full: bool) -> SyncReport:
    """Write what was read."""
    source = haul.source
    if source != store.feeds.get(source.name):
        store.feeds.save(source)
    with paused_collection():
        content = read_content(haul)
        write_content(store, haul, content, full=full)
    if full and source.is_hub and haul.version.startswith("2.1"):
        haul.client_infos = _connected(haul, content)
    if haul.client_infos is not None:
        store.knowledge.replace_client_infos(source.sender, haul.client_infos)
    stations = content.stations
    faults = [
        *content.station_faults,
        *(fault for found in content.found.values() for fault in found.faults),
        *content.tariff_faults,
        *haul.info_faults,
        *content.history_faults,
    ]
    rejected = tuple(fault for fault in faults if not isinstance(fault, Repair))
    counts = {
        "stations": len(stations),
        "evses": sum(len(n.statuses) for n in stations),
        "tariffs": len(content.tariffs),
        "client_infos": len(haul.client_infos or ()),
        "pages": haul.pages,
        "rejected": len(rejected),
        "mended": len(faults) - len(rejected),
        STATIONS_TOTAL: len(stations) if full else source.counts.get(STATIONS_TOTAL, 0),
    }
    store.feeds.record_sync(source.name, haul.began, counts)
    if haul.has_kept:
        store.pages.clear(source.name)
    return SyncReport(
        feed=source.name,
        at=haul.began,
        full=full,
        counts=counts,
        rejected=rejected,
        notes=tuple(haul.notes),
    )


def _connected(haul: Haul, content: Content) -> list[ClientInfo]:
    """Say of a hub of 2.1.1, which has no word for it, who is connected there.

    It sends the Locations of those operators only that are open to us by it.
    """
    parties = sorted({found.station.party for found in content.stations if found.station})
    return [
        ClientInfo(
            hub=haul.source.sender, party=party, role="CPO", status="CONNECTED", as_of=haul.began
        )
        for party in parties
        if party != haul.source.sender
    ]
