"""``plugsure depot``: a fleet's own charge points, which call `plugsure serve --ocpp`."""

import re
import time
from pathlib import Path
from typing import Any

import click

from planner.errors import InputError
from planner.faces.commands.console import Secret, Time, note, office, show_json, show_table
from planner.feeds.depots.documents import read_document, read_row
from planner.feeds.depots.metering import set_price
from planner.feeds.depots.plugs import PLUGS
from planner.feeds.depots.registry import change_password, register, unregister
from planner.formats.depot_json import evses_to_json, prices_to_json
from planner.formats.stamps import stamp
from planner.ocpi.charge_reading import exact
from planner.store.charge_points import Depot, DepotPrice, KnownPoint


@click.group()
def depot() -> None:
    """Register, list and remove the charge points of the fleet's own depots."""


@depot.command(
    epilog="Example: plugsure depot add CP-1 --depot Nord --location 11.58,48.21 "
    "--evse ccs:150@920 --evse type2:22"
)
@click.argument("charge_point", metavar="IDENTITY")
@click.option("--depot", "depot_name", required=True, help="Its depot; made if it is not there.")
@click.option("--location", metavar="LON,LAT", help="Of a depot that is new.")
@click.option(
    "--evse",
    "evses",
    multiple=True,
    required=True,
    metavar="PLUG:KW[@VOLTS][+PLUG:KW]",
    help=f"One EVSE, in the order of its number; plugs are {', '.join(PLUGS)}.",
)
@click.option("--name", default="", help="What people call it.")
@click.option("--address", default="", help="Of the depot.")
@click.option("--hours", default="", help="Of the depot, as OpenStreetMap has them; 24/7 if new.")
@click.option("--depot-max-kw", type=float, help="What the whole depot may draw.")
@click.option("--max-kw", type=float, help="What all EVSEs of the charge point may draw.")
@click.option("--password", type=Secret(), help="-, @FILE; one is made without it.")
def add(
    charge_point: str,
    depot_name: str,
    location: str | None,
    evses: tuple[str, ...],
    name: str,
    address: str,
    hours: str,
    depot_max_kw: float | None,
    max_kw: float | None,
    password: str | None,
) -> None:
    """Register a charge point, or change it, and print its password if that is new."""
    store = office().store
    row = {
        "charge_point": charge_point,
        "depot": depot_name,
        "location": location,
        "evses": list(evses),
        "name": name,
        "address": address,
        "hours": hours,
        "depot_max_kw": depot_max_kw,
        "max_kw": max_kw,
        "password": password,
    }
    told = read_row(row, store.charge_points.depots())
    passwords = register(store, [told], now=time.time())
    note(f"{charge_point} may connect as ws(s)://THIS.HOST:PORT/ocpp/{charge_point}")
    _show_passwords(passwords, as_given=password is not None)


@depot.command(name="import", epilog="Example: plugsure depot import depots.csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Register all charge points of FILE (.json or .csv): all of them, or none."""
    store = office().store
    told = read_document(file.read_bytes(), file.name, store.charge_points.depots())
    passwords = register(store, told, now=time.time())
    given = {one.point.id for one in told if one.password is not None}
    note(f"{len(told)} charge points at {len({one.depot.name for one in told})} depots")
    _show_passwords({k: v for k, v in passwords.items() if k not in given}, as_given=False)


@depot.command(epilog="Example: plugsure depot password CP-1")
@click.argument("charge_point", metavar="IDENTITY")
def password(charge_point: str) -> None:
    """Give a charge point a new password, and print it; the old one opens nothing any more."""
    _show_passwords({charge_point: change_password(office().store, charge_point)}, as_given=False)


@depot.command(epilog="Example: plugsure depot price Nord 0.27 --from 2026-12-01T00:00:00+01:00")
@click.argument("depot_name", metavar="DEPOT")
@click.argument("per_kwh", metavar="PRICE")
@click.option("--currency", default="EUR", show_default=True, help="Of the price.")
@click.option("--from", "since", type=Time(), help="Sessions that begin from then on; else all.")
def price(depot_name: str, per_kwh: str, currency: str, since: float | None) -> None:
    """Say what a kWh costs at DEPOT, without VAT: plans and the bill reckon with it."""
    if not re.fullmatch(r"[A-Za-z]{3}", currency):
        raise InputError("a currency has three letters", place="--currency")
    amount = exact(per_kwh)
    if amount is None:
        raise InputError("the price is no number", place="PRICE", remedy="Write it like 0.27")
    told = DepotPrice(since or 0.0, amount, currency.upper())
    changed = set_price(office().store, depot_name, told, now=time.time())
    for one in changed.prices:
        begins = f"from {stamp(one.since)}" if one.since else "from the first session"
        note(f"{one.per_kwh} {one.currency} a kWh {begins}")


@depot.command(epilog="Example: plugsure depot remove CP-1")
@click.argument("charge_point", metavar="IDENTITY")
def remove(charge_point: str) -> None:
    """Take out a charge point, and its depot with the last one; what it cost stays on the bill."""
    unregister(office().store, charge_point, now=time.time())
    note(f"Removed {charge_point}")


@depot.command(name="list", epilog="Example: plugsure depot list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the charge points: what they have, what they last said, and when they were heard."""
    store = office().store
    depots = store.charge_points.depots()
    found = [_document(known, depots[known.point.depot]) for known in store.charge_points.all()]
    if as_json:
        show_json(found)
        return
    rows = [
        (
            d["depot"],
            d["charge_point"],
            "\n".join(evse["plugs"] for evse in d["evses"]),
            "\n".join(evse["status"] for evse in d["evses"]),
            (d["heard"] or "never")[:19],
            d["made_by"],
        )
        for d in found
    ]
    show_table("", ("depot", "charge point", "plugs", "status", "last heard", "made by"), rows)


def _show_passwords(passwords: dict[str, str], *, as_given: bool) -> None:
    """Print passwords that were made: they are kept only as hashes."""
    if not passwords or as_given:
        return
    note("Keep the password: it is not shown again. The user name is the identity.")
    for name, made in passwords.items():
        click.echo(made if len(passwords) == 1 else f"{name} {made}")


def _document(known: KnownPoint, at: Depot) -> dict[str, Any]:
    point, state = known.point, known.state
    return {
        "depot": point.depot,
        "location": list(at.location),
        "depot_max_kw": at.max_kw,
        "prices": prices_to_json(at),
        "charge_point": point.id,
        "name": point.name,
        "max_kw": point.max_kw,
        "made_by": state.made_by,
        "heard": None if known.heard is None else stamp(known.heard),
        "evses": evses_to_json(known),
    }
