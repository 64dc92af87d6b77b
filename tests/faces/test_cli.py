"""The command line: results on standard output, the rest on standard error, stable exit status."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from planner.errors import BrokenClaim, DataError, DataMissing, FeedError, InputError
from planner.faces.cli import COMMANDS, exit_status, main
from planner.faces.office import Office
from planner.settings import Settings
from tests.faces.small_world import CAR, CONTRACT, UID, trip

AS_OF = "2026-11-23T07:00:00+01:00"
TRIP = ["--from", "11.576,48.137", "--to", "10.992,45.438", "--vehicle", CAR, "--soc", "70%"]


@pytest.fixture
def at_home(settings: Settings, monkeypatch: pytest.MonkeyPatch, shared_office: Office) -> Path:
    """PLUGSURE_HOME is the test's own; the roads that are open already are taken."""
    monkeypatch.setenv("PLUGSURE_HOME", str(settings.home))
    monkeypatch.delenv("PLUGSURE_DATABASE", raising=False)
    monkeypatch.setenv("PLUGSURE_REGION", "alps")

    def renew(used: Office) -> Any:
        used._world = shared_office.world.renewed(used.store.snapshot())
        return used._world

    monkeypatch.setattr(Office, "_renew", renew)
    return settings.home


def run(*words: str, stdin: str = "") -> Result:
    result = CliRunner().invoke(main, list(words), input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_trip_is_told_as_a_plain_table(at_home: Path) -> None:
    told = run("plan", *TRIP, "--wallet", "anna", "--as-of", AS_OF)
    assert told.exit_code == 0, told.stderr
    for word in ("70 %", "contracted by agreement", "If it fails", "Assumed:", "OpenStreetMap"):
        assert word in told.stdout
    assert "on any roads, can be more than" in " ".join(told.stdout.split())
    assert UID not in told.stdout


def test_a_plan_as_json_can_be_verified_and_broken_ones_are_found(
    at_home: Path, tmp_path: Path
) -> None:
    token = f"{UID}/{CONTRACT}"
    told = run("plan", *TRIP, "--token", token, "--as-of", AS_OF, "--format", "json")
    plan = json.loads(told.stdout)
    assert UID not in told.stdout
    path = tmp_path / "plan.json"
    path.write_text(told.stdout, encoding="utf-8")
    good = run("verify", str(path), "--token", token)
    assert (good.exit_code, good.stderr) == (0, "")
    assert "when it was made" in good.stdout, "a check of that moment is none of now"
    later = run("verify", str(path), "--token", token, "--as-of", AS_OF)
    assert "when it was made" not in later.stdout
    sealed = run("verify", str(path))
    assert sealed.exit_code == 0
    assert "uid" in sealed.stderr
    plan["legs"][0]["energy_kwh"] /= 2
    path.write_text(json.dumps(plan), encoding="utf-8")
    bad = run("verify", str(path), "--json")
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["broken"]
    other = run("verify", str(path), "--token", f"FFFF/{CONTRACT}")
    assert other.exit_code == 2


@pytest.mark.parametrize(("form", "sign"), [("geojson", "{"), ("gpx", "<?xml"), ("ics", "BEGIN:")])
def test_a_plan_is_written_in_other_formats(at_home: Path, form: str, sign: str) -> None:
    told = run("plan", *TRIP, "--wallet", "anna", "--as-of", AS_OF, "--format", form)
    assert told.exit_code == 0
    assert told.stdout.startswith(sign)


def test_a_request_comes_from_a_file_or_standard_input(at_home: Path) -> None:
    told = run(
        "plan", "--request", "-", "--as-of", AS_OF, "--format", "json", stdin=json.dumps(trip())
    )
    assert told.exit_code == 0, told.stderr
    wrong = run("plan", "--request", "-", stdin='{"stops": []}')
    assert wrong.exit_code == 2
    assert "/vehicle" in wrong.stderr


def test_no_trip_is_exit_status_1_and_says_why(at_home: Path) -> None:
    told = run("plan", *TRIP, "--token", "FFFF/NL*XYZ", "--as-of", AS_OF)
    assert told.exit_code == 1
    assert "no_accessible_charger" in told.stdout


def test_a_token_may_come_from_a_file(at_home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "card.txt"
    secret.write_text(f"{UID}/{CONTRACT}\n", encoding="utf-8")
    told = run("plan", *TRIP, "--token", f"@{secret}", "--as-of", AS_OF)
    assert told.exit_code == 0, told.stderr
    by_uid = run("plan", *TRIP, "--token", UID, "--as-of", AS_OF)
    assert by_uid.exit_code == 0, "the stored wallet holds this uid"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*TRIP[:-1], "800%", "--wallet", "anna"], "--soc"),
        ([*TRIP[:-1], "much", "--wallet", "anna"], "--soc"),
        ([*TRIP, "--wallet", "nobody"], "--wallet"),
        (TRIP, "--wallet"),
        ([*TRIP, "--wallet", "anna", "--at", "2026-11-23T08:00"], "offset"),
        ([*TRIP[2:], "--wallet", "anna"], "--from"),
        (["--from", "Qqxzv", *TRIP[2:], "--wallet", "anna"], "--from"),
        ([*TRIP[:4], "--vehicle", "carpet", "--soc", "0.7", "--wallet", "anna"], "--vehicle"),
    ],
)
def test_bad_usage_is_exit_status_2_and_names_the_option(
    at_home: Path, words: list[str], said: str
) -> None:
    told = run("plan", *words)
    assert told.exit_code == 2, told.output
    assert said in told.stderr
    assert told.stdout == ""


def test_missing_data_is_exit_status_3_and_says_what_to_do(home: Path) -> None:
    told = run("plan", *TRIP, "--payment-card")
    assert told.exit_code == 3
    assert "plugsure region build" in told.stderr


def test_a_defect_is_a_sentence_and_a_file_not_a_traceback(
    at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("of ours")

    monkeypatch.setattr("planner.faces.commands.trips.make_plan", fail)
    told = run("plan", *TRIP, "--wallet", "anna", "--as-of", AS_OF)
    assert told.exit_code == 70
    assert "Traceback" not in told.output
    path = Path(told.stderr.rpartition(" ")[2].strip())
    assert "of ours" in path.read_text(encoding="utf-8")
    path.unlink()


def test_exit_status_of_each_kind_of_error() -> None:
    assert exit_status(InputError("x")) == 2
    assert exit_status(DataError("x")) == 2
    assert exit_status(DataMissing("x")) == 3
    assert exit_status(FeedError("x")) == 3
    assert exit_status(BrokenClaim("x")) == 1


def test_access_tells_the_grade_of_each_token(at_home: Path) -> None:
    words = ["access", "--evse", "AT*AAA*EINNSBRUCK1", "--token", f"{UID}/{CONTRACT}"]
    told = run(*words, "--payment-card", "--as-of", AS_OF)
    assert told.exit_code == 0, told.stderr
    assert "contracted" in told.stdout
    assert UID not in told.stdout
    as_json = json.loads(run(*words, "--as-of", AS_OF, "--json").stdout)
    assert as_json["grades"][0]["grade"] == "contracted"
    assert run("access", "--evse", "nope", "--payment-card").exit_code == 2


def test_keys_are_shown_once_listed_and_revoked(at_home: Path) -> None:
    made = run("keys", "create", "--name", "ci", "--scope", "plan", "--scope", "batch")
    secret = made.stdout.strip()
    assert secret.startswith("plugsure_")
    (listed,) = json.loads(run("keys", "list", "--json").stdout)
    assert listed["scopes"] == ["batch", "plan"]
    assert secret not in run("keys", "list").output
    assert run("keys", "revoke", listed["id"]).exit_code == 0
    assert json.loads(run("keys", "list", "--json").stdout)[0]["revoked"]
    assert run("keys", "revoke", "nothing").exit_code == 2


def test_wallets_are_added_listed_masked_and_removed(at_home: Path) -> None:
    added = run("wallets", "add", "bert", "--token", "-", stdin="AABBCCDD11/FR*XYZ\n")
    assert added.exit_code == 0, added.stderr
    listed = run("wallets", "list", "--json").stdout
    assert {wallet["id"] for wallet in json.loads(listed)} == {"anna", "bert"}
    assert "AABBCCDD11" not in listed
    assert run("wallets", "remove", "bert").exit_code == 0
    assert run("wallets", "remove", "bert").exit_code == 2
    assert run("wallets", "add", "none").exit_code == 2


def test_regions_feeds_and_vehicles_are_listed(at_home: Path) -> None:
    assert json.loads(run("region", "list", "--json").stdout)[0]["name"] == "alps"
    assert "OpenStreetMap" in run("region", "info", "alps").stdout
    assert run("region", "info", "nowhere").exit_code == 3
    feeds = json.loads(run("feed", "list", "--json").stdout)
    assert [feed["name"] for feed in feeds] == ["AT*AAA", "IT*BBB"]
    assert run("feed", "list").exit_code == 0
    found = json.loads(run("vehicles", "--search", "id.3", "--json").stdout)
    assert found[0]["make"] == "Volkswagen"
    assert "kWh" in run("vehicles").stdout


def test_tables_of_agreements_and_prices_are_imported(at_home: Path, tmp_path: Path) -> None:
    table = tmp_path / "roaming.csv"
    table.write_text("emsp,cpo\nDE*ABC,AT*AAA\nnobody,AT*AAA\n", encoding="utf-8")
    told = run("agreements", "import", str(table))
    assert told.exit_code == 0
    assert told.stdout.startswith("1 agreements imported, 1 rows left out")
    prices = tmp_path / "prices.csv"
    prices.write_text("emsp,cpo,currency,per_kwh\nDE*ABC,AT*AAA,EUR,0.59\n", encoding="utf-8")
    assert run("prices", "import", str(prices)).exit_code == 0
    assert run("prices", "import", str(tmp_path / "none.csv")).exit_code == 2


def test_a_feed_from_a_file_is_added_read_and_removed(at_home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ndjson"
    broken.write_text("no json\n", encoding="utf-8")
    told = run("feed", "add", "mine", "--file", str(broken), "--format", "ocpi")
    assert told.exit_code == 2
    names = [feed["name"] for feed in json.loads(run("feed", "list", "--json").stdout)]
    assert "mine" not in names, "a feed that could not be read is not kept"
    assert run("feed", "add", "x").exit_code == 2
    assert run("feed", "remove", "IT*BBB").exit_code == 0


def test_an_unreachable_feed_is_exit_status_3(
    at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise FeedError("no connection", place="http://127.0.0.1:1", remedy="Check the network")

    monkeypatch.setattr("planner.faces.commands.feeds.sync_feed", fail)
    one = run("feed", "sync", "AT*AAA")
    assert one.exit_code == 3
    assert "Check the network" in one.stderr
    every = run("feed", "sync", "--json")
    assert every.exit_code == 3
    assert [feed["name"] for feed in json.loads(every.stdout)] == ["AT*AAA", "IT*BBB"]


MISSIONS = f"""mission_id,vehicle,wallet,from,to,soc
a,{CAR},anna,"11.576,48.137","11.40,47.25",0.9
b,{CAR},anna,"11.576,48.137","11.40,47.25",-1
c,{CAR},anna,"11.576,48.137","10.992,45.438",0.7
a,{CAR},anna,"11.576,48.137","11.40,47.25",0.9
"""


def test_a_batch_is_written_in_order_and_resumed(at_home: Path, tmp_path: Path) -> None:
    missions, out = tmp_path / "missions.csv", tmp_path / "out.ndjson"
    missions.write_text(MISSIONS, encoding="utf-8")
    words = ["batch", str(missions), "--out", str(out), "--workers", "1", "--as-of", AS_OF]
    told = run(*words)
    assert told.exit_code == 0, told.stderr
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(row["mission_id"], row["status"]) for row in rows] == [
        ("a", "planned"),
        ("b", "failed"),
        ("c", "planned"),
        ("a", "failed"),
    ], "an id that stands there twice is a fault of the second row only"
    assert UID not in out.read_text(encoding="utf-8")
    changed = MISSIONS.replace("0.7", "0.75").replace(",-1", ",0.8")
    missions.write_text(changed, encoding="utf-8")
    again = run(*words, "--resume")
    assert "1 of 4 missions are planned already" in again.stderr
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["status"] for row in rows] == ["planned"] * 3 + ["failed"]
    assert rows[2]["plan"]["mission"]["soc"] == 0.75
    assert not list(tmp_path.glob("*.part"))


def test_a_batch_that_was_cut_off_is_gone_on_with(at_home: Path, tmp_path: Path) -> None:
    missions, out = tmp_path / "missions.csv", tmp_path / "out.csv"
    missions.write_text(MISSIONS, encoding="utf-8")
    words = ["batch", str(missions), "--workers", "1", "--as-of", AS_OF]
    whole = tmp_path / "whole.ndjson"
    assert run(*words, "--out", str(whole)).exit_code == 0
    first = whole.read_bytes().splitlines(keepends=True)[0]
    (tmp_path / "out.csv.part").write_bytes(first + b'{"mission_id": "b", "sta')
    told = run(*words, "--out", str(out), "--resume")
    assert "1 of 4 missions are planned already" in told.stderr
    with out.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["status"] for row in rows] == ["planned", "failed", "planned", "failed"]


def test_every_command_has_help_with_an_example() -> None:
    def leaves(command: click.Command, path: list[str]) -> list[tuple[list[str], click.Command]]:
        if not isinstance(command, click.Group):
            return [(path, command)]
        context = click.Context(command)
        found = []
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            if path or name in COMMANDS:
                found += leaves(inner, [*path, name])
        return found

    for path, command in leaves(main, []):
        told = run(*path, "--help")
        assert told.exit_code == 0
        assert "Example" in (command.epilog or ""), path
        assert command.help, path


def test_it_runs_as_a_module_and_imports_little_for_help() -> None:
    env = {**os.environ, "PLUGSURE_HOME": "/nonexistent"}
    told = subprocess.run(
        [sys.executable, "-m", "planner", "--version"],
        capture_output=True,
        text=True,
        env=env,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in told.stderr
