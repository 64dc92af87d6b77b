"""Who is let in: credentials in every shape, and how often they may be wrong."""

import base64

import pytest

from planner.faces.ocpp.doorkeeper import (
    MOST_REMEMBERED,
    MOST_WRONG,
    MOST_WRONG_FROM_ADDRESS,
    WINDOW_S,
    Admitted,
    Doorkeeper,
    Refused,
)
from planner.feeds.depots import passwords
from tests.faces.charge_points import PASSWORD, Clock, basic

HEX = "00ff10a4b8c2d6e8f0123456789abcdef0112233"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing costs little here; that it costs much is its purpose elsewhere."""
    monkeypatch.setattr(passwords, "_N", 2)


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def door(clock: Clock) -> Doorkeeper:
    held = {"CP 1": passwords.hash_password(PASSWORD), "CP-2": passwords.hash_password(HEX)}
    return Doorkeeper(held.get, clock)


def header(user: bytes, password: bytes) -> str:
    return f"Basic {base64.b64encode(user + b':' + password).decode()}"


def test_the_identity_ends_the_address_and_is_the_user(door: Doorkeeper) -> None:
    right = basic("CP 1")["Authorization"]
    assert door.admit("/ocpp/CP%201", right, "a") == Admitted("CP 1")
    assert door.admit("/any/where/CP%201?x=1", right, "a") == Admitted("CP 1")
    assert door.admit("/ocpp/CP-2", right, "a") == Refused(
        401, "the charge point or its password is not known"
    )


def test_the_bytes_of_a_key_in_hexadecimal_digits_are_its_password(door: Doorkeeper) -> None:
    assert door.admit("/CP-2", header(b"CP-2", bytes.fromhex(HEX)), "a") == Admitted("CP-2")
    assert door.admit("/CP-2", header(b"CP-2", HEX.encode()), "a") == Admitted("CP-2")


@pytest.mark.parametrize(
    "told",
    [
        "",
        "Bearer abc",
        "Basic",
        "Basic ???",
        "Basic " + "A" * 5000,
        f"Basic {base64.b64encode(b'CP-2').decode()}",
        header(b"\xff\xfe", b"x"),
        header(b"CP-2", b""),
        header(b"", HEX.encode()),
    ],
)
def test_what_are_no_credentials_is_refused(door: Doorkeeper, told: str) -> None:
    found = door.admit("/CP-2", told, "a")
    assert isinstance(found, Refused)
    assert found.status == 401


def test_who_is_wrong_too_often_waits_and_nobody_else_does(door: Doorkeeper, clock: Clock) -> None:
    wrong, right = header(b"CP-2", b"wrong"), header(b"CP-2", HEX.encode())
    for _ in range(MOST_WRONG):
        assert door.admit("/CP-2", wrong, "a") == Refused(
            401, "the charge point or its password is not known"
        )
    found = door.admit("/CP-2", right, "a")
    assert isinstance(found, Refused)
    assert (found.status, found.wait_s) == (429, int(WINDOW_S) + 1)
    assert door.admit("/CP-2", right, "b") == Admitted("CP-2")
    assert door.admit("/CP%201", basic("CP 1")["Authorization"], "a") == Admitted("CP 1")
    clock.now += WINDOW_S
    assert door.admit("/CP-2", right, "a") == Admitted("CP-2")


def test_an_address_that_tries_many_names_waits_for_all(door: Doorkeeper, clock: Clock) -> None:
    for number in range(MOST_WRONG_FROM_ADDRESS):
        door.admit(f"/X{number}", header(b"X%d" % number, b"wrong"), "a")
    found = door.admit("/CP-2", header(b"CP-2", HEX.encode()), "a")
    assert isinstance(found, Refused)
    assert found.status == 429
    assert door.admit("/CP-2", header(b"CP-2", HEX.encode()), "b") == Admitted("CP-2")


def test_what_is_remembered_of_strangers_is_bounded(door: Doorkeeper, clock: Clock) -> None:
    for number in range(MOST_REMEMBERED + 10):
        door._remember("X", str(number))
    assert len(door._wrong) <= MOST_REMEMBERED
