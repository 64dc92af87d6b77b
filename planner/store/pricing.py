"""Which tariff a connector's tariff id means.

OCPI makes a tariff id unique for the party that sends it. Aggregated feeds lose that party: of
78,928 connectors in the Dutch national feed whose tariff is in it, 9,706 stand under another
party. So an id that its party does not know is looked for in its own feed, and taken if exactly
one tariff there has it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from planner.model.station import Feed, Station
from planner.ocpi.tariffs import Tariff

Key = tuple[str, str]

AD_HOC = "AD_HOC_PAYMENT"
"""The tariff type that holds for payment without a contract. Source: OCPI 2.2.1, TariffType."""


@dataclass(frozen=True, slots=True)
class TariffRow:
    """A tariff, the row of the feed it came by, and the name of its contents."""

    feed: int
    tariff: Tariff
    digest: bytes


def resolve_tariffs(
    rows: Mapping[int, TariffRow], feeds: Mapping[int, Feed], stations: Iterable[Station]
) -> dict[Key, Tariff]:
    """Give the tariffs by (``CC*PPP``, id), with every id that a station's connectors mean.

    Of one tariff in several feeds the live feed's holds, then the newest, then the feed's name.
    """
    ordered = sorted(rows.values(), key=lambda row: _rank(row, feeds[row.feed]))
    by_key: dict[Key, Tariff] = {}
    by_feed: dict[Key, list[Tariff]] = {}
    for row in ordered:
        by_key[row.tariff.party, row.tariff.id] = row.tariff
        by_feed.setdefault((feeds[row.feed].name, row.tariff.id), []).append(row.tariff)
    unclear: dict[Key, Tariff | None] = {}
    for station in stations:
        party = station.party
        for names in {c.tariff_ids for evse in station.evses for c in evse.connectors}:
            for name in names:
                key = (party, name)
                if key in by_key or key in unclear:
                    continue
                found = by_feed.get((station.feed, name), ())
                unclear[key] = found[0] if len(found) == 1 else None
    by_key.update((key, tariff) for key, tariff in unclear.items() if tariff is not None)
    return by_key


def resolve_ids(
    rows: Mapping[int, TariffRow],
    feeds: Mapping[int, Feed],
    names: Collection[str],
    stations: Iterable[Station],
) -> dict[Key, Tariff]:
    """Give, of what `resolve_tariffs` gives, the tariffs of some ids.

    ``stations`` are, in their order, at least those whose connectors mean one of the ids.
    """
    wanted = set(names)
    some = {number: row for number, row in rows.items() if row.tariff.id in wanted}
    found = resolve_tariffs(some, feeds, stations)
    return {key: tariff for key, tariff in found.items() if key[1] in wanted}


def _rank(row: TariffRow, feed: Feed) -> tuple[bool, float, str]:
    return (feed.is_live, row.tariff.last_updated, feed.name)
