"""Writing what a pull brought, beside what partners push meanwhile: the newer word holds.

A pull takes minutes and a push an instant. So in the very transaction that writes the pull, each
Location that is held newer than it was pulled, or that came by a push since the pull began, stands
as it is held.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from planner.errors import Fault
from planner.feeds.fields import code, moment, text
from planner.feeds.haul import HISTORY, Haul
from planner.feeds.history import keep_history
from planner.feeds.normalise import Normalised, embedded_tariffs, normalise
from planner.feeds.parties import party_of
from planner.feeds.pushed_locations import stations_update
from planner.feeds.staging import Stage
from planner.feeds.tariff_reading import Key, read_tariffs
from planner.ocpi.tariffs import Tariff
from planner.store.database import Change
from planner.store.feeds import feed_id
from planner.store.objects import Held, Sent, Stamp, object_name
from planner.store.stations import apply_stations
from planner.store.store import Store
from planner.store.tariffs import apply_tariffs
from planner.store.updates import StationsUpdate, TariffsUpdate

CLOCKS_S = 300.0
"""Seconds by which a party's clock may be ahead: a date further ahead does not ward off news."""


@dataclass(slots=True)
class Content:
    """What the lists of a pull come to.

    ``found`` are stations by the name of their raw object, or by number where they have none.
    """

    found: dict[str, Normalised] = field(default_factory=dict)
    dates: dict[str, float] = field(default_factory=dict)
    tariffs: dict[Key, Tariff] = field(default_factory=dict)
    tariff_faults: list[Fault] = field(default_factory=list)
    station_faults: list[Fault] = field(default_factory=list)
    history_faults: list[Fault] = field(default_factory=list)

    @property
    def stations(self) -> list[Normalised]:
        """Locations with EVSEs."""
        return [n for n in self.found.values() if n.station is not None and n.station.evses]


def read_content(haul: Haul) -> Content:
    """Read the Locations and Tariffs of a pull."""
    content = Content()
    feed, sender = haul.source.name, haul.source.sender
    embedded: list[Any] = []
    for number, raw in enumerate(haul.stages["locations"].objects()):
        party = party_of(raw, haul.source)
        found = normalise(raw, feed=feed, sender=party)
        name = raw_name(raw, party)
        content.found[name or f"#{number}"] = found
        content.dates[name] = moment(raw.get("last_updated")) or 0.0
        embedded.extend(embedded_tariffs(raw))
    tariffs = haul.stages.get("tariffs")
    listed = () if tariffs is None else tariffs.objects()
    content.tariffs, content.tariff_faults = read_tariffs(_both(listed, embedded), sender)
    content.station_faults = _page_faults(haul.stages["locations"])
    if tariffs is not None:
        content.tariff_faults = [*_page_faults(tariffs), *content.tariff_faults]
    return content


def raw_name(raw: Any, sender: str) -> str:
    """Name an object as a party sent it; empty where it has no id or no party."""
    told = (code(raw.get("country_code")), code(raw.get("party_id")))
    party = "*".join(told) if all(told) else sender
    name = text(raw.get("id"))
    return object_name(party, name) if name and party else ""


def write_content(store: Store, haul: Haul, content: Content, *, full: bool) -> None:
    """Write a pull: tariffs before the stations that refer to them, all in one transaction."""
    with store.database.writing() as change:
        whole = full and haul.is_complete
        feed = feed_id(change.connection, haul.source.name)
        tariff_stamps = store.objects.stamps(change.connection, feed, "tariffs")
        writer = _Writer(store, change, haul, feed, whole)
        writer.keep_newer_tariffs(content, tariff_stamps)
        apply_tariffs(
            change,
            TariffsUpdate(
                feed=haul.source.name,
                tariffs=tuple(content.tariffs.values()),
                full=whole,
                faults=content.tariff_faults,
            ),
        )
        stamps = store.objects.stamps(change.connection, feed, "locations")
        writer.keep_newer(content, stamps)
        told = stations_update(haul.source.name, list(content.found.values()))
        apply_stations(
            change,
            StationsUpdate(
                feed=told.feed,
                stations=told.stations,
                removed=told.removed,
                full=whole,
                faults=[*content.station_faults, *told.faults],
            ),
        )
        writer.write_raws("locations", stamps)
        if "tariffs" in haul.stages:
            writer.write_raws("tariffs", tariff_stamps)
        for module in HISTORY:
            if module in haul.stages:
                stage = haul.stages[module]
                content.history_faults += keep_history(
                    store, change, haul.source, feed, stage, haul.ours, haul.now
                )


@dataclass(slots=True)
class _Writer:
    """Writes the raw objects of one pull."""

    store: Store
    change: Change
    haul: Haul
    feed: int
    whole: bool
    kept: dict[str, set[str]] = field(default_factory=dict)

    def keep_newer(self, content: Content, stamps: dict[str, Stamp]) -> None:
        """Put Locations that are held in the place of those that were pulled, where newer."""
        for name, one in self._newer("locations", content.dates, stamps).items():
            content.found[name] = self._normalised(name, one)

    def keep_newer_tariffs(self, content: Content, stamps: dict[str, Stamp]) -> None:
        """Put Tariffs that are held in the place of those that were pulled, where newer."""
        dates = {object_name(*key): one.last_updated for key, one in content.tariffs.items()}
        for name, one in self._newer("tariffs", dates, stamps).items():
            raw = msgspec.json.decode(one.body)
            tariffs, _ = read_tariffs([raw], "*".join(name.upper().split("*")[:2]))
            content.tariffs.update(tariffs)

    def _newer(
        self, module: str, dates: Mapping[str, float], stamps: dict[str, Stamp]
    ) -> dict[str, Held]:
        names = [name for name, stamp in stamps.items() if self._is_newer(stamp, dates.get(name))]
        held = self.store.objects.read(self.change.connection, self.feed, module, names)
        self.kept[module] = set(held)
        return held

    def _is_newer(self, stamp: Stamp, pulled: float | None) -> bool:
        came_since = stamp.at >= self.haul.began
        if pulled is None:
            return came_since and self.whole
        is_plausible = stamp.last_updated <= self.haul.now + CLOCKS_S
        return stamp.last_updated > pulled and (is_plausible or came_since)

    def _normalised(self, name: str, held: Held) -> Normalised:
        sender = "*".join(name.upper().split("*")[:2])
        return normalise(msgspec.json.decode(held.body), feed=self.haul.source.name, sender=sender)

    def write_raws(self, module: str, stamps: dict[str, Stamp]) -> None:
        """Keep the objects of a module as they were sent, and forget those that are gone."""
        objects = self.store.objects
        seen: set[str] = set()
        kept = self.kept.get(module, set())
        for page in self.haul.stages[module].pages():
            told = self._sent(page)
            fresh = {name: sent for name, sent in told.items() if name not in kept}
            again = {name for name in fresh if name in seen}
            known: dict[str, Any] = {name: stamps[name] for name in fresh if name in stamps}
            if again:
                known |= objects.read(self.change.connection, self.feed, module, again)
            objects.write(self.change, self.feed, module, fresh, known)
            seen.update(told)
        if self.whole:
            gone = [
                name
                for name, stamp in stamps.items()
                if name not in seen and stamp.at < self.haul.began
            ]
            objects.remove(self.change, self.feed, module, gone)

    def _sent(self, page: Sequence[dict[str, Any]]) -> dict[str, Sent]:
        told: dict[str, Sent] = {}
        for raw in page:
            name = raw_name(raw, party_of(raw, self.haul.source))
            if name:
                date = moment(raw.get("last_updated")) or 0.0
                told[name] = Sent(raw, date, self.haul.began)
        return told


def _both(listed: Iterable[Any], embedded: Iterable[Any]) -> Iterable[Any]:
    yield from listed
    yield from embedded


def _page_faults(stage: Stage) -> list[Fault]:
    """Give what is no object, or could not be had: its place in the list is all its name."""
    return [
        Fault(f"{stage.module}/{fault.place.rpartition('#/')[2]}", fault.detail, fault.remedy)
        for fault in stage.told.faults
    ]
