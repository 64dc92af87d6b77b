"""Plans in use: those by which vehicles of the fleet will drive, and what they count on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select

from planner.errors import NotFound
from planner.model.fleet import Hold
from planner.store.bodies import decode, encode
from planner.store.database import Change, Database
from planner.store.tables import fleet_plans, replaced_plans

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInUse:
    """A plan in use.

    ``batch`` and ``row`` say which mission it is for, empty and -1 outside of batches.
    ``departs`` and ``arrives`` are UTC epoch seconds, the latter of the last thing it counts on.
    """

    plan: str
    batch: str = ""
    row: int = -1
    mission_id: str = ""
    vehicle: str = ""
    departs: float
    arrives: float
    holds: tuple[Hold, ...] = ()


class FleetPlans:
    """The plans in use of this installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def use(self, plans: Sequence[PlanInUse], *, instead_of: Iterable[str] = ()) -> None:
        """Take plans into use, all at once; those ``instead_of`` which they are go out of use.

        Where it is one plan, it is known from then on whose place it took.
        """
        former = list(instead_of)
        with self._database.writing() as change:
            _drop(change, [*former, *(plan.plan for plan in plans)])
            if plans:
                change.connection.execute(insert(fleet_plans), [_row(plan) for plan in plans])
            for name in former if len(plans) == 1 else ():
                _replace(change, name, plans[0].plan, plans[0].arrives)

    def note_replaced(self, plan: str, by: str, *, until: float) -> None:
        """Keep that one plan took the place of another, whether or not it was in use."""
        with self._database.writing() as change:
            _replace(change, plan, by, until)

    def replaced_by(self, plan: str) -> str:
        """Give the plan that holds in the place of another by now; empty if that one does."""
        latest = ""
        with self._database.reading() as connection:
            while by := connection.execute(
                select(replaced_plans.c.by).where(replaced_plans.c.plan == (latest or plan))
            ).scalar():
                latest = by
        return latest

    def release(self, name: str) -> None:
        """Take a plan out of use; NotFound if it is not in use."""
        with self._database.writing() as change:
            if not _drop(change, [name]):
                raise NotFound("there is no plan of that id in use", place=name)

    def get(self, name: str) -> PlanInUse | None:
        """Give a plan in use, None if it is not."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(fleet_plans).where(fleet_plans.c.plan == name)
            ).one_or_none()
        return None if row is None else _read(row)

    def of_batch(self, batch: str) -> tuple[PlanInUse, ...]:
        """Give the plans of a batch, in the order of its missions."""
        wanted = select(fleet_plans).where(fleet_plans.c.batch == batch)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(fleet_plans.c.row, fleet_plans.c.plan)).all()
        return tuple(_read(row) for row in rows)

    def ending_after(self, moment: float) -> tuple[PlanInUse, ...]:
        """Give the plans that count on something after a moment, by departure."""
        wanted = select(fleet_plans).where(fleet_plans.c.arrives > moment)
        order = (fleet_plans.c.departs, fleet_plans.c.plan)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(*order)).all()
        return tuple(_read(row) for row in rows)

    def names_after(self, moment: float) -> frozenset[str]:
        """Name the plans that count on something after a moment."""
        wanted = select(fleet_plans.c.plan).where(fleet_plans.c.arrives > moment)
        with self._database.reading() as connection:
            return frozenset(connection.execute(wanted).scalars())

    def forget(self, before: float) -> None:
        """Take out of use what is over by a moment."""
        with self._database.writing() as change:
            change.connection.execute(delete(fleet_plans).where(fleet_plans.c.arrives < before))
            over = replaced_plans.c.until < before
            change.connection.execute(delete(replaced_plans).where(over))


def _drop(change: Change, names: Sequence[str]) -> int:
    dropped = 0
    for first in range(0, len(names), _CHUNK):
        some = names[first : first + _CHUNK]
        dropped += change.connection.execute(
            delete(fleet_plans).where(fleet_plans.c.plan.in_(some))
        ).rowcount
    return dropped


def _replace(change: Change, plan: str, by: str, until: float) -> None:
    """Note a replacement; a plan that is taken up again is replaced by none, so none goes round."""
    if plan == by:
        return
    again = replaced_plans.c.plan.in_((plan, by))
    change.connection.execute(delete(replaced_plans).where(again))
    change.connection.execute(insert(replaced_plans).values(plan=plan, by=by, until=until))


def _row(plan: PlanInUse) -> dict[str, object]:
    return {
        "plan": plan.plan,
        "batch": plan.batch,
        "row": plan.row,
        "mission_id": plan.mission_id,
        "vehicle": plan.vehicle,
        "departs": plan.departs,
        "arrives": plan.arrives,
        "holds": encode(plan.holds),
    }


def _read(row: Row[Any]) -> PlanInUse:
    told = dict(row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name for it
    holds = decode(told.pop("holds"), tuple[Hold, ...])
    return PlanInUse(**told, holds=holds)
