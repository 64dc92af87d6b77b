"""How long an EVSE is usually silent, learnt from simulated lives of posts."""

import math
from itertools import pairwise
from random import Random

import pytest

from planner.model.station import Status
from planner.store.pace import ENOUGH, LEAST_S, MOST_S, learn, plausible_silence_s
from planner.store.stations import apply_status_news
from planner.store.store import Store
from planner.store.updates import StationsUpdate, StatusUpdate

from .conftest import make_station

DAY_S = 86_400.0


def lived(moments: list[float]) -> tuple[float | None, float | None]:
    calm_s, seen = None, None
    for before, after in pairwise(moments):
        calm_s, seen = learn(calm_s, seen, after - before)
    return calm_s, seen


def at_random(chance: Random, mean_s: float, count: int) -> list[float]:
    moments = [0.0]
    for _ in range(count):
        moments.append(moments[-1] + chance.expovariate(1.0 / mean_s))
    return moments


def in_sessions(chance: Random, days: int) -> list[float]:
    """A busy post: 12 sessions a day of an hour, none between 23 and 7, each of four words."""
    moments = []
    for day in range(days):
        for hour in range(7, 23, 1):
            if chance.random() < 0.75:
                begin = day * DAY_S + hour * 3600.0 + chance.random() * 300.0
                moments += [begin, begin + 2.0, begin + 3000.0, begin + 3004.0]
    return moments


@pytest.mark.parametrize("mean_s", [0.5 * DAY_S, 3 * DAY_S, 10 * DAY_S])
def test_calm_is_seldom_taken_for_silence(mean_s: float):
    mistaken = total = 0
    for seed in range(20):
        moments = at_random(Random(seed), mean_s, 300)
        calm_s, seen = None, None
        for before, after in pairwise(moments):
            bound_s = plausible_silence_s(calm_s, seen)
            if not math.isnan(bound_s):
                total += 1
                mistaken += after - before > bound_s
            calm_s, seen = learn(calm_s, seen, after - before)
    assert total > 5000
    assert mistaken / total < 0.005


@pytest.mark.parametrize("mean_s", [0.5 * DAY_S, 3 * DAY_S])
def test_silence_is_noticed_within_some_ten_usual_pauses(mean_s: float):
    for seed in range(20):
        bound_s = plausible_silence_s(*lived(at_random(Random(seed), mean_s, 300)))
        assert bound_s < 16 * mean_s


def test_a_post_that_is_seldom_used_is_given_more_time_than_one_that_is_often():
    often = plausible_silence_s(*lived(at_random(Random(1), DAY_S, 100)))
    seldom = plausible_silence_s(*lived(at_random(Random(1), 15 * DAY_S, 100)))
    assert often < 30 * DAY_S < seldom <= MOST_S


def test_nights_are_no_silence():
    moments = in_sessions(Random(2), 30)
    longest = max(after - before for before, after in pairwise(moments))
    bound_s = plausible_silence_s(*lived(moments))
    assert longest < bound_s <= 2 * DAY_S


def test_a_burst_of_news_does_not_make_the_rest_look_silent():
    moments = at_random(Random(3), 3 * DAY_S, 100)
    calm = plausible_silence_s(*lived(moments))
    burst = [moments[-1] + 10.0 * n for n in range(1, 361)]
    assert plausible_silence_s(*lived([*moments, *burst])) > 0.9 * calm


def test_a_heart_that_beats_every_minute_is_missed_after_a_day():
    assert plausible_silence_s(*lived([60.0 * n for n in range(1000)])) == LEAST_S


def test_too_little_known_is_said():
    assert math.isnan(plausible_silence_s(None, None))
    few = [DAY_S * n for n in range(int(ENOUGH))]
    assert math.isnan(plausible_silence_s(*lived(few)))
    assert learn(5.0, 2.0, 0.0) == learn(5.0, 2.0, -3.0) == (5.0, 2.0)


def test_the_store_learns_from_pushes_and_readers_see_it(store: Store):
    station = make_station("1", "NL*ABC*E1", "NL*ABC*E2")
    store.apply(StationsUpdate(feed="live", stations=[(station, {"1": (Status.AVAILABLE, 0.0)})]))
    followed = store.snapshot()
    assert followed.status_silence_s is not None
    assert all(math.isnan(silence_s) for silence_s in followed.status_silence_s)
    for day in range(1, 9):
        word = (Status.AVAILABLE, Status.CHARGING)[day % 2]
        told = {"1": (word, day * DAY_S)}
        store.apply(StatusUpdate(feed="live", station_id=station.id, statuses=told))
        followed = store.snapshot(followed)
    assert followed.status_silence_s is not None
    assert followed.status_silence_s[0] == pytest.approx(4 * DAY_S)
    assert math.isnan(followed.status_silence_s[1])
    assert followed.hash == store.snapshot().hash


def test_an_older_word_teaches_nothing(store: Store):
    station = make_station("1", "NL*ABC*E1")
    store.apply(StationsUpdate(feed="live", stations=[(station, {"1": (Status.AVAILABLE, 50.0)})]))
    with store.database.writing() as change:
        told = {station.id: {"1": (Status.CHARGING, 40.0)}}
        assert apply_status_news(change, 1, told) == []
    assert store.snapshot().status_word(0) is Status.AVAILABLE
