"""Feeds that are files: read whole, cleared of copies, and applied all or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from planner.errors import DataError, Fault, InputError, PlugsureError
from planner.feeds.documents import Progress, looks_like_json, read_objects, read_rows
from planner.feeds.duplicates import StationTold, merge_duplicates
from planner.feeds.irve import read_points
from planner.feeds.mapped import Mapped
from planner.feeds.normalise import embedded_tariffs, normalise
from planner.feeds.ocm import location_of_ocm
from planner.feeds.osm import charging_stations, location_of_osm
from planner.ocpi.tariffs import Tariff, read_tariff
from planner.store.collecting import paused_collection
from planner.store.store import Store
from planner.store.updates import Repair, StationsUpdate, TariffsUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What a file brought: counts, and the sequence that readers see it from.

    ``merged_evses`` were copies of others; ``rejected`` are faults by which something was lost,
    ``mended`` those by which nothing was.
    """

    feed: str
    stations: int
    evses: int
    tariffs: int
    merged_evses: int
    merged_stations: int
    rejected: int
    mended: int
    sequence: int

    @property
    def counts(self) -> dict[str, int]:
        """The counts by name, as a feed keeps them."""
        told = asdict(self)
        return {name: told[name] for name in told if name not in ("feed", "sequence")}


@dataclass(slots=True)
class _Content:
    stations: list[StationTold]
    tariffs: dict[tuple[str, str], Tariff]
    faults: list[Fault]
    tariff_faults: list[Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file to be read: which feed it is, who sent it, and when it is read (epoch seconds)."""

    path: Path
    feed: str
    sender: str
    now: float
    progress: Progress | None


def load_file(
    store: Store,
    feed: str,
    path: Path,
    format: str,  # noqa: A002 -- the contract's word
    *,
    now: float,
    tariffs_path: Path | None = None,
    sender: str = "",
    progress: Progress | None = None,
) -> FileReport:
    """Read a file as the whole content of a registered feed.

    Parameters
    ----------
    store : Store
        Holds the feed, registered by ``store.feeds.add``.
    path, tariffs_path : Path
        Stations, and tariffs where they are in a file of their own.
    format : str
        One of `FORMATS`.
    now : float
        UTC epoch seconds, kept as the time of the sync.
    sender : str
        ``CC*PPP``, for Locations that do not say their party.
    progress : callable, optional
        Called with bytes read and bytes in all.

    Raises
    ------
    DataError
        If the file is missing, truncated or not of that format; what was known stays.
    InputError
        If the format is unknown.
    """
    reader = FORMATS.get(format)
    if reader is None:
        raise InputError(
            f"{format!r} is no format of files", place="format", remedy=f"Use {_known()}."
        )
    if sender and format != "ocpi":
        raise InputError(
            f"the format {format!r} has no sender", place="sender", remedy="Leave --sender out."
        )
    try:
        with paused_collection():
            content = reader(
                Reading(path=path, feed=feed, sender=sender, now=now, progress=progress)
            )
            if tariffs_path is not None:
                _read_tariffs(tariffs_path, sender, content, progress)
        if not content.stations:
            raise _nothing(path, format, content.faults)
    except PlugsureError as error:
        store.feeds.record_failure(feed, now, str(error))
        raise
    return _apply(store, feed, content, now)


def read_ocpi(file: Reading) -> _Content:
    """Read a file of OCPI Locations of any version."""
    content = _Content([], {}, [], [])
    for item in read_objects(file.path, file.progress):
        if item.fault is not None:
            content.faults.append(item.fault)
            continue
        found = normalise(item.value, feed=file.feed, sender=file.sender, place=item.place)
        content.faults += found.faults
        if found.station is None:
            continue
        if found.station.evses:
            content.stations.append((found.station, found.statuses))
        for raw in embedded_tariffs(item.value):
            _take_tariff(raw, found.station.party, found.station.id, content)
    return content


def read_irve(file: Reading) -> _Content:
    """Read a file of IRVE charge points, as CSV or JSON; the schema has the party in each id."""
    read = read_objects if looks_like_json(file.path) else read_rows
    items = read(file.path, file.progress)
    stations, faults = read_points(items, feed=file.feed, now=file.now)
    return _Content(list(stations), {}, faults, [])


def read_ocm(file: Reading) -> _Content:
    """Read a file of Open Charge Map's places (the answer of its ``/poi`` call)."""
    content = _Content([], {}, [], [])
    for item in read_objects(file.path, file.progress):
        if item.fault is not None:
            content.faults.append(item.fault)
            continue
        _take_location(location_of_ocm(item.value, item.place), file, content)
    return content


def read_osm(file: Reading) -> _Content:
    """Read the charging stations of an OpenStreetMap extract."""
    content = _Content([], {}, [], [])
    for mapped in charging_stations(file.path, file.progress):
        _take_location(location_of_osm(mapped, now=file.now), file, content)
    return content


def _take_location(mapped: Mapped, file: Reading, content: _Content) -> None:
    """Take a place of another source, written as an OCPI Location, by the same normaliser."""
    content.faults += mapped.faults
    if mapped.location is None:
        return
    found = normalise(mapped.location, feed=file.feed, sender=file.sender, place=mapped.place)
    content.faults += found.faults
    if found.station is not None and found.station.evses:
        content.stations.append((replace(found.station, **mapped.besides), found.statuses))


FORMATS: Mapping[str, Callable[[Reading], _Content]] = {
    "ocpi": read_ocpi,
    "irve": read_irve,
    "osm": read_osm,
    "ocm": read_ocm,
}
"""How each format of files is read."""


def _read_tariffs(path: Path, sender: str, content: _Content, progress: Progress | None) -> None:
    for item in read_objects(path, progress):
        if item.fault is not None:
            content.tariff_faults.append(item.fault)
        else:
            _take_tariff(item.value, sender, item.place, content)


def _take_tariff(raw: Any, party: str, place: str, content: _Content) -> None:
    country_code, _, party_id = party.partition("*")
    try:
        tariff = read_tariff(raw, country_code=country_code, party_id=party_id)
    except DataError as error:
        name = str(raw.get("id", "")) if isinstance(raw, Mapping) else ""
        where = f"{place}/tariffs/{name}" if name else place
        content.tariff_faults += [
            Fault(f"{where}{fault.place}", f"the tariff is left out: {fault.detail}", fault.remedy)
            for fault in error.faults
        ]
        return
    if not tariff.country_code or not tariff.party_id:
        content.tariff_faults.append(
            Fault(place, "the tariff is left out: it does not say its party")
        )
        return
    content.tariffs[tariff.party, tariff.id] = tariff


def _apply(store: Store, feed: str, content: _Content, now: float) -> FileReport:
    merged = merge_duplicates(content.stations)
    sequence = store.apply(
        StationsUpdate(feed=feed, stations=merged.stations, full=True, faults=content.faults),
        TariffsUpdate(
            feed=feed,
            tariffs=tuple(content.tariffs.values()),
            full=True,
            faults=content.tariff_faults,
        ),
    )
    faults = content.faults + content.tariff_faults
    mended = sum(isinstance(fault, Repair) for fault in faults)
    report = FileReport(
        feed=feed,
        stations=len(merged.stations),
        evses=sum(len(station.evses) for station, _ in merged.stations),
        tariffs=len(content.tariffs),
        merged_evses=merged.merged_evses,
        merged_stations=merged.merged_stations,
        rejected=len(faults) - mended,
        mended=mended,
        sequence=sequence,
    )
    store.feeds.record_sync(feed, now, report.counts)
    return report


def _nothing(path: Path, format: str, faults: list[Fault]) -> DataError:  # noqa: A002
    why = f"; the first: {faults[0]}" if faults else ""
    return DataError(
        f"no station in the file could be read as {format}{why}",
        place=str(path),
        remedy=f"Check that it is of this format; known are {_known()}.",
    )


def _known() -> str:
    return ", ".join(FORMATS)
