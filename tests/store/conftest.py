"""Stores on SQLite and, where there is one, on a PostgreSQL of the tests' own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from planner.model.geo import LonLat
from planner.model.station import Connector, Evse, Hours, Station
from planner.store.feeds import Source
from planner.store.store import Store
from tests.databases import postgres, url

__all__ = ["postgres", "url"]


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same store as often as one likes, as several processes would."""
    stores: list[Store] = []

    def open_store() -> Store:
        stores.append(Store.open(url, tmp_path / "home" / "key"))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    """An empty store with a live feed ``live`` and a file feed ``file``."""
    store = opened()
    store.feeds.add(Source(name="live", kind="ocpi", url="https://cpo.example/ocpi/versions"))
    store.feeds.add(Source(name="file", kind="file", path="a.json", format="ocpi"))
    return store


def make_station(
    name: str,
    /,
    *evse_ids: str | None,
    feed: str = "live",
    party: str = "ABC",
    **facts: object,
) -> Station:
    """A station whose EVSEs have the uids 1, 2, ... and these EVSE IDs."""
    return Station(
        **{
            "id": f"NL*{party}*{name}",
            "feed": feed,
            "country_code": "NL",
            "party_id": party,
            "location_id": name,
            "location": LonLat(4.5, 52.1),
            "time_zone": "Europe/Amsterdam",
            "hours": Hours(twentyfourseven=True),
            "evses": tuple(
                Evse(
                    uid=str(number),
                    evse_id=evse_id,
                    connectors=(
                        Connector(
                            id="1",
                            standard="IEC_62196_T2",
                            format="SOCKET",
                            power_type="AC_3_PHASE",
                            power_kw=11.04,
                            voltage_v=230.0,
                            tariff_ids=("T1",),
                        ),
                    ),
                    capabilities=("RFID_READER",),
                )
                for number, evse_id in enumerate(evse_ids, 1)
            ),
            **facts,
        }  # type: ignore[arg-type]
    )
