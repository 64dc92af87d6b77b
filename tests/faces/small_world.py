"""A small world of made-up stations between Munich and Verona, on the shipped Alps."""

from pathlib import Path

from planner.formats.stamps import moment
from planner.model.geo import LonLat
from planner.model.station import Connector, Evse, Hours, Station, Status
from planner.model.token import Token, TokenType, Wallet
from planner.roads.shipped import load_shipped
from planner.settings import Settings
from planner.store.feeds import Source
from planner.store.snapshot import Agreement
from planner.store.store import Store
from planner.store.updates import StationsUpdate

NOW = moment("2026-11-23T07:00:00+01:00")
CAR = "volkswagen-id-3-58-kwh-2020"
UID = "04A1B2C3D4E5F6"
CONTRACT = "DE-ABC-C12345678-X"
MUNICH, VERONA = [11.576, 48.137], [10.992, 45.438]

TOWNS = {
    "Rosenheim": (12.11, 47.84),
    "Kufstein": (12.16, 47.58),
    "Schwaz": (11.70, 47.34),
    "Innsbruck": (11.40, 47.25),
    "Brenner": (11.50, 47.00),
    "Sterzing": (11.43, 46.88),
    "Brixen": (11.65, 46.71),
    "Bozen": (11.33, 46.49),
    "Trento": (11.11, 46.06),
    "Rovereto": (11.03, 45.88),
    "Verona": (10.98, 45.46),
}
PARTIES = {"AT*AAA": "Alpenstrom (made up)", "IT*BBB": "Bellacorrente (made up)"}


def make_home(folder: Path) -> Settings:
    """Make an installation with the Alps, two operators, an agreement with each, a wallet."""
    settings = Settings(
        home=folder, database=f"sqlite:///{folder / 'plugsure.sqlite'}", region="alps"
    )
    load_shipped(settings.regions, "alps")
    store = Store.open(settings.database, folder / "secret.key")
    for party, operator in PARTIES.items():
        source = Source(name=party, kind="ocpi", url="http://127.0.0.1:1/versions", sender=party)
        store.feeds.add(source, {"token": "nobody-listens"})
        stations = [make_station(party, operator, town, place) for town, place in TOWNS.items()]
        told = [(s, {e.uid: (Status.AVAILABLE, NOW - 120.0) for e in s.evses}) for s in stations]
        store.apply(StationsUpdate(feed=party, stations=told, full=True))
        store.feeds.record_sync(party, NOW - 60.0, {"stations": len(stations)})
    store.knowledge.replace_agreements([_agreement(party) for party in PARTIES])
    store.wallets.save(Wallet(id="anna", name="Anna's card", tokens=(token(),)))
    store.close()
    return settings


def token(uid: str = UID) -> Token:
    """The token of the stored wallet."""
    return Token(
        uid=uid,
        type=TokenType.RFID,
        contract_id=CONTRACT,
        provider="DE*ABC",
        label="ABC card",
    )


def make_station(party: str, operator: str, town: str, place: tuple[float, float]) -> Station:
    """A site with two EVSEs of 150 kW; the second operator's lies some 2 km beside."""
    country, _, party_id = party.partition("*")
    aside = 0.02 if party == "IT*BBB" else 0.0
    evses = tuple(
        Evse(
            uid=f"{town}-{number}",
            evse_id=f"{country}*{party_id}*E{town.upper()}{number}",
            connectors=(
                Connector(
                    id="1",
                    standard="IEC_62196_T2_COMBO",
                    format="CABLE",
                    power_type="DC",
                    power_kw=150.0,
                    voltage_v=920.0,
                ),
            ),
            capabilities=("RFID_READER",),
        )
        for number in (1, 2)
    )
    return Station(
        id=f"{party}*{town}",
        feed=party,
        country_code=country,
        party_id=party_id,
        location_id=town,
        location=LonLat(place[0] + aside, place[1]),
        evses=evses,
        name=f"{town} {party_id}",
        operator=operator,
        time_zone="Europe/Vienna",
        hours=Hours(twentyfourseven=True),
        last_updated=NOW - 3600.0,
    )


def _agreement(party: str) -> Agreement:
    return Agreement(
        emsp="DE*ABC",
        cpo=party,
        via="",
        valid_from=None,
        valid_to=None,
        token_types=(),
        source="roaming.csv:2",
        as_of=NOW - 86_400.0,
    )


def trip(**more: object) -> dict[str, object]:
    """A plan request from Munich to Verona, which needs a stop."""
    return {
        "stops": [
            {"location": MUNICH, "name": "München"},
            {"location": VERONA, "name": "Verona"},
        ],
        "vehicle": {"id": CAR, "soc": 0.7},
        "wallet": "anna",
        **more,
    }
