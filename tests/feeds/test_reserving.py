"""A reservation is accepted in two steps over HTTP, and becomes evidence until it is cancelled."""

import re
import threading
from typing import Any

import pytest
from werkzeug import Request, Response

from planner.errors import FeedError, InputError
from planner.feeds.client import OcpiClient
from planner.feeds.reserving import Reserver
from planner.model.token import Token, TokenType
from planner.ocpi.messages import write_envelope
from planner.store.feeds import Source
from planner.store.store import Store
from tests.feeds.partner import NOW, US, Partner, desk_of, location

CARD = Token(
    uid="04A1B2C3", type=TokenType.RFID, contract_id="DE-PLG-C12345678-X", provider="DE*PLG"
)
UNTIL = NOW + 5400


class Operator:
    """Takes commands over HTTP, and tells the result to our desk as a partner would."""

    def __init__(self, server: Any, version: str) -> None:
        base = server.url_for("")
        self.url = f"{base}/versions"
        self.bodies: list[tuple[str, Any]] = []
        self.response: dict[str, Any] = {"result": "ACCEPTED", "timeout": 5}
        self.result: str | None = "ACCEPTED"
        self.us: Partner | None = None
        serve = server.expect_request
        serve("/versions").respond_with_json(
            {"status_code": 1000, "data": [{"version": version, "url": f"{base}/v"}]}
        )
        role = {} if version == "2.1.1" else {"role": "RECEIVER"}
        endpoint = {"identifier": "commands", "url": f"{base}/commands", **role}
        serve("/v").respond_with_json(
            {"status_code": 1000, "data": {"version": version, "endpoints": [endpoint]}}
        )
        serve(re.compile("/commands/.*")).respond_with_handler(self.answer)

    def answer(self, request: Request) -> Response:
        body = request.get_json()
        self.bodies.append((request.path.rpartition("/")[2], body))
        if self.result is not None and self.us is not None:
            where = body["response_url"].partition("/ocpi/")[2].partition("/")[2]
            threading.Thread(
                target=self.us.ask, args=("POST", where, {"result": self.result})
            ).start()
        return Response(write_envelope(self.response, now=NOW))


@pytest.fixture(params=["2.1.1", "2.2.1", "2.3.0"])
def operator(request: Any, httpserver: Any, store: Store) -> Operator:
    made = Operator(httpserver, request.param)
    source = Source(name="cpo", kind="ocpi", url=made.url, sender="NL*TNM")
    store.feeds.add(source, {"token": "theirs", "our_token": "ours-cpo"})
    made.us = Partner(desk_of(store), "ours-cpo", version=request.param)
    made.us.ask("PUT", "locations/NL/TNM/LOC1", location())
    return made


@pytest.fixture
def reserver(store: Store, client: OcpiClient) -> Reserver:
    numbers = iter(range(100, 200))
    waiting = threading.Event()
    return Reserver(
        store=store,
        client=client,
        base_url="https://us.example/ocpi",
        ours=US,
        clock=lambda: NOW,
        sleep=lambda _: waiting.wait(0.02) and None,
        new_id=lambda: f"secret-{next(numbers)}",
        new_number=lambda _: next(numbers),
    )


def reserve(reserver: Reserver, store: Store) -> Any:
    (station,) = store.snapshot().stations
    return reserver.reserve(station, "1", CARD, UNTIL)


def reserved(store: Store) -> list[tuple[str, str, str, float | None]]:
    return [
        (e.token, e.station_id, e.evse_uid, e.until)
        for e in store.snapshot().token_evidence
        if e.kind == "reserved"
    ]


HELD = (CARD.digest, "NL*TNM*LOC1", "1", UNTIL)


def test_an_accepted_reservation_is_evidence_until_it_is_cancelled(
    operator: Operator, reserver: Reserver, store: Store
) -> None:
    made = reserve(reserver, store)
    assert made.state == "ACCEPTED"
    kind, body = operator.bodies[0]
    assert (kind, body["location_id"], body["evse_uid"]) == ("RESERVE_NOW", "LOC1", "1")
    assert (body["token"]["uid"], body["token"]["type"]) == (CARD.uid, "RFID")
    assert str(body["reservation_id"]) == made.reservation_id
    assert reserved(store) == [HELD]
    if operator.us is not None and operator.us.version == "2.1.1":
        with pytest.raises(InputError, match="no command to cancel"):
            reserver.cancel(made.reservation_id)
        return
    assert reserver.cancel(made.reservation_id).state == "ACCEPTED"
    assert operator.bodies[1][0] == "CANCEL_RESERVATION"
    assert reserved(store) == []


@pytest.mark.parametrize("result", ["EVSE_OCCUPIED", "TIMEOUT", "SOMETHING_NEW"])
def test_any_other_result_is_no_evidence(
    operator: Operator, reserver: Reserver, store: Store, result: str
) -> None:
    operator.result = result
    assert reserve(reserver, store).state == result
    assert store.snapshot().token_evidence == ()


@pytest.mark.parametrize("at_once", [True, False])
def test_a_rejected_command_counts_as_a_refusal_of_the_token(
    operator: Operator, reserver: Reserver, store: Store, *, at_once: bool
) -> None:
    if at_once:
        operator.response, operator.result = {"result": "REJECTED"}, None
    else:
        operator.result = "REJECTED"
    assert reserve(reserver, store).state == "REJECTED"
    (told,) = store.snapshot().token_evidence
    assert (told.token, told.station_id, told.evse_uid) == (CARD.digest, "NL*TNM*LOC1", "1")
    assert (told.kind, told.value) == ("refused", "REJECTED")


def test_a_session_may_bring_back_the_reference_that_a_reservation_was_given(
    operator: Operator, reserver: Reserver, store: Store
) -> None:
    reserve(reserver, store)
    _, body = operator.bodies[0]
    if operator.us is not None and operator.us.version == "2.1.1":
        assert "authorization_reference" not in body
        return
    reference = body["authorization_reference"]
    (given,) = store.charges.authorizations([reference]).values()
    assert (given.token, given.station_id, given.evse_uids) == (CARD.digest, "NL*TNM*LOC1", ("1",))


def test_a_command_that_is_not_passed_on_waits_for_nothing(
    operator: Operator, reserver: Reserver, store: Store
) -> None:
    operator.response, operator.result = {"result": "NOT_SUPPORTED"}, None
    assert reserve(reserver, store).state == "NOT_SUPPORTED"
    operator.response = {"no": "result"}
    with pytest.raises(FeedError, match="no result"):
        reserve(reserver, store)


def test_an_operator_that_stays_silent_is_not_waited_for_for_ever(
    operator: Operator, reserver: Reserver, store: Store
) -> None:
    operator.result = None
    operator.response = {"result": "ACCEPTED", "timeout": 1}
    assert reserve(reserver, store).state == "SENT"
    assert reserved(store) == []


def test_a_reservation_that_the_operator_takes_back_is_gone(
    operator: Operator, reserver: Reserver, store: Store
) -> None:
    made = reserve(reserver, store)
    us = operator.us
    assert us is not None
    where = f"commands/RESERVE_NOW/{made.id}"
    assert us.ask("POST", where, {"result": "ACCEPTED"}).code == 1000
    assert reserved(store) == [HELD], "the same result twice is one"
    us.ask("POST", where, {"result": "CANCELED_RESERVATION"})
    assert reserved(store) == []


def test_only_the_party_that_was_asked_may_answer(
    operator: Operator, reserver: Reserver, store: Store
) -> None:
    operator.result = None
    operator.response = {"result": "ACCEPTED", "timeout": 1}
    made = reserve(reserver, store)
    store.feeds.add(
        Source(name="x", kind="ocpi", url="u", sender="NL*XXX"), {"our_token": "o", "token": "t"}
    )
    us = operator.us
    assert us is not None
    other = Partner(us.desk, "o")
    accepted = {"result": "ACCEPTED"}
    assert other.ask("POST", f"commands/RESERVE_NOW/{made.id}", accepted).status == 404
    assert us.ask("POST", "commands/RESERVE_NOW/guess", accepted).status == 404
    assert us.ask("POST", f"commands/RESERVE_NOW/{made.id}", {}).code == 2001
    assert reserved(store) == []


def test_a_station_from_a_file_cannot_be_reserved(
    operator: Operator, reserver: Reserver, store: Store
) -> None:
    del operator
    store.feeds.save_credentials("cpo", {})
    with pytest.raises(InputError, match="registered"):
        reserve(reserver, store)
