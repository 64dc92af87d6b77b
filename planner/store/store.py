"""The store: one object that opens the database and hands out its parts.

Writers call `Store.apply`; readers hold a `Snapshot` and ask for the next one::

    store = Store.open(settings.database, settings.home / "key")
    store.feeds.add(Source(name="nl", kind="file", path="nl.ndjson.gz", format="ocpi"))
    store.apply(StationsUpdate(feed="nl", stations=..., full=True))
    snapshot = store.snapshot()
    snapshot = store.snapshot(snapshot)  # reads only what changed since
"""

from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from planner.errors import Fault
from planner.store.callers import Callers
from planner.store.charge_points import ChargePoints
from planner.store.charges import Charges
from planner.store.closures import Closures
from planner.store.collecting import paused_collection
from planner.store.commands import Commands
from planner.store.copies import complete_stations
from planner.store.database import BUSY_S, Change, Database
from planner.store.evidence import Knowledge
from planner.store.feeds import Feeds, feed_id, forget
from planner.store.fleet_plans import FleetPlans
from planner.store.fleet_records import FleetRecords
from planner.store.issued import Issued
from planner.store.keys import Keys
from planner.store.objects import Objects
from planner.store.pages import Pages
from planner.store.plans import Batches, Plans
from planner.store.reading import read_sequence, read_snapshot
from planner.store.rejections import Rejections
from planner.store.snapshot import Snapshot
from planner.store.stations import apply_stations, apply_statuses, names_of_feed
from planner.store.tariffs import apply_tariffs
from planner.store.updates import StationsUpdate, StatusUpdate, TariffsUpdate, Update
from planner.store.vault import Vault
from planner.store.wallets import Wallets
from planner.store.webhooks import Webhooks
from planner.store.winners import settle


@dataclass(frozen=True, slots=True)
class Store:
    """An open store; safe to share between threads, and with processes that fork.

    Attributes
    ----------
    feeds : Feeds
        Registered feeds, their credentials and what they had to leave out.
    rejected : Rejections
        That again, counted by reason, and of which objects.
    knowledge : Knowledge
        Agreements, prices, client infos, token evidence, driver reports.
    plans, batches : Plans, Batches
        Answers, as bodies.
    wallets, keys : Wallets, Keys
        Secrets.
    objects, callers, pages : Objects, Callers, Pages
        What partners sent, who of them may call, and pulls that were cut off.
    issued, commands : Issued, Commands
        Our own tokens, and what we asked of operators.
    charge_points : ChargePoints
        A fleet's own depots, and what their charge points last said.
    charges : Charges
        What was charged, and the trips by which it was planned.
    closures : Closures
        Roads that are closed or slower for a while.
    fleet, fleet_plans : FleetRecords, FleetPlans
        The fleet's vehicles, drivers and policies, and the plans by which it drives.
    webhooks : Webhooks
        Who is told of what, and what is still to be told.
    """

    database: Database
    feeds: Feeds
    rejected: Rejections
    knowledge: Knowledge
    plans: Plans
    batches: Batches
    wallets: Wallets
    keys: Keys
    objects: Objects
    callers: Callers
    pages: Pages
    issued: Issued
    commands: Commands
    charge_points: ChargePoints
    charges: Charges
    closures: Closures
    fleet: FleetRecords
    fleet_plans: FleetPlans
    webhooks: Webhooks

    @classmethod
    def open(cls, url: str, key_file: Path, *, busy_s: float = BUSY_S) -> "Store":
        """Open the database at an SQLAlchemy URL, and make or bring up to date its tables.

        Parameters
        ----------
        url : str
            ``sqlite:///path`` or ``postgresql://user:password@host/database``.
        key_file : Path
            Holds the key by which secrets are encrypted; made (mode 0600) if it is not there.
        busy_s : float
            How many seconds to wait for another writer.

        Raises
        ------
        StoreError
            If the database is unreachable, locked, damaged or newer than this program.
        """
        vault = Vault.open(key_file)
        database = Database.open(url, vault, busy_s=busy_s)
        feeds = Feeds(database, vault)
        feeds.index_callers()
        return cls(
            database=database,
            feeds=feeds,
            rejected=Rejections(database),
            knowledge=Knowledge(database),
            plans=Plans(database),
            batches=Batches(database),
            wallets=Wallets(database, vault),
            keys=Keys(database),
            objects=Objects(database, vault),
            callers=Callers(database),
            pages=Pages(database),
            issued=Issued(database, vault),
            commands=Commands(database, vault),
            charge_points=ChargePoints(database),
            charges=Charges(database, vault),
            closures=Closures(database),
            fleet=FleetRecords(database, vault),
            fleet_plans=FleetPlans(database),
            webhooks=Webhooks(database, vault),
        )

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def sequence(self) -> int:
        """Give the sequence of the last change: cheap enough to ask before every plan."""
        with self.database.reading() as connection:
            return read_sequence(connection)

    def snapshot(self, previous: Snapshot | None = None) -> Snapshot:
        """Read what is known now; from ``previous``, read only what changed since.

        If nothing changed, ``previous`` itself comes back. If only statuses, reports or evidence
        did, the stations and facts are the same objects and ``static_hash`` is the same.
        """
        with paused_collection(), self.database.reading() as connection:
            return read_snapshot(connection, self.database.vault, previous)

    def apply(self, *updates: Update) -> int:
        """Write what a feed told, all of it or nothing; give the sequence that it has.

        Raises
        ------
        NotFound
            If there is no such feed, or a status names a station or EVSE that is not there.
        """
        with self.database.writing() as change:
            for update in updates:
                _apply(change, update)
            return change.sequence if change.touched else change.sequence - 1

    def remove_feed(self, name: str) -> None:
        """Take out a feed and all that it brought; NotFound if there is none of that name."""
        with self.database.writing() as change:
            feed = feed_id(change.connection, name)
            station_ids, idents = names_of_feed(change, feed)
            forget(change, feed)
            flipped = settle(change, station_ids, idents)
            complete_stations(change, station_ids, idents | flipped)

    def rejections(self, feed: str, *, mended: bool = False) -> list[Fault]:
        """List what a feed had to leave out, and why; with ``mended`` also what was repaired."""
        return self.feeds.rejections(feed, mended=mended)

    def save_plan(
        self, name: str, body: bytes, *, created: float, world: str, mission_id: str = ""
    ) -> None:
        """Keep a plan under its id."""
        self.plans.save(name, body, created=created, world=world, mission_id=mission_id)

    def plan(self, name: str) -> bytes:
        """Give a plan's body; NotFound if there is none of that id."""
        return self.plans.get(name).body


def _apply(change: Change, update: Update) -> None:
    match update:
        case StationsUpdate():
            apply_stations(change, update)
        case TariffsUpdate():
            apply_tariffs(change, update)
        case StatusUpdate():
            apply_statuses(change, update)
        case _:
            assert_never(update)
