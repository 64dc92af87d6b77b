"""Bad input: each a clear error with its code and its place."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.faces.small_world import CAR, CONTRACT, MUNICH, UID, VERONA, trip

STOPS = [{"location": MUNICH}, {"location": VERONA}]
CARD = {"uid": UID, "contract_id": CONTRACT}

CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown place": ({"stops": [{"place": "Qqxzv"}, STOPS[1]]}, "unknown-place", "/stops/0/place"),
    "off the network": (
        {"stops": [{"location": [8.9, 43.6]}, STOPS[1]]},
        "off-network",
        "/stops/0/location",
    ),
    "swapped coordinates": (
        {"stops": [{"location": [11.0, 148.0]}, STOPS[1]]},
        "invalid-input",
        "/stops/0/location",
    ),
    "one stop only": ({"stops": STOPS[:1]}, "invalid-input", "/stops"),
    "neither location nor place": ({"stops": [{}, STOPS[1]]}, "invalid-input", "/stops/0"),
    "negative charge": ({"vehicle": {"id": CAR, "soc": -0.1}}, "invalid-input", "/vehicle/soc"),
    "charge in percent": ({"vehicle": {"id": CAR, "soc": 80}}, "invalid-input", "/vehicle/soc"),
    "charge as text": ({"vehicle": {"id": CAR, "soc": "0.8"}}, "invalid-input", "/vehicle/soc"),
    "charge as truth": ({"vehicle": {"id": CAR, "soc": True}}, "invalid-input", "/vehicle/soc"),
    "no charge": ({"vehicle": {"id": CAR}}, "invalid-input", "/vehicle/soc"),
    "unknown vehicle": (
        {"vehicle": {"id": "flying-carpet", "soc": 0.5}},
        "unknown-vehicle",
        "/vehicle/id",
    ),
    "no vehicle at all": ({"vehicle": {"soc": 0.5}}, "unknown-vehicle", "/vehicle"),
    "unknown wallet": ({"wallet": "nobody"}, "unknown-wallet", "/wallet"),
    "a wallet that came with a request": ({"wallet": "given:x"}, "unknown-wallet", "/wallet"),
    "empty wallet": ({"wallet": {"tokens": []}}, "invalid-token", "/wallet"),
    "expired token": (
        {"wallet": {"tokens": [{**CARD, "expires": "2020-01-01T00:00:00Z"}]}},
        "invalid-token",
        "/wallet/tokens/0/expires",
    ),
    "malformed uid": (
        {"wallet": {"tokens": [{**CARD, "uid": "über"}]}},
        "invalid-token",
        "/wallet/tokens/0/uid",
    ),
    "malformed contract": (
        {"wallet": {"tokens": [{"uid": UID, "contract_id": "?"}]}},
        "invalid-token",
        "/wallet/tokens/0/contract_id",
    ),
    "token of nobody": (
        {"wallet": {"tokens": [{"uid": "12345678"}]}},
        "invalid-token",
        "/wallet/tokens/0",
    ),
    "time without offset": (
        {"departure": "2026-11-23T08:00:00"},
        "invalid-input",
        "/departure",
    ),
    "no time": ({"departure": "tomorrow"}, "invalid-input", "/departure"),
    "time as number": ({"departure": 1_800_000_000}, "invalid-input", "/departure"),
    "window that ends before it begins": (
        {
            "stops": [
                STOPS[0],
                {
                    **STOPS[1],
                    "arrive_after": "2026-11-23T18:00:00+01:00",
                    "arrive_before": "2026-11-23T17:00:00+01:00",
                },
            ]
        },
        "invalid-input",
        "/stops/1/arrive_before",
    ),
    "unknown field": ({"colour": "red"}, "invalid-input", "/colour"),
    "unknown field inside": (
        {"guarantee": {"luck": 1}},
        "invalid-input",
        "/guarantee/luck",
    ),
    "a grade that may carry nothing": (
        {"guarantee": {"min_grade": "unknown"}},
        "invalid-input",
        "/guarantee/min_grade",
    ),
    "money as a float": (
        {"objective": {"value_of_time": 20.5}},
        "invalid-input",
        "/objective/value_of_time",
    ),
    "more load than the car may carry": (
        {"vehicle": {"id": CAR, "soc": 0.5, "payload_kg": 40_000}},
        "invalid-input",
        "/vehicle/payload_kg",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_told_with_code_and_place(client: FlaskClient, case: str) -> None:
    changed, code, pointer = CASES[case]
    answer = client.post("/v1/plans", json=trip(**changed))
    assert answer.status_code == 400, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.json["type"] == f"urn:plugsure:problem:{code}"
    if pointer:
        assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert UID not in answer.text


def test_every_fault_is_told_at_once(client: FlaskClient) -> None:
    answer = client.post("/v1/plans", json={"stops": 3, "vehicle": {"soc": 2}, "extra": 1})
    pointers = {error["pointer"] for error in answer.json["errors"]}
    assert pointers == {"/stops", "/vehicle/soc", "/wallet", "/extra"}


@pytest.mark.parametrize(
    "body", [b"{", b"", b"[1,", b'{"a": NaN}', b"\xff\xfe", b'{"a": "\\ud800"}', b"[" * 100_000]
)
def test_broken_json_is_400(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/v1/plans", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["type"].endswith("invalid-input")


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null"])
def test_json_that_is_no_object_is_400(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/v1/plans", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["detail"] == "should be an object"


@pytest.mark.parametrize("path", ["/v1/access", "/v1/wallets"])
def test_a_token_s_fault_is_placed_where_the_body_holds_the_token(
    client: FlaskClient, path: str
) -> None:
    tokens = [CARD, {"uid": UID, "contract_id": "?"}]
    rest = {"evse_id": "DE*ABC*E1"} if path == "/v1/access" else {"id": "mine"}
    answer = client.post(path, json={"tokens": tokens, **rest})
    assert answer.status_code == 400
    assert [e["pointer"] for e in answer.json["errors"]] == ["/tokens/1/contract_id"]
    empty = client.post(path, json={"tokens": [], **rest})
    assert [e["pointer"] for e in empty.json["errors"]] == ["/tokens"]


def test_other_media_types_are_415(client: FlaskClient) -> None:
    answer = client.post("/v1/plans", data=b"a=b", content_type="text/plain")
    assert answer.status_code == 415
    assert answer.mimetype == "application/problem+json"


def test_a_huge_body_is_413(client: FlaskClient) -> None:
    body = b'{"a": "' + b"x" * 1_100_000 + b'"}'
    answer = client.post("/v1/plans", data=body, content_type="application/json")
    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"


def test_a_bad_idempotency_key_is_400(client: FlaskClient) -> None:
    answer = client.post("/v1/plans", json=trip(), headers={"Idempotency-Key": "x" * 300})
    assert answer.status_code == 400


def test_unknown_addresses_and_methods_are_problems(client: FlaskClient) -> None:
    missing = client.get("/v1/nothing")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    wrong = client.delete("/v1/plans")
    assert (wrong.status_code, wrong.mimetype) == (405, "application/problem+json")
    assert "POST" in wrong.headers["Allow"]
    assert client.get("/v1/plans/none").status_code == 404
