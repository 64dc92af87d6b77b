"""One pull of a party: everything is fetched and read before anything is written.

So a pull that fails halfway changes nothing but the note that it failed, and what was known
stays. ``last_sync`` moves to the moment at which a pull *began*, and only if it succeeded; the
next one asks for what changed since then, and a little before, for clocks that disagree.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from planner.errors import DataError, Fault, FeedError, InputError
from planner.feeds.client import Connection, OcpiClient, Pull
from planner.feeds.normalise import Normalised, embedded_tariffs, normalise
from planner.feeds.partners import identified
from planner.ocpi.pager import shown
from planner.ocpi.tariffs import Tariff, read_tariff
from planner.ocpi.times import read_time
from planner.store.feeds import Source
from planner.store.snapshot import ClientInfo
from planner.store.store import Store
from planner.store.updates import Repair, StationsUpdate, TariffsUpdate

STATIONS_TOTAL = "stations_total"
"""Name of the count of stations in the last full pull."""

OVERLAP_S = 300.0
"""Seconds before the last pull from which changes are asked for again: clocks disagree, and an
object may be saved after its ``last_updated``."""

Progress = Callable[[str, int, int | None], None]
"""Called with the module, the objects so far and how many there will be, if that is known."""


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

    Raises
    ------
    FeedError
        If any part of the pull failed; the failure is noted on the feed.
    InputError, NotFound
        If the feed is not one that can be pulled, or is not there.
    """
    if client is None:
        with OcpiClient() as own:
            return sync_feed(store, feed_name, now=now, full=full, progress=progress, client=own)
    source = store.feeds.get(feed_name)
    token = _token(store, source)
    is_full = full or source.last_sync is None
    since = None if is_full or source.last_sync is None else source.last_sync - OVERLAP_S
    haul = _Haul(source, progress or _say_nothing)
    try:
        haul.fetch(client, token, since)
        haul.demand_plausible(full=is_full)
    except FeedError as error:
        store.feeds.record_failure(feed_name, now, str(error))
        raise
    return _tell(store, haul, now, full=is_full)


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


@dataclass(slots=True)
class _Haul:
    """What one pull brings, read and not yet written."""

    source: Source
    progress: Progress
    stations: list[Normalised] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    tariffs: dict[tuple[str, str], Tariff] = field(default_factory=dict)
    client_infos: list[ClientInfo] | None = None
    station_faults: list[Fault] = field(default_factory=list)
    tariff_faults: list[Fault] = field(default_factory=list)
    info_faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pages: int = 0
    received: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def fetch(self, client: OcpiClient, token: str, since: float | None) -> None:
        """Pull each module that the party serves."""
        connection = client.connect(self.source.url, token)
        self._introduce(client, connection)
        embedded: list[Mapping[str, Any]] = []
        for raw in self._pull(client, connection, "locations", since, self.station_faults):
            self._take_location(raw)
            embedded.extend(embedded_tariffs(raw))
        if client.serves(connection, "tariffs"):
            for raw in self._pull(client, connection, "tariffs", since, self.tariff_faults):
                self._take_tariff(raw)
        for tariff in embedded:
            self._take_tariff(tariff)
        if client.serves(connection, "hubclientinfo"):
            # Always whole: the list replaces what was known of the hub's clients.
            infos = self._pull(client, connection, "hubclientinfo", None, self.info_faults)
            self.client_infos = list(self._read_infos(infos))

    def demand_plausible(self, *, full: bool) -> None:
        """Refuse an empty list from a party that had stations: it is not to wipe them out."""
        had = self.source.counts.get(STATIONS_TOTAL, 0)
        if full and had and not self.received["locations"]:
            raise FeedError(
                f"the party sent no stations at all, and {had} before",
                place=shown(self.source.url),
                remedy="Ask the operator of the feed; remove the feed if they are really gone",
            )

    def _introduce(self, client: OcpiClient, connection: Connection) -> None:
        """Ask who the party is, if that is not known yet."""
        if self.source.sender:
            return
        try:
            self.source = identified(self.source, client.credentials(connection))
        except FeedError as error:
            self.notes.append(f"the party does not say who it is: {error.faults[0].detail}")

    def _pull(
        self,
        client: OcpiClient,
        connection: Connection,
        module: str,
        since: float | None,
        faults: list[Fault],
    ) -> Iterable[dict[str, Any]]:
        told = Pull()
        pages = 0
        for raw in client.pull(connection, module, date_from=since, told=told):
            if told.pages != pages:
                pages = told.pages
                self.progress(module, told.received, told.total)
            yield raw
        faults.extend(Fault(module, fault.detail, fault.remedy) for fault in told.faults)
        self.pages += told.pages
        self.received[module] = told.received
        self.missing[module] = told.missing
        if told.missing:
            self.notes.append(
                f"{told.missing} of {told.total} {module} were promised and not sent, so none "
                "counts as gone"
            )

    def _take_location(self, raw: dict[str, Any]) -> None:
        found = normalise(raw, feed=self.source.name, sender=self.source.sender)
        self.station_faults.extend(found.faults)
        if found.station is None:
            return
        if found.station.evses:
            self.stations.append(found)
        else:
            self.emptied.append(found.station.id)

    def _take_tariff(self, raw: Mapping[str, Any]) -> None:
        country_code, _, party_id = self.source.sender.partition("*")
        try:
            tariff = read_tariff(raw, country_code=country_code, party_id=party_id)
        except DataError as error:
            name = _name_tariff(raw, self.source.sender)
            self.tariff_faults.extend(
                Fault(name + (f.place if f.place != "/" else ""), f.detail, f.remedy)
                for f in error.faults
            )
            return
        self.tariffs[tariff.party, tariff.id] = tariff

    def _read_infos(self, infos: Iterable[dict[str, Any]]) -> Iterable[ClientInfo]:
        for raw in infos:
            try:
                yield ClientInfo(
                    hub=self.source.sender,
                    party=f"{raw['country_code'].upper()}*{raw['party_id'].upper()}",
                    role=str(raw.get("role", "")).upper(),
                    status=str(raw["status"]).upper(),
                    as_of=read_time(str(raw["last_updated"])),
                )
            except (KeyError, AttributeError, ValueError) as error:
                self.info_faults.append(Fault("hubclientinfo", f"an entry is left out: {error!r}"))


def _name_tariff(raw: Mapping[str, Any], sender: str) -> str:
    """Name a tariff as the store does, ``CC*PPP*id``, with slashes put away."""
    party = f"{raw.get('country_code')}*{raw.get('party_id')}" if raw.get("party_id") else sender
    return f"{party}*{raw.get('id')}".replace("/", "~1")


def _tell(store: Store, haul: _Haul, now: float, *, full: bool) -> SyncReport:
    """Write what was read: tariffs before the stations that refer to them."""
    source = haul.source
    is_complete = not any(haul.missing.values())
    if source != store.feeds.get(source.name):
        store.feeds.save(source)
    store.apply(
        TariffsUpdate(
            feed=source.name,
            tariffs=tuple(haul.tariffs.values()),
            full=full and is_complete,
            faults=haul.tariff_faults,
        )
    )
    store.apply(
        StationsUpdate(
            feed=source.name,
            stations=[(n.station, n.statuses) for n in haul.stations if n.station is not None],
            removed=haul.emptied,
            full=full and is_complete,
            faults=haul.station_faults,
        )
    )
    if haul.client_infos is not None:
        store.knowledge.replace_client_infos(source.sender, haul.client_infos)
    faults = [*haul.station_faults, *haul.tariff_faults, *haul.info_faults]
    rejected = tuple(fault for fault in faults if not isinstance(fault, Repair))
    counts = {
        "stations": len(haul.stations),
        "evses": sum(len(n.statuses) for n in haul.stations),
        "tariffs": len(haul.tariffs),
        "client_infos": len(haul.client_infos or ()),
        "pages": haul.pages,
        "rejected": len(rejected),
        "mended": len(faults) - len(rejected),
        STATIONS_TOTAL: len(haul.stations) if full else source.counts.get(STATIONS_TOTAL, 0),
    }
    store.feeds.record_sync(source.name, now, counts)
    return SyncReport(
        feed=source.name,
        at=now,
        full=full,
        counts=counts,
        rejected=rejected,
        notes=tuple(haul.notes),
    )
