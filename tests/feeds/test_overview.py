"""What is there is visible, and what was rejected can be read again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planner.errors import Fault, InputError
from planner.feeds.normalise import normalise
from planner.feeds.overview import Overview, overview
from planner.feeds.retrying import retry_feed
from planner.store.feeds import Source, feed_id
from planner.store.objects import Sent, object_name
from planner.store.rejections import reason_of
from planner.store.snapshot import ClientInfo
from planner.store.store import Store
from planner.store.updates import StationsUpdate

NOW = 1_790_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path}/s.sqlite", tmp_path / "key")
    opened.feeds.add(Source(name="live", kind="ocpi", url="https://x.example", sender="NL*ABC"))
    yield opened
    opened.close()


def location(name: str, **other: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "ABC",
        "id": name,
        "coordinates": {"latitude": "52.1", "longitude": "5.1"},
        "time_zone": "Europe/Amsterdam",
        "country": "NLD",
        "evses": [
            {
                "uid": "1",
                "evse_id": f"NL*ABC*E{name}",
                "status": "AVAILABLE",
                "last_updated": "2026-09-01T00:00:00Z",
                "connectors": [
                    {
                        "id": "1",
                        "standard": "IEC_62196_T2",
                        "format": "SOCKET",
                        "power_type": "AC_3_PHASE",
                        "max_electric_power": 11000,
                    }
                ],
            }
        ],
        "last_updated": "2026-09-01T00:00:00Z",
        **other,
    }


def keep(store: Store, *raws: dict[str, Any]) -> None:
    """Hold raw objects as a pull does."""
    with store.database.writing() as change:
        feed = feed_id(change.connection, "live")
        told = {object_name("NL*ABC", raw["id"]): Sent(raw, NOW, NOW) for raw in raws}
        store.objects.write(change, feed, "locations", told, {})


def reject(store: Store, *names: str) -> None:
    faults = [
        Fault(f"NL*ABC*{name}/coordinates", "an older program did not know") for name in names
    ]
    store.apply(StationsUpdate(feed="live", stations=[], faults=faults))


def the(store: Store, name: str = "live") -> Overview:
    return next(one for one in overview(store) if one.source.name == name)


def test_reasons_are_counted_without_their_values(store: Store):
    faults = [Fault(f"NL*ABC*{n}/x", f"the Location is left out: '{n}' is no time") for n in "123"]
    store.apply(StationsUpdate(feed="live", stations=[], faults=[*faults, Fault("NL*ABC*9", "no")]))
    told = [(r.module, r.detail, r.count) for r in the(store).reasons]
    assert told == [
        ("locations", "the Location is left out: … is no time", 3),
        ("locations", "no", 1),
    ]
    assert the(store).rejected == 4


def test_names_with_digits_stay_in_a_reason():
    assert reason_of("IEC_62196_T2 at 7360000 W cannot be") == "IEC_62196_T2 at … W cannot be"


def test_a_retry_reads_what_is_kept_and_leaves_what_is_still_wrong(store: Store):
    keep(store, location("1"), location("a/b"), location("3", coordinates=None))
    for name in ("1", "a~1b", "3", "gone"):
        reject(store, name)
    done = retry_feed(store, "live")
    assert (done.read, done.mended, done.not_kept) == (3, 2, 1)
    assert {s.id for s in store.snapshot().stations} == {"NL*ABC*1", "NL*ABC*a/b"}
    left = {fault.place: fault.detail for fault in store.rejections("live")}
    assert set(left) == {"NL*ABC*3/coordinates", "NL*ABC*gone/coordinates"}
    assert "older program" not in left["NL*ABC*3/coordinates"]


def test_a_retry_that_mends_nothing_changes_nothing(store: Store):
    keep(store, location("3", coordinates=None))
    raw = location("3", coordinates=None)
    store.apply(
        StationsUpdate(
            feed="live", stations=[], faults=normalise(raw, feed="live", sender="NL*ABC").faults
        )
    )
    before = store.rejections("live")
    assert before
    assert retry_feed(store, "live").mended == 0
    assert store.rejections("live") == before


def test_of_a_file_nothing_is_kept(store: Store):
    store.feeds.add(Source(name="file", kind="file", path="a.json", format="ocpi"))
    with pytest.raises(InputError, match="feed sync"):
        retry_feed(store, "file")


def test_who_was_invited_is_awaited_and_not_late(store: Store):
    store.feeds.add(Source(name="guest", kind="ocpi"))
    guest = the(store, "guest")
    assert guest.is_invited
    assert guest.trouble(NOW) == ""
    assert "was not pulled within a day" in the(store).trouble(NOW)


def test_a_live_feed_is_late_after_a_day_and_says_why(store: Store):
    store.feeds.record_sync("live", NOW)
    assert the(store).trouble(NOW + 86_400.0) == ""
    store.feeds.record_failure("live", NOW + 80_000.0, "the party answered 503")
    assert the(store).trouble(NOW + 86_401.0).endswith("within a day: the party answered 503")


def test_a_hub_tells_which_of_its_parties_are_connected(store: Store):
    store.feeds.add(
        Source(name="hub", kind="ocpi", url="https://h.example", sender="FR*107", is_hub=True)
    )
    infos = [
        ClientInfo(hub="FR*107", party=party, role=role, status=status, as_of=NOW)
        for party, role, status in (
            ("FR*AAA", "CPO", "CONNECTED"),
            ("FR*BBB", "CPO", "OFFLINE"),
            ("FR*CCC", "EMSP", "CONNECTED"),
        )
    ]
    store.knowledge.replace_client_infos("FR*107", infos)
    assert the(store, "hub").parties == {"FR*107": "", "FR*AAA": "CONNECTED", "FR*BBB": "OFFLINE"}


def test_the_raw_objects_are_counted(store: Store):
    keep(store, location("1"), location("2"))
    assert the(store).kept == {"locations": 2}
