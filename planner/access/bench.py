"""One wallet before all EVSEs: judged once for each distinct set of facts, then laid out.

Whatever befell a token at a particular EVSE (a refusal, a session, a reservation) is applied
after, one EVSE at a time; so are the few rules that read the station itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.access.case import CARD, Case, Known, Stay
from planner.access.evidence import CARD_DIGEST, History, Records
from planner.access.grades import best, judge, settle, standing
from planner.access.ledger import CODES, Refusal, refusal
from planner.access.outlets import Outlet, Outlets
from planner.access.parking import INDOORS, is_tall, parking_refusal
from planner.access.publication import is_unseen
from planner.model.grade import Evidence, Grade, Verdict
from planner.model.station import EvseFacts, Feed
from planner.model.token import Wallet
from planner.model.vehicle import Vehicle
from planner.store.snapshot import Snapshot, TokenEvidence

NO_TOKEN = -2
"""In the column of tokens: the wallet holds nothing to pay with, or nothing was asked."""

NOTHING_TO_PAY = Verdict(grade=Grade.REFUSED, rule="no_token", evidence=(), token=NO_TOKEN)
UNSEEN = Verdict(grade=Grade.REFUSED, rule="unseen", evidence=(), token=NO_TOKEN)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found for one set of facts, or for one EVSE."""

    verdict: Verdict
    outlet: Outlet
    refusal: Refusal | None
    unseen: bool


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """The columns of a wallet's access, and behind them what each row was judged to be.

    Arrays have the shape (evses,) and are read-only; see `planner.access.chargers.Chargers`.
    """

    grade: NDArray[np.int8]
    token: NDArray[np.int8]
    connector: NDArray[np.int8]
    power_kw: NDArray[np.float32]
    reason: NDArray[np.int16]
    unseen: NDArray[np.bool_]
    rows: tuple[Judged, ...]
    """By number of the facts."""
    exceptions: Mapping[int, Judged]
    """By number of the EVSE, where it differs from its facts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bench:
    """Judges one wallet and vehicle for one stay; remembers what it has judged."""

    snapshot: Snapshot
    wallet: Wallet
    vehicle: Vehicle
    min_grade: Grade
    stay: Stay
    known: Known
    records: Mapping[int, Records]
    _standing: dict[tuple[object, ...], Verdict] = field(
        init=False, repr=False, default_factory=dict
    )
    _settled: dict[tuple[object, ...], Verdict] = field(
        init=False, repr=False, default_factory=dict
    )

    def judge_all(self) -> Judgement:
        """Judge every distinct set of facts, lay the answers out, then apply the exceptions."""
        outlets = Outlets(self.vehicle)
        rows = tuple(self.judge_facts(facts, outlets) for facts in self.snapshot.facts)
        exceptions = {e: self.judge_evse(e, outlets) for e in self._exceptional()}
        return _laid_out(self.snapshot, rows, exceptions)

    def judge_facts(self, facts: EvseFacts, outlets: Outlets) -> Judged:
        """Judge facts as they hold at an EVSE at which nothing befell any token of the wallet."""
        feed = feed_of(self.snapshot, facts)
        verdict = best([self._by_facts(index, facts, feed) for index in self.candidates()])
        return self._joined(facts, verdict or NOTHING_TO_PAY, outlets, None)

    def judge_evse(self, e: int, outlets: Outlets) -> Judged:
        """Judge one EVSE by its facts, its station and what befell the wallet's tokens there."""
        facts = self.snapshot.facts[int(self.snapshot.facts_of[e])]
        station = self.snapshot.stations[int(self.snapshot.evse_station[e])]
        verdict = best(self.verdicts(e))
        return self._joined(facts, verdict or NOTHING_TO_PAY, outlets, station.parking_type)

    def verdicts(self, e: int) -> list[Verdict]:
        """Judge each token of the wallet, then the payment card, at an EVSE by the plain rules."""
        facts = self.snapshot.facts[int(self.snapshot.facts_of[e])]
        station = self.snapshot.stations[int(self.snapshot.evse_station[e])]
        feed, uid = feed_of(self.snapshot, facts), self.snapshot.evse(e).uid
        return [
            judge(
                self._case(
                    index, facts, feed, self.records[index].at_evse(facts.party, station.id, uid)
                )
            )
            for index in self.candidates()
        ]

    def candidates(self) -> Sequence[int]:
        """List what the wallet can pay with: tokens in their order, then the payment card."""
        card = (CARD,) if self.wallet.payment_card else ()
        return (*range(len(self.wallet.tokens)), *card)

    def _by_facts(self, index: int, facts: EvseFacts, feed: Feed) -> Verdict:
        who = (index, facts.feed, facts.party, facts.accepted_service_providers)
        reads = (
            who,
            facts.capabilities,
            facts.parking_restrictions,
            facts.publish,
            facts.publish_allowed_to,
            facts.reserved_for,
            facts.accessible_only,
            facts.two_wheelers_only,
            (facts.connectors, facts.card_terminal) if index == CARD else None,
        )
        settled = self._settled.get(reads)
        if settled is None:
            case = self._case(index, facts, feed, self.records[index].at_party(facts.party))
            stands = self._standing.get(who)
            if stands is None:
                stands = self._standing[who] = standing(case)
            settled = self._settled[reads] = settle(case, stands)
        return settled

    def _case(self, index: int, facts: EvseFacts, feed: Feed, history: History) -> Case:
        return Case(
            wallet=self.wallet,
            index=index,
            facts=facts,
            feed=feed,
            stay=self.stay,
            known=self.known,
            history=history,
            vehicle_kind=self.vehicle.kind,
        )

    def _joined(
        self, facts: EvseFacts, verdict: Verdict, outlets: Outlets, parking_type: str | None
    ) -> Judged:
        """Join access with plug, parking and hours: the earliest reason in the ledger decides."""
        outlet = outlets.choose(facts.connectors)
        unseen = is_unseen(facts, self.wallet)
        if unseen:
            return Judged(UNSEEN, outlet, refusal("unseen"), unseen=True)
        found = [
            outlet.refusal,
            parking_refusal(facts, self.vehicle, parking_type),
            grade_refusal(verdict, self.min_grade),
            None if facts.hours_known else refusal("hours_unknown", "no opening hours given"),
        ]
        first = min(
            (item for item in found if item is not None),
            key=lambda item: CODES[item.reason],
            default=None,
        )
        return Judged(verdict, outlet, first, unseen=False)

    def _exceptional(self) -> Iterator[int]:
        """List the EVSEs that are judged one by one."""
        named = {name for records in self.records.values() for name in records.stations()}
        tall = is_tall(self.vehicle)
        if not named and not tall:
            return
        first = self.snapshot.first
        for number, station in enumerate(self.snapshot.stations):
            if station.id in named or (tall and station.parking_type in INDOORS):
                yield from range(int(first[number]), int(first[number + 1]))


def feed_of(snapshot: Snapshot, facts: EvseFacts) -> Feed:
    """Return the feed of a station; one that is not known is no live feed."""
    return snapshot.feeds.get(facts.feed) or Feed(name=facts.feed, kind="file")


def grade_refusal(verdict: Verdict, min_grade: Grade) -> Refusal | None:
    """Return why a verdict may not carry a stop; REFUSED and UNKNOWN never may."""
    if verdict.grade >= min_grade and verdict.grade > Grade.UNKNOWN:
        return None
    fact = "; ".join(told for item in verdict.evidence if (told := tell(item)))
    if verdict.grade > Grade.UNKNOWN:
        fact = f"{verdict.grade.word} by {verdict.rule.replace('_', ' ')}: {fact}"
        return refusal("grade_too_low", fact)
    return refusal(verdict.rule, fact)


def tell(item: Evidence) -> str:
    """Tell a fact in a few words."""
    return f"{item.field}: {item.value}" if item.value else ""


def records_of(wallet: Wallet, evidence: Iterable[TokenEvidence], now: float) -> dict[int, Records]:
    """Sort what is known of the wallet's tokens by their index; the card is asked of all cards."""
    by_digest: dict[str, list[TokenEvidence]] = {}
    for item in evidence:
        by_digest.setdefault(item.token, []).append(item)
    records = {
        index: Records(by_digest.get(token.digest, ()), now)
        for index, token in enumerate(wallet.tokens)
    }
    if wallet.payment_card:
        records[CARD] = Records(by_digest.get(CARD_DIGEST, ()), now)
    return records


def _laid_out(
    snapshot: Snapshot, rows: Sequence[Judged], exceptions: Mapping[int, Judged]
) -> Judgement:
    """Gather the rows by the facts of each EVSE, then set the exceptions."""
    of = snapshot.facts_of
    grade = np.array([row.verdict.grade for row in rows], dtype=np.int8)[of]
    token = np.array([row.verdict.token for row in rows], dtype=np.int8)[of]
    connector = np.array([row.outlet.connector for row in rows], dtype=np.int8)[of]
    power_kw = np.array([row.outlet.power_kw for row in rows], dtype=np.float32)[of]
    reason = np.array([_code(row) for row in rows], dtype=np.int16)[of]
    unseen = np.array([row.unseen for row in rows], dtype=np.bool_)[of]
    for e, row in exceptions.items():
        grade[e], token[e], reason[e] = row.verdict.grade, row.verdict.token, _code(row)
    for column in (grade, token, connector, power_kw, reason, unseen):
        column.setflags(write=False)
    return Judgement(
        grade, token, connector, power_kw, reason, unseen, tuple(rows), dict(exceptions)
    )


def _code(row: Judged) -> int:
    return CODES[row.refusal.reason] if row.refusal else 0
