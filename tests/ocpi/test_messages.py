"""What real servers send is read; what cannot be acted on is refused with its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import FeedError
from planner.ocpi.messages import (
    Credentials,
    Envelope,
    Role,
    Version,
    VersionDetail,
    authorization,
    choose_version,
    demand_success,
    read_credentials,
    read_envelope,
    read_version_detail,
    read_versions,
    tokens_of,
    write_credentials,
    write_envelope,
)
from planner.ocpi.times import read_time, write_time

HERE = "https://cpo.example/versions"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["status_code", "data", "version", "url", "endpoints", "token", "roles", "role"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("version", ["v2.2.1-d2", "v2.3.0-ed2"])
def test_the_examples_of_the_specification_are_read(version: str, shared: Path) -> None:
    folder = shared / "chargers" / "ocpi-spec-examples" / version

    def example(name: str) -> Any:
        return json.loads((folder / f"{name}.json").read_bytes())

    assert read_versions(example("versions_info_example"), place=HERE)
    detail = read_version_detail(example("version_details_example2"), place=HERE)
    assert detail.url_of("locations") == detail.endpoints[1].url
    assert detail.url_of("locations", "RECEIVER") == detail.endpoints[3].url
    assert detail.url_of("tariffs") is None
    for number in ("", "2", "3", "4"):
        credentials = read_credentials(example(f"credentials_example{number}"), place=HERE)
        assert credentials.roles
        assert credentials.token not in repr(credentials)
        again = read_credentials(write_credentials(credentials, "2.2.1"), place=HERE)
        assert again == credentials
    names = ("transport_and_format_version_info_example", "transport_and_format_version_details")
    envelope = read_envelope(json.dumps(example(names[0])).encode(), place=HERE)
    assert demand_success(envelope, place=HERE)


def test_flat_credentials_of_2_1_1_are_read_and_written() -> None:
    flat = {
        "token": "t",
        "url": HERE,
        "party_id": "exa",
        "country_code": "nl",
        "business_details": {"name": "Example"},
    }
    credentials = read_credentials(flat, place=HERE)
    assert credentials.roles == (Role("", "NL", "EXA", "Example"),)
    written = write_credentials(credentials, "2.1.1")
    assert (written["party_id"], written["country_code"]) == ("EXA", "NL")
    assert "roles" not in written


@pytest.mark.parametrize("data", [None, [], {}, {"token": "t"}, {"token": "", "url": "u"}, "x"])
def test_credentials_without_token_or_url_are_refused(data: Any) -> None:
    with pytest.raises(FeedError, match="no token or no url"):
        read_credentials(data, place=HERE)


def test_the_best_version_that_both_speak_is_chosen() -> None:
    versions = read_versions(
        [
            {"version": "2.3.0", "url": "https://x/2.3.0"},
            {"version": " 2.2.1 ", "url": "https://x/2.2.1"},
            {"version": "2.1.1"},
            None,
        ],
        place=HERE,
    )
    assert choose_version(versions, place=HERE).version == "2.3.0"
    assert choose_version(versions[1:], place=HERE).version == "2.2.1"
    with pytest.raises(FeedError, match=r"speaks OCPI 2\.0, and Plugsure 2\.3\.0"):
        choose_version([Version("2.0", HERE)], place=HERE)


@pytest.mark.parametrize("data", [None, [], {}, [{"version": "2.2.1"}], "<html>"])
def test_a_list_without_versions_is_refused(data: Any) -> None:
    with pytest.raises(FeedError, match="lists no versions"):
        read_versions(data, place=HERE)
    with pytest.raises(FeedError, match="no endpoints"):
        read_version_detail(data, place=HERE)


def test_an_endpoint_of_2_1_1_has_no_role_and_is_found() -> None:
    raw = {"endpoints": [{"identifier": "locations", "url": "https://x/locations"}, {"url": 7}]}
    assert read_version_detail(raw, place=HERE).url_of("locations") == "https://x/locations"
    assert VersionDetail("2.1.1", ()).url_of("locations") is None


@pytest.mark.parametrize("code", [1000, 1001, 1999])
def test_codes_of_success_give_the_data(code: int) -> None:
    assert demand_success(Envelope(code, "", [1]), place=HERE) == [1]


@pytest.mark.parametrize(("code", "side"), [(2000, "our request"), (3000, "a fault of its own")])
def test_codes_of_failure_say_whose_it_is(code: int, side: str) -> None:
    with pytest.raises(FeedError, match=f"{code}, naming {side}: because"):
        demand_success(Envelope(code, "because", None), place=HERE)


def test_an_envelope_is_read_as_it_was_written() -> None:
    body = write_envelope([{"a": 1}], now=1_780_819_200.0, status_code=1001, message="hm")
    assert read_envelope(body, place=HERE) == Envelope(1001, "hm", [{"a": 1}])
    assert b'"timestamp":"2026-06-07T08:00:00Z"' in body
    assert b"data" not in write_envelope(None, now=0.0)


@given(st.text(min_size=1, max_size=64).filter(lambda t: t.strip() == t))
def test_a_token_is_understood_in_either_form(token: str) -> None:
    assert token in tokens_of(authorization(token, encoded=True))
    assert token in tokens_of(authorization(token, encoded=False))


@pytest.mark.parametrize("header", ["", "Token", "Token ", "Bearer abc", "Basic dXNlcg=="])
def test_a_header_without_a_token_names_none(header: str) -> None:
    assert tokens_of(header) == ()


def refusal(read: Callable[[], Any]) -> FeedError | None:
    try:
        read()
    except FeedError as error:
        return error
    return None


@given(JSON)
def test_any_json_is_read_or_refused_with_a_remedy(value: Any) -> None:
    body = json.dumps(value).encode()
    refusals = [
        refusal(lambda: read_versions(value, place=HERE)),
        refusal(lambda: read_version_detail(value, place=HERE)),
        refusal(lambda: read_credentials(value, place=HERE)),
        refusal(lambda: demand_success(read_envelope(body, place=HERE), place=HERE)),
    ]
    faults = [error.faults[0] for error in refusals if error is not None]
    assert all(fault.place == HERE and fault.remedy for fault in faults)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    error = refusal(lambda: read_envelope(body, place=HERE))
    assert error is None or "no JSON" in str(error) or "status_code" in str(error)


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("2026-06-07T08:00:00Z", 1_780_819_200.0),
        ("2026-06-07T08:00:00", 1_780_819_200.0),
        ("2026-06-07t08:00:00z", 1_780_819_200.0),
        ("2026-06-07 08:00:00", 1_780_819_200.0),
        ("2026-06-07T10:00:00+02:00", 1_780_819_200.0),
        ("2026-06-07T10:00:00+0200", 1_780_819_200.0),
        ("2026-06-06T22:25:06.573Z", 1_780_784_706.573),
        ("2026-06-07T08:00:00.1234567Z", 1_780_819_200.1234567),
    ],
)
def test_times_are_utc_whatever_they_say_or_leave_out(text: str, epoch: float) -> None:
    assert read_time(text) == pytest.approx(epoch, abs=1e-6)


@pytest.mark.parametrize("text", ["", "soon", "2026-06-07", "2026-13-01T00:00:00Z", "1780819200"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no date and time|month"):
        read_time(text)


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_is_read_as_it_was_written(milliseconds: int) -> None:
    assert round(read_time(write_time(milliseconds / 1000)) * 1000) == milliseconds


def test_credentials_do_not_show_their_token() -> None:
    assert "secret" not in repr(Credentials("secret", HERE))
