"""A token goes to the party that it belongs to, over a connection that is its own."""

import socket
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from planner.errors import FeedError
from planner.feeds.client import OcpiClient
from planner.feeds.counter import open_desk
from planner.feeds.partners import invite
from planner.feeds.sync import sync_feed
from planner.feeds.wire import Patience, Wire
from planner.ocpi.addresses import is_inward, keep_safe
from planner.store.feeds import Source
from planner.store.store import Store
from tests.feeds.partner import Partner, location
from tests.interop.certificates import Authority, Pair
from tests.interop.conftest import NOW, US
from tests.interop.faulty import Faulty, reply

TOKEN = "secret-token-c"


@pytest.fixture
def servers() -> Iterator[list[Faulty]]:
    made: list[Faulty] = []
    yield made
    for server in made:
        server.close()


@pytest.fixture
def caller(trusted: Authority) -> Iterator[OcpiClient]:
    patience = Patience(connect_s=1.0, silence_s=2.0, attempts=2)
    with OcpiClient(Wire(patience=patience, sleep=lambda _: None)) as client:
        yield client


def serve(servers: list[Faulty], store: Store, pair: Pair | None, **more: Any) -> Faulty:
    made = Faulty(pair, **more)
    servers.append(made)
    made.lists["locations"] = [location("L1", "E1")]
    source = Source(name="cpo", kind="ocpi", url=made.versions_url, sender="NL*TNM")
    store.feeds.add(source, {"token": TOKEN})
    return made


def test_a_certificate_of_an_authority_that_is_trusted_is_enough(
    servers: list[Faulty], store: Store, caller: OcpiClient, authority: Authority
) -> None:
    serve(servers, store, authority.sign("good"))
    assert sync_feed(store, "cpo", now=NOW, client=caller).counts["stations"] == 1


@pytest.mark.parametrize(
    "bad", [{"expired": True}, {"by_itself": True}, {"host": "other.example"}], ids=str
)
def test_no_token_goes_to_a_server_with_a_certificate_that_is_not_its_own(
    bad: dict[str, Any],
    servers: list[Faulty],
    store: Store,
    caller: OcpiClient,
    authority: Authority,
) -> None:
    party = serve(servers, store, authority.sign("bad", **bad))
    with pytest.raises(FeedError, match="certificate is not valid") as caught:
        sync_feed(store, "cpo", now=NOW, client=caller)
    assert party.asked == []
    assert party.root in caught.value.faults[0].place
    assert "renew its certificate" in caught.value.faults[0].remedy


def test_a_redirect_at_home_is_followed_and_one_to_another_host_is_not(
    servers: list[Faulty], store: Store, caller: OcpiClient
) -> None:
    party = serve(servers, store, None)
    other = Faulty()
    servers.append(other)
    other.lists["locations"] = [location("EVIL", "E9")]
    party.acts["locations"] = [
        lambda _: reply(status=307, Location="/moved/locations"),
        lambda _: reply(status=301, Location=f"{party.root}/again/locations?limit=2"),
    ]
    assert sync_feed(store, "cpo", now=NOW, client=caller).counts["stations"] == 1
    for module in ("versions", "details", "locations"):
        onward = f"{other.root}/{module}?token=x"
        party.acts[module] = [lambda _, to=onward: reply(status=302, Location=to)]
        with pytest.raises(FeedError, match="sends us on to") as caught:
            sync_feed(store, "cpo", now=NOW + 60, client=caller)
        assert TOKEN not in str(caught.value)
    assert other.asked == []
    assert {s.location_id for s in store.snapshot().stations} == {"L1"}


def test_redirects_in_a_circle_end(servers: list[Faulty], store: Store, caller: OcpiClient) -> None:
    party = serve(servers, store, None)
    party.acts["locations"] = [lambda _: reply(status=302, Location="/locations")] * 50
    with pytest.raises(FeedError, match="in a circle"):
        sync_feed(store, "cpo", now=NOW, client=caller)
    assert len(party.asked) < 12


def test_a_party_behind_ipv6_is_reached(
    servers: list[Faulty], store: Store, caller: OcpiClient
) -> None:
    try:
        serve(servers, store, None, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    assert sync_feed(store, "cpo", now=NOW, client=caller).counts["stations"] == 1


INWARD = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "10.1.2.3",
    "192.168.0.1",
    "169.254.169.254",
    "metadata.google.internal",
    "[::1]",
    "[fe80::1]",
    "[fd00::1]",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",
]


@pytest.mark.parametrize("host", INWARD)
def test_no_public_party_leads_into_our_own_network(host: str) -> None:
    there = f"https://{host}:8080/admin"
    assert is_inward(there)
    with pytest.raises(FeedError, match="our own network"):
        keep_safe("https://cpo.example/versions", there)
    assert keep_safe("https://10.0.0.1/versions", there) == there, "a neighbour may"


@pytest.mark.parametrize("host", ["cpo.example", "8.8.8.8", "[2606:4700::1]", "local.example"])
def test_public_hosts_are_no_part_of_our_network(host: str) -> None:
    assert not is_inward(f"https://{host}/x")


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "[::1]"])
def test_a_party_that_registers_cannot_make_us_call_our_own_network(
    host: str, store: Store, servers: list[Faulty], tmp_path: Path
) -> None:
    inner = Faulty()
    servers.append(inner)
    invite(store, "cpo", token="token-a")
    desk = open_desk(
        lambda: store,
        base_url="https://us.example/ocpi",
        roles=(US,),
        client=OcpiClient,
        new_token=lambda: "fresh",
        clock=lambda: NOW,
    )
    role = {"role": "CPO", "country_code": "NL", "party_id": "TNM"}
    told = {
        "token": TOKEN,
        "url": f"http://{host}:{inner.port}/versions",
        "roles": [{**role, "business_details": {"name": "x"}}],
    }
    made = Partner(desk, "token-a").ask("POST", "credentials", told)
    assert made.code == 3001
    assert "our own network" in made.message
    assert inner.asked == []


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Names that the name server of their party lets point where it likes."""
    names: dict[str, str] = {}
    usual = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **more: Any) -> Any:
        return usual(names.get(host, host), *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def test_a_public_name_that_leads_into_our_own_network_is_sent_nothing(
    servers: list[Faulty], store: Store, caller: OcpiClient, named: dict[str, str]
) -> None:
    party = Faulty(None)
    servers.append(party)
    named["cpo.example"] = "127.0.0.1"
    there = f"http://cpo.example:{party.port}/versions"
    store.feeds.add(Source(name="cpo", kind="ocpi", url=there), {"token": TOKEN})
    with pytest.raises(FeedError, match=r"cpo\.example leads into our own network") as caught:
        sync_feed(store, "cpo", now=NOW, client=caller)
    assert "PLUGSURE_OCPI_NETWORKS" in caught.value.faults[0].remedy
    assert party.asked == []


def test_a_name_may_lead_to_a_network_in_which_parties_live(
    servers: list[Faulty], store: Store, named: dict[str, str]
) -> None:
    party = Faulty(None)
    servers.append(party)
    named["hub.example"] = "127.0.0.1"
    party.host = "hub.example"
    party.lists["locations"] = [location("L1", "E1")]
    store.feeds.add(
        Source(name="hub", kind="ocpi", url=f"{party.root}/versions", sender="NL*TNM"),
        {"token": TOKEN},
    )
    with OcpiClient(Wire(networks=[ip_network("127.0.0.0/8")])) as client:
        assert sync_feed(store, "hub", now=NOW, client=client).counts["stations"] == 1
