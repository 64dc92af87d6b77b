"""Properties that hold in every world: unknown is never yes, and nothing good comes of a veto."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.access.chargers import Chargers, accessible
from planner.access.glance import surely_allowed, works
from planner.access.ledger import REASONS
from planner.access.of_stations import lasting_of
from planner.model.fleet import Hold
from planner.model.grade import Grade
from planner.model.station import Station
from planner.model.token import Token, Wallet
from planner.store.posts import post_of
from planner.store.snapshot import Snapshot
from tests.access.oracle import best_grade
from tests.access.strategies import tokens, worlds
from tests.access.worlds import (
    CAR,
    DAY,
    HOUR,
    NOW,
    agreement,
    facts,
    info,
    record,
    snapshot,
    station,
    token,
    wallet,
)

MIN_GRADES = st.sampled_from([grade for grade in Grade if grade > Grade.UNKNOWN])
STAYS = st.sampled_from(
    [
        (NOW, NOW + HOUR),
        (NOW + HOUR - 700, NOW + HOUR),
        (NOW + 2 * HOUR, NOW + 3 * HOUR),
        (NOW + DAY, NOW + DAY + HOUR),
        (NOW + 29 * DAY, NOW + 31 * DAY),
    ]
)

NAMES = count()


def ask(
    world: Snapshot,
    held: Wallet,
    min_grade: Grade = Grade.INDICATED,
    now: float = NOW,
    at: float | None = None,
    taken: tuple[Hold, ...] = (),
) -> Chargers:
    return accessible(world, held, CAR, min_grade=min_grade, now=now, at=at, taken=taken)


def rebuilt(world: Snapshot, *places: Station, **more: object) -> Snapshot:
    """The same world with other stations or news."""
    parts = {
        "feeds": world.feeds.values(),
        "agreements": world.agreements,
        "infos": world.client_infos,
        "evidence": world.token_evidence,
        **more,
    }
    return snapshot(*places, **parts)  # type: ignore[arg-type] -- named as there


def holds(world: Snapshot, stay: tuple[float, float], *, abroad: bool) -> Iterator[Hold]:
    """A vehicle at the first EVSE of every other station, or at its copy in another feed."""
    for number in range(0, len(world.stations), 2):
        here, evse = world.stations[number], world.evse(int(world.first[number]))
        yield Hold(
            station_id="FR*XXX*copy" if abroad else here.id,
            evse_uid="copy" if abroad else evse.uid,
            begins=stay[0],
            ends=stay[1],
            use="stop",
            power_kw=50.0,
            post=post_of(evse.evse_id),
        )


@settings(max_examples=150, deadline=None)
@given(worlds(), STAYS, st.sampled_from([NOW - HOUR, NOW]), st.sampled_from([None, False, True]))
def test_what_a_glance_lets_pass_is_let_pass_when_asked(
    given_world: tuple[Snapshot, Wallet],
    stay: tuple[float, float],
    now: float,
    abroad: bool | None,
) -> None:
    others = () if abroad is None else tuple(holds(given_world[0], stay, abroad=abroad))
    chargers = ask(*given_world, now=now, at=NOW + HOUR, taken=others)
    size = len(chargers.snapshot.stations)
    seen = surely_allowed(chargers, np.arange(size), np.full(size, stay[0]), np.full(size, stay[1]))
    asked = [chargers.station_refusal_at(number, *stay) for number in range(size)]
    assert all(found is None for found, sure in zip(asked, seen, strict=True) if sure)
    for number, sure in enumerate(seen):
        first, last = chargers.snapshot.first[number : number + 2].tolist()
        working = [e for e in range(first, last) if sure and works(chargers, e)]
        assert all(chargers.refusal_at(e, *stay) is None for e in working)
        spare = [e for e in working if len(working) > 1 or not chargers.is_uncertain(e)]
        assert all(chargers.fallback_refusal_at(e, *stay) is None for e in spare)


@settings(max_examples=100, deadline=None)
@given(worlds(), MIN_GRADES)
def test_what_lasts_of_a_station_is_that_of_its_evses(
    given_world: tuple[Snapshot, Wallet], min_grade: Grade
) -> None:
    chargers = ask(*given_world, min_grade)
    found, first = lasting_of(chargers), chargers.snapshot.first.tolist()
    for number, here in enumerate(map(slice, first[:-1], first[1:])):
        reasons, powers = chargers.reason[here], chargers.power_kw[here]
        usable = powers[reasons == 0]
        assert found.reason[number] == (0 if usable.size else reasons.max(initial=0))
        assert found.unseen[number] == chargers.unseen[here].all()
        assert found.power_kw[number] == usable.max(initial=0.0)


def test_a_plain_station_is_seen_at_a_glance() -> None:
    plain = snapshot(station(), agreements=[agreement()])
    chargers = ask(plain, wallet(token()))
    later, there = np.array([NOW + 2 * HOUR]), np.arange(1)
    assert surely_allowed(chargers, there, later, later + HOUR).tolist() == [True]
    assert surely_allowed(chargers, there, later - 2 * HOUR, later).tolist() == [False]


def test_where_others_stand_is_looked_at_closely_and_only_there() -> None:
    two = snapshot(station(), replace(station(), id="NL*CPO*2"), agreements=[agreement()])
    stay = (NOW + 2 * HOUR, NOW + 3 * HOUR)
    (other,) = holds(two, stay, abroad=False)
    chargers = ask(two, wallet(token()), taken=(replace(other, post=""),))
    seen = surely_allowed(chargers, np.arange(2), *(np.full(2, moment) for moment in stay))
    assert seen.tolist() == [False, True]


@settings(max_examples=150, deadline=None)
@given(worlds(), st.sampled_from([NOW - 2 * HOUR, NOW, NOW + 2 * HOUR, NOW + 2 * DAY]))
def test_the_fast_way_gives_the_grades_of_the_plain_way(
    given_world: tuple[Snapshot, Wallet], now: float
) -> None:
    world, held = given_world
    chargers = ask(world, held, now=now)
    for e in range(len(world.facts_of)):
        expected = best_grade(world, held, e, now, now, now)
        assert (chargers.grade[e], chargers.token[e]) == expected, (e, chargers.verdict(e))


@settings(max_examples=120, deadline=None)
@given(worlds(), MIN_GRADES, STAYS)
def test_no_stop_is_granted_below_the_grade_that_the_plain_way_finds_for_its_hour(
    given_world: tuple[Snapshot, Wallet], min_grade: Grade, stay: tuple[float, float]
) -> None:
    world, held = given_world
    chargers = ask(world, held, min_grade, at=stay[0])
    for e in range(len(world.facts_of)):
        expected, token = best_grade(world, held, e, NOW, *stay)
        there = chargers.verdict_at(e, *stay)
        assert (there.grade, there.token) == (expected, token)
        if chargers.refusal_at(e, *stay) is None:
            assert expected >= min_grade
            assert expected > Grade.UNKNOWN
            assert there.valid_until is None or there.valid_until > stay[0]


@settings(max_examples=80, deadline=None)
@given(worlds(), MIN_GRADES)
def test_unknown_never_carries_a_stop_and_every_rejection_has_its_reason(
    given_world: tuple[Snapshot, Wallet], min_grade: Grade
) -> None:
    world, held = given_world
    chargers = ask(world, held, min_grade)
    usable = chargers.reason == 0
    assert (chargers.grade[usable] >= min_grade).all()
    assert (chargers.connector[usable] >= 0).all()
    assert not chargers.unseen[usable].any()
    for e in np.flatnonzero(~usable):
        told = chargers.refusal(int(e))
        assert told is not None
        assert told.reason == REASONS[chargers.reason[e]]
        assert told.detail
        assert all(held_token.uid not in told.detail for held_token in held.tokens)


@settings(max_examples=80, deadline=None)
@given(worlds(), tokens(), st.integers(0, 4))
def test_one_more_token_never_lowers_a_grade(
    given_world: tuple[Snapshot, Wallet], more: Token, place: int
) -> None:
    world, held = given_world
    larger = replace(held, tokens=(*held.tokens[:place], more, *held.tokens[place:]))
    assert (ask(world, larger).grade >= ask(world, held).grade).all()
    assert (ask(world, replace(held, payment_card=True)).grade >= ask(world, held).grade).all()


def _closed(world: Snapshot, _held: Wallet) -> Snapshot:
    return rebuilt(world, *(replace(s, reserved_for="staff") for s in world.stations))


def _hidden(world: Snapshot, _held: Wallet) -> Snapshot:
    return rebuilt(world, *(replace(s, publish=False) for s in world.stations))


def _suspended(world: Snapshot, _held: Wallet) -> Snapshot:
    parties = {s.party for s in world.stations}
    cut = [info("SUSPENDED", party, at=NOW) for party in parties]
    older = [i for i in world.client_infos if i.as_of < NOW]
    return rebuilt(world, *world.stations, infos=[*older, *cut])


def _refused(world: Snapshot, held: Wallet) -> Snapshot:
    news = [
        record(t, "refused", station_id=s.id, uid=e.uid, party=s.party, at=NOW)
        for t in held.tokens
        for s in world.stations
        for e in s.evses
    ]
    return rebuilt(world, *world.stations, evidence=[*world.token_evidence, *news])


def _disabled_only(world: Snapshot, _held: Wallet) -> Snapshot:
    return rebuilt(
        world,
        *(
            replace(
                s,
                evses=tuple(
                    replace(e, parking_restrictions=(*e.parking_restrictions, "DISABLED"))
                    for e in s.evses
                ),
            )
            for s in world.stations
        ),
    )


@pytest.mark.parametrize("veto", [_closed, _hidden, _suspended, _refused, _disabled_only])
@settings(max_examples=60, deadline=None)
@given(given_world=worlds())
def test_one_more_veto_never_raises_a_grade(
    veto: object, given_world: tuple[Snapshot, Wallet]
) -> None:
    world, held = given_world
    worse = veto(world, held)  # type: ignore[operator] -- one of the functions above
    assert (ask(worse, held).grade <= ask(world, held).grade).all()


@settings(max_examples=100, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_tokens_stations_and_news_changes_nothing_but_ties(
    given_world: tuple[Snapshot, Wallet], order: object
) -> None:
    world, held = given_world

    def shuffled(items: object) -> list[object]:
        mixed = list(items)  # type: ignore[call-overload] -- any sequence
        order.shuffle(mixed)  # type: ignore[attr-defined] -- a random.Random
        return mixed

    places = shuffled(world.stations)
    other = snapshot(
        *places,  # type: ignore[arg-type] -- stations
        feeds=shuffled(world.feeds.values()),  # type: ignore[arg-type]
        agreements=shuffled(world.agreements),  # type: ignore[arg-type]
        infos=shuffled(world.client_infos),  # type: ignore[arg-type]
        evidence=shuffled(world.token_evidence),  # type: ignore[arg-type]
    )
    mixed = replace(held, tokens=tuple(shuffled(held.tokens)))  # type: ignore[arg-type]
    one, two = ask(world, held), ask(other, mixed)
    number = {(s.id, e.uid): n for n, (s, e) in enumerate(_posts(other))}
    for e, (place, post) in enumerate(_posts(world)):
        there = number[place.id, post.uid]
        assert one.grade[e] == two.grade[there]
        assert one.unseen[e] == two.unseen[there]
        assert (one.reason[e] == 0) == (two.reason[there] == 0)


@settings(max_examples=60, deadline=None)
@given(worlds(), MIN_GRADES)
def test_what_is_remembered_is_what_would_be_judged_anew(
    given_world: tuple[Snapshot, Wallet], min_grade: Grade
) -> None:
    world, held = given_world
    once = ask(world, held, min_grade)
    again = ask(replace(world, sequence=2), held, min_grade)
    assert again.grade is once.grade
    anew = ask(replace(world, static_hash=f"another {next(NAMES)}"), held, min_grade)
    for name in ("grade", "token", "connector", "power_kw", "reason", "unseen"):
        assert np.array_equal(getattr(once, name), getattr(anew, name))
    assert not once.grade.flags.writeable


def _posts(world: Snapshot) -> list[tuple[Station, object]]:
    return [(s, e) for s in world.stations for e in s.evses]


def test_the_builder_of_worlds_keeps_facts_apart() -> None:
    from tests.access.worlds import evse, station  # noqa: PLC0415 -- only here

    one, two = station(evse("1"), evse("2")), station(evse("3", capabilities=()))
    assert facts(one, one.evses[0]) == facts(one, one.evses[1])
    assert facts(one, one.evses[0]) != facts(two, two.evses[0])
