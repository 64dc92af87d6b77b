"""What one pull of a party brings: fetched and read, and not yet written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from planner.errors import Fault, FeedError
from planner.feeds.client import PAGE_LIMIT, Connection, OcpiClient
from planner.feeds.partners import identified
from planner.feeds.staging import Stage
from planner.ocpi.addresses import shown
from planner.ocpi.times import read_time
from planner.store.snapshot import ClientInfo
from planner.store.sources import Source
from planner.store.store import Store

STATIONS_TOTAL = "stations_total"
"""Name of the count of stations in the last full pull."""

HISTORY = ("sessions", "cdrs")
"""Modules that tell what our tokens did."""

HISTORY_S = 31 * 86_400.0
"""Seconds for which Sessions and CDRs are asked back: beyond 30 days they prove nothing."""

Progress = Callable[[str, int, int | None], None]
"""Called with the module, the objects so far and how many there will be, if that is known."""


@dataclass(slots=True)
class Haul:
    """What a pull brings.

    Attributes
    ----------
    stages : dict of str to Stage
        The lists by module.
    client_infos : list of ClientInfo or None
        What a hub says of its parties; None from others.
    began : float
        UTC epoch seconds at which the oldest list was begun.
    """

    store: Store
    source: Source
    progress: Progress
    now: float
    ours: str = ""
    stages: dict[str, Stage] = field(default_factory=dict)
    client_infos: list[ClientInfo] | None = None
    info_faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    version: str = ""

    @property
    def began(self) -> float:
        """When the oldest list was begun."""
        lists = [
            stage.began for name, stage in self.stages.items() if name in ("locations", "tariffs")
        ]
        return min([self.now, *lists])

    @property
    def pages(self) -> int:
        """How many pages there were."""
        return sum(stage.told.pages for stage in self.stages.values())

    @property
    def has_kept(self) -> bool:
        """Whether pages were written down on the way."""
        return any(stage.told.pages > 1 for stage in self.stages.values())

    @property
    def is_complete(self) -> bool:
        """Whether all that was promised of stations and tariffs has come."""
        lists = [self.stages.get(name) for name in ("locations", "tariffs")]
        return not any(stage.told.missing for stage in lists if stage is not None)

    def fetch(self, client: OcpiClient, token: str, since: float | None) -> None:
        """Pull each module that the party serves.

        Raises
        ------
        FeedError
            If stations, tariffs or a hub's word on its parties cannot be had; Sessions and CDRs
            that cannot are noted.
        """
        connection = client.connect(
            self.source.url,
            token,
            form=self.source.token_form,
            version=self.source.version,
            sender=self.ours,
            receiver=self.source.sender,
        )
        connection = self._introduce(client, connection)
        self.version = connection.partner.detail.version
        self._pull(client, connection, "locations", since)
        if client.serves(connection, "tariffs"):
            self._pull(client, connection, "tariffs", since)
        if client.serves(connection, "hubclientinfo"):
            # Always whole: the list replaces what was known of the hub's clients.
            self._pull(client, connection, "hubclientinfo", None)
            infos = self.stages["hubclientinfo"].objects()
            self.client_infos = list(self._read_infos(infos))
        for module in HISTORY:
            if client.serves(connection, module):
                self._pull_history(client, connection, module, since)

    def demand_plausible(self, *, full: bool) -> None:
        """Refuse an empty list from a party that had stations: it is not to wipe them out."""
        had = self.source.counts.get(STATIONS_TOTAL, 0)
        if full and had and not self.stages["locations"].told.received:
            raise FeedError(
                f"the party sent no stations at all, and {had} before",
                place=shown(self.source.url),
                remedy="Ask the operator of the feed; remove the feed if they are really gone",
            )

    def _introduce(self, client: OcpiClient, connection: Connection) -> Connection:
        """Ask who the party is, if that is not known yet."""
        if self.source.sender:
            return connection
        try:
            self.source = identified(self.source, client.credentials(connection))
        except FeedError as error:
            self.notes.append(f"the party does not say who it is: {error.faults[0].detail}")
        country_code, _, party_id = self.source.sender.partition("*")
        return replace(connection, receiver=(country_code, party_id))

    def _pull(
        self, client: OcpiClient, connection: Connection, module: str, since: float | None
    ) -> None:
        stage = Stage(self.store, self.source.name, module, since, self.now)
        for told in stage.fetch(client, connection, PAGE_LIMIT):
            self.progress(module, told.received, told.total)
        self.stages[module] = stage
        if stage.resumed:
            self.notes.append(f"the pull of {module} went on where the last one was cut off")
        if stage.told.links_broken:
            self.notes.append(
                f"the party's links to further {module} lead nowhere: they were asked for by offset"
            )
        if stage.told.missing:
            self.notes.append(
                f"{stage.told.missing} of {stage.told.total} {module} were promised and not sent, "
                "so none counts as gone"
            )

    def _pull_history(
        self, client: OcpiClient, connection: Connection, module: str, since: float | None
    ) -> None:
        """Pull Sessions or CDRs, which must always be asked for from a date on."""
        try:
            self._pull(client, connection, module, since or self.now - HISTORY_S)
        except FeedError as error:
            self.notes.append(f"no {module}: {error.faults[0].detail}")

    def _read_infos(self, infos: Iterable[dict[str, Any]]) -> Iterable[ClientInfo]:
        for raw in infos:
            try:
                yield read_client_info(raw, self.source.sender)
            except (KeyError, AttributeError, ValueError) as error:
                self.info_faults.append(Fault("hubclientinfo", f"an entry is left out: {error!r}"))


def read_client_info(raw: Any, hub: str) -> ClientInfo:
    """Read what a hub says of a party.

    Raises
    ------
    KeyError, AttributeError, ValueError
        If a field is missing or is not what it should be.
    """
    return ClientInfo(
        hub=hub,
        party=f"{raw['country_code'].upper()}*{raw['party_id'].upper()}",
        role=str(raw.get("role", "")).upper(),
        status=str(raw["status"]).upper(),
        as_of=read_time(str(raw["last_updated"])),
    )
