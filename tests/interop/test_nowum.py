"""A CPO made of the package python-ocpi: OCPI 2.2 with a null for every field that it lacks."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planner.errors import FeedError
from planner.feeds.client import OcpiClient
from planner.feeds.partners import register_feed
from planner.feeds.sync import sync_feed
from planner.store.feeds import Source
from planner.store.store import Store
from tests.feeds.partner import add_partner, location
from tests.interop.conftest import NOW, US
from tests.interop.environments import python_with

APP = Path(__file__).with_name("others") / "nowum_app.py"
PACKAGES = ("python-ocpi==0.3.1", "requests==2.34.2")
MANY = 120
"""Locations: three pages of what it gives at once."""

pytestmark = pytest.mark.slow


def place(number: int, **facts: Any) -> dict[str, Any]:
    made = location(f"LOC{number}", f"E{number}", party_id="NWM", **facts)
    made["evses"][0]["evse_id"] = f"NL*NWM*E{number}"
    return made


def tariff() -> dict[str, Any]:
    component = {"type": "ENERGY", "price": 0.5, "step_size": 1}
    return {
        "country_code": "NL",
        "party_id": "NWM",
        "id": "T1",
        "currency": "EUR",
        "elements": [{"price_components": [component]}],
        "last_updated": "2026-06-07T06:00:00Z",
    }


class Cpo:
    """The running server, and the records that it serves."""

    def __init__(self, folder: Path, *, counts: bool) -> None:
        self.file = folder / "records.json"
        self.keep([place(n) for n in range(MANY)])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.versions_url = f"http://127.0.0.1:{port}/ocpi/versions"
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CPO"))}
        environ |= {"CPO_DATA": str(self.file), "CPO_PORT": str(port)}
        environ |= {"CPO_COUNTS": "1"} if counts else {}
        self.environ = environ
        self.python = python_with(*PACKAGES)
        log = folder / "log"
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [self.python, APP], env=environ, cwd=folder, stdout=file, stderr=file
            )
        for _ in range(300):
            if self.process.poll() is not None:
                pytest.fail(log.read_text()[-2000:])
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail("the server does not start")

    def keep(self, locations: list[Any]) -> None:
        partial = self.file.with_suffix(".new")
        partial.write_text(json.dumps({"locations": locations, "tariffs": [tariff()]}))
        partial.replace(self.file)


@pytest.fixture(params=[True, False], ids=["with X-Total-Count", "without"])
def cpo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cpo]:
    made = Cpo(tmp_path, counts=request.param)
    yield made
    made.process.terminate()
    made.process.wait(10)


def test_all_is_read_though_its_lists_name_no_next_page_and_its_fields_are_null(
    cpo: Cpo, store: Store, client: OcpiClient
) -> None:
    source = Source(name="nw", kind="ocpi", url=cpo.versions_url, sender="NL*NWM")
    store.feeds.add(source, {"token": "token-c"})
    report = sync_feed(store, "nw", now=NOW, client=client)
    assert (report.rejected, report.counts["tariffs"]) == ((), 1)
    seen = store.snapshot()
    assert {station.location_id for station in seen.stations} == {f"LOC{n}" for n in range(MANY)}
    station = seen.stations[0]
    assert station.hours is None, "hours that are null are unknown, and not never"
    assert station.evses[0].connectors[0].power_kw == 150.0
    (priced,) = seen.tariffs.values()
    assert (priced.min_price, priced.elements[0].components[0].vat_percent) == (None, None)
    cpo.keep([place(n) for n in range(1, MANY)])
    sync_feed(store, "nw", now=NOW + 60, full=True, client=client)
    assert "LOC0" not in {s.location_id for s in store.snapshot().stations}


def test_a_party_that_speaks_only_what_we_do_not_serve_is_told_so(
    tmp_path: Path, store: Store, ours: str, client: OcpiClient
) -> None:
    cpo = Cpo(tmp_path, counts=True)
    store.feeds.add(Source(name="nw", kind="ocpi", url=cpo.versions_url), {"token_a": "token-c"})
    try:
        with pytest.raises(FeedError, match=r"2\.2\b"):
            register_feed(
                store,
                "nw",
                our_versions_url=f"{ours}/versions",
                our_roles=(US,),
                new_token=lambda: "by-which-it-calls-us",
                now=NOW,
                client=client,
            )
        pushed = add_partner(store, "pushing", "NL*NWM")
        subprocess.run(
            [cpo.python, APP, "push", f"{ours}/2.2.1/locations", pushed],
            env=cpo.environ,
            check=True,
            timeout=60,
        )
    finally:
        cpo.process.terminate()
        cpo.process.wait(10)
    assert len(store.snapshot().stations) == MANY, "what its client pushes arrives"
