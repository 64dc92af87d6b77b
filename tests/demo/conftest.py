"""The objects of OCPI 2.2.1 as strict types, written from the specification, and a live server."""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Annotated, Literal

import httpx
import msgspec
import pytest
from msgspec import Meta, Struct

BOOTSTRAP = "bootstrap-of-tests"

Id36 = Annotated[str, Meta(min_length=1, max_length=36, pattern=r"^[\x20-\x7e]+$")]
Country2 = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
Country3 = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Party3 = Annotated[str, Meta(pattern=r"^[A-Z0-9]{3}$")]
Utc = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Url = Annotated[str, Meta(max_length=255, pattern=r"^https?://")]
Status = Literal[
    "AVAILABLE", "BLOCKED", "CHARGING", "INOPERATIVE", "OUTOFORDER", "PLANNED", "REMOVED",
    "RESERVED", "UNKNOWN",
]  # fmt: skip
Capability = Literal[
    "CHARGING_PROFILE_CAPABLE", "CHARGING_PREFERENCES_CAPABLE", "CHIP_CARD_SUPPORT",
    "CONTACTLESS_CARD_SUPPORT", "CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE", "PED_TERMINAL",
    "REMOTE_START_STOP_CAPABLE", "RESERVABLE", "RFID_READER", "START_SESSION_CONNECTOR_REQUIRED",
    "TOKEN_GROUP_CAPABLE", "UNLOCK_CAPABLE",
]  # fmt: skip


class Strict(Struct, forbid_unknown_fields=True):
    pass


class Coordinates(Strict):
    latitude: Annotated[str, Meta(pattern=r"^-?[0-9]{1,2}\.[0-9]{5,7}$")]
    longitude: Annotated[str, Meta(pattern=r"^-?[0-9]{1,3}\.[0-9]{5,7}$")]


class DisplayText(Strict):
    language: Annotated[str, Meta(pattern=r"^[a-z]{2}$")]
    text: Annotated[str, Meta(min_length=1, max_length=512)]


class Connector(Strict):
    id: Id36
    standard: Literal["IEC_62196_T2", "IEC_62196_T2_COMBO", "CHADEMO"]
    format: Literal["SOCKET", "CABLE"]
    power_type: Literal["AC_1_PHASE", "AC_2_PHASE", "AC_3_PHASE", "DC"]
    max_voltage: Annotated[int, Meta(gt=0, le=1000)]
    max_amperage: Annotated[int, Meta(gt=0, le=1000)]
    last_updated: Utc
    max_electric_power: Annotated[int, Meta(gt=0, le=400_000)] | None = None
    tariff_ids: list[Id36] = []


class Evse(Strict):
    uid: Id36
    evse_id: Annotated[str, Meta(max_length=48, pattern=r"^[A-Z]{2}\*[A-Z0-9]{3}\*E[A-Z0-9*]+$")]
    status: Status
    connectors: Annotated[list[Connector], Meta(min_length=1)]
    last_updated: Utc
    capabilities: list[Capability] = []
    floor_level: Annotated[str, Meta(max_length=4)] = ""
    physical_reference: Annotated[str, Meta(max_length=16)] = ""
    parking_restrictions: list[
        Literal["EV_ONLY", "PLUGGED", "DISABLED", "CUSTOMERS", "MOTORCYCLES"]
    ] = []


class PublishTokenType(Strict):
    uid: Id36 | None = None
    type: Literal["AD_HOC_USER", "APP_USER", "OTHER", "RFID"] | None = None
    visual_number: Annotated[str, Meta(max_length=64)] | None = None
    issuer: Annotated[str, Meta(max_length=64)] | None = None
    group_id: Id36 | None = None

    def __post_init__(self) -> None:
        if (self.uid is None) != (self.type is None):
            raise ValueError("uid and type go together")
        if (self.visual_number or self.group_id) and not self.issuer:
            raise ValueError("visual_number and group_id need the issuer")


class Regular(Strict):
    weekday: Annotated[int, Meta(ge=1, le=7)]
    period_begin: Clock
    period_end: Clock


class Exceptional(Strict):
    period_begin: Utc
    period_end: Utc


class Hours(Strict):
    twentyfourseven: bool
    regular_hours: list[Regular] = []
    exceptional_closings: list[Exceptional] = []
    exceptional_openings: list[Exceptional] = []

    def __post_init__(self) -> None:
        if self.twentyfourseven == bool(self.regular_hours):
            raise ValueError("regular_hours belong to places that are not open 24/7")


class BusinessDetails(Strict):
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    website: Url | None = None


class Location(Strict):
    country_code: Country2
    party_id: Party3
    id: Id36
    publish: bool
    address: Annotated[str, Meta(min_length=1, max_length=45)]
    city: Annotated[str, Meta(min_length=1, max_length=45)]
    country: Country3
    coordinates: Coordinates
    time_zone: str
    last_updated: Utc
    publish_allowed_to: list[PublishTokenType] = []
    name: Annotated[str, Meta(max_length=255)] = ""
    parking_type: Literal[
        "ALONG_MOTORWAY", "PARKING_GARAGE", "PARKING_LOT", "ON_DRIVEWAY", "ON_STREET",
        "UNDERGROUND_GARAGE",
    ] | None = None  # fmt: skip
    evses: list[Evse] = []
    directions: list[DisplayText] = []
    operator: BusinessDetails | None = None
    facilities: list[
        Literal[
            "HOTEL", "RESTAURANT", "CAFE", "MALL", "SUPERMARKET", "SPORT", "RECREATION_AREA",
            "NATURE", "MUSEUM", "BIKE_SHARING", "BUS_STOP", "TAXI_STAND", "TRAM_STOP",
            "METRO_STATION", "TRAIN_STATION", "AIRPORT", "PARKING_LOT", "CARPOOL_PARKING",
            "FUEL_STATION", "WIFI",
        ]
    ] = []  # fmt: skip
    opening_times: Hours | None = None
    charging_when_closed: bool | None = None

    def __post_init__(self) -> None:
        if self.publish and self.publish_allowed_to:
            raise ValueError("publish_allowed_to is for Locations that are not published")
        newest = max(evse.last_updated for evse in self.evses)
        if self.last_updated < newest:
            raise ValueError("last_updated of an EVSE moves up to the Location")


class Price(Strict):
    excl_vat: Annotated[float, Meta(ge=0)]
    incl_vat: Annotated[float, Meta(ge=0)] | None = None


class PriceComponent(Strict):
    type: Literal["ENERGY", "FLAT", "PARKING_TIME", "TIME"]
    price: Annotated[float, Meta(ge=0)]
    step_size: Annotated[int, Meta(ge=1)]
    vat: Annotated[float, Meta(ge=0, le=100)] | None = None


class TariffRestrictions(Strict):
    start_time: Clock | None = None
    end_time: Clock | None = None
    min_duration: Annotated[int, Meta(ge=0)] | None = None
    max_duration: Annotated[int, Meta(ge=0)] | None = None
    day_of_week: list[
        Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
    ] = []


class TariffElement(Strict):
    price_components: Annotated[list[PriceComponent], Meta(min_length=1)]
    restrictions: TariffRestrictions | None = None


class Tariff(Strict):
    country_code: Country2
    party_id: Party3
    id: Id36
    currency: Country3
    elements: Annotated[list[TariffElement], Meta(min_length=1)]
    last_updated: Utc
    type: Literal["AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN", "REGULAR"]
    tariff_alt_text: list[DisplayText] = []
    min_price: Price | None = None
    max_price: Price | None = None


class ClientInfo(Strict):
    party_id: Party3
    country_code: Country2
    role: Literal["CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP"]
    status: Literal["CONNECTED", "OFFLINE", "PLANNED", "SUSPENDED"]
    last_updated: Utc


@pytest.fixture(scope="session")
def read_location():
    return lambda body: msgspec.convert(body, Location)


@pytest.fixture(scope="session")
def read_tariff():
    return lambda body: msgspec.convert(body, Tariff)


@pytest.fixture(scope="session")
def read_client_info():
    return lambda body: msgspec.convert(body, ClientInfo)


class Peer:
    """A raw partner of one connection of a demo server: httpx and headers, nothing of ours."""

    def __init__(self, port: int, connection: str, token: str) -> None:
        self.root = f"http://127.0.0.1:{port}/{connection}/ocpi"
        self.http = httpx.Client(timeout=10, trust_env=False)
        self.token = token

    def call(self, method: str, path: str, **more) -> httpx.Response:
        encoded = base64.b64encode(self.token.encode()).decode()
        headers = {"Authorization": f"Token {encoded}"} | more.pop("headers", {})
        url = path if path.startswith("http") else f"{self.root}/{path}"
        return self.http.request(method, url, headers=headers, **more)

    def get(self, path: str, **more) -> httpx.Response:
        return self.call("GET", path, **more)

    def pull(self, path: str, **query) -> list[dict]:
        """All objects of a list, by the Link header."""
        found: list[dict] = []
        url: str | None = str(httpx.URL(f"{self.root}/{path}", params=query))
        while url:
            answer = self.get(url)
            assert answer.status_code == 200, answer.text
            found += answer.json()["data"]
            link = re.fullmatch(r'<(.+)>; rel="next"', answer.headers.get("Link", ""))
            url = link[1] if link else None
        return found


@pytest.fixture(scope="module")
def demo_port() -> Iterator[int]:
    """A demo server in its own process."""
    with subprocess.Popen(
        [sys.executable, "-m", "planner.demo.serving", "--seed", "7"],
        stdout=subprocess.PIPE,
        env=os.environ | {"PLUGSURE_DEMO_TOKEN": BOOTSTRAP},
    ) as process:
        yield json.loads(process.stdout.readline())["port"]
        process.terminate()


@pytest.fixture
def our_versions(httpserver) -> str:
    """Our side as a partner: a versions address that the peer can fetch with token B."""
    authorized = {"Authorization": "Token " + base64.b64encode(b"token-b").decode()}
    details = httpserver.url_for("/ocpi/2.2.1")
    endpoints = [{"identifier": "credentials", "role": "RECEIVER", "url": f"{details}/credentials"}]
    for path, data in (
        ("/ocpi/versions", [{"version": "2.2.1", "url": details}]),
        ("/ocpi/2.2.1", {"version": "2.2.1", "endpoints": endpoints}),
    ):
        body = {"status_code": 1000, "timestamp": "2026-01-01T00:00:00Z", "data": data}
        httpserver.expect_request(path, headers=authorized).respond_with_json(body)
    return httpserver.url_for("/ocpi/versions")


@pytest.fixture
def ours(our_versions) -> dict:
    role = {
        "role": "NSP",
        "party_id": "T9T",
        "country_code": "DE",
        "business_details": {"name": "A planner under test"},
    }
    return {"token": "token-b", "url": our_versions, "roles": [role]}


@pytest.fixture
def stranger(demo_port):
    """Whoever holds the bootstrap token of a connection."""
    return lambda connection="hub", token=BOOTSTRAP: Peer(demo_port, connection, token)


@pytest.fixture
def partner(stranger, ours) -> Iterator:
    """Registers with a connection by a real handshake; takes its leave afterwards."""
    registered = []

    def register(connection: str = "hub") -> Peer:
        peer = stranger(connection)
        answer = peer.call("POST", "2.2.1/credentials", json=ours)
        assert answer.json()["status_code"] == 1000, answer.text
        peer.token = answer.json()["data"]["token"]
        registered.append(peer)
        return peer

    yield register
    for peer in registered:
        peer.call("DELETE", "2.2.1/credentials")
