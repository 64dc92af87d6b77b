"""``plugsure``: the command line. Results go to standard output, all else to standard error.

Exit status: 0 done; 1 the answer is "infeasible" or "broken claims"; 2 bad usage or input; 3 data
missing or unreachable. Commands are loaded when they are called, so that ``--help`` is quick.
"""

import sys
import tempfile
import traceback
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import click

from planner.errors import (
    BrokenClaim,
    DataMissing,
    FeedError,
    PlugsureError,
    RegionDamaged,
    StoreError,
)

COMMANDS = {
    "access": "planner.faces.commands.trips:access",
    "agreements": "planner.faces.commands.knowledge:agreements",
    "batch": "planner.faces.commands.batch:batch",
    "cdr": "planner.faces.commands.cdr:cdr",
    "depot": "planner.faces.commands.depots:depot",
    "closures": "planner.faces.commands.closures:closures",
    "feed": "planner.faces.commands.feeds:feed",
    "fleet": "planner.faces.commands.fleet:fleet",
    "keys": "planner.faces.commands.secrets:keys",
    "plan": "planner.faces.commands.trips:plan",
    "prices": "planner.faces.commands.knowledge:prices",
    "report": "planner.faces.commands.report:report",
    "region": "planner.faces.commands.regions:region",
    "warm-up": "planner.faces.commands.warming:warm_up",
    "reservations": "planner.faces.commands.reservations:reservations",
    "serve": "planner.faces.commands.serve:serve",
    "stations": "planner.faces.commands.stations:stations",
    "tokens": "planner.faces.commands.tokens:tokens",
    "vehicles": "planner.faces.commands.vehicles:vehicles",
    "verify": "planner.faces.commands.trips:verify",
    "wallets": "planner.faces.commands.secrets:wallets",
}
PLUGS = "plugsure.commands"
"""Entry points of this group are commands too: the demo brings its own."""

DEFECT = 70
"""Exit status of a defect of ours. Source: EX_SOFTWARE of BSD's sysexits.h."""

UNREACHABLE = (DataMissing, FeedError, RegionDamaged, StoreError)


def exit_status(error: PlugsureError) -> int:
    """Return the exit status by which an error is told."""
    if isinstance(error, BrokenClaim):
        return 1
    return 3 if isinstance(error, UNREACHABLE) else 2


class Commands(click.Group):
    """A group whose commands are imported when called, and whose errors are sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands: ours and those that are plugged in."""
        del ctx
        plugged = {point.name for point in entry_points(group=PLUGS)}
        return sorted({*COMMANDS, *plugged})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name].partition(":")
            found: click.Command = getattr(import_module(module), name)
            return found
        for point in entry_points(group=PLUGS, name=cmd_name):
            plugged: click.Command = point.load()
            return plugged
        return None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what goes wrong is told with its remedy, without a traceback."""
        try:
            return super().invoke(ctx)
        except PlugsureError as error:
            tell(error)
            ctx.exit(exit_status(error))
        except (click.exceptions.Exit, click.ClickException, click.Abort, OSError):
            raise  # click's own ways to end, and a pipe that was closed
        except Exception as error:  # noqa: BLE001 -- a defect is told as a sentence too
            said = f"Plugsure failed by a defect ({type(error).__name__})."
            click.secho(said, fg="red", err=True)
            click.echo(f"  Please report it with {_kept_traceback()}", err=True)
            ctx.exit(DEFECT)


def _kept_traceback() -> str:
    """Write the traceback of the present exception to a file and return its path."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="plugsure-", suffix=".txt", delete=False, encoding="utf-8"
    ) as kept:
        traceback.print_exc(file=kept)
    return kept.name


def tell(error: PlugsureError) -> None:
    """Write an error to standard error: its title, then each fault with its place and remedy."""
    click.secho(f"{error.title}:", fg="red", bold=True, err=True)
    for fault in error.faults:
        place = f"{fault.place}: " if fault.place else ""
        click.echo(f"  {place}{fault.detail}", err=True)
        if fault.remedy:
            click.secho(f"    → {fault.remedy}", fg="cyan", err=True)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="State lives in PLUGSURE_HOME (default ~/.local/share/plugsure).",
)
@click.version_option(package_name="plugsure", prog_name="plugsure")
def main() -> None:
    """Plan electric trips whose every charging stop is one that your own cards open."""


if __name__ == "__main__":
    sys.exit(main())
