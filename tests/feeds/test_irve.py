"""French charge points become stations."""

import csv
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from planner.feeds.documents import Item
from planner.feeds.files import load_file
from planner.feeds.irve import read_points
from planner.model.station import Hours, Status
from planner.store.feeds import Source
from planner.store.store import Store

NOW = 1_795_400_000.0


def row(**more: Any) -> dict[str, Any]:
    return {
        "nom_operateur": "Power Dot",
        "telephone_operateur": "tel:+33-1-76",
        "id_station_itinerance": "FRPD1PCORGLG",
        "nom_station": "Carrefour",
        "adresse_station": "Bd de la Muette",
        "coordonneesXY": "[2.418161, 48.97489]",
        "id_pdc_itinerance": "FRPD1E1",
        "puissance_nominale": "50.0",
        "prise_type_ef": "False",
        "prise_type_2": "False",
        "prise_type_combo_ccs": "True",
        "prise_type_chademo": "False",
        "prise_type_autre": "False",
        "paiement_cb": "True",
        "condition_acces": "Accès libre",
        "horaires": "24/7",
        "accessibilite_pmr": "Accessibilité inconnue",
        "restriction_gabarit": "Aucune",
        "station_deux_roues": "False",
        "date_maj": "2025-03-28",
        "cable_t2_attache": None,
        **more,
    }


def read(*rows: dict[str, Any]):
    items = [Item(f"f.json:{number}", value) for number, value in enumerate(rows, 1)]
    stations, faults = read_points(items, feed="fr", now=NOW)
    return [station for station, _ in stations], [str(fault) for fault in faults]


def one(**more: Any):
    stations, faults = read(row(**more))
    assert faults == []
    return stations[0]


def test_a_point_is_read_with_its_party_and_place():
    station = one()
    assert station.id == "FR*PD1*FRPD1PCORGLG"
    assert station.party == "FR*PD1"
    assert station.location == (2.418161, 48.97489)
    assert station.time_zone == "Europe/Paris"
    assert station.card_terminal is True
    assert station.hours == Hours(twentyfourseven=True)
    assert station.help_phone == "+33-1-76"
    assert station.evses[0].connectors[0].power_kw == 50.0
    assert station.evses[0].capabilities == ()
    (_, told), *_ = read_points([Item("x", row())], feed="fr", now=NOW)[0]
    assert told == {"FRPD1E1": (Status.UNKNOWN, None)}


def test_ids_with_separators_are_the_same_ids():
    station = one(id_station_itinerance="FR*PD1*PCORGLG", id_pdc_itinerance="FR*PD1*E1")
    assert station.id == "FR*PD1*FRPD1PCORGLG"
    assert station.evses[0].evse_id == "FRPD1E1"


@pytest.mark.parametrize(
    ("plugs", "connectors"),
    [
        (
            {"prise_type_2": "true", "prise_type_combo_ccs": "0", "puissance_nominale": "22"},
            [("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 22.0)],
        ),
        (
            {
                "prise_type_2": True,
                "prise_type_combo_ccs": False,
                "puissance_nominale": 7.4,
                "cable_t2_attache": "True",
            },
            [("IEC_62196_T2", "CABLE", "AC_1_PHASE", 7.4)],
        ),
        (
            {"prise_type_2": "True", "prise_type_chademo": "True", "prise_type_ef": "True",
             "puissance_nominale": "150"},
            [
                ("IEC_62196_T2_COMBO", "CABLE", "DC", 150.0),
                ("CHADEMO", "CABLE", "DC", 50.0),
                ("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 22.0),
                ("DOMESTIC_E", "SOCKET", "AC_1_PHASE", 3.7),
            ],
        ),
        (
            {"prise_type_chademo": "True", "prise_type_combo_ccs": "False",
             "puissance_nominale": "100"},
            [("CHADEMO", "CABLE", "DC", 100.0)],
        ),
    ],
)  # fmt: skip
def test_plugs_are_counted_on_for_what_they_surely_give(plugs, connectors):
    found = one(**plugs).evses[0].connectors
    assert [(c.standard, c.format, c.power_type, c.power_kw) for c in found] == connectors


def test_a_power_in_watts_is_mended_and_said():
    stations, faults = read(row(puissance_nominale="150000"))
    assert stations[0].evses[0].connectors[0].power_kw == 150.0
    assert "read as watts" in faults[0]


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("coordonneesXY", "[0, 0]", "0,0"),
        ("coordonneesXY", None, "no coordinates"),
        ("coordonneesXY", "[2.4]", "no coordinates"),
        ("puissance_nominale", "", "no power"),
        ("prise_type_combo_ccs", "False", "no type"),
    ],
)
def test_a_point_of_no_use_is_left_out_with_its_reason(field, value, why):
    stations, faults = read(row(), row(id_pdc_itinerance="FRPD1E2", **{field: value}))
    assert [e.uid for s in stations for e in s.evses] == ["FRPD1E1"]
    assert faults[0].startswith("FRPD1E2/")
    assert why in faults[0]


def test_swapped_coordinates_are_put_right():
    stations, faults = read(row(coordonneesXY="[48.97489, 2.418161]"))
    assert stations[0].location == (2.418161, 48.97489)
    assert "swapped" in faults[0]


def test_what_is_reserved_does_not_close_its_neighbours():
    stations, _ = read(
        row(),
        row(id_pdc_itinerance="FRPD1E2"),
        row(id_pdc_itinerance="FRPD1E3", accessibilite_pmr="Réservé PMR"),
        row(id_pdc_itinerance="FRPD1E4", condition_acces="Accès réservé"),
        row(id_pdc_itinerance="FRPD1E5", station_deux_roues="True"),
        row(id_pdc_itinerance="FRPD1E6", condition_acces=None),
    )
    by_uid = {e.uid: s for s in stations for e in s.evses}
    assert by_uid["FRPD1E1"] is by_uid["FRPD1E2"]
    assert by_uid["FRPD1E1"].location_id == "FRPD1PCORGLG"
    assert by_uid["FRPD1E1"].reserved_for == ""
    assert by_uid["FRPD1E3"].accessible_only
    assert by_uid["FRPD1E4"].reserved_for == "Accès réservé"
    assert by_uid["FRPD1E5"].two_wheelers_only
    assert by_uid["FRPD1E6"].reserved_for == "accès non précisé"
    assert len({s.id for s in stations}) == len(stations) == 5
    assert all(s.location_id.startswith("FRPD1PCORGLG") for s in stations)


@pytest.mark.parametrize(
    ("said", "height_m"),
    [
        ("Hauteur maximale 2m", 2.0),
        ("hauteur max. 2,10 m", 2.1),
        ("1m90", 1.9),
        ("Aucune", None),
        ("inconnu", None),
        ("3,5 t", None),
        ("longueur 12 m", None),
    ],
)
def test_clearances_are_read_where_they_are_plain(said, height_m):
    assert one(restriction_gabarit=said).max_height_m == height_m


def test_a_place_for_lorries_only_is_reserved():
    assert one(restriction_gabarit="Que du poids lourd").reserved_for == "Que du poids lourd"


def test_a_point_without_an_afirev_id_is_kept_and_no_agreement_can_name_it():
    stations, faults = read(
        row(id_pdc_itinerance="Non concerné", id_station_itinerance="Non concerné")
    )
    assert stations[0].evses[0].evse_id is None
    assert stations[0].party == "FR*---"
    assert "no AFIREV id" in faults[0]


def test_of_two_rows_with_one_id_the_newer_holds():
    older, newer = row(nom_station="old"), row(nom_station="new", date_maj="2025-04-01")
    for rows in ((older, newer), (newer, older)):
        stations, _ = read(*rows)
        assert [s.name for s in stations] == ["new"]


def test_the_schemas_own_example_is_read_as_csv(shared: Path, tmp_path: Path):
    path = shared / "chargers" / "irve-schema" / "exemple-valide-statique.csv"
    store = Store.open(f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path / "key")
    store.feeds.add(Source(name="fr", kind="file"))
    report = load_file(store, "fr", path, "irve", now=1.0)
    with path.open(encoding="utf-8") as lines:
        assert report.evses == len(list(csv.DictReader(lines)))
    assert store.snapshot().stations[0].max_height_m == 2.0
    store.close()


def test_the_french_data_comes_out_as_its_facts_say(shared: Path, tmp_path: Path):
    path = shared / "chargers" / "fr-irve-static.json.gz"
    store = Store.open(f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path / "key")
    store.feeds.add(Source(name="fr", kind="file"))
    report = load_file(store, "fr", path, "irve", now=1.0)
    snapshot = store.snapshot()
    store.close()
    with gzip.open(path) as lines:
        rows = [json.loads(line) for line in lines]
    plugs = ("prise_type_2", "prise_type_combo_ccs", "prise_type_chademo", "prise_type_ef")
    usable = [r for r in rows if any(r[plug] == "True" for plug in plugs)]
    assert len(rows) == 29_109 == report.evses + report.rejected
    assert report.evses == len(usable) == len(snapshot.status)
    assert {s.location_id.split("~")[0] for s in snapshot.stations} == {
        r["id_station_itinerance"] for r in usable
    }
    judged = Counter()
    for station in snapshot.stations:
        judged["reserved"] += (station.reserved_for == "Accès réservé") * len(station.evses)
        judged["pmr"] += station.accessible_only * len(station.evses)
        judged["card"] += (station.card_terminal is True) * len(station.evses)
        judged["two wheels"] += station.two_wheelers_only * len(station.evses)
    assert judged == {
        "reserved": sum(r["condition_acces"] == "Accès réservé" for r in usable),
        "pmr": sum(r["accessibilite_pmr"] == "Réservé PMR" for r in usable),
        "card": sum(r["paiement_cb"] == "True" for r in usable),
        "two wheels": sum(r["station_deux_roues"] == "True" for r in usable),
    }
