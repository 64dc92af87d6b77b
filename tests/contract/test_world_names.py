"""A plan names those whose data it was made from, as their licences demand."""

from pathlib import Path

from planner.roads.shipped import load_shipped
from planner.settings import Settings
from planner.store.feeds import Source
from planner.store.store import Store
from planner.world import World


def test_a_plan_names_all_whose_data_it_was_made_from(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database=f"sqlite:///{tmp_path / 'plugsure.sqlite'}")
    load_shipped(settings.regions, "alps")
    store = Store.open(settings.database, tmp_path / "secret.key")
    for name, format_ in (("map", "osm"), ("more", "osm"), ("fr", "irve"), ("nl", "ocpi")):
        store.feeds.add(Source(name=name, kind="file", format=format_))
    store.close()
    named = World.open(settings).names.attribution
    assert [said.split(":")[0] for said in named[1:]] == ["Places", *["Charging stations"] * 2]
    assert "OpenStreetMap" in named[0]
    assert "GeoNames" in named[1]
    assert {"ODbL" in said or "Licence Ouverte" in said for said in named[2:]} == {True}
