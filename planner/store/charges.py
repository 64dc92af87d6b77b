"""What was charged, by which trips it was planned, and what we had authorised.

A CDR is kept once, whichever way it comes, and never changed; a Session is replaced by its newer
state. All bodies are encrypted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, delete, insert, select, update

from planner.model.station import DEPOT_PARTY
from planner.ocpi.charge import Charge
from planner.store.bodies import decode, encode
from planner.store.database import Change, Database
from planner.store.history_tables import authorizations, charges, trips
from planner.store.tables import plans
from planner.store.vault import Vault

_CHUNK = 500
_PAGE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What we allowed under a reference; ``evse_uids`` is empty for a whole station.

    ``token`` is a `Token.digest`, ``at`` UTC epoch seconds.
    """

    reference: str = field(repr=False)
    token: str
    party: str
    station_id: str
    evse_uids: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Kept:
    """How many records were new, newer than what was held, and known already."""

    added: int = 0
    renewed: int = 0
    known: int = 0

    def __add__(self, other: "Kept") -> "Kept":
        return Kept(
            self.added + other.added, self.renewed + other.renewed, self.known + other.known
        )


class Charges:
    """The charging history of this installation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(self, rows: Iterable[Charge]) -> Kept:
        """Keep records, all of them or none."""
        with self._database.writing() as change:
            return self.put(change, rows)

    def put(
        self, change: Change, rows: Iterable[Charge], fresh: list[Charge] | None = None
    ) -> Kept:
        """Keep records within a change of the caller's; those that are new go to ``fresh``."""
        new = [] if fresh is None else fresh
        kept = Kept()
        page: list[Charge] = []
        for row in rows:
            page.append(row)
            if len(page) == _CHUNK:
                kept += self._put(change, page, new)
                page = []
        return kept + self._put(change, page, new)

    def _put(self, change: Change, page: Sequence[Charge], fresh: list[Charge]) -> Kept:
        told = {(row.name, row.is_session): row for row in page}
        named = select(
            charges.c.id, charges.c.name, charges.c.session, charges.c.last_updated
        ).where(charges.c.name.in_([name for name, _ in told]))
        held = {
            (name, is_session): (key, updated)
            for key, name, is_session, updated in change.connection.execute(named)
        }
        new = [row for key, row in told.items() if key not in held]
        fresh += new
        added = [self._row(row) for row in new]
        renewed = [
            {"key": held[key][0], **self._row(row)}
            for key, row in told.items()
            if key in held and row.is_session and _is_newer(row, held[key][1])
        ]
        if added:
            change.connection.execute(insert(charges), added)
        if renewed:
            change.connection.execute(_REWRITE, renewed)
        return Kept(len(added), len(renewed), len(page) - len(added) - len(renewed))

    def all(self, *, since: float | None = None, until: float | None = None) -> Iterator[Charge]:
        """Give records that ended from ``since`` on and before ``until``, by their end."""
        query = select(charges.c.id, charges.c.ends, charges.c.body)
        if since is not None:
            query = query.where(charges.c.ends >= since)
        if until is not None:
            query = query.where(charges.c.ends < until)
        ordered = query.order_by(charges.c.ends, charges.c.name, charges.c.session)
        by_pages = {"yield_per": _PAGE}
        with (
            self._database.reading() as connection,
            connection.execute(ordered, execution_options=by_pages) as rows,
        ):
            for _, _, body in rows:
                yield decode(self._vault.unseal(body), Charge)

    def forget_before(self, at: float) -> int:
        """Delete records, trips and authorisations that were over by ``at``."""
        with self._database.writing() as change:
            gone = change.connection.execute(delete(charges).where(charges.c.ends < at)).rowcount
            change.connection.execute(delete(trips).where(trips.c.arrives < at))
            change.connection.execute(delete(authorizations).where(authorizations.c.at < at))
            return int(gone)

    def authorize(self, change: Change, given: Authorization) -> None:
        """Keep what we allowed."""
        this = authorizations.c.reference == given.reference
        change.connection.execute(delete(authorizations).where(this))
        change.connection.execute(
            insert(authorizations).values(
                reference=given.reference, at=given.at, body=self._vault.seal(encode(given))
            )
        )

    def authorizations(self, references: Iterable[str]) -> dict[str, Authorization]:
        """Give what is known of references."""
        wanted = sorted({reference for reference in references if reference})
        found: dict[str, Authorization] = {}
        with self._database.reading() as connection:
            for first in range(0, len(wanted), _CHUNK):
                some = wanted[first : first + _CHUNK]
                query = select(authorizations.c.reference, authorizations.c.body)
                for name, body in connection.execute(
                    query.where(authorizations.c.reference.in_(some))
                ):
                    found[name] = decode(self._vault.unseal(body), Authorization)
        return found

    def plans_without_trip(self) -> Iterator[tuple[str, float, bytes]]:
        """Give id, time of making and body of each stored plan that has no trip yet."""
        known = select(trips.c.plan)
        query = select(plans.c.id).where(plans.c.id.not_in(known)).order_by(plans.c.id)
        with self._database.reading() as connection:
            names = list(connection.execute(query).scalars())
        for name in names:
            with self._database.reading() as connection:
                one = select(plans.c.created, plans.c.body).where(plans.c.id == name)
                row = connection.execute(one).first()
            if row is not None:
                yield name, row.created, row.body

    def add_trips(self, rows: Sequence[tuple[str, float, float, bytes]]) -> None:
        """Keep trips: plan, departure, arrival (UTC epoch seconds) and body."""
        if not rows:
            return
        with self._database.writing() as change:
            for first in range(0, len(rows), _CHUNK):
                some = rows[first : first + _CHUNK]
                named = trips.c.plan.in_([name for name, *_ in some])
                change.connection.execute(delete(trips).where(named))
                values = [
                    {"plan": n, "departs": d, "arrives": a, "body": self._vault.seal(body)}
                    for n, d, a, body in some
                ]
                change.connection.execute(insert(trips), values)

    def trips(self, *, since: float | None = None, until: float | None = None) -> Iterator[bytes]:
        """Give the bodies of trips that touch a span of time, by departure."""
        query = select(trips.c.body)
        if since is not None:
            query = query.where(trips.c.arrives >= since)
        if until is not None:
            query = query.where(trips.c.departs < until)
        with self._database.reading() as connection:
            bodies = connection.execute(query.order_by(trips.c.departs, trips.c.plan)).scalars()
            for body in bodies:
                yield self._vault.unseal(body)

    def _row(self, row: Charge) -> dict[str, object]:
        return {
            "name": row.name,
            "session": row.is_session,
            "begins": row.begins,
            "ends": row.ends,
            "last_updated": row.last_updated,
            "body": self._vault.seal(encode(row)),
        }


def _is_newer(row: Charge, updated: float) -> bool:
    """Say whether a state of a Session takes the former's place.

    Own depots tell a Session again only when it is another, perhaps twice within a moment.
    """
    is_own = row.party == DEPOT_PARTY
    return row.last_updated >= updated if is_own else row.last_updated > updated


_REWRITE = (
    update(charges)
    .where(charges.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("begins", "ends", "last_updated", "body")})
)
