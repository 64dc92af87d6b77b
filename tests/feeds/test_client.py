"""Whatever a party answers ends as objects or as an error that one can act on."""

import gzip
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from planner.errors import FeedError
from planner.feeds.client import Connection, OcpiClient, Pull
from planner.feeds.wire import Patience, Wire
from planner.ocpi.messages import Role, write_envelope

NOW = 1_780_819_200.0
TOKEN = "secret-token-c"


def numbered(count: int) -> list[dict[str, Any]]:
    return [{"id": str(n), "last_updated": f"2026-06-07T08:{n:02d}:00Z"} for n in range(count)]


@pytest.fixture
def connection(party: Any, client: OcpiClient) -> Connection:
    return client.connect(party.versions_url, TOKEN)


def ids(client: OcpiClient, connection: Connection, **options: Any) -> list[str]:
    return [raw["id"] for raw in client.pull(connection, "locations", **options)]


def test_all_pages_are_read_in_order(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    party.lists["locations"] = numbered(8)
    told = Pull()
    assert ids(client, connection, told=told) == [str(n) for n in range(8)]
    assert (told.pages, told.received, told.missing, told.faults) == (3, 8, 0, [])


def test_only_what_changed_is_asked_for_by_date_from(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    party.lists["locations"] = numbered(8)
    assert ids(client, connection, date_from=NOW + 5 * 60) == ["5", "6", "7"]
    assert party.asked[-1].args["date_from"] == "2026-06-07T08:05:00Z"


def test_each_request_carries_the_token_in_base64_and_ids_for_tracing(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    party.lists["locations"] = numbered(4)
    ids(client, connection)
    first, second = (r.headers for r in party.asked[-2:])
    assert first["Authorization"] == "Token c2VjcmV0LXRva2VuLWM="
    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert first["X-Correlation-ID"] == second["X-Correlation-ID"]


def test_a_server_of_the_old_kind_gets_the_token_as_it_is(
    httpserver: HTTPServer, client: OcpiClient
) -> None:
    root = httpserver.url_for("/cpo")

    def guard(data: Any) -> Any:
        def answer(request: Request) -> Response:
            if request.headers["Authorization"] != f"Token {TOKEN}":
                return Response(status=401)
            return Response(write_envelope(data, now=NOW))

        return answer

    httpserver.expect_request("/cpo/versions").respond_with_handler(
        guard([{"version": "2.1.1", "url": f"{root}/2.1.1"}])
    )
    httpserver.expect_request("/cpo/2.1.1").respond_with_handler(
        guard({"endpoints": [{"identifier": "locations", "url": f"{root}/locations"}]})
    )
    httpserver.expect_request("/cpo/locations").respond_with_handler(guard([{"id": "1"}]))
    connection = client.connect(f"{root}/versions", TOKEN)
    assert connection.partner.detail.version == "2.1.1"
    assert ids(client, connection) == ["1"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_party_is_asked_again(
    status: int, party: Any, client: OcpiClient, connection: Connection, waits: list[float]
) -> None:
    party.lists["locations"] = numbered(2)
    party.first = [lambda _: Response(status=status, headers={"Retry-After": "7"})] * 2
    assert ids(client, connection) == ["0", "1"]
    assert waits == [7.0, 7.0]


def test_a_party_that_stays_broken_is_given_up_with_its_address(
    party: Any, client: OcpiClient, connection: Connection, waits: list[float]
) -> None:
    party.first = [lambda _: Response("oops", status=500)] * 9
    with pytest.raises(FeedError, match=r"/ocpi/2\.2\.1/locations: .*HTTP 500") as caught:
        ids(client, connection)
    assert waits == [1.0, 2.0]
    assert "date_from" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Response("<html><title>Log in</title></html>"), "no JSON.*<html>"),
        (Response(b"\xff\xfe\x00garbage"), "no JSON"),
        (Response(""), "no JSON.*with nothing"),
        (Response("[" * 100_000), "no JSON"),
        (Response('{"status_code": 1000, "data": [{"id": "1"'), "no JSON"),
        (Response('{"status_code": "fine", "data": []}'), "status_code is fine"),
        (Response('{"status_code": 2001, "status_message": "bad date"}'), "2001.*bad date"),
        (Response('{"status_code": 3000}'), "3000, naming a fault of its own"),
        (Response('{"status_code": 1000, "data": {"id": "1"}}'), "not a list"),
        (Response('{"status_code": 1000, "data": 17}'), "not a list"),
        (Response(status=401), "HTTP 401.*Check the token"),
        (Response(status=403), "HTTP 403"),
        (Response(status=404), "HTTP 404"),
        (Response(status=204), "no JSON"),
        (Response(status=418), "HTTP 418"),
    ],
)
def test_an_answer_that_is_no_page_is_told_with_a_remedy(
    answer: Response, says: str, party: Any, client: OcpiClient, connection: Connection
) -> None:
    party.first = [lambda _: answer] * 40
    with pytest.raises(FeedError, match=says) as caught:
        ids(client, connection)
    assert caught.value.faults[0].place.endswith("/ocpi/2.2.1/locations")
    assert caught.value.faults[0].remedy


def test_an_echoed_token_is_kept_out_of_the_error(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    said = f'{{"status_code": 2002, "status_message": "no such token {TOKEN}"}}'
    party.first = [lambda _: Response(said)]
    with pytest.raises(FeedError) as caught:
        ids(client, connection)
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(connection)


def test_entries_that_are_no_objects_do_not_lose_their_page(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    party.first = [lambda _: Response('{"status_code": 1000, "data": [{"id": "1"}, null, 7]}')]
    told = Pull()
    assert ids(client, connection, told=told) == ["1"]
    assert [fault.place.rpartition("#")[2] for fault in told.faults] == ["/1", "/2"]


def test_a_bare_list_and_a_cursor_are_read_like_pages(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    party.first = [
        lambda r: Response(f'{{"items": [{{"id": "a"}}], "next": "{r.path}?cursor=x"}}'),
        lambda _: Response('[{"id": "b"}]'),
    ]
    assert ids(client, connection) == ["a", "b"]


def test_a_missing_link_is_made_up_for_by_the_total(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    party.lists["locations"] = numbered(5)

    def unlinked(request: Request) -> Response:
        response = party.whole(request)
        response.headers.pop("Link", None)
        return response

    party.first = [
        unlinked,
        unlinked,
    ]
    assert ids(client, connection) == [str(n) for n in range(5)]


def test_entries_that_were_promised_and_did_not_come_are_counted(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    body = write_envelope([{"id": "1"}], now=NOW)
    party.first = [
        lambda _: Response(body, headers={"X-Total-Count": "9"}),
        lambda _: Response(write_envelope([], now=NOW), headers={"X-Total-Count": "9"}),
    ]
    told = Pull()
    assert ids(client, connection, told=told) == ["1"]
    assert told.missing == 8


def test_paging_that_leads_back_ends(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    body = write_envelope([{"id": "1"}], now=NOW)
    party.first = [
        lambda r: Response(body, headers={"Link": f'<{r.url}>; rel="next"'}),
    ]
    with pytest.raises(FeedError, match="read already"):
        ids(client, connection)


def test_paging_that_never_ends_ends(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    count = iter(range(10_000))

    def again(request: Request) -> Response:
        link = f'<{request.base_url}?offset={next(count)}>; rel="next"'
        return Response(write_envelope([{"id": "1"}], now=NOW), headers={"Link": link})

    party.first = [again] * 100
    with pytest.raises(FeedError, match="repeats itself"):
        ids(client, connection)
    assert next(count) < 10


def test_the_token_goes_to_no_other_host(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    body = write_envelope([{"id": "1"}], now=NOW)
    link = '<https://elsewhere.example/locations>; rel="next"'
    party.first = [lambda _: Response(body, headers={"Link": link})]
    with pytest.raises(FeedError, match=r"elsewhere\.example"):
        ids(client, connection)


def test_paging_that_breaks_in_the_middle_raises_after_the_objects_before(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    party.lists["locations"] = numbered(8)
    party.first = [party.whole, lambda _: Response("<html>")]
    got = []
    with pytest.raises(FeedError, match="no JSON"):
        got.extend(raw["id"] for raw in client.pull(connection, "locations"))
    walk = client.pull(connection, "locations")
    party.first = [party.whole, lambda _: Response("<html>")]
    assert [next(walk)["id"] for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(FeedError, match="no JSON"):
        next(walk)


def test_an_answer_that_is_too_large_is_refused_while_it_comes(party: Any) -> None:
    bomb = gzip.compress(b" " * 3_000_000)
    party.first = [lambda _: Response(bomb, headers={"Content-Encoding": "gzip"})]
    with OcpiClient(Wire(max_body_bytes=2_000_000)) as client:
        connection = client.connect(party.versions_url, TOKEN)
        with pytest.raises(FeedError, match="larger than 1 MB"):
            ids(client, connection)


def test_damaged_compression_is_told(
    party: Any, client: OcpiClient, connection: Connection
) -> None:
    party.first = [lambda _: Response(b"no gzip", headers={"Content-Encoding": "gzip"})] * 3
    with pytest.raises(FeedError, match="compression is damaged"):
        ids(client, connection)


def test_a_module_that_is_not_served_is_told_with_those_that_are(
    client: OcpiClient, connection: Connection
) -> None:
    with pytest.raises(FeedError, match="does not send hubclientinfo; it serves locations, tariff"):
        list(client.pull(connection, "hubclientinfo"))


@pytest.fixture
def raw_server() -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers each connection with the next of some bytes and hangs up."""
    answers: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.02)
    done = threading.Event()

    def run() -> None:
        while not done.is_set():
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            with peer:
                peer.recv(65536)
                peer.sendall(answers.pop(0) if len(answers) > 1 else answers[0])

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    host, port = listener.getsockname()
    yield f"http://{host}:{port}/versions", answers
    done.set()
    thread.join(5)
    listener.close()


def test_a_body_that_is_cut_is_asked_for_again(
    raw_server: tuple[str, list[bytes]], client: OcpiClient, waits: list[float]
) -> None:
    url, answers = raw_server
    body = b'{"status_code": 1000, "data": [{"version": "9", "url": "http://x"}]}'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    answers += [head + body[:20], head + body]
    with pytest.raises(FeedError, match="speaks OCPI 9"):
        client.connect(url, TOKEN)
    assert waits == [1.0]


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.6\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-"]
)
def test_a_server_that_speaks_no_http_is_told(
    answer: bytes, raw_server: tuple[str, list[bytes]], client: OcpiClient
) -> None:
    url, answers = raw_server
    answers.append(answer)
    with pytest.raises(FeedError, match="cut, or the answer is no HTTP after 3 attempts"):
        client.connect(url, TOKEN)


def test_a_silent_server_is_given_up(client: OcpiClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(FeedError, match="no answer in time"):
            client.connect(f"http://127.0.0.1:{port}/versions", TOKEN)


def test_a_port_where_nothing_listens_is_told(client: OcpiClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FeedError, match="no connection"):
        client.connect(f"http://127.0.0.1:{port}/versions", TOKEN)


@pytest.mark.parametrize("url", ["no url", "ftp://example.org/versions", "http://", "http://[x/"])
def test_an_address_that_is_none_is_told_at_once(
    url: str, client: OcpiClient, waits: list[float]
) -> None:
    with pytest.raises(FeedError):
        client.connect(url, TOKEN)
    assert waits == []


def test_an_answer_that_trickles_in_is_given_up() -> None:
    ticks = iter(range(0, 10_000, 100))
    wire = Wire(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=iter([b"x"] * 50))),
        patience=Patience(page_s=150.0),
        clock=lambda: float(next(ticks)),
    )
    with OcpiClient(wire) as client, pytest.raises(FeedError, match="longer than 150 s"):
        client.connect("https://cpo.example/versions", TOKEN)


def test_a_party_does_not_lead_from_https_to_http() -> None:
    versions = write_envelope([{"version": "2.2.1", "url": "http://cpo.example/2.2.1"}], now=NOW)
    wire = Wire(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=versions)))
    with OcpiClient(wire) as client, pytest.raises(FeedError, match="from https to http"):
        client.connect("https://cpo.example/versions", TOKEN)


def test_a_hub_is_told_who_is_calling(party: Any, client: OcpiClient) -> None:
    found = client.connect(party.versions_url, TOKEN)
    routed = Connection(found.versions_url, TOKEN, found.partner, ("DE", "PLG"), ("NL", "HUB"))
    ids(client, routed)
    headers = party.asked[-1].headers
    assert headers["OCPI-from-party-id"] == "PLG"
    assert headers["OCPI-to-country-code"] == "NL"


OUR_ROLES = (Role("EMSP", "DE", "PLG", "Plugsure"),)


def test_registering_is_not_repeated_once_it_may_have_arrived(
    httpserver: HTTPServer, client: OcpiClient, waits: list[float]
) -> None:
    root = httpserver.url_for("/c")
    httpserver.expect_request("/versions").respond_with_data(
        write_envelope([{"version": "2.2.1", "url": root}], now=NOW)
    )
    endpoint = {"identifier": "credentials", "role": "SENDER", "url": f"{root}/credentials"}
    httpserver.expect_request("/c").respond_with_data(
        write_envelope({"version": "2.2.1", "endpoints": [endpoint]}, now=NOW)
    )
    httpserver.expect_request("/c/credentials").respond_with_data("busy", status=503)
    with pytest.raises(FeedError, match="HTTP 503"):
        client.register(
            httpserver.url_for("/versions"), "a", "http://us/versions", OUR_ROLES, our_token="b"
        )
    assert waits == []
    assert len([r for r, _ in httpserver.log if r.method == "POST"]) == 1
