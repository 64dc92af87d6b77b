"""Documents are held against the code: what they name exists, and what exists they name."""

import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from planner import errors
from planner.faces.api import create_app
from planner.faces.api.options import PREFIX as API_PREFIX
from planner.faces.api.options import ApiOptions
from planner.faces.api.problems import STATUS
from planner.faces.cli import exit_status
from planner.settings import Settings
from tests.contract.test_command_line import FOUND, parse
from tests.contract.words import PATHS, REASONS_WHY_NOT, ROOT

HOSTS_OF_REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "registry.npm" + "js.org")
WORDS_OF_DEBT = ("TO" + "DO", "FIX" + "ME", "XX" + "X:")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|home/\w+|root|Users/\w+)/[\w.]")


def tracked(*patterns: str) -> list[Path]:
    """Files under version control; a skip where there is none."""
    try:
        told = subprocess.run(
            ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout of git")
    names = [name for name in told.stdout.decode().split("\0") if name]
    return [path for path in (ROOT / name for name in names) if path.is_file()]


def texts(*patterns: str) -> list[tuple[str, str]]:
    """The tracked files that are text."""
    found = []
    for path in tracked(*patterns):
        try:
            found.append((str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def blocks(document: str, *languages: str) -> list[str]:
    """The fenced code blocks of a document in these languages."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [
        body
        for language, body in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        if language in languages
    ]


def documents() -> list[str]:
    return sorted(name for name, _ in texts("*.md"))


@pytest.fixture(scope="module")
def openapi(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, database=f"sqlite:///{home / 'plugsure.sqlite'}")
    client = create_app(settings, ApiOptions(open_to_loopback=True)).test_client()
    told = client.get("/openapi.json")
    assert told.status_code == 200
    assert client.get("/docs").status_code == 200
    return json.loads(told.data)


def unnamed(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("path", sorted(PATHS))
def test_a_promised_path_is_in_the_openapi_document(openapi, path: str):
    described = {unnamed(name): set(said) for name, said in openapi["paths"].items()}
    assert PATHS[path] <= described.get(unnamed(path), set())


def test_the_openapi_document_is_of_version_3_1_and_its_references_lead_somewhere(openapi):
    assert openapi["openapi"].startswith("3.1")
    for pointer in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(openapi))):
        node = openapi
        for part in pointer.split("/"):
            assert part in node, pointer
            node = node[part]


def error_classes() -> list[type[errors.PlugsureError]]:
    found = [errors.PlugsureError]
    for kind in found:
        found += kind.__subclasses__()
    return found


def test_every_error_stands_in_the_tree_with_its_code():
    tree = dict(
        re.findall(r"^\W*(\w+) +([a-z]+(?:-[a-z]+)+)\b", errors.__doc__ or "", re.MULTILINE)
    )
    assert tree == {kind.__name__: kind.code for kind in error_classes()}


def table_rows(document: str) -> dict[str, list[str]]:
    """The rows of all tables whose first cell is a code, by that code."""
    text = (ROOT / document).read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", text, re.MULTILINE)
    return {code: [cell.strip() for cell in rest.split(" | ")] for code, rest in rows}


def planner_errors() -> list[type[errors.PlugsureError]]:
    return [kind for kind in error_classes() if not kind.__module__.startswith("planner.demo")]


def test_every_problem_type_of_the_api_is_told():
    """Types that are no error of the planner are refusals to serve."""
    raised = {"not-found", "method-not-allowed", "too-large", "internal-error"}
    for _, text in texts("planner/faces/*.py", "planner/faces/**/*.py"):
        raised |= set(re.findall(r"Refused\(\s*\d{3},\s*\"([a-z-]+)\"", text))
        raised |= set(re.findall(r"problem\(\s*\d{3},\s*\"([a-z-]+)\"", text))
    assert len(raised) > 8
    own = {kind.code for kind in planner_errors()}
    assert set(table_rows("docs/problems.md")) == raised | own


def test_the_statuses_of_problems_are_told_rightly():
    told = table_rows("docs/problems.md")
    for kind in planner_errors():
        error = kind("it failed")
        http = next(status for family, status in STATUS if isinstance(error, family))
        assert told[kind.code][:2] == [str(http), str(exit_status(error))], kind.code


def test_the_reasons_why_there_is_no_trip_are_those_promised():
    searched = "\n".join(text for _, text in texts("planner/search/*.py", "planner/model/*.py"))
    for reason in REASONS_WHY_NOT:
        assert f'"{reason}"' in searched


def test_every_environment_setting_is_told():
    named = set()
    for _, text in texts("planner/*.py", "planner/**/*.py"):
        named |= set(re.findall(r"[\"'`](PLUGSURE_[A-Z_]*[A-Z])\b", text))
    named |= {API_PREFIX + option.name.upper() for option in fields(ApiOptions)}
    assert "PLUGSURE_HOME" in named
    told = "\n".join(text for _, text in texts("*.md", "docs/*.md"))
    told += "\n".join(f"{c.help} {c.epilog}" for c in FOUND.values())
    missing = sorted(name for name in named if name not in told)
    assert not missing, f"neither a document nor --help names {', '.join(missing)}"


def test_the_table_of_rooms_names_every_package():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = set(re.findall(r"^\| `planner/([\w.]+)`", text, re.MULTILINE))
    packages = {path.parent.name for path in (ROOT / "planner").glob("*/__init__.py")}
    assert packages <= rooms
    gone = {room for room in rooms if not (ROOT / "planner" / room).exists()}
    assert not gone, "the table names rooms that are not there"


def test_every_shipped_file_has_its_source_told():
    told = (ROOT / "data" / "SOURCES.md").read_text(encoding="utf-8")
    for path in tracked("data"):
        if path.name != "SOURCES.md":
            assert path.name in told, f"data/SOURCES.md does not name {path.name}"


@pytest.mark.parametrize("document", documents())
def test_links_between_documents_lead_somewhere(document: str):
    text = (ROOT / document).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", link):
            assert (ROOT / document).parent.joinpath(link).exists(), link


@pytest.mark.parametrize("document", documents())
def test_every_command_in_a_document_can_be_parsed(document: str):
    for block in blocks(document, "sh", "bash", "console", "shell"):
        joined = block.replace("\\\n", " ")
        for line in joined.splitlines():
            for part in re.split(r"\s(?:\|\|?|&&|>>?|<)\s|;\s", line.strip().removeprefix("$ ")):
                words = part.strip()
                if words.startswith("plugsure "):
                    parse(words)
                elif words.startswith("make "):
                    target = words.split()[1]
                    made = (ROOT / "Makefile").read_text(encoding="utf-8")
                    assert re.search(rf"^{re.escape(target)}:", made, re.MULTILINE), line


@pytest.mark.parametrize("document", documents())
def test_json_in_a_document_is_json(document: str):
    for block in blocks(document, "json"):
        json.loads(block)


def test_no_file_names_a_machine_a_registry_or_work_not_done():
    for name, text in texts():
        if name.endswith((".svg", ".lock")):
            continue
        for host in HOSTS_OF_REGISTRIES:
            assert host not in text, f"{name} names {host}"
        for word in WORDS_OF_DEBT:
            assert not re.search(rf"\b{word}", text), f"{name} has {word}"
        shown = MACHINE_PATH.search(text)
        assert shown is None, f"{name} names {shown[0] if shown else ''}"
