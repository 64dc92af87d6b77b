"""A full pull that is killed anywhere leaves what was there whole, and the next one goes on."""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from werkzeug import Request, Response

from planner.feeds.client import OcpiClient
from planner.feeds.sync import sync_feed
from planner.ocpi.times import write_time
from planner.store.feeds import Source, feed_id
from planner.store.store import Store
from tests.feeds.partner import location

NOW = 1_780_819_200.0
PLACES = 60
PAGES = PLACES // 3
FORK = multiprocessing.get_context("fork")


def generation(number: int) -> list[dict[str, Any]]:
    """All Locations as they are after so many changes of every one of them."""
    at = write_time(NOW + number)
    places = [location(f"L{n}", f"E{n}", at=at) for n in range(PLACES)]
    return [{**place, "name": f"change {number}"} for place in places]


def pull(url: str, key: Path, number: int) -> None:
    store = Store.open(url, key)
    with OcpiClient() as client:
        sync_feed(store, "cpo", now=NOW + number, full=True, client=client)


@pytest.mark.parametrize("pages", [1, PAGES // 2, PAGES], ids="after {} pages".format)
def test_a_full_pull_that_is_killed_leaves_no_half_and_loses_nothing(
    pages: int, url_with_tables: str, tmp_path: Path, party: Any
) -> None:
    key = tmp_path / "key"
    store = Store.open(url_with_tables, key)
    source = Source(name="cpo", kind="ocpi", url=party.versions_url, sender="NL*TNM")
    store.feeds.add(source, {"token": "secret-token-c"})
    party.lists["locations"] = generation(1)
    with OcpiClient() as client:
        sync_feed(store, "cpo", now=NOW, client=client)
    store.close()
    party.lists["locations"] = generation(2)
    served, enough = [0], threading.Event()

    def count(request: Request) -> Response:
        made = party.whole(request)
        served[0] += request.path.endswith("/locations")
        if served[0] >= pages:
            enough.set()
        party.first.append(count)
        return made

    party.first = [count]
    child = FORK.Process(target=pull, args=(url_with_tables, key, 2))
    child.start()
    assert enough.wait(30)
    time.sleep(0.02 * (pages == PAGES))  # amid the writing
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    store = Store.open(url_with_tables, key)
    before = whole(store)
    assert before in ({"change 1"}, {"change 2"}), "one or the other, never some of each"
    with OcpiClient() as client:
        sync_feed(store, "cpo", now=NOW + 3, full=True, client=client)
    assert whole(store) == {"change 2"}
    store.close()


def whole(store: Store) -> set[str]:
    """The names of all stations, which must be those of the raw objects."""
    stations = store.snapshot().stations
    assert len(stations) == PLACES
    names = [station.id.casefold() for station in stations]
    with store.database.reading() as connection:
        held = store.objects.read(connection, feed_id(connection, "cpo"), "locations", names)
    raws = {key: msgspec.json.decode(one.body)["name"] for key, one in held.items()}
    assert raws == {station.id.casefold(): station.name for station in stations}
    return set(raws.values())
