"""Plans and batches of them, as JSON bodies: the store does not look inside."""

from collections.abc import Iterator, Mapping, Sequence
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
    """A batch: ``state`` is ``queued``, ``running``, ``done``, ``cancelled`` or ``failed``.

    ``expected`` is when one that runs should be done, UTC epoch seconds; None if nobody knows.
    """

    id: str
    created: float
    state: str
    size: int
    done: int
    failed: int
    body: bytes
    caller: str = ""
    expected: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """The result of one mission of a batch, by its place in it.

    ``input_hash`` names what the mission was planned from.
    """

    row: int
    failed: bool
    body: bytes
    mission_id: str = ""
    input_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Missions that one caller may have under way, and begin in a day; 0 is no bound."""

    in_flight: int = 0
    per_day: int = 0


@dataclass(frozen=True, slots=True)
class Over:
    """A quota that would be exceeded, in words, and seconds after which to try again."""

    detail: str
    wait_s: float


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

    def create(
        self,
        name: str,
        body: bytes,
        *,
        created: float,
        size: int,
        caller: str = "",
        quota: Quota | None = None,
    ) -> Over | None:
        """Begin a batch, unless it is over its caller's quota; InputError if the id is taken.

        Quotas hold for all processes together: nothing else is written between count and entry.
        """
        with self._database.writing() as change:
            if _find(change, name) is not None:
                raise InputError("there is a batch of that id already", place=name)
            over = None if quota is None else _over(change, quota, caller, size, created)
            if over is None:
                change.connection.execute(
                    insert(batches).values(
                        id=name,
                        created=created,
                        state="queued",
                        size=size,
                        done=0,
                        failed=0,
                        body=body,
                        caller=caller,
                    )
                )
            return over

    def get(self, name: str) -> Batch:
        """Give a batch and its counts; NotFound if there is none of that id."""
        with self._database.reading() as connection:
            row = connection.execute(select(batches).where(batches.c.id == name)).first()
        if row is None:
            raise _no_batch(name)
        return Batch(**row._mapping)  # noqa: SLF001

    def recent(self, limit: int = 100) -> tuple[Batch, ...]:
        """List the newest batches first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(batches).order_by(batches.c.created.desc(), batches.c.id).limit(limit)
            ).all()
        return tuple(Batch(**row._mapping) for row in rows)  # noqa: SLF001

    def set_state(self, name: str, state: str) -> None:
        """Say how far a batch is."""
        with self._database.writing() as change:
            done = change.connection.execute(
                update(batches).where(batches.c.id == name).values(state=state)
            ).rowcount
            if not done:
                raise _no_batch(name)

    def expect(self, name: str, end: float) -> None:
        """Say when a batch should be done, UTC epoch seconds."""
        with self._database.writing() as change:
            change.connection.execute(
                update(batches).where(batches.c.id == name).values(expected=end)
            )

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
                    {
                        "batch": name,
                        "row": row.row,
                        "failed": row.failed,
                        "body": row.body,
                        "mission_id": row.mission_id,
                        "input_hash": row.input_hash,
                    }
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

    def row(self, name: str, row: int) -> BatchRow | None:
        """Give the result of one mission, None if it is not there."""
        wanted = select(batch_rows.c.row, batch_rows.c.failed, batch_rows.c.body)
        with self._database.reading() as connection:
            found = connection.execute(
                wanted.where(batch_rows.c.batch == name, batch_rows.c.row == row)
            ).one_or_none()
        return None if found is None else BatchRow(**found._mapping)  # noqa: SLF001

    def replace_row(self, name: str, row: BatchRow) -> None:
        """Put a newer result in the place of one that is there."""
        with self._database.writing() as change:
            mine = (batch_rows.c.batch == name) & (batch_rows.c.row == row.row)
            before = change.connection.execute(select(batch_rows.c.failed).where(mine)).scalar()
            if before is None:
                raise NotFound("the batch has no result for this mission yet", place=name)
            change.connection.execute(
                update(batch_rows).where(mine).values(failed=row.failed, body=row.body)
            )
            change.connection.execute(
                update(batches)
                .where(batches.c.id == name)
                .values(failed=batches.c.failed + int(row.failed) - int(before))
            )

    def rows(self, name: str, *, after: int = -1) -> Iterator[BatchRow]:
        """Give the results that are there, in the order of the missions, a page at a time."""
        while True:
            with self._database.reading() as connection:
                page = connection.execute(
                    select(
                        batch_rows.c.row,
                        batch_rows.c.failed,
                        batch_rows.c.body,
                        batch_rows.c.mission_id,
                        batch_rows.c.input_hash,
                    )
                    .where(batch_rows.c.batch == name, batch_rows.c.row > after)
                    .order_by(batch_rows.c.row)
                    .limit(_PAGE)
                ).all()
            for row in page:
                yield BatchRow(**row._mapping)  # noqa: SLF001
            if len(page) < _PAGE:
                return
            after = page[-1].row

    def take_over(self, name: str, earlier: str, inputs: Mapping[int, tuple[str, str]]) -> int:
        """Keep what another batch has finished of the same missions; return how many.

        ``inputs`` holds mission id and input hash by row; what failed there is not taken.
        """
        known = {
            (row.mission_id, row.input_hash): row.body
            for row in self.rows(earlier)
            if row.input_hash and not row.failed
        }
        taken = [
            BatchRow(
                row=row, failed=False, body=known[named], mission_id=named[0], input_hash=named[1]
            )
            for row, named in inputs.items()
            if named in known
        ]
        self.add_rows(name, taken)
        return len(taken)

    def done_rows(self, name: str) -> frozenset[int]:
        """Give the places whose results are there, so that a batch can be resumed."""
        with self._database.reading() as connection:
            return frozenset(
                connection.execute(
                    select(batch_rows.c.row).where(batch_rows.c.batch == name)
                ).scalars()
            )


DAY_S = 86_400.0
AGAIN_S = 30.0
"""Missions under way end one by one: when enough have, nobody knows; one may ask so often."""


def _over(change: Change, quota: Quota, caller: str, size: int, now: float) -> Over | None:
    """Say which quota a further batch would exceed.

    What was cancelled before it was planned does not count for the day.
    """
    own = batches.c.caller == caller
    unended = batches.c.state.in_(("queued", "running"))
    flying = change.connection.execute(
        select(func.coalesce(func.sum(batches.c.size - batches.c.done), 0)).where(own, unended)
    ).scalar_one()
    if quota.in_flight and flying + size > quota.in_flight:
        said = f"{flying} missions are under way; {quota.in_flight} may be at a time"
        return Over(said, AGAIN_S)
    today = change.connection.execute(
        select(batches.c.created, batches.c.size, batches.c.done, unended)
        .where(own, batches.c.created > now - DAY_S)
        .order_by(batches.c.created)
    ).all()
    begun = [(row[0], row[1] if row[3] else row[2]) for row in today]
    used = sum(count for _, count in begun)
    if not quota.per_day or used + size <= quota.per_day:
        return None
    wait_s, left = DAY_S, used
    for created, count in begun:
        left -= count
        if left + size <= quota.per_day:
            wait_s = created + DAY_S - now
            break
    said = f"{used} missions were begun within a day; {quota.per_day} may be"
    return Over(said, max(1.0, wait_s))


def _find(change: Change, name: str) -> int | None:
    count = change.connection.execute(
        select(func.count()).select_from(batches).where(batches.c.id == name)
    ).scalar_one()
    return count or None


def _no_batch(name: str) -> NotFound:
    return NotFound("there is no batch of that id", place=name)
