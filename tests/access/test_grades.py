"""Grades of access, from the best evidence down: what each rests on and where it ends."""

from dataclasses import replace

import pytest

from planner.errors import InputError
from planner.model.grade import Grade
from planner.store.snapshot import Snapshot
from tests.access.asking import CARD, IRVE_KW, RFID, ask, found, verdict
from tests.access.worlds import (
    CCS,
    DAY,
    DIRECT,
    HOUR,
    NOW,
    TYPE2,
    agreement,
    copy_of,
    evse,
    info,
    record,
    snapshot,
    stale,
    station,
    token,
    wallet,
)


def test_nothing_known_is_unknown_and_never_a_stop() -> None:
    chargers = ask(snapshot(station()), wallet(RFID), min_grade=Grade.INDICATED)
    assert found(chargers.verdict(0)) == (Grade.UNKNOWN, "unknown_access")
    refused = chargers.refusal_at(0, NOW, NOW + HOUR)
    assert refused is not None
    assert refused.reason == "unknown_access"


@pytest.mark.parametrize("grade", [Grade.UNKNOWN, Grade.REFUSED])
def test_nobody_can_ask_for_unknown_access(grade: Grade) -> None:
    with pytest.raises(InputError, match="cannot rest"):
        ask(snapshot(station()), wallet(RFID), min_grade=grade)


def test_an_empty_wallet_opens_nothing() -> None:
    chargers = ask(snapshot(station()), wallet())
    assert chargers.grade[0] == Grade.REFUSED
    assert chargers.token[0] == -2
    assert chargers.refusal(0) is not None
    assert chargers.detail(0).startswith("The wallet holds neither")


class TestCommitted:
    def held(self, until: float) -> Snapshot:
        return snapshot(station(), evidence=[record(RFID, "reserved", until=until)])

    def test_an_accepted_reservation_outlasting_the_arrival_commits(self) -> None:
        given = verdict(self.held(NOW + HOUR), RFID)
        assert found(given) == (Grade.COMMITTED, "reservation")
        assert given.valid_until == NOW + HOUR

    def test_a_reservation_needs_ten_minutes_of_slack(self) -> None:
        chargers = ask(self.held(NOW + HOUR), wallet(RFID))
        assert chargers.refusal_at(0, NOW + HOUR - 601, NOW + 2 * HOUR) is None
        assert chargers.refusal_at(0, NOW + HOUR - 600, NOW + 2 * HOUR) is not None

    def test_a_reservation_of_another_evse_commits_nothing(self) -> None:
        world = snapshot(
            station(evse("1"), evse("2")),
            evidence=[record(RFID, "reserved", uid="2", until=NOW + HOUR)],
        )
        chargers = ask(world, wallet(RFID))
        assert list(chargers.grade) == [Grade.UNKNOWN, Grade.COMMITTED]


class TestVerified:
    @pytest.mark.parametrize("said", ["ALWAYS/valid", "ALWAYS/true"])
    def test_the_operators_own_copy_with_always_verifies(self, said: str) -> None:
        world = snapshot(station(), evidence=[copy_of(RFID, said)])
        assert found(verdict(world, RFID)) == (Grade.VERIFIED, "whitelist")

    def test_always_needs_no_connection(self) -> None:
        world = snapshot(
            station(feed="hub"),
            evidence=[copy_of(RFID, "ALWAYS/valid")],
            infos=[info("OFFLINE")],
        )
        assert found(verdict(world, RFID)) == (Grade.VERIFIED, "whitelist")

    @pytest.mark.parametrize("said", ["ALLOWED/valid", "ALLOWED_OFFLINE/valid"])
    def test_allowed_needs_the_party_connected(self, said: str) -> None:
        evidence = [copy_of(RFID, said)]
        world = snapshot(station(), evidence=evidence)
        assert found(verdict(world, RFID)) == (Grade.VERIFIED, "whitelist")
        silent = snapshot(station(), evidence=evidence, feeds=[stale(DIRECT)])
        assert verdict(silent, RFID).grade == Grade.UNKNOWN
        offline = snapshot(station(feed="hub"), evidence=evidence, infos=[info("OFFLINE")])
        assert verdict(offline, RFID).grade == Grade.UNKNOWN

    def test_never_verifies_nothing(self) -> None:
        world = snapshot(station(), evidence=[copy_of(RFID, "NEVER/valid")])
        assert verdict(world, RFID).grade == Grade.UNKNOWN

    def test_a_copy_that_is_not_valid_refuses(self) -> None:
        world = snapshot(
            station(), agreements=[agreement()], evidence=[copy_of(RFID, "ALWAYS/invalid")]
        )
        assert found(verdict(world, RFID)) == (Grade.REFUSED, "token_blocked")

    def test_the_newest_copy_counts(self) -> None:
        copies = [
            copy_of(RFID, "ALWAYS/valid", at=NOW - HOUR),
            copy_of(RFID, "ALWAYS/invalid", at=NOW - 2 * HOUR),
        ]
        world = snapshot(station(), evidence=copies)
        assert found(verdict(world, RFID)) == (Grade.VERIFIED, "whitelist")

    def test_an_authorization_stands_for_a_day_at_its_evse(self) -> None:
        said = record(RFID, "authorized", value="ALLOWED", at=NOW - HOUR)
        world = snapshot(station(evse("1"), evse("2")), evidence=[said])
        chargers = ask(world, wallet(RFID))
        assert list(chargers.grade) == [Grade.VERIFIED, Grade.UNKNOWN]
        assert chargers.verdict(0).valid_until == NOW + 23 * HOUR
        assert chargers.refusal_at(0, NOW + 22 * HOUR, NOW + 22.9 * HOUR) is None
        late = chargers.refusal_at(0, NOW + 23 * HOUR, NOW + 24 * HOUR)
        assert late is not None
        assert late.reason == "evidence_ended"

    def test_what_is_not_allowed_verifies_nothing(self) -> None:
        said = record(RFID, "authorized", value="BLOCKED")
        assert verdict(snapshot(station(), evidence=[said]), RFID).grade == Grade.UNKNOWN

    def test_an_own_session_stands_for_thirty_days(self) -> None:
        fresh = snapshot(station(), evidence=[record(RFID, "succeeded", at=NOW - 29 * DAY)])
        assert found(verdict(fresh, RFID)) == (Grade.VERIFIED, "own_session")
        old = snapshot(station(), evidence=[record(RFID, "succeeded", at=NOW - 30 * DAY)])
        assert verdict(old, RFID).grade == Grade.UNKNOWN

    def test_another_token_of_the_same_provider_inherits_nothing(self) -> None:
        world = snapshot(station(), evidence=[record(RFID, "succeeded")])
        assert verdict(world, token("OTHER123")).grade == Grade.UNKNOWN

    @pytest.mark.parametrize("kind", ["succeeded", "authorized"])
    def test_nothing_is_verified_in_a_file(self, kind: str) -> None:
        evidence = [record(RFID, kind), copy_of(RFID, "ALWAYS/valid")]
        world = snapshot(station(feed="file"), evidence=evidence)
        assert verdict(world, RFID).grade == Grade.UNKNOWN

    @pytest.mark.parametrize("said", [[], [info("OFFLINE")]])
    def test_a_silent_hub_takes_verified_away(self, said: list[object]) -> None:
        evidence = [record(RFID, "succeeded")]
        world = snapshot(station(feed="hub"), evidence=evidence, infos=said)  # type: ignore[arg-type]
        assert verdict(world, RFID).grade == Grade.UNKNOWN


class TestAdHoc:
    @pytest.mark.parametrize(
        "capability", ["PED_TERMINAL", "CONTACTLESS_CARD_SUPPORT", "CHIP_CARD_SUPPORT"]
    )
    @pytest.mark.parametrize("connector", [CCS, TYPE2])
    def test_a_terminal_takes_a_payment_card(self, capability: str, connector: object) -> None:
        post = evse(capabilities=(capability,), connectors=(connector,))  # type: ignore[arg-type]
        chargers = ask(snapshot(station(post)), CARD, min_grade=Grade.AD_HOC)
        assert chargers.grade[0] == Grade.AD_HOC
        assert chargers.token[0] == -1
        assert chargers.verdict(0).shared == ("operator:NL*CPO", "token:card")

    @pytest.mark.parametrize("capability", ["CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE"])
    def test_payable_means_a_terminal_on_dc_only(self, capability: str) -> None:
        dc = snapshot(station(evse(capabilities=(capability,))))
        ac = snapshot(station(evse(capabilities=(capability,), connectors=(TYPE2,))))
        assert ask(dc, CARD).grade[0] == Grade.AD_HOC
        assert ask(ac, CARD).grade[0] == Grade.UNKNOWN

    @pytest.mark.parametrize(
        ("power_kw", "grade"),
        [(22.0, Grade.UNKNOWN), (22.1, Grade.AD_HOC), (IRVE_KW, Grade.AD_HOC)],
    )
    def test_irve_card_payment_counts_above_22_kw(self, power_kw: float, grade: Grade) -> None:
        post = evse(capabilities=(), connectors=(replace(CCS, power_kw=power_kw),))
        world = snapshot(station(post, feed="file", card_terminal=True))
        assert ask(world, CARD).grade[0] == grade

    def test_without_a_payment_card_a_terminal_is_of_no_use(self) -> None:
        world = snapshot(station(evse(capabilities=("PED_TERMINAL", "RFID_READER"))))
        assert verdict(world, RFID).grade == Grade.UNKNOWN

    def test_a_closed_group_takes_no_payment_card(self) -> None:
        world = snapshot(station(evse(capabilities=("PED_TERMINAL",)), reserved_for="staff"))
        assert ask(world, CARD).grade[0] == Grade.REFUSED


class TestIndicated:
    def test_a_wildcard_agreement_only_indicates(self) -> None:
        given = verdict(snapshot(station(), agreements=[agreement(cpo="*")]), RFID)
        assert found(given) == (Grade.INDICATED, "wildcard_agreement")

    def test_the_providers_own_feed_only_indicates(self) -> None:
        own = replace(DIRECT, own_of="DE*MSP")
        given = verdict(snapshot(station(), feeds=[own]), RFID)
        assert found(given) == (Grade.INDICATED, "own_feed")
        other = verdict(snapshot(station(), feeds=[replace(own, own_of="DE*OTH")]), RFID)
        assert other.grade == Grade.UNKNOWN


class TestWallets:
    world = snapshot(
        station(evse(capabilities=("RFID_READER", "PED_TERMINAL"))), agreements=[agreement()]
    )

    def test_the_best_grade_wins(self) -> None:
        chargers = ask(self.world, wallet(token("Z9", provider="DE*OTH"), RFID, card=True))
        assert chargers.token[0] == 1
        assert chargers.grade[0] == Grade.CONTRACTED

    def test_of_equals_the_first_in_the_wallet_wins(self) -> None:
        assert ask(self.world, wallet(token("Z9"), RFID)).token[0] == 0

    def test_the_card_pays_where_no_token_opens(self) -> None:
        chargers = ask(self.world, wallet(token("Z9", provider="DE*OTH"), card=True))
        assert chargers.token[0] == -1
        assert chargers.grade[0] == Grade.AD_HOC

    def test_each_token_is_judged(self) -> None:
        chargers = ask(self.world, wallet(token("Z9", provider="DE*OTH"), RFID, card=True))
        given = chargers.verdicts_at(0, NOW, NOW)
        assert [v.token for v in given] == [0, 1, -1]
        assert [v.grade for v in given] == [Grade.UNKNOWN, Grade.CONTRACTED, Grade.AD_HOC]

    def test_no_verdict_gives_a_uid_away(self) -> None:
        evidence = [record(RFID, "refused", uid="2"), record(RFID, "reserved", until=NOW + DAY)]
        world = snapshot(station(evse("1"), evse("2")), agreements=[agreement()], evidence=evidence)
        chargers = ask(world, wallet(RFID))
        for e in range(2):
            assert RFID.uid not in repr(chargers.verdict(e)) + chargers.detail(e)
