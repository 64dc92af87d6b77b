"""``plugsure cdr``: charging history in."""

import time
from collections.abc import Iterator
from pathlib import Path

import click

from planner.errors import DataError, Fault
from planner.faces.commands.console import note, office
from planner.fleet.history import import_charges
from planner.formats.charge_cells import ChargeRow
from planner.formats.charges import read_charges
from planner.ocpi.charge import Charge
from planner.ocpi.charge_reading import Bearer

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN_FAULTS = 20


@click.group()
def cdr() -> None:
    """Charging history: what was charged, and what it cost."""


@cdr.command(name="import", epilog="Example: plugsure cdr import november.csv --zone Europe/Paris")
@click.argument("file", type=FILE)
@click.option(
    "--zone",
    default="",
    metavar="ZONE",
    help="Time zone of a table's times that name no offset; such are refused without it.",
)
def import_(file: Path, zone: str) -> None:
    """Add the charging sessions of FILE to the history.

    FILE holds OCPI's CDRs or Sessions as JSON (2.1.1 to 2.3.0), or a table as .csv or .xlsx; its
    columns are found by their names, see docs/costs.md. What is known already is not taken twice.
    """
    used = office()
    ignored, rows = read_charges(file, zone=zone)
    for heading in ignored:
        note(f"column {heading!r} is not known and was ignored")
    faults: list[Fault] = []
    kept = import_charges(
        used.store,
        _good(rows, faults),
        source=file.name,
        snapshot=used.store.snapshot(),
        now=time.time(),
    )
    for fault in faults[:SHOWN_FAULTS]:
        note(f"  left out: {fault}")
    if len(faults) > SHOWN_FAULTS:
        note(f"  and {len(faults) - SHOWN_FAULTS} more")
    if faults and not (kept.added or kept.renewed or kept.known):
        raise DataError("no record of the file could be read", place=str(file))
    told = f"{kept.added} records imported, {kept.renewed} renewed, {kept.known} known already"
    click.echo(f"{told}, {len(faults)} faults")


def _good(rows: Iterator[ChargeRow], faults: list[Fault]) -> Iterator[tuple[Charge, Bearer]]:
    for row in rows:
        if row.charge is None or row.bearer is None:
            faults += row.faults
        else:
            yield row.charge, row.bearer
