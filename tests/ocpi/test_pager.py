"""A list is walked to its end, once, and the token goes nowhere else."""

import json
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import FeedError
from planner.ocpi.addresses import keep_safe, shown
from planner.ocpi.pager import Pager, write_paging

URL = "https://cpo.example/ocpi/2.2.1/locations"


def body(objects: list[object]) -> bytes:
    return json.dumps({"status_code": 1000, "data": objects}).encode()


def feed(pager: Pager, answers: Iterable[tuple[dict[str, str], bytes]]) -> None:
    for headers, said in answers:
        pager.receive(headers, said)


@given(st.integers(0, 40), st.integers(1, 15), st.booleans(), st.booleans())
def test_every_object_comes_once_and_in_order(
    count: int, page: int, is_linked: bool, is_counted: bool
) -> None:
    objects = [{"id": n} for n in range(count)]
    pager = Pager(URL, limit=page)
    got: list[object] = []
    rounds = 0
    while pager.url is not None:
        query = parse_qs(urlsplit(pager.url).query)
        offset = int(query.get("offset", ["0"])[0])
        headers = write_paging(URL, offset=offset, limit=page, total=count)
        if not is_linked:
            headers.pop("Link", None)
        if not is_counted:
            headers.pop("X-Total-Count")
        got += pager.receive(headers, body(objects[offset : offset + page])).objects
        rounds += 1
    assert got == objects
    least = max(1, -(-count // page))
    assert rounds == least or (not is_counted and rounds == least + 1), "one try at most is in vain"
    assert pager.missing == 0


@pytest.mark.parametrize("said", [{"data": [{"id": 1}, {"id": 2}]}, {"status_code": 2001}, {}])
def test_a_party_that_names_neither_next_page_nor_total_is_asked_for_more_until_it_repeats(
    said: dict[str, object],
) -> None:
    pager = Pager(URL, limit=2)
    pager.receive({}, body([{"id": 1}, {"id": 2}]))
    assert pager.url is not None
    assert "offset=2" in pager.url
    page = pager.receive({}, json.dumps({"status_code": 1000, **said}).encode())
    assert (page.objects, pager.url, pager.received, pager.missing) == ((), None, 2, 0)


def test_where_a_page_is_shorter_than_the_party_says_they_are_there_is_no_more() -> None:
    pager = Pager(URL, limit=500)
    pager.receive({"X-Limit": "50"}, body([{"id": 1}]))
    assert pager.url is None


def test_the_first_page_is_asked_for_with_date_and_limit() -> None:
    pager = Pager(URL + "?country=NL", date_from=1_780_819_200.0, limit=50)
    assert pager.url is not None
    query = parse_qs(urlsplit(pager.url).query)
    assert query == {"country": ["NL"], "date_from": ["2026-06-07T08:00:00Z"], "limit": ["50"]}


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ('<https://cpo.example/l?offset=2>; rel="next"', "https://cpo.example/l?offset=2"),
        ("<https://cpo.example/l?offset=2>;rel=next", "https://cpo.example/l?offset=2"),
        ('</l?offset=2>; REL="next"', "https://cpo.example/l?offset=2"),
        ('<?offset=2>; rel="next"', URL + "?offset=2"),
        ('<http://cpo.example/l?offset=2>; rel="next"', "https://cpo.example/l?offset=2"),
        ('<https://x/p>; rel="prev", <https://cpo.example/n>; rel="next"', "https://cpo.example/n"),
        ('<https://cpo.example/p>; rel="prev"', URL + "?offset=1"),
        ("nonsense", URL + "?offset=1"),
    ],
)
def test_links_are_read_in_all_their_forms(link: str, following: str) -> None:
    pager = Pager(URL)
    pager.receive({"lInK": link}, body([{"id": 1}]))
    assert pager.url == following


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/l", "https://cpo.example:8443/l", "http://evil.example/l", "ftp://x/l"],
)
def test_no_link_leads_to_another_host(link: str) -> None:
    pager = Pager(URL)
    with pytest.raises(FeedError, match="lie elsewhere"):
        pager.receive({"Link": f'<{link}>; rel="next"'}, body([{"id": 1}]))


def test_a_link_that_is_no_url_is_told() -> None:
    pager = Pager(URL)
    with pytest.raises(FeedError, match="no URL"):
        pager.receive({"Link": '<http://[bad>; rel="next"'}, body([{"id": 1}]))


@pytest.mark.parametrize("bad", [set(), {0}, {3}, {6}, {0, 1, 6}, set(range(7))])
def test_an_object_at_which_the_party_fails_costs_only_itself(bad: set[int]) -> None:
    pager = Pager(URL, limit=4)
    got: list[object] = []
    faults = []
    rounds = 0
    while pager.url is not None:
        query = {k: int(v[0]) for k, v in parse_qs(urlsplit(pager.url).query).items()}
        window = range(7)[query.get("offset", 0) : query.get("offset", 0) + query["limit"]]
        if bad & set(window):
            page = pager.receive({}, b'{"status_code": 3000, "status_message": "oh"}')
        else:
            page = pager.receive({"X-Total-Count": "7"}, body([{"id": n} for n in window]))
        got += [found["id"] for found in page.objects]
        faults += page.faults
        rounds += 1
    assert got == [n for n in range(7) if n not in bad]
    assert [fault.place for fault in faults] == [f"{URL}#/{n}" for n in sorted(bad)]
    assert pager.missing == len(bad)
    assert rounds < 20


def test_a_party_that_fails_at_everything_is_told_soon() -> None:
    pager = Pager(URL, limit=500)
    with pytest.raises(FeedError, match="3000"):
        feed(pager, [({}, b'{"status_code": 3000}')] * 30)


def test_a_link_that_leads_nowhere_is_made_up_for_by_the_total() -> None:
    pager = Pager(URL, limit=2)
    broken = {"Link": f'<{URL}/Enum.x?offset=2>; rel="next"', "X-Total-Count": "3"}
    pager.receive(broken, body([{"id": 0}, {"id": 1}]))
    assert pager.pass_over_link()
    assert pager.url == f"{URL}?limit=2&offset=2"
    pager.receive(broken, body([{"id": 2}]))
    assert (pager.url, pager.missing) == (None, 0)
    assert not Pager(URL).pass_over_link(), "a first page is no link"


def test_empty_pages_do_not_come_for_ever() -> None:
    pager = Pager(URL)
    with pytest.raises(FeedError, match="empty pages"):
        feed(pager, [({"Link": f'<{URL}?n={n}>; rel="next"'}, body([])) for n in range(100)])


def test_a_link_keeps_the_scheme_that_works() -> None:
    pager = Pager("http://cpo.example:8080/l")
    pager.receive({"Link": '<https://cpo.example:8080/l?offset=1>; rel="next"'}, body([{"id": 1}]))
    assert pager.url == "http://cpo.example:8080/l?offset=1"


def test_a_list_with_more_pages_than_any_feed_ends() -> None:
    pager = Pager(URL, max_pages=5)
    for number in range(4):
        pager.receive({"Link": f'<{URL}?n={number}>; rel="next"'}, body([{"id": number}]))
    with pytest.raises(FeedError, match="more pages"):
        pager.receive({"Link": f'<{URL}?n=5>; rel="next"'}, body([{"id": 5}]))


def test_a_page_may_come_again_but_not_for_ever() -> None:
    pager = Pager(URL)
    for number in range(4):
        pager.receive({"Link": f'<{URL}?n={number}>; rel="next"'}, body([{"id": 1}]))
    with pytest.raises(FeedError, match="repeats itself"):
        pager.receive({"Link": f'<{URL}?n=9>; rel="next"'}, body([{"id": 1}]))


def test_a_walk_that_is_over_takes_no_more() -> None:
    pager = Pager(URL)
    pager.receive({}, body([]))
    assert pager.url is None
    with pytest.raises(ValueError, match="complete"):
        pager.receive({}, body([]))


def test_addresses_are_shown_without_what_is_secret() -> None:
    assert shown("https://me:secret@cpo.example:99/l?token=x#y") == "https://cpo.example:99/l"


@pytest.mark.parametrize("there", ["http://cpo.example/x", "/x", "ftp://cpo.example/x", ""])
def test_a_token_is_not_led_to_where_it_is_not_safe(there: str) -> None:
    with pytest.raises(FeedError):
        keep_safe(URL, there)


def test_a_token_may_follow_to_another_safe_address() -> None:
    assert keep_safe(URL, "https://api.cpo.example/x") == "https://api.cpo.example/x"
    assert keep_safe("http://127.0.0.1/x", "http://127.0.0.1:99/y") == "http://127.0.0.1:99/y"
