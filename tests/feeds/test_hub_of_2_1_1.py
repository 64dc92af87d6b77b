"""A hub of OCPI 2.1.1 as GIREVE documents itself to its partners."""

from typing import Any

import pytest
from werkzeug import Request, Response

from planner.feeds.sync import sync_feed
from planner.model.station import STATUSES
from planner.model.token import Token, TokenType
from planner.ocpi.messages import write_envelope
from planner.store.feeds import Source
from planner.store.issued import IssuedToken
from planner.store.store import Store
from tests.feeds.partner import NEW, NOW, OLD, Partner, desk_of

CARD = Token(uid="1A2B3C4D", type=TokenType.RFID, contract_id="DEPLG111111111", provider="DE*PLG")


def location(party: str, name: str) -> dict[str, Any]:
    """A Location without its party, whose operator's name is the operator's id."""
    connector = {
        "id": "1",
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "voltage": 230,
        "amperage": 32,
        "power_type": "AC_3_PHASE",
        "tariff_id": "T",
        "last_updated": OLD,
    }
    evse = {
        "uid": f"{name}-1",
        "evse_id": f"{party}*E{name}",
        "status": "AVAILABLE",
        "capabilities": ["RFID_READER"],
        "connectors": [connector],
        "last_updated": OLD,
    }
    return {
        "id": name,
        "type": "UNKNOWN",
        "name": "Place",
        "address": "Street 1",
        "city": "Paris",
        "country": "FRA",
        "coordinates": {"latitude": "48.85", "longitude": "2.35"},
        "evses": [evse],
        "operator": {"name": party},
        "opening_times": {"twentyfourseven": True},
        "last_updated": OLD,
    }


@pytest.fixture
def hub(store: Store, httpserver: Any, client: Any) -> Partner:
    seen: list[Request] = []

    def answer(request: Request, data: Any) -> Response:
        seen.append(request)
        if request.headers["Authorization"] != "Token their-token":
            return Response(status=401)
        return Response(write_envelope(data, now=NOW))

    base = httpserver.url_for("/ocpi")
    pages = {
        "/ocpi/versions": [{"version": "2.1.1", "url": f"{base}/2.1.1"}],
        "/ocpi/2.1.1": {
            "version": "2.1.1",
            "endpoints": [
                {"identifier": name, "url": f"{base}/cpo/2.1.1/{name}"}
                for name in ("credentials", "locations", "cdrs")
            ],
        },
        "/ocpi/cpo/2.1.1/locations": [location("FR*AAA", "11"), location("ES*BBB", "22")],
        "/ocpi/cpo/2.1.1/cdrs": [
            {
                "id": "111-222",
                "location": location("FR*AAA", "11"),
                "auth_id": "DE-PLG-111111111",
                "total_energy": 7.5,
                "start_date_time": OLD,
                "stop_date_time": OLD,
                "last_updated": OLD,
            }
        ],
    }
    for path, data in pages.items():
        httpserver.expect_request(path).respond_with_handler(lambda r, d=data: answer(r, d))
    store.issued.save([IssuedToken(token=CARD)])
    source = Source(
        name="gireve", kind="ocpi", url=f"{base}/versions", sender="FR*107", is_hub=True
    )
    store.feeds.add(source, {"token": "their-token", "our_token": "ours"})
    sync_feed(store, "gireve", now=NOW, client=client, ours="DE*PLG")
    assert not any(name.lower().startswith("ocpi-") for r in seen for name, _ in r.headers)
    return Partner(desk_of(store), "ours", version="2.1.1")


def test_operators_are_known_by_the_name_of_the_operator(hub: Partner, store: Store) -> None:
    del hub
    seen = store.snapshot()
    assert [s.id for s in seen.stations] == ["ES*BBB*22", "FR*AAA*11"]
    assert {(i.hub, i.party, i.status) for i in seen.client_infos} == {
        ("FR*107", "ES*BBB", "CONNECTED"),
        ("FR*107", "FR*AAA", "CONNECTED"),
    }
    (proof,) = seen.token_evidence
    assert (proof.token, proof.station_id, proof.evse_uid) == (CARD.digest, "FR*AAA*11", "11-1")


def test_statuses_are_pushed_under_the_operators_own_address(hub: Partner, store: Store) -> None:
    hub.headers = {"ocpi-to-country-code": "XX", "ocpi-to-party-id": "YYY"}
    told = hub.ask("PATCH", "locations/FR/AAA/11/11-1", {"status": "CHARGING", "last_updated": NEW})
    assert (told.status, told.code) == (200, 1000)
    seen = store.snapshot()
    assert [str(STATUSES[code]) for code in seen.status] == ["AVAILABLE", "CHARGING"]
    removed = {**location("FR*AAA", "11")["evses"][0], "status": "REMOVED", "last_updated": NEW}
    assert hub.ask("PUT", "locations/FR/AAA/11/11-1", removed).code == 1000
    assert [s.id for s in store.snapshot().stations] == ["ES*BBB*22"]


def test_an_authorization_names_the_operator_of_the_place(hub: Partner, store: Store) -> None:
    place = {"location_id": "22", "evse_uids": ["22-1"]}
    store.issued.save([IssuedToken(token=CARD, only_at=("ES*BBB",))])
    told = hub.ask("POST", "tokens/1a2b3c4d/authorize", place).data
    assert (told["allowed"], told["location"]) == ("ALLOWED", place)
    assert told["authorization_id"]
    assert "token" not in told
    proofs = [e for e in store.snapshot().token_evidence if e.kind == "authorized"]
    assert [(e.party, e.station_id) for e in proofs] == [("ES*BBB", "ES*BBB*22")]
    elsewhere = hub.ask("POST", "tokens/1A2B3C4D/authorize", {"location_id": "11"}).data
    assert elsewhere["allowed"] == "NOT_ALLOWED"
