"""A fleet's own depots and their charge points: what was registered, and what they last said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from planner.errors import NotFound
from planner.model.geo import LonLat
from planner.model.station import Evse
from planner.store.bodies import decode, encode
from planner.store.database import Change, Database
from planner.store.feeds import feed_id
from planner.store.tables import charge_points, depots


@dataclass(frozen=True, slots=True)
class DepotPrice:
    """What a kWh costs the fleet at a depot, without VAT, from a moment on (UTC epoch seconds)."""

    since: float
    per_kwh: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    """A place of the fleet's own where vehicles charge; its feed has the same name.

    ``hours`` are in OpenStreetMap's syntax. ``max_kw`` is what all its charge points together may
    draw, None where nothing limits them. ``prices`` stand in the order of time, and are empty where
    nobody said what a kWh costs.
    """

    name: str
    location: LonLat
    address: str = ""
    hours: str = "24/7"
    max_kw: float | None = None
    prices: tuple[DepotPrice, ...] = ()

    def price_at(self, at: float) -> DepotPrice | None:
        """Give the price of a session that begins at a moment, None where none was set by then."""
        held = [price for price in self.prices if price.since <= at]
        return held[-1] if held else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePoint:
    """A charge point as it was registered.

    Attributes
    ----------
    id : str
        The identity by which it calls, the last part of its address.
    depot : str
        Name of its depot.
    evses : tuple of Evse
        In the order of their OCPP numbers, from 1; the ids of connectors are numbers from 1.
    name : str
        What people call it.
    max_kw : float or None
        What all its EVSEs together may draw.
    """

    id: str
    depot: str
    evses: tuple[Evse, ...]
    name: str = ""
    max_kw: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointState:
    """What a charge point last said, and what follows from it.

    Attributes
    ----------
    booted : float or None
        UTC epoch seconds of its last boot; None if it never called: it is only planned.
    made_by : str
        Vendor, model and firmware.
    statuses : dict of str to (str, float)
        By ``EVSE/connector`` in OCPP numbers, ``0/0`` for the charge point itself: OCPI's word
        for the status, and since when.
    doubted : tuple of str
        Which of these were said before a long silence, and not since.
    shown : dict of str to (str, float)
        By EVSE uid: the status that readers were last told, and since when.
    newest : dict of str to (float, str)
        By EVSE uid: when the newest transaction began, and its name.
    """

    booted: float | None = None
    made_by: str = ""
    statuses: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    doubted: tuple[str, ...] = ()
    shown: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    newest: Mapping[str, tuple[float, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPoint:
    """A charge point with its state; ``feed`` is the row of its depot's feed.

    ``heard`` is until when it was known to be connected (UTC epoch seconds), None if never.
    """

    feed: int
    point: ChargePoint
    state: PointState
    heard: float | None


class ChargePoints:
    """Depots and charge points; methods with a connection work within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def depots(self) -> dict[str, Depot]:
        """Give all depots, by name."""
        with self._database.reading() as connection:
            bodies = connection.execute(select(depots.c.body)).scalars().all()
        found = [decode(body, Depot) for body in bodies]
        return {depot.name: depot for depot in sorted(found, key=lambda depot: depot.name)}

    def depot(self, connection: Connection, feed: int) -> Depot | None:
        """Give the depot of a feed within a transaction, None if it is none."""
        body = connection.execute(select(depots.c.body).where(depots.c.feed == feed)).scalar()
        return None if body is None else decode(body, Depot)

    def save_depot(self, change: Change, depot: Depot) -> None:
        """Keep a depot in the place of what was known of it; its feed must be there."""
        feed = feed_id(change.connection, depot.name)
        change.connection.execute(delete(depots).where(depots.c.feed == feed))
        change.connection.execute(insert(depots).values(feed=feed, body=encode(depot)))

    def all(self) -> tuple[KnownPoint, ...]:
        """Give all charge points, by their identity."""
        with self._database.reading() as connection:
            return self.read(connection)

    def get(self, name: str) -> KnownPoint:
        """Give one charge point; NotFound if none of that identity is registered."""
        with self._database.reading() as connection:
            return self.known(connection, name)

    def known(self, connection: Connection, name: str) -> KnownPoint:
        """Give one charge point within a transaction; NotFound if it is not registered."""
        found = connection.execute(_ALL.where(charge_points.c.name == name)).first()
        if found is None:
            raise NotFound(f"there is no charge point {name!r}", remedy="See `plugsure depot list`")
        return _known(found)

    def read(self, connection: Connection, feed: int | None = None) -> tuple[KnownPoint, ...]:
        """Give all charge points, or those of one feed, within a transaction."""
        query = _ALL.order_by(charge_points.c.name)
        if feed is not None:
            query = query.where(charge_points.c.feed == feed)
        return tuple(_known(row) for row in connection.execute(query))

    def password_hash(self, name: str) -> str | None:
        """Give what was kept of the password of a charge point; None if it is not registered."""
        with self._database.reading() as connection:
            return connection.execute(
                select(charge_points.c.password).where(charge_points.c.name == name)
            ).scalar()

    def save(self, change: Change, point: ChargePoint, password_hash: str) -> None:
        """Register a charge point, or change what was registered: what it said stays."""
        feed = feed_id(change.connection, point.depot)
        values = {"feed": feed, "password": password_hash, "body": encode(point)}
        this = charge_points.c.name == point.id
        done = change.connection.execute(update(charge_points).where(this).values(values)).rowcount
        if not done:
            new = {"name": point.id, "state": encode(PointState()), **values}
            change.connection.execute(insert(charge_points).values(new))

    def save_state(self, change: Change, name: str, state: PointState) -> None:
        """Keep what a charge point said."""
        change.connection.execute(
            update(charge_points).where(charge_points.c.name == name).values(state=encode(state))
        )

    def save_heard(self, change: Change, heard: Mapping[str, float]) -> None:
        """Note until when charge points were connected."""
        for name, at in heard.items():
            change.connection.execute(
                update(charge_points).where(charge_points.c.name == name).values(heard=at)
            )

    def remove(self, change: Change, name: str) -> None:
        """Forget a charge point."""
        change.connection.execute(delete(charge_points).where(charge_points.c.name == name))


_ALL = select(
    charge_points.c.feed, charge_points.c.body, charge_points.c.state, charge_points.c.heard
)


def _known(row: Any) -> KnownPoint:
    feed, body, state, heard = row
    return KnownPoint(
        feed=feed, point=decode(body, ChargePoint), state=decode(state, PointState), heard=heard
    )
