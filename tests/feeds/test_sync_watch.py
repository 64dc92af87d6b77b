"""The watch pulls each feed on its own schedule and is patient with the broken."""

from hypothesis import given
from hypothesis import strategies as st

from planner.errors import FeedError
from planner.feeds.sync import SyncReport
from planner.feeds.watch import Rhythm, Watch
from planner.store.feeds import Source


class Days:
    """A clock that only sleeping moves, and parties that fail when they are told to."""

    def __init__(self, store) -> None:
        self.now = 1_000_000.0
        self.pulls: list[tuple[float, str, bool]] = []
        self.broken: set[str] = set()
        self.heard: list[tuple[str, object]] = []
        self.watch = Watch(
            store=store,
            pull=self.pull,
            clock=lambda: self.now,
            sleep=self.sleep,
            chance=lambda: 0.5,
            told=lambda name, what: self.heard.append((name, what)),
        )

    def pull(self, name: str, now: float, full: bool) -> SyncReport:
        self.pulls.append((now, name, full))
        if name in self.broken:
            raise FeedError("it broke")
        return SyncReport(feed=name, at=now, full=full, counts={})

    def sleep(self, seconds: float) -> None:
        assert seconds <= self.watch.rhythm.look_s
        self.now += seconds

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        self.watch.run(lambda: self.now >= end)


def times(days: Days, name: str) -> list[float]:
    return [at - 1_000_000.0 for at, pulled, _ in days.pulls if pulled == name]


def test_each_feed_is_pulled_in_its_interval_first_in_full(store):
    store.feeds.add(Source(name="a", kind="ocpi", url="http://a"))
    store.feeds.add(Source(name="file", kind="file", path="x"))
    days = Days(store)
    days.run(300)
    assert times(days, "a") == [0, 60, 120, 180, 240]
    assert [full for _, _, full in days.pulls] == [True, False, False, False, False]
    assert times(days, "file") == []


def test_everything_is_pulled_again_once_a_day(store):
    store.feeds.add(Source(name="a", kind="ocpi", url="http://a"))
    days = Days(store)
    days.watch.rhythm = Rhythm(interval_s=3600.0, look_s=3600.0)
    days.run(2 * 86_400 + 10)
    assert [at - 1_000_000.0 for at, _, full in days.pulls if full] == [0, 86_400, 172_800]


def test_a_broken_feed_is_asked_less_and_less_and_holds_up_no_other(store):
    store.feeds.add(Source(name="a", kind="ocpi", url="http://a"))
    store.feeds.add(Source(name="b", kind="ocpi", url="http://b"))
    days = Days(store)
    days.broken = {"a"}
    days.run(1000)
    assert times(days, "a") == [0, 120, 360, 840]
    assert len(times(days, "b")) == 17
    days.broken = set()
    days.run(1500)
    assert times(days, "a")[4:6] == [1800, 1860]
    assert isinstance(days.heard[0][1], FeedError | SyncReport)


def test_feeds_that_come_and_go_are_noticed(store):
    days = Days(store)
    days.run(20)
    store.feeds.add(Source(name="new", kind="ocpi", url="http://a"))
    days.run(20)
    assert len(times(days, "new")) == 1
    store.remove_feed("new")
    days.run(200)
    assert len(times(days, "new")) == 1


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_no_wait_is_shorter_than_the_interval_or_longer_than_the_longest(failures, chance):
    rhythm = Rhythm()
    wait = rhythm.wait_s(failures, chance)
    assert 0.9 * rhythm.interval_s <= wait <= 1.1 * rhythm.longest_wait_s
