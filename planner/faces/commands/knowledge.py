"""``plugsure agreements`` and ``plugsure prices``: tables of the operator, from CSV."""

import time
from collections.abc import Sequence
from pathlib import Path

import click

from planner.errors import Fault
from planner.faces.commands.console import note, office
from planner.feeds.agreements import import_agreements, import_prices

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN_FAULTS = 20


@click.group()
def agreements() -> None:
    """Roaming agreements: which provider's tokens which operator accepts."""


@agreements.command(name="import", epilog="Example: plugsure agreements import roaming.csv")
@click.argument("file", type=FILE)
def import_agreements_(file: Path) -> None:
    """Replace all roaming agreements by those of FILE.

    Columns: emsp, cpo (or *), via (a hub, or empty), valid_from, valid_to, token_types.
    """
    table = import_agreements(office().store, file, now=time.time())
    _tell(table.faults)
    click.echo(f"{len(table.rows)} agreements imported, {len(table.faults)} rows left out")


@click.group()
def prices() -> None:
    """Retail prices: what drivers pay, provider by operator."""


@prices.command(name="import", epilog="Example: plugsure prices import prices.csv")
@click.argument("file", type=FILE)
def import_prices_(file: Path) -> None:
    """Replace all retail prices by those of FILE.

    Columns: emsp, cpo, currency, per_kwh, per_min, per_session, idle_per_min, power_min_kw,
    power_max_kw, valid_from, valid_to.
    """
    table = import_prices(office().store, file)
    _tell(table.faults)
    click.echo(f"{len(table.rows)} prices imported, {len(table.faults)} rows left out")


def _tell(faults: Sequence[Fault]) -> None:
    for fault in faults[:SHOWN_FAULTS]:
        note(f"  left out: {fault}")
    if len(faults) > SHOWN_FAULTS:
        note(f"  and {len(faults) - SHOWN_FAULTS} more")
