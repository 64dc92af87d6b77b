"""``plugsure report``: what charging cost, and what was odd about it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from planner.errors import DataMissing, InputError
from planner.faces.advising import missions_of_batch, missions_of_file, missions_planned_last
from planner.faces.commands.console import (
    Time,
    note,
    office,
    progress_bar,
    show_json,
    show_table,
)
from planner.faces.histories import Books, open_books
from planner.fleet.advice import advise
from planner.fleet.anomalies import KINDS
from planner.fleet.bill import DIMENSIONS, By, bill
from planner.fleet.judging import find_anomalies
from planner.formats.advice_json import advice_to_json
from planner.formats.bill_json import anomaly_to_json, bill_to_json, line_to_json
from planner.formats.bill_tables import ANOMALY_COLUMNS, LINE_COLUMNS, SUM_COLUMNS, to_csv, to_xlsx

FILES = {".csv": "csv", ".xlsx": "xlsx", ".json": "json"}
SHOWN_FAULTS = 20
Sheets = Mapping[str, tuple[Sequence[str], list[dict[str, Any]]]]


def span(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what all reports take: the span of time, further plans, and where to write."""
    options = (
        click.option("--since", type=Time(), help="Charges that ended from this time on."),
        click.option("--until", type=Time(), help="Charges that ended before this time."),
        click.option(
            "--plans",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            multiple=True,
            help="Plans that are not stored: a plan, or a batch's .ndjson. Repeatable.",
        ),
        click.option(
            "--out",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write a .csv, .xlsx or .json file instead of a table.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def report() -> None:
    """Tell what charging cost, what was odd about it, and which card would help."""


@report.command(epilog="Example: plugsure report costs --by driver --out november.xlsx")
@click.option(
    "--by", type=click.Choice(DIMENSIONS), default="vehicle", show_default=True, help="Groups."
)
@span
def costs(
    by: By,
    since: float | None,
    until: float | None,
    plans: tuple[Path, ...],
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Costs by vehicle, driver, mission, provider, operator or month, planned beside billed."""
    books = open_books(office(), since=since, until=until, plan_files=plans)
    document = bill_to_json(bill(books.lines, by, books.history.pending))
    rows = [*document["groups"], *document["totals"]]
    if out is not None:
        sheets = {"Costs": (SUM_COLUMNS, rows), "Charges": (LINE_COLUMNS, _line_rows(books))}
        _write(out, document, sheets)
    elif as_json:
        show_json(document)
    else:
        columns = (by, "currency", "charges", "kWh", "net", "VAT", "gross", "planned", "billed so")
        show_table("", columns, [_shown(row) for row in rows])
        waiting = document["pending_sessions"]["count"]
        if waiting:
            note(f"{waiting} sessions wait for their CDR and are in no sum")


@report.command(epilog="Example: plugsure report charges --since 2026-11-01T00:00:00+01:00")
@span
def charges(
    since: float | None,
    until: float | None,
    plans: tuple[Path, ...],
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Every CDR with its trip, its card and its amounts."""
    books = open_books(office(), since=since, until=until, plan_files=plans)
    rows = _line_rows(books)
    if out is not None:
        _write(out, {"charges": rows}, {"Charges": (LINE_COLUMNS, rows)})
    elif as_json:
        show_json({"charges": rows})
    else:
        columns = ("ends", "station", "card", "vehicle", "mission", "kWh", "gross", "currency")
        names = ("ends", "station", "card", "vehicle", "mission", "energy_kwh", "gross", "currency")
        show_table("", columns, [[_text(row[name]) for name in names] for row in rows])


@report.command(epilog="Example: plugsure report anomalies --out odd.csv")
@click.option("--kind", type=click.Choice(KINDS), multiple=True, help="Only these. Repeatable.")
@span
def anomalies(
    kind: tuple[str, ...],
    since: float | None,
    until: float | None,
    plans: tuple[Path, ...],
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """List what is odd about charges, each with its figure and its cost, the dearest first."""
    used = office()
    books = open_books(used, since=since, until=until, plan_files=plans)
    found = find_anomalies(books.history, used.clock())
    purse = books.history.purse
    rows = [anomaly_to_json(one, purse) for one in found if not kind or one.kind in kind]
    if out is not None:
        _write(out, {"anomalies": rows}, {"Anomalies": (ANOMALY_COLUMNS, rows)})
    elif as_json:
        show_json({"anomalies": rows})
    else:
        names = ("ends", "kind", "says", "cost", "currency", "vehicle")
        show_table("", names, [[_text(row[name]) for name in names] for row in rows])


@report.command(epilog="Example: plugsure report cards --missions november.csv")
@click.option(
    "--missions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of missions, as for `plugsure batch`.",
)
@click.option("--batch", metavar="ID", help="The missions of a stored batch.")
@click.option(
    "--provider", multiple=True, metavar="CC*PPP", help="Only these candidates. Repeatable."
)
@click.option("--most", type=click.IntRange(1), default=100, show_default=True, help="Missions.")
@click.option("--region", metavar="NAME", help="The region to use.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def cards(
    missions: Path | None,
    batch: str | None,
    provider: tuple[str, ...],
    most: int,
    region: str | None,
    *,
    as_json: bool,
) -> None:
    """Say which provider's card would unlock or save the most, planned on the fleet's missions.

    By default these are the missions of the plans that were stored last.
    """
    used = office(region)
    if missions is not None:
        chosen, bad = missions_of_file(used, missions)
        for said in bad[:SHOWN_FAULTS]:
            note(f"  left out: {said}")
    elif batch is not None:
        chosen = missions_of_batch(used, batch, most)
    else:
        chosen = missions_planned_last(used, most)
    if not chosen:
        raise DataMissing("there are no missions to plan", remedy="Give a file by --missions")
    with progress_bar(counted=True) as shown:
        task = shown.add_task("planning", total=None)
        advice = advise(
            used.world,
            chosen[:most],
            now=used.clock(),
            providers=provider,
            tell=lambda done, of: shown.update(task, completed=done, total=of),
        )
    document = advice_to_json(advice)
    if as_json:
        show_json(document)
        return
    columns = ("provider", "unlocks", "saves", "missions cheaper", "minutes sooner", "note")
    show_table("", columns, [_card(card) for card in document["cards"]])
    dearer = [stop for stop in document["stops"] if stop["best_provider"] != stop["provider"]]
    names = ("mission", "station", "with", "costs", "cheapest", "costs then")
    if dearer:
        show_table("Cheapest card per stop", names, [_stop(stop) for stop in dearer])
    infeasible, failed = len(document["infeasible"]), len(document["failed"])
    note(f"{advice.missions} missions, {infeasible} without a plan, {failed} failed")


def _card(card: Mapping[str, Any]) -> list[str]:
    saves = ", ".join(f"{amount} {currency}" for currency, amount in card["saves"].items())
    sooner = str(round(card["sooner_s"] / 60))
    unlocks = str(len(card["unlocks"]))
    return [card["provider"], unlocks, saves, str(len(card["cheaper"])), sooner, card["note"]]


def _stop(stop: Mapping[str, Any]) -> list[str]:
    cost, best = stop["cost"], stop["best_cost"]
    paid = "not known" if cost is None else f"{cost['amount']} {cost['currency']}"
    name = stop["station"]["name"] or stop["station"]["id"]
    then = f"{best['amount']} {best['currency']}" + ("" if stop["held"] else " (new card)")
    return [
        *(stop["mission"], name, stop["provider"] or "payment card", paid),
        *(stop["best_provider"], then),
    ]


def _line_rows(books: Books) -> list[dict[str, Any]]:
    return [line_to_json(line, books.history.purse) for line in books.lines]


def _shown(row: Mapping[str, Any]) -> list[str]:
    names = ("net", "vat", "gross", "planned", "billed_as_planned")
    key = row["key"] or "not known"
    head = [key, row["currency"] or "", str(row["charges"]), f"{row['energy_kwh']:.3f}"]
    return head + [_text(row[name]) for name in names]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _write(out: Path, document: Any, sheets: Sheets) -> None:
    """Write a report in the form that the file's name asks for; a CSV holds the first table."""
    form = FILES.get(out.suffix.lower())
    if form is None:
        raise InputError(f"reports are written as {', '.join(FILES)}", place=str(out))
    if form == "xlsx":
        out.write_bytes(to_xlsx(sheets))
    elif form == "csv":
        columns, rows = next(iter(sheets.values()))
        out.write_bytes(to_csv(columns, rows).encode())
    else:
        out.write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")
    note(f"written to {out}")
