"""Plans and batches of them, as JSON bodies: the store does not look inside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update

from planner.errors import InputError, NotFound
from planner.store.database import Change, Database
from planner.store.tables import batch_rows, batches, plans

_PAGE = 500
_LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """A plan as it was answered; ``created`` is an epoch, ``world`` the hash it was made from."""

    id: str
    created: float
    world: str
    mission_id: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch: ``state`` is ``queued``, ``running``, ``done``, ``cancelled`` or ``failed``."""

    id: str
    created: float
    state: str
    size: int
    done: int
    failed: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """The result of one mission of a batch, by its place in it."""

    row: int
    failed: bool
    body: bytes


class Plans:
    """Stored plans."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self, name: str, body: bytes, *, created: float, world: str, mission_id: str = ""
    ) -> None:
        """Keep a plan under its id; what stood there is replaced."""
        values = {"created": created, "world": world, "mission_id": mission_id, "body": body}
        with self._database.writing() as change:
            done = change.connection.execute(
                update(plans).where(plans.c.id == name).values(values)
            ).rowcount
            if not done:
                change.connection.execute(insert(plans).values(id=name, **values))

    def get(self, name: str) -> StoredPlan:
        """Give a plan; NotFound if there is none of that id."""
        with self._database.reading() as connection:
            row = connection.execute(select(plans).where(plans.c.id == name)).first()
        if row is None:
            raise NotFound("there is no plan of that id", place=name)
        return StoredPlan(**row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name for it

    def recent(self, limit: int = 100) -> tuple[StoredPlan, ...]:
        """List the newest plans first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(plans).order_by(plans.c.created.desc(), plans.c.id).limit(limit)
            ).all()
        return tuple(StoredPlan(**row._mapping) for row in rows)  # noqa: SLF001


class Batches:
    """Stored batches and the results of their missions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, body: bytes, *, created: float, size: int) -> None:
        """Begin a batch; InputError if the id is taken."""
        with self._database.writing() as change:
            if _find(change, name) is not None:
                raise InputError("there is a batch of that id already", place=name)
            change.connection.execute(
                insert(batches).values(
                    id=name,
                    created=created,
                    state="queued",
                    size=size,
                    done=0,
                    failed=0,
                    body=body,
                )
            )

    def get(self, name: str) -> Batch:
        """Give a batch and its counts; NotFound if there is none of that id."""
        with self._database.reading() as connection:
            row = connection.execute(select(batches).where(batches.c.id == name)).first()
        if row is None:
            raise _no_batch(name)
        return Batch(**row._mapping)  # noqa: SLF001

    def set_state(self, name: str, state: str) -> None:
        """Say how far a batch is."""
        with self._database.writing() as change:
            done = change.connection.execute(
                update(batches).where(batches.c.id == name).values(state=state)
            ).rowcount
            if not done:
                raise _no_batch(name)

    def add_rows(self, name: str, rows: Sequence[BatchRow]) -> None:
        """Keep results; a row that is there already is left as it was, so a retry is harmless."""
        with self._database.writing() as change:
            if _find(change, name) is None:
                raise _no_batch(name)
            numbers = {row.row: row for row in reversed(rows)}
            there = set(
                change.connection.execute(
                    select(batch_rows.c.row).where(
                        batch_rows.c.batch == name,
                        batch_rows.c.row.between(
                            min(numbers, default=0), max(numbers, default=_LARGEST_INT32)
                        ),
                    )
                ).scalars()
            )
            fresh = [row for number, row in numbers.items() if number not in there]
            if not fresh:
                return
            change.connection.execute(
                insert(batch_rows),
                [
                    {"batch": name, "row": row.row, "failed": row.failed, "body": row.body}
                    for row in fresh
                ],
            )
            change.connection.execute(
                update(batches)
                .where(batches.c.id == name)
                .values(
                    done=batches.c.done + len(fresh),
                    failed=batches.c.failed + sum(row.failed for row in fresh),
                )
            )

    def rows(self, name: str, *, after: int = -1) -> Iterator[BatchRow]:
        """Give the results that are there, in the order of the missions, a page at a time."""
        while True:
            with self._database.reading() as connection:
                page = connection.execute(
                    select(batch_rows.c.row, batch_rows.c.failed, batch_rows.c.body)
                    .where(batch_rows.c.batch == name, batch_rows.c.row > after)
                    .order_by(batch_rows.c.row)
                    .limit(_PAGE)
                ).all()
            for row in page:
                yield BatchRow(**row._mapping)  # noqa: SLF001
            if len(page) < _PAGE:
                return
            after = page[-1].row

    def done_rows(self, name: str) -> frozenset[int]:
        """Give the places whose results are there, so that a batch can be resumed."""
        with self._database.reading() as connection:
            return frozenset(
                connection.execute(
                    select(batch_rows.c.row).where(batch_rows.c.batch == name)
                ).scalars()
            )


def _find(change: Change, name: str) -> int | None:
    count = change.connection.execute(
        select(func.count()).select_from(batches).where(batches.c.id == name)
    ).scalar_one()
    return count or None


def _no_batch(name: str) -> NotFound:
    return NotFound("there is no batch of that id", place=name)
