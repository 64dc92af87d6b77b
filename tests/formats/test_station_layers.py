"""Stations as a map layer: read back by GeoPandas, and nothing in it that may not be shown."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from click.testing import CliRunner, Result

from planner.errors import DataMissing, InputError
from planner.faces.cli import main
from planner.formats.stamps import stamp
from planner.formats.station_layers import JUDGED, write_stations
from planner.model.station import Status
from planner.model.token import Wallet
from planner.store.feeds import Source
from planner.store.snapshot import Agreement
from planner.store.store import Store
from planner.store.updates import StationsUpdate
from tests.faces.small_world import NOW, TOWNS, UID, make_station, token

geopandas = pytest.importorskip("geopandas")
pytest.importorskip("pyarrow")

PARTY = "AT*AAA"
OTHER_UID = "0A0B0C0D0E0F"
ENDINGS = (".gpkg", ".parquet", ".geojson")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven stations, of which Bozen is shown to nobody and Brixen to one token only."""
    folder = tmp_path_factory.mktemp("home")
    store = Store.open(f"sqlite:///{folder / 'plugsure.sqlite'}", folder / "secret.key")
    store.feeds.add(
        Source(name=PARTY, kind="ocpi", url="http://127.0.0.1:1/versions", sender=PARTY),
        {"token": "nobody-listens"},
    )
    told = []
    for town, place in TOWNS.items():
        station = make_station(PARTY, "Alpenstrom (made up)", town, place)
        if town == "Bozen":
            station = replace(station, publish=False)
        if town == "Brixen":
            station = replace(station, publish=False, publish_allowed_to=(f"uid:{UID}",))
        words = [Status.AVAILABLE, Status.OUTOFORDER if town == "Schwaz" else Status.CHARGING]
        said = {evse.uid: (word, NOW - 60) for evse, word in zip(station.evses, words, strict=True)}
        told.append((station, said))
    store.apply(StationsUpdate(feed=PARTY, stations=told, full=True))
    store.feeds.record_sync(PARTY, NOW - 60.0, {"stations": len(told)})
    store.knowledge.replace_agreements(
        [
            Agreement(
                emsp="DE*ABC", cpo=PARTY, via="", valid_from=None, valid_to=None, token_types=(),
                source="test:1", as_of=NOW,
            )
        ]
    )  # fmt: skip
    store.wallets.save(Wallet(id="anna", name="Anna", tokens=(token(),)))
    store.wallets.save(Wallet(id="bert", name="Bert", tokens=(token(OTHER_UID),)))
    store.close()
    return folder


@pytest.fixture
def export(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLUGSURE_HOME", str(home))
    monkeypatch.delenv("PLUGSURE_DATABASE", raising=False)

    def run(*options: object) -> Result:
        words = ["stations", "export", "--as-of", stamp(NOW), *map(str, options)]
        return CliRunner().invoke(main, words)

    return run


def read(path: Path) -> "geopandas.GeoDataFrame":
    if path.suffix == ".parquet":
        return geopandas.read_parquet(path)
    return geopandas.read_file(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_was_written_is_read_back(export, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    told = export("--out", path, "--wallet", "anna")
    assert told.exit_code == 0, told.output
    frame = read(path).set_index("id")
    assert frame.crs == "EPSG:4326"
    assert set(frame["name"]) == {f"{town} AAA" for town in TOWNS if town != "Bozen"}
    here = frame.loc[f"{PARTY}*Schwaz"]
    assert here.geometry.equals(shapely.Point(TOWNS["Schwaz"]))
    assert (here["evses"], here["evses_available"], here["evses_down"]) == (2, 1, 1)
    assert (here["power_kw"], here["connectors"]) == (150.0, "IEC_62196_T2_COMBO")
    assert here["evse_ids"] == "AT*AAA*ESCHWAZ1; AT*AAA*ESCHWAZ2"
    assert here["operator"] == "Alpenstrom (made up)"
    assert set(frame["grade"]) == {"contracted"}
    assert frame["usable"].all()
    assert frame.loc[f"{PARTY}*Verona", "evses_in_use"] == 1
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("wallet", "hidden"),
    [(None, {"Bozen", "Brixen"}), ("bert", {"Bozen", "Brixen"}), ("anna", {"Bozen"})],
)
def test_what_may_not_be_shown_is_never_written(
    export, tmp_path: Path, ending: str, wallet: str | None, hidden: set[str]
) -> None:
    path = tmp_path / f"x{ending}"
    told = export("--out", path, *(("--wallet", wallet) if wallet else ()))
    assert f"{len(hidden)} may not be shown" in told.output
    frame = read(path)
    assert len(frame) == len(TOWNS) - len(hidden)
    raw = path.read_bytes()
    for town in hidden:
        assert not frame["id"].str.contains(town).any()
        if ending != ".parquet":  # compressed
            assert town.encode() not in raw
            assert town.upper().encode() not in raw
    assert (set(JUDGED) <= set(frame.columns)) == (wallet is not None)


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_token_is_written(export, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    export("--out", path, "--wallet", "anna")
    text = path.read_bytes() + read(path).to_csv().encode()
    for secret in (UID, "DE-ABC-C12345678-X", "ABC card", "Anna"):
        assert secret.encode() not in text


def test_a_box_takes_what_lies_in_it(export, tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    assert export("--out", path, "--bbox", "11.3,47,12.2,48").exit_code == 0
    document = json.loads(path.read_text())
    names = {feature["properties"]["name"] for feature in document["features"]}
    wanted = {"Rosenheim", "Kufstein", "Schwaz", "Innsbruck", "Brenner"}
    assert names == {f"{town} AAA" for town in wanted}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_box_makes_an_empty_layer_with_its_columns(
    export, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"x{ending}"
    assert export("--out", path, "--bbox", "0,0,1,1").exit_code == 0
    frame = read(path)
    assert len(frame) == 0
    if ending != ".geojson":  # which has no columns without rows
        assert {"id", "power_kw", "evses_available"} <= set(frame.columns)


def test_a_layer_is_replaced_as_a_whole(export, tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    export("--out", path)
    export("--out", path, "--bbox", "11.3,47,12.2,48")
    assert len(read(path)) == 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--out", "x.shp"), ".gpkg, .parquet, .geojson"),
        (("--out", "x.gpkg", "--bbox", "1,2,3"), "west,south,east,north"),
        (("--out", "x.gpkg", "--bbox", "3,2,1,4"), "is no box"),
        (("--out", "x.gpkg", "--wallet", "nobody"), "nobody"),
    ],
)
def test_wrong_options_are_told_with_a_remedy(export, options: tuple[str, ...], said: str) -> None:
    told = export(*options)
    assert told.exit_code == 2
    assert said in told.output


def test_a_folder_that_is_not_there_and_a_missing_library_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataMissing, match="no such folder"):
        write_stations([], tmp_path / "none" / "x.gpkg", judged=False)
    with pytest.raises(InputError, match="does not tell its format"):
        write_stations([], tmp_path / "x", judged=False)

    def none(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("planner.roads.optional.import_module", none)
    with pytest.raises(DataMissing, match=r"plugsure\[layers\]"):
        write_stations([], tmp_path / "x.gpkg", judged=False)
