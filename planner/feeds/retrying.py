"""Objects that were rejected, read again from what is kept: after an upgrade of this program.

Nothing is asked of the party. What still cannot be read stays rejected, by its reason of now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from planner.errors import InputError
from planner.feeds.normalise import normalise
from planner.feeds.parties import party_of
from planner.feeds.pushed_locations import stations_update
from planner.feeds.tariff_reading import read_tariffs
from planner.store.database import Change
from planner.store.feeds import feed_id
from planner.store.sources import Source
from planner.store.stations import apply_stations
from planner.store.store import Store
from planner.store.tariffs import apply_tariffs
from planner.store.updates import TariffsUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What came of it: objects read again, those that are whole now, and those not kept."""

    read: int
    mended: int
    not_kept: int


def retry_feed(store: Store, name: str) -> Retried:
    """Read again the rejected objects of an OCPI feed, in one transaction.

    Raises
    ------
    InputError
        If the feed is none that objects are kept of.
    NotFound
        If there is no such feed.
    """
    source = store.feeds.get(name)
    if source.kind != "ocpi":
        raise InputError(
            f"no objects are kept of a feed of kind {source.kind}",
            place=name,
            remedy="A file is read again by `plugsure feed sync`; a depot reports by itself.",
        )
    before = store.rejected.objects(name)
    read = 0
    with store.database.writing() as change:
        feed = feed_id(change.connection, name)
        tariffs = _held(store, change, feed, "tariffs", before.get("tariffs", ()))
        if tariffs:
            _retry_tariffs(change, source, tariffs)
        locations = _held(store, change, feed, "locations", before.get("locations", ()))
        if locations:
            found = [
                normalise(raw, feed=name, sender=_party(key, raw, source))
                for key, raw in locations.items()
            ]
            apply_stations(change, stations_update(name, found))
        read = len(tariffs) + len(locations)
    after = store.rejected.objects(name)
    return Retried(
        read=read,
        mended=_count(before) - _count(after),
        not_kept=_count(before) - read,
    )


def _held(
    store: Store, change: Change, feed: int, module: str, names: Iterable[str]
) -> dict[str, Any]:
    """Give the raw objects of these names, those that are kept, in the order of their names."""
    # In a fault's place a slash parts the object from what is within: names have them put away.
    keys = {name.replace("~1", "/").casefold() for name in names}
    held = store.objects.read(change.connection, feed, module, keys)
    return {key: msgspec.json.decode(held[key].body) for key in sorted(held)}


def _retry_tariffs(change: Change, source: Source, raws: Mapping[str, Any]) -> None:
    results = [read_tariffs([raw], _party(key, raw, source)) for key, raw in raws.items()]
    tariffs = tuple(tariff for found, _ in results for tariff in found.values())
    faults = [fault for _, wrong in results for fault in wrong]
    apply_tariffs(change, TariffsUpdate(feed=source.name, tariffs=tariffs, faults=faults))


def _party(key: str, raw: Any, source: Source) -> str:
    """Tell whose it is: by the name under which it is kept, for that was settled when it came."""
    held = "*".join(key.upper().split("*")[:2])
    return held if held.count("*") == 1 else party_of(raw, source)


def _count(objects: Mapping[str, Iterable[str]]) -> int:
    return sum(len(tuple(names)) for names in objects.values())
