"""Closures of roads: replaced whole, in the order of their file."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from planner.model.closure import Closure
from planner.store.bodies import decode, encode
from planner.store.database import Database
from planner.store.tables import closures


class Closures:
    """The closures and slow-downs of this installation, past and coming ones among them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace(self, rows: Sequence[Closure]) -> None:
        """Put these in the place of all; ids are unique."""
        with self._database.writing() as change:
            if read_closures(change.connection) == tuple(rows):
                return
            change.connection.execute(delete(closures))
            if rows:
                change.connection.execute(
                    insert(closures),
                    [
                        {"id": row.id, "place": place, "body": encode(row)}
                        for place, row in enumerate(rows)
                    ],
                )
            change.touch("closures")

    def all(self) -> tuple[Closure, ...]:
        """Read all closures."""
        with self._database.reading() as connection:
            return read_closures(connection)


def read_closures(connection: Connection) -> tuple[Closure, ...]:
    """Read all closures, within one transaction."""
    bodies = connection.execute(select(closures.c.body).order_by(closures.c.place)).scalars()
    return tuple(decode(body, Closure) for body in bodies)
