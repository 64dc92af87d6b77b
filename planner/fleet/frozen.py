"""A snapshot as a folder of arrays, named by what it holds: mapped, not copied, by all who plan.

A national snapshot is hundreds of megabytes of Python objects, of which a trip looks at few. Here
its columns are memory-mapped, and a station is decoded when it is asked for. All workers of a batch
so see the very same snapshot, and one that joins late need not read the database.
"""

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from planner.model.closure import Closure
from planner.model.station import EvseFacts, Feed, Station
from planner.ocpi.tariffs import Tariff
from planner.roads.parts import (
    MANIFEST,
    part_hash,
    read_manifest,
    read_part,
    whole_hash,
    write_parts,
)
from planner.store.snapshot import (
    WORKED_OUT,
    Agreement,
    ClientInfo,
    DriverReport,
    RetailPrice,
    Snapshot,
    TokenEvidence,
)

KEPT_STATIONS = 4_096
"""Stations that a process keeps decoded, some 4 kB each. A trip looks at some sixty, those at which
it may stop; with its ledger at hundreds more."""

COLUMNS = ("first", "evse_station", "lon", "lat", "status", "status_at", "facts_of")
SILENCE = "status_silence_s"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """What is no column and no station."""

    hash: str
    sequence: int
    static_hash: str
    facts: tuple[EvseFacts, ...]
    feeds: dict[str, Feed]
    tariffs: tuple[tuple[str, str, Tariff], ...]
    agreements: tuple[Agreement, ...]
    agreements_hash: str
    prices: tuple[RetailPrice, ...]
    client_infos: tuple[ClientInfo, ...]
    token_evidence: tuple[TokenEvidence, ...]
    evidence_hash: str
    reports: tuple[DriverReport, ...]
    closures: tuple[Closure, ...]


class FrozenStations(Sequence[Station]):
    """Stations that lie encoded in one array, and are decoded one by one when asked for."""

    def __init__(self, data: NDArray[np.uint8], first: NDArray[np.int64]) -> None:
        self._data, self._first = data, first
        self._decoder = msgspec.msgpack.Decoder(Station)
        self._kept = lru_cache(KEPT_STATIONS)(self._decode)

    def __len__(self) -> int:
        return len(self._first) - 1

    @overload
    def __getitem__(self, at: int) -> Station: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Station]: ...
    def __getitem__(self, at: int | slice) -> Station | Sequence[Station]:
        if isinstance(at, slice):
            return tuple(self[number] for number in range(*at.indices(len(self))))
        number = int(at) + len(self) if at < 0 else int(at)
        if not 0 <= number < len(self):
            raise IndexError(at)
        return self._kept(number)

    def __iter__(self) -> Iterator[Station]:
        for number in range(len(self)):  # who reads all of them wants to keep none
            yield self._decode(number)

    def _decode(self, number: int) -> Station:
        begin, end = self._first[number], self._first[number + 1]
        return self._decoder.decode(self._data[begin:end].data)


@contextmanager
def frozen(snapshot: Snapshot, home: Path) -> Iterator[Path]:
    """Write a snapshot into a folder of ``home`` named by its contents, and keep it meanwhile.

    At the end the others there that nobody uses any more are removed; this one stays for the next.

    Raises
    ------
    DataError
        It cannot be written.
    """
    parts = _parts(snapshot)
    named = whole_hash({name: part_hash(array) for name, array in parts.items()})
    folder = home / named[:32]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / f"{folder.name}.used").open("w") as used:
        fcntl.flock(used, fcntl.LOCK_SH)
        if not (folder / MANIFEST).is_file():
            write_parts(folder, parts, {"hash": named})
        del parts
        yield folder
        _remove_unused(home, folder.name)


def _remove_unused(home: Path, kept: str) -> None:
    for used in home.glob("*.used"):
        if used.stem == kept:
            continue
        with used.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(home / used.stem, ignore_errors=True)
            (home / f".{used.stem}.writing").unlink(missing_ok=True)
            used.unlink(missing_ok=True)


def _parts(snapshot: Snapshot) -> dict[str, NDArray[Any]]:
    encoder = msgspec.msgpack.Encoder()
    bodies = [encoder.encode(station) for station in snapshot.stations]
    rest = _Rest(
        hash=snapshot.hash,
        sequence=snapshot.sequence,
        static_hash=snapshot.static_hash,
        facts=snapshot.facts,
        feeds=snapshot.feeds,
        tariffs=tuple((party, name, told) for (party, name), told in snapshot.tariffs.items()),
        agreements=snapshot.agreements,
        agreements_hash=snapshot.agreements_hash,
        prices=snapshot.prices,
        client_infos=snapshot.client_infos,
        token_evidence=snapshot.token_evidence,
        evidence_hash=snapshot.evidence_hash,
        reports=snapshot.reports,
        closures=snapshot.closures,
    )
    parts: dict[str, NDArray[Any]] = {name: getattr(snapshot, name) for name in COLUMNS}
    parts |= {name: getattr(snapshot, name) for name in WORKED_OUT}
    if snapshot.status_silence_s is not None:
        parts[SILENCE] = snapshot.status_silence_s
    ends = np.cumsum([len(body) for body in bodies], dtype=np.int64)
    parts["station_first"] = np.r_[np.zeros(1, np.int64), ends]
    parts["stations"] = np.frombuffer(b"".join(bodies), np.uint8)
    parts["rest"] = np.frombuffer(encoder.encode(rest), np.uint8)
    return parts


def thaw(folder: Path) -> Snapshot:
    """Open what `frozen` wrote; its columns are mapped, its stations decoded when asked for.

    Raises
    ------
    RegionDamaged
        It is not there, or not what was written.
    """
    manifest = read_manifest(folder)
    columns = {name: read_part(folder, name, manifest) for name in COLUMNS}
    rest = msgspec.msgpack.decode(read_part(folder, "rest", manifest).data, type=_Rest)
    stations = FrozenStations(
        read_part(folder, "stations", manifest), read_part(folder, "station_first", manifest)
    )
    silent = SILENCE in manifest["parts"]
    thawed = Snapshot(
        hash=rest.hash,
        sequence=rest.sequence,
        static_hash=rest.static_hash,
        # A sequence that cannot change serves as the tuple that readers are promised.
        stations=cast("tuple[Station, ...]", stations),
        facts=rest.facts,
        feeds=rest.feeds,
        tariffs={(party, name): tariff for party, name, tariff in rest.tariffs},
        agreements=rest.agreements,
        agreements_hash=rest.agreements_hash,
        prices=rest.prices,
        client_infos=rest.client_infos,
        token_evidence=rest.token_evidence,
        evidence_hash=rest.evidence_hash,
        reports=rest.reports,
        closures=rest.closures,
        status_silence_s=read_part(folder, SILENCE, manifest) if silent else None,
        **columns,
    )
    thawed.__dict__.update((name, read_part(folder, name, manifest)) for name in WORKED_OUT)
    return thawed
