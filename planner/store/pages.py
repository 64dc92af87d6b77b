"""Pages of a pull that is under way: kept so that one that is cut off can be gone on with."""

from sqlalchemy import delete, insert, select

from planner.store.database import Database
from planner.store.feeds import feed_id
from planner.store.tables import pages


class Pages:
    """The kept pages, by feed and module; bodies are the puller's own business."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, feed: str, module: str) -> tuple[bytes, ...]:
        """Give the pages that are kept, in their order."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(pages.c.body)
                .where(pages.c.feed == feed_id(connection, feed), pages.c.module == module)
                .order_by(pages.c.number)
            ).scalars()
            return tuple(rows)

    def add(self, feed: str, module: str, number: int, body: bytes) -> None:
        """Keep a page under its number, which no other has."""
        with self._database.writing() as change:
            row = {"feed": feed_id(change.connection, feed), "module": module}
            change.connection.execute(insert(pages).values(number=number, body=body, **row))

    def clear(self, feed: str, module: str | None = None) -> None:
        """Forget the pages of a module, or of all."""
        with self._database.writing() as change:
            query = delete(pages).where(pages.c.feed == feed_id(change.connection, feed))
            if module is not None:
                query = query.where(pages.c.module == module)
            change.connection.execute(query)
