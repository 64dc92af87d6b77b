"""What feeds had to leave out, counted by its reason, and the objects that it befell."""

import re
from dataclasses import dataclass

from sqlalchemy import func, select

from planner.store.database import Database
from planner.store.feeds import feed_id
from planner.store.tables import feeds, objects, rejections

_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|(?<!\w)-?\d[\d.,:TZ+-]*")
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Reason:
    """Faults of one kind in a module; ``detail`` is why, with values put away as "…"."""

    module: str
    detail: str
    count: int
    mended: bool


def reason_of(detail: str) -> str:
    """Put the values of a fault's detail away, so that faults of one kind read the same."""
    return _VALUE.sub("…", detail)[:_LONGEST]


class Rejections:
    """The faults of all feeds; single ones are told by `Feeds.rejections`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reasons(self) -> dict[str, tuple[Reason, ...]]:
        """Count the faults of each feed by reason, the commonest first."""
        query = (
            select(
                feeds.c.name,
                rejections.c.module,
                rejections.c.detail,
                rejections.c.mended,
                func.count(),
            )
            .join(rejections, rejections.c.feed == feeds.c.id)
            .group_by(feeds.c.name, rejections.c.module, rejections.c.detail, rejections.c.mended)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        counted: dict[str, dict[tuple[str, str, bool], int]] = {}
        for name, module, detail, mended, count in rows:
            of_feed = counted.setdefault(name, {})
            key = (module, reason_of(detail), bool(mended))
            of_feed[key] = of_feed.get(key, 0) + count
        return {
            name: tuple(
                Reason(module, detail, count, mended)
                for (module, detail, mended), count in sorted(
                    of_feed.items(), key=lambda item: (-item[1], item[0])
                )
            )
            for name, of_feed in counted.items()
        }

    def objects(self, feed: str) -> dict[str, tuple[str, ...]]:
        """Name the objects by module of which something was rejected, not only mended."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(rejections.c.module, rejections.c.object)
                .where(rejections.c.feed == feed_id(connection, feed), ~rejections.c.mended)
                .distinct()
                .order_by(rejections.c.module, rejections.c.object)
            ).all()
        found: dict[str, list[str]] = {}
        for module, name in rows:
            found.setdefault(module, []).append(name)
        return {module: tuple(names) for module, names in found.items()}

    def kept_objects(self) -> dict[str, dict[str, int]]:
        """Count the raw objects that are kept of each feed, by module."""
        query = (
            select(feeds.c.name, objects.c.module, func.count())
            .join(objects, objects.c.feed == feeds.c.id)
            .group_by(feeds.c.name, objects.c.module)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        counted: dict[str, dict[str, int]] = {}
        for name, module, count in rows:
            counted.setdefault(name, {})[module] = count
        return counted
