"""Each command and option that users were promised is there, says what it does, and exits so."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from planner.faces.cli import COMMANDS as LISTED
from planner.faces.cli import main
from planner.model.grade import Grade
from planner.store.keys import SCOPES as KEY_SCOPES
from tests.contract.words import (
    COMMANDS,
    FORMATS_OF_A_PLAN,
    GRADES,
    NOT_YET_COMMANDS,
    NOT_YET_OPTIONS,
    SCOPES,
)

TAKES_SECRETS = ("token",)


def walk(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Give every command with its path; groups that do something themselves too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        here = (*path, name)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield " ".join(here), command
        if isinstance(command, click.Group):
            yield from walk(command, here)


FOUND = dict(walk(main))


def names(command: click.Command) -> set[str]:
    """The options of a command, and its arguments as help shows them."""
    found: set[str] = set()
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            found.add(parameter.metavar or (parameter.name or "").upper())
        else:
            found.update(parameter.opts)
    return found


def run(*args: object, stdin: str = "") -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_a_promised_command_is_there_with_its_options(path: str):
    assert path in FOUND
    assert COMMANDS[path] <= names(FOUND[path])


@pytest.mark.parametrize("path", sorted(FOUND))
def test_every_command_says_what_it_does_and_gives_an_example(path: str):
    command = FOUND[path]
    assert command.help
    assert len(command.help.split("\n")[0]) > 10
    if path in LISTED or " " in path:
        assert "Example" in (command.epilog or ""), "an example helps more than a list of options"
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            shown = (
                parameter.help or parameter.show_default or isinstance(parameter.type, click.Choice)
            )
            assert shown, f"{path} {parameter.opts} is not explained"


@pytest.mark.parametrize("path", sorted(FOUND))
def test_every_example_of_a_command_can_be_parsed(path: str):
    for line in re.findall(r"plugsure [^;()]+", FOUND[path].epilog or ""):
        parse(line.split(" (")[0])


def parse(line: str) -> None:
    """Parse a line as the command line would; files and secrets need not be there."""
    import shlex  # noqa: PLC0415 -- only here

    words = shlex.split(line, comments=True)
    assert words[0] == "plugsure", line
    group: click.Command = main
    rest = words[1:]
    context = click.Context(main)
    while isinstance(group, click.Group) and rest and not rest[0].startswith("-"):
        found = group.get_command(context, rest[0])
        assert found is not None, f"there is no command {rest[0]!r}: {line}"
        group, rest = found, rest[1:]
    known = {name for p in group.params for name in (*p.opts, *p.secondary_opts)}
    for word in rest:
        if word.startswith("--"):
            assert word.split("=")[0] in known | {"--help", "--version"}, f"{word}: {line}"


def test_what_no_one_has_asked_for_yet_is_cleanly_absent_or_whole():
    for name in NOT_YET_COMMANDS:
        if name not in {path.split(" ")[0] for path in FOUND}:
            told = run(name)
            assert told.exit_code == 2
            assert "No such command" in told.stderr
    for path, option in NOT_YET_OPTIONS:
        if option not in names(FOUND[path]):
            told = run(*path.split(" "), option, "x")
            assert told.exit_code == 2
            assert "No such option" in told.stderr


def test_the_formats_scopes_and_grades_are_those_promised():
    form = next(p for p in FOUND["plan"].params if p.name == "format_")
    assert isinstance(form.type, click.Choice)
    assert tuple(form.type.choices) == FORMATS_OF_A_PLAN
    assert set(KEY_SCOPES) == set(SCOPES)
    assert tuple(g.word for g in sorted(Grade, reverse=True)) == GRADES


def test_secrets_come_from_standard_input_and_files_too(home: Path, tmp_path: Path):
    card = tmp_path / "card.txt"
    card.write_text("04A1B2C3D4E5F6/FR-ABC-C12345678\n", encoding="utf-8")
    for number, (given, stdin) in enumerate(((f"@{card}", ""), ("-", card.read_text()))):
        told = run("wallets", "add", f"w{number}", "--token", given, stdin=stdin)
        assert told.exit_code == 0, told.stderr
        assert "04A1B2C3D4E5F6" not in told.output
    listed = json.loads(run("wallets", "list", "--json").stdout)
    assert [w["id"] for w in listed] == ["w0", "w1"]
    assert "04A1B2C3D4E5F6" not in json.dumps(listed)
    for path, command in FOUND.items():
        for parameter in command.params:
            if "token" in (parameter.name or ""):
                assert parameter.type.name == "secret", path


def test_an_empty_home_lists_nothing_and_says_so(home: Path):
    assert home.is_dir()
    for path in ("region list", "feed list", "keys list", "wallets list"):
        told = run(*path.split(" "), "--json")
        assert (told.exit_code, json.loads(told.stdout)) == (0, []), path
    assert json.loads(run("vehicles", "--json", "--limit", "500").stdout)


def test_exit_statuses_are_those_promised(home: Path):
    assert run("vehicles").exit_code == 0
    assert run("plan").exit_code == 2
    assert run("plan", "--nonsense").exit_code == 2
    assert run("region", "info", "nowhere").exit_code == 3
    trip = ("plan", "--from", "1,1", "--to", "2,2", "--soc", "1", "--payment-card")
    no_region = run(*trip, "--vehicle", "nissan-leaf-40-kwh-2018")
    assert no_region.exit_code == 3
    assert "region build" in no_region.stderr
    assert no_region.stdout == ""
    assert run(*trip, "--vehicle", "a horse").exit_code == 2


def test_keys_are_shown_once_and_can_be_revoked(home: Path):
    made = run("keys", "create", "--name", "dispatch", "--scope", "plan", "--scope", "batch")
    assert made.exit_code == 0, made.stderr
    secret = made.stdout.strip()
    listed = run("keys", "list", "--json")
    assert secret not in listed.output
    (key,) = json.loads(listed.stdout)
    assert set(key["scopes"]) == {"plan", "batch"}
    assert run("keys", "revoke", key["id"]).exit_code == 0
    assert json.loads(run("keys", "list", "--json").stdout)[0]["revoked"]
    assert secret.encode() not in b"".join(
        path.read_bytes() for path in home.rglob("*") if path.is_file()
    )
