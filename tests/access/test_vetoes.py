"""Vetoes of access: what shuts a door whatever opens it."""

from dataclasses import replace

import pytest

from planner.access.chargers import accessible
from planner.model.grade import Grade
from planner.model.token import TokenType
from tests.access.asking import APP, CONNECTED, PNC, RFID, ask, found, verdict
from tests.access.worlds import (
    CAR,
    CCS,
    DAY,
    HOUR,
    NOW,
    agreement,
    evse,
    info,
    record,
    snapshot,
    station,
    token,
    wallet,
)


class TestVetoes:
    world = snapshot(station(), agreements=[agreement()])

    def test_an_invalid_token_is_refused(self) -> None:
        bad = replace(RFID, valid=False)
        assert found(verdict(self.world, bad)) == (Grade.REFUSED, "invalid_token")

    def test_an_expired_token_is_refused(self) -> None:
        old = replace(RFID, expires=NOW)
        assert found(verdict(self.world, old)) == (Grade.REFUSED, "expired_token")

    def test_a_token_that_expires_before_the_stop_ends_does_not_carry_it(self) -> None:
        soon = replace(RFID, expires=NOW + HOUR)
        chargers = ask(self.world, wallet(soon))
        assert chargers.grade[0] == Grade.CONTRACTED
        assert chargers.verdict(0).valid_until == NOW + HOUR
        assert chargers.refusal_at(0, NOW, NOW + HOUR - 1) is None
        refused = chargers.refusal_at(0, NOW, NOW + HOUR)
        assert refused is not None
        assert refused.reason == "evidence_ended"

    @pytest.mark.parametrize("said", ["SUSPENDED", "PLANNED"])
    def test_a_hub_that_has_cut_the_operator_off_refuses(self, said: str) -> None:
        world = snapshot(
            station(feed="hub"), agreements=[agreement(via="DE*HUB")], infos=[info(said)]
        )
        assert found(verdict(world, RFID)) == (Grade.REFUSED, "hub_suspended")

    def test_a_hub_that_has_cut_the_provider_off_refuses(self) -> None:
        cut = info("SUSPENDED", party="DE*MSP", role="EMSP")
        world = snapshot(
            station(feed="hub"), agreements=[agreement(via="DE*HUB")], infos=[*CONNECTED, cut]
        )
        assert found(verdict(world, RFID)) == (Grade.REFUSED, "hub_suspended")

    def test_a_cut_hub_does_not_matter_where_a_direct_agreement_stands(self) -> None:
        both = [agreement(via="DE*HUB"), agreement()]
        world = snapshot(station(), agreements=both, infos=[info("SUSPENDED")])
        given = verdict(world, RFID)
        assert found(given) == (Grade.CONTRACTED, "agreement")
        assert given.shared == ("operator:NL*CPO", "token:0")

    @pytest.mark.parametrize(
        ("held", "capability"),
        [
            (RFID, "REMOTE_START_STOP_CAPABLE"),
            (APP, "RFID_READER"),
            (token("x1", TokenType.AD_HOC_USER), "RFID_READER"),
            (PNC, "RFID_READER"),
        ],
    )
    def test_capabilities_without_the_tokens_channel_refuse(
        self, held: object, capability: str
    ) -> None:
        world = snapshot(station(evse(capabilities=(capability,))), agreements=[agreement()])
        given = verdict(world, held)
        assert found(given) == (Grade.REFUSED, "refused_capability")
        assert given.evidence[0].field == "capabilities"
        assert given.evidence[0].value == capability
        assert given.evidence[0].as_of == NOW - DAY

    @pytest.mark.parametrize(
        ("held", "capability"),
        [
            (RFID, "RFID_READER"),
            (APP, "REMOTE_START_STOP_CAPABLE"),
            (PNC, "ISO_15118_2_PLUG_AND_CHARGE"),
            (PNC, "ISO_15118_20_PLUG_AND_CHARGE"),
        ],
    )
    def test_the_tokens_channel_lets_the_grade_stand(self, held: object, capability: str) -> None:
        world = snapshot(station(evse(capabilities=(capability,))), agreements=[agreement()])
        given = verdict(world, held)
        assert found(given) == (Grade.CONTRACTED, "agreement")
        assert given.warnings == ()

    def test_a_token_of_no_known_kind_starts_nothing_where_no_token_can(self) -> None:
        odd = replace(RFID, type=TokenType.OTHER)
        paid = station(evse(capabilities=("PED_TERMINAL", "RESERVABLE")))
        world = snapshot(paid, agreements=[agreement()])
        assert found(verdict(world, odd)) == (Grade.REFUSED, "refused_capability")
        starts = station(evse(capabilities=("PED_TERMINAL", "RFID_READER")))
        given = verdict(snapshot(starts, agreements=[agreement()]), odd)
        assert found(given) == (Grade.CONTRACTED, "agreement")
        assert given.warnings

    @pytest.mark.parametrize("said", [(), ("ISO_15118_2_PLUG_AND_CHARGE",)])
    def test_no_contract_is_told_over_chademo_whatever_the_post_says(
        self, said: tuple[str, ...]
    ) -> None:
        plug = replace(CCS, id="2", standard="CHADEMO")
        both = snapshot(
            station(evse(capabilities=said, connectors=(CCS, plug))), agreements=[agreement()]
        )
        leaf = replace(CAR, id="leaf", connectors=("CHADEMO", "IEC_62196_T2"))
        for car, grade in ((CAR, Grade.CONTRACTED), (leaf, Grade.REFUSED), (CAR, Grade.CONTRACTED)):
            chargers = accessible(both, wallet(PNC), car, min_grade=Grade.CONTRACTED, now=NOW)
            assert chargers.grade[0] == grade
            assert chargers.verdicts_at(0, NOW, NOW + HOUR)[0].grade == grade
            assert chargers.verdict_at(0, NOW, NOW + HOUR).grade == grade
        card = accessible(both, wallet(APP), leaf, min_grade=Grade.CONTRACTED, now=NOW)
        assert (card.grade[0] == Grade.CONTRACTED) == (not said)

    def test_missing_capabilities_leave_the_grade_with_a_warning(self) -> None:
        world = snapshot(station(evse(capabilities=())), agreements=[agreement()])
        given = verdict(world, RFID)
        assert found(given) == (Grade.CONTRACTED, "agreement")
        assert len(given.warnings) == 1

    def test_a_closed_group_is_refused_whatever_the_agreements_say(self) -> None:
        world = snapshot(station(reserved_for="Accès réservé"), agreements=[agreement()])
        assert found(verdict(world, RFID)) == (Grade.REFUSED, "closed_group")

    def test_a_refusal_here_counts_until_it_worked_here(self) -> None:
        refused = record(RFID, "refused", at=NOW - 9 * DAY)
        elsewhere = record(RFID, "succeeded", uid="2", at=NOW - DAY)
        here = record(RFID, "succeeded", at=NOW - DAY)
        posts = station(evse("1"), evse("2"))
        one = snapshot(posts, agreements=[agreement()], evidence=[refused, elsewhere])
        assert found(verdict(one, RFID)) == (Grade.REFUSED, "refused_here")
        two = snapshot(posts, agreements=[agreement()], evidence=[refused, here])
        assert found(verdict(two, RFID)) == (Grade.VERIFIED, "own_session")

    def test_a_refusal_at_the_same_moment_as_a_success_stands(self) -> None:
        both = [record(RFID, "refused"), record(RFID, "succeeded")]
        world = snapshot(station(), agreements=[agreement()], evidence=both)
        assert found(verdict(world, RFID)) == (Grade.REFUSED, "refused_here")

    def test_news_of_the_future_is_not_known_yet(self) -> None:
        world = snapshot(
            station(), agreements=[agreement()], evidence=[record(RFID, "refused", at=NOW + 1)]
        )
        assert ask(world, wallet(RFID)).grade[0] == Grade.CONTRACTED
        assert ask(world, wallet(RFID), now=NOW + 1).grade[0] == Grade.REFUSED
