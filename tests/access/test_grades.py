"""Each row of the table of grades, and each fact that people get wrong."""

from dataclasses import replace

import pytest

from planner.access.chargers import Chargers, accessible
from planner.errors import InputError
from planner.model.grade import Grade, Verdict
from planner.model.token import TokenType, Wallet
from planner.store.snapshot import Snapshot
from tests.access.worlds import (
    CAR,
    CCS,
    DAY,
    DIRECT,
    FILE,
    HOUR,
    HUB,
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

RFID = token()
APP = token("app-user-1", TokenType.APP_USER)
PNC = token("DEMSPC0000011", TokenType.EMAID)
CARD = wallet(card=True)
CONNECTED = (info("CONNECTED"),)
IRVE_KW = 50.0


def ask(world: Snapshot, purse: Wallet, **more: object) -> Chargers:
    settings = {"min_grade": Grade.CONTRACTED, "now": NOW, **more}
    return accessible(world, purse, CAR, **settings)  # type: ignore[arg-type] -- keyword by keyword


def verdict(world: Snapshot, *tokens: object, **more: object) -> Verdict:
    return ask(world, wallet(*tokens), **more).verdict(0)  # type: ignore[arg-type] -- tokens only


def found(given: Verdict) -> tuple[Grade, str]:
    return given.grade, given.rule


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


class TestContracted:
    def test_a_direct_agreement_with_a_live_party_contracts(self) -> None:
        given = verdict(snapshot(station(), agreements=[agreement()]), RFID)
        assert found(given) == (Grade.CONTRACTED, "agreement")
        assert [(e.source, e.as_of) for e in given.evidence] == [
            ("agreements.csv:2", NOW - DAY),
            ("feed direct", NOW - 60),
        ]

    def test_a_direct_party_that_was_not_reached_for_a_day_is_not_counted_on(self) -> None:
        world = snapshot(station(), agreements=[agreement()], feeds=[stale(DIRECT, DAY)])
        assert found(verdict(world, RFID)) == (Grade.UNKNOWN, "not_connected")

    def test_an_agreement_through_a_hub_needs_the_party_connected_there(self) -> None:
        rows = [agreement(via="DE*HUB")]
        world = snapshot(station(feed="hub"), agreements=rows, infos=CONNECTED)
        given = verdict(world, RFID)
        assert found(given) == (Grade.CONTRACTED, "agreement")
        assert given.shared == ("operator:NL*CPO", "hub:DE*HUB", "token:0")

    @pytest.mark.parametrize("said", [(), (info("OFFLINE"),), (info("CONNECTED", hub="XX*OTH"),)])
    def test_offline_and_silent_hubs_take_the_contract_away(self, said: tuple[object, ...]) -> None:
        rows = [agreement(via="DE*HUB")]
        world = snapshot(station(feed="hub"), agreements=rows, infos=said)  # type: ignore[arg-type]
        assert found(verdict(world, RFID)) == (Grade.UNKNOWN, "not_connected")

    def test_an_offline_provider_cannot_be_asked(self) -> None:
        said = [*CONNECTED, info("OFFLINE", party="DE*MSP", role="EMSP")]
        world = snapshot(station(feed="hub"), agreements=[agreement(via="DE*HUB")], infos=said)
        assert found(verdict(world, RFID)) == (Grade.UNKNOWN, "not_connected")

    def test_a_hubs_word_grows_old(self) -> None:
        said = [info("CONNECTED", at=NOW - 3 * DAY)]
        rows = [agreement(via="DE*HUB")]
        heard = snapshot(station(feed="hub"), agreements=rows, infos=said)
        assert verdict(heard, RFID).grade == Grade.CONTRACTED
        unheard = snapshot(station(feed="hub"), agreements=rows, infos=said, feeds=[stale(HUB)])
        assert verdict(unheard, RFID).grade == Grade.UNKNOWN

    @pytest.mark.parametrize("via", ["", "DE*HUB"])
    def test_in_a_file_an_agreement_needs_no_connection(self, via: str) -> None:
        world = snapshot(station(feed="file"), agreements=[agreement(via=via)], feeds=[FILE])
        assert found(verdict(world, RFID)) == (Grade.CONTRACTED, "agreement")

    def test_the_party_is_the_senders_not_the_prefix_of_the_evse_id(self) -> None:
        world = snapshot(station(party="NL*XXX"), agreements=[agreement()])
        assert world.evse(0).evse_id == "NL*CPO*E1"
        assert found(verdict(world, RFID)) == (Grade.UNKNOWN, "no_agreement")

    def test_an_agreement_for_other_cards_does_not_count(self) -> None:
        rows = [agreement(token_types=("APP_USER",))]
        assert found(verdict(snapshot(station(), agreements=rows), RFID)) == (
            Grade.UNKNOWN,
            "agreement_token_type",
        )

    def test_an_agreement_counts_only_within_its_dates(self) -> None:
        rows = [agreement(valid_from=NOW + DAY, valid_to=NOW + 2 * DAY)]
        world = snapshot(station(), agreements=rows)
        assert found(verdict(world, RFID)) == (Grade.UNKNOWN, "agreement_dates")
        later = ask(world, wallet(RFID), at=NOW + DAY)
        assert later.grade[0] == Grade.CONTRACTED
        assert later.refusal_at(0, NOW + DAY, NOW + DAY + HOUR) is None
        assert later.refusal_at(0, NOW + 2 * DAY - HOUR, NOW + 2 * DAY) is not None

    def test_when_one_agreement_ends_another_may_stand(self) -> None:
        rows = [agreement(valid_to=NOW + DAY), agreement(valid_from=NOW + DAY - HOUR)]
        chargers = ask(snapshot(station(), agreements=rows), wallet(RFID))
        assert chargers.refusal_at(0, NOW + 2 * DAY, NOW + 2 * DAY + HOUR) is None
        assert chargers.verdict_at(0, NOW + 2 * DAY, NOW + 2 * DAY + HOUR).valid_until is None

    def test_a_refusal_elsewhere_leaves_a_contract_only_indicated(self) -> None:
        refused = record(RFID, "refused", station_id="NL*CPO*L9", uid="7", at=NOW - 2 * HOUR)
        world = snapshot(station(), agreements=[agreement()], evidence=[refused])
        assert found(verdict(world, RFID)) == (Grade.INDICATED, "agreement_shaken")
        since = record(RFID, "succeeded", station_id="NL*CPO*L8", uid="3", at=NOW - HOUR)
        healed = snapshot(station(), agreements=[agreement()], evidence=[refused, since])
        assert found(verdict(healed, RFID)) == (Grade.CONTRACTED, "agreement")

    def test_a_refusal_at_another_operator_changes_nothing(self) -> None:
        refused = record(RFID, "refused", station_id="NL*XXX*L9", uid="7", party="NL*XXX")
        world = snapshot(station(), agreements=[agreement()], evidence=[refused])
        assert found(verdict(world, RFID)) == (Grade.CONTRACTED, "agreement")

    def test_a_listed_provider_counts_by_a_curated_alias_only(self) -> None:
        world = snapshot(station(accepted_service_providers=("Big Card",)))
        assert verdict(world, RFID).grade == Grade.UNKNOWN
        given = verdict(world, RFID, aliases={"big card": "DE*MSP"})
        assert found(given) == (Grade.CONTRACTED, "accepted_provider")
        other = verdict(world, RFID, aliases={"big card": "DE*OTH"})
        assert other.grade == Grade.UNKNOWN


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
