"""What the commands share: the office, secrets from options, tables, JSON, progress, times."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from planner.errors import InputError
from planner.faces.faults import read_json
from planner.faces.office import Office
from planner.formats.stamps import moment
from planner.settings import Settings

PIPED_WIDTH = 120
"""Columns of a table that is not shown on a terminal."""


def office(region: str | None = None) -> Office:
    """Open the installation that the environment names."""
    return Office(Settings.read(), region=region)


def out() -> Console:
    """Return the console of standard output."""
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    return Console(file=sys.stdout, width=width, highlight=False, soft_wrap=False)


def err() -> Console:
    """Return the console of standard error."""
    return Console(file=sys.stderr, highlight=False)


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a plain table to standard output."""
    table = Table(title=title or None, box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        right = column.endswith(("kWh", "kW", "stations", "EVSEs", "nodes", "edges", "MB"))
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(plain(cell) for cell in row))
    out().print(table)


def plain(text: str) -> str:
    """Keep brackets in data from being read as rich's markup."""
    return text.replace("[", "\\[")


def show_json(document: Any) -> None:
    """Print JSON to standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def note(text: str) -> None:
    """Print a note to standard error."""
    click.echo(text, err=True)


@contextmanager
def progress_bar(*, counted: bool = False) -> Iterator[Progress]:
    """Show a progress bar on standard error while the block runs."""
    middle = MofNCompleteColumn() if counted else TaskProgressColumn()
    left = TimeRemainingColumn()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), middle, left, console=err(), transient=True
    ) as shown:
        yield shown


if TYPE_CHECKING:
    TextType = click.ParamType[str]
    NumberType = click.ParamType[float]
else:  # older versions of click have no generic type
    TextType = NumberType = click.ParamType


class Secret(TextType):
    """A secret: given outright, ``-`` for standard input, or ``@FILE``."""

    name = "secret"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the secret from where the value says."""
        text = str(value)
        if text == "-":
            return sys.stdin.read().strip()
        if text.startswith("@"):
            try:
                return Path(text[1:]).expanduser().read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                self.fail(f"{text[1:]} cannot be read: {error}", param, ctx)
        return text


class Time(NumberType):
    """A time as RFC 3339 with an offset, or ``now``; read as UTC epoch seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the time."""
        if isinstance(value, float):
            return value
        try:
            return moment(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Charge(NumberType):
    """A state of charge: ``0.8`` or ``80%``; read as 0 to 1."""

    name = "charge"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the charge."""
        text = str(value).strip()
        try:
            read = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            self.fail(f"{text!r} is no charge; write 0.8 or 80%", param, ctx)
        if not 0 <= read <= 1:
            self.fail(f"{text} is not between 0 and 1; write 0.8 or 80%", param, ctx)
        return read


def read_json_document(path: str, *, remedy: str) -> Any:
    """Read a file of JSON, or standard input where it is called ``-``.

    Raises
    ------
    InputError
        If it cannot be read or is no JSON; names the file.
    """
    data = read_document(path)
    try:
        return read_json(data)
    except InputError as error:
        said = error.faults[0].detail.removeprefix("the body ")
        raise InputError(said, place=shown_path(path), remedy=remedy) from error


def shown_path(path: str) -> str:
    """Name a file, or standard input, as a place of errors."""
    return "standard input" if path == "-" else path


def read_document(path: str) -> bytes:
    """Read a file, or standard input where it is called ``-``."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", place=path) from error
