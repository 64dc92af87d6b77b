"""What a contract opens: agreements of the card's provider, by themselves and through hubs."""

import pytest

from planner.model.grade import Grade
from tests.access.asking import CONNECTED, RFID, ask, found, verdict
from tests.access.worlds import (
    DAY,
    DIRECT,
    FILE,
    HOUR,
    HUB,
    NOW,
    agreement,
    info,
    record,
    snapshot,
    stale,
    station,
    wallet,
)


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
