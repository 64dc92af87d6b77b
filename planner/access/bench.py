"""One wallet before all EVSEs: judged once for each distinct set of facts, then laid out.

What a wallet opens (`Opened`) and what a vehicle can use (`planner.access.fitting`) are judged
apart and remembered by those who ask, then joined: a fleet has few of either, but many pairs.

Whatever befell a token at a particular EVSE (a refusal, a session, a reservation) is applied
after, one EVSE at a time; so are the few rules that read the station itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.access.case import CARD, Case, Known, Stay
from planner.access.evidence import CARD_DIGEST, History, Records
from planner.access.fitting import Fitting, earliest, laid_out
from planner.access.grades import best, door, is_silent, judge, settle, standing, warned
from planner.access.ledger import CODES, REASONS, Refusal, refusal
from planner.access.outlets import Outlet, Outlets
from planner.access.parking import is_tall, parking_refusal
from planner.access.publication import is_unseen
from planner.model.grade import Evidence, Grade, Verdict
from planner.model.station import DEPOT_PARTY, EvseFacts, Feed
from planner.model.token import TokenType, Wallet
from planner.model.vehicle import Vehicle
from planner.ocpi.charge_reading import contract_digest
from planner.store.snapshot import Snapshot, TokenEvidence

NO_TOKEN = -2
"""In the column of tokens: the wallet holds nothing to pay with, or nothing was asked."""

NOTHING_TO_PAY = Verdict(grade=Grade.REFUSED, rule="no_token", evidence=(), token=NO_TOKEN)
UNSEEN = Verdict(grade=Grade.REFUSED, rule="unseen", evidence=(), token=NO_TOKEN)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found for one set of facts, or for one EVSE: reason 0 is none."""

    verdict: Verdict
    outlet: Outlet
    parking: Refusal | None
    reason: int
    unseen: bool

    def refusal(self) -> Refusal | None:
        """Tell the reason in words."""
        word = REASONS[self.reason]
        if not word:
            return None
        for told in (self.outlet.refusal, self.parking):
            if told is not None and told.reason == word:
                return told
        if word == "hours_unknown":
            return refusal(word, "no opening hours given")
        return grade_refusal(self.verdict, word)


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What a wallet opens to a kind of vehicle, by number of the facts, shape (facts,).

    ``verdicts`` are `UNSEEN` where the driver is to see nothing; ``grade`` and ``token`` are those
    of the verdicts, ``refused_by`` the code of why nothing is opened at all, 0 where anything is.
    """

    verdicts: tuple[Verdict, ...]
    grade: NDArray[np.int8]
    token: NDArray[np.int8]
    refused_by: NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Judgement:
    """The columns of a wallet's access, and behind them what each row was judged to be.

    Arrays have the shape (evses,) and are read-only; see `planner.access.chargers.Chargers`. Those
    that a search seldom asks for are laid out when first asked for.
    """

    facts_of: NDArray[np.int32]
    opened: Opened = field(repr=False)
    fitting: Fitting = field(repr=False)
    reason: NDArray[np.int16]
    reason_of: NDArray[np.int16]
    """By number of the facts."""
    exceptions: Mapping[int, Judged]
    """By number of the EVSE, where it differs from its facts."""

    @cached_property
    def grade(self) -> NDArray[np.int8]:
        """`Grade` of the best token."""
        there = [(e, int(row.verdict.grade)) for e, row in self.exceptions.items()]
        return laid_out(self.opened.grade, self.facts_of, there)

    @cached_property
    def token(self) -> NDArray[np.int8]:
        """Index in the wallet of that token."""
        there = [(e, row.verdict.token) for e, row in self.exceptions.items()]
        return laid_out(self.opened.token, self.facts_of, there)

    @cached_property
    def unseen(self) -> NDArray[np.bool_]:
        """Whether the driver is to see nothing of it."""
        told = [verdict is UNSEEN for verdict in self.opened.verdicts]
        return laid_out(np.array(told, np.bool_), self.facts_of)

    _rows: dict[int, Judged] = field(init=False, repr=False, default_factory=dict)

    def row(self, number: int) -> Judged:
        """Return what facts of a number were judged to be: most are never asked about."""
        known = self._rows.get(number)
        if known is None:
            verdict, outlet = self.opened.verdicts[number], self.fitting.outlets[number]
            unseen = verdict is UNSEEN
            parking = None if unseen else self.fitting.parking[number]
            known = Judged(verdict, outlet, parking, int(self.reason_of[number]), unseen)
            self._rows[number] = known
        return known


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
    _outlets: Outlets = field(init=False, repr=False)
    _asks_for_plugs: bool = field(init=False, repr=False)
    _standings: dict[tuple[object, ...], list[Verdict]] = field(
        init=False, repr=False, default_factory=dict
    )
    _doors: dict[tuple[object, ...], list[Verdict | None]] = field(
        init=False, repr=False, default_factory=dict
    )
    _warned: dict[int, Verdict] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_outlets", Outlets(self.vehicle))
        object.__setattr__(self, "_asks_for_plugs", asks_for_plugs(self.wallet))

    def open_all(self) -> Opened:
        """Judge every distinct set of facts for the wallet."""
        verdicts = tuple([self._opened(facts) for facts in self.snapshot.facts])
        refused = [CODES[v.rule] if v.grade <= Grade.UNKNOWN else 0 for v in verdicts]
        return Opened(
            verdicts,
            np.array([verdict.grade for verdict in verdicts], np.int8),
            np.array([verdict.token for verdict in verdicts], np.int8),
            np.array(refused, np.int16),
        )

    def judge_all(self, opened: Opened, fitting: Fitting) -> Judgement:
        """Join what the wallet opens with what the vehicle can use, then apply the exceptions."""
        of, verdicts = self.snapshot.facts_of, opened.verdicts
        reason_of = earliest(self._too_low(opened), fitting.reason_of)
        exceptions = {e: self.judge_evse(e) for e in self._named()}
        for e in self._indoors():
            if e not in exceptions:
                exceptions[e] = self._judge_here(e, verdicts[int(of[e])])
        reason = laid_out(reason_of, of, [(e, row.reason) for e, row in exceptions.items()])
        return Judgement(of, opened, fitting, reason, reason_of, exceptions)

    def judge_facts(self, facts: EvseFacts) -> Judged:
        """Judge facts as they hold at an EVSE at which nothing befell any token of the wallet."""
        outlet = self._outlets.choose(facts.connectors)
        parking = parking_refusal(facts, self.vehicle, None)
        return self._joined(facts, self._opened(facts), outlet, parking)

    def judge_evse(self, e: int) -> Judged:
        """Judge one EVSE by its facts, its station and what befell the wallet's tokens there."""
        facts = self.snapshot.facts[int(self.snapshot.facts_of[e])]
        return self._judge_here(e, self._seen(facts, best(self.verdicts(e))))

    def _judge_here(self, e: int, verdict: Verdict) -> Judged:
        """Join a verdict with what the vehicle can use of an EVSE, where its station stands."""
        facts = self.snapshot.facts[int(self.snapshot.facts_of[e])]
        station = self.snapshot.stations[int(self.snapshot.evse_station[e])]
        outlet = self._outlets.choose(facts.connectors)
        parking = parking_refusal(facts, self.vehicle, station.parking_type)
        return self._joined(facts, verdict, outlet, parking)

    def verdicts(self, e: int) -> list[Verdict]:
        """Judge each token of the wallet, then the payment card, at an EVSE by the plain rules."""
        facts = self.snapshot.facts[int(self.snapshot.facts_of[e])]
        station = self.snapshot.stations[int(self.snapshot.evse_station[e])]
        uid = self.snapshot.evse(e).uid
        histories = (
            (i, self.records[i].at_evse(facts.party, station.id, uid)) for i in self.candidates()
        )
        return [judge(self._case(index, facts, history)) for index, history in histories]

    def candidates(self) -> Sequence[int]:
        """List what the wallet can pay with: tokens in their order, then the payment card."""
        card = (CARD,) if self.wallet.payment_card else ()
        return (*range(len(self.wallet.tokens)), *card)

    def _by_facts(self, facts: EvseFacts) -> list[Verdict]:
        """Judge each candidate as `grades.judge` does, with both halves remembered."""
        who = (facts.feed, facts.party, facts.accepted_service_providers)
        standings = self._standings.get(who)
        if standings is None:
            standings = self._standings[who] = [standing(c) for c in self._cases(facts)]
        what = (
            facts.capabilities,
            facts.parking_restrictions,
            facts.publish,
            facts.publish_allowed_to,
            facts.reserved_for,
            facts.accessible_only,
            facts.two_wheelers_only,
            facts.connectors if self._asks_for_plugs else None,
        )
        doors = self._doors.get(what)
        if doors is None:
            doors = self._doors[what] = [door(c) for c in self._cases(facts)]
        return [self._settled(s, d, facts) for s, d in zip(standings, doors, strict=True)]

    def _settled(self, stands: Verdict, shut: Verdict | None, facts: EvseFacts) -> Verdict:
        """Settle as `grades.settle` does; only a payment card needs the case itself."""
        if stands.token == CARD:
            return settle(stands, shut, self._case(CARD, facts))
        if stands.grade is Grade.REFUSED:
            return stands
        if shut is not None:
            return shut
        if not is_silent(facts, self.wallet.tokens[stands.token]):
            return stands
        told = self._warned.get(id(stands))
        if told is None:
            told = self._warned[id(stands)] = warned(stands)
        return told

    def _cases(self, facts: EvseFacts) -> list[Case]:
        return [self._case(index, facts) for index in self.candidates()]

    def _case(self, index: int, facts: EvseFacts, history: History | None = None) -> Case:
        return Case(
            wallet=self.wallet,
            index=index,
            facts=facts,
            feed=feed_of(self.snapshot, facts),
            stay=self.stay,
            known=self.known,
            history=history or self.records[index].at_party(facts.party),
            vehicle_kind=self.vehicle.kind,
            outlet=self._outlet(facts) if self._asks_for_plugs else None,
        )

    def _outlet(self, facts: EvseFacts) -> tuple[str, bool] | None:
        """Name the connector that the vehicle uses: not every kind can tell a contract."""
        place = self._outlets.choose(facts.connectors).connector
        if place < 0:
            return None
        standard, _, power_type, *_ = facts.connectors[place]
        return standard.upper(), power_type == "DC"

    def _opened(self, facts: EvseFacts) -> Verdict:
        return self._seen(facts, best(self._by_facts(facts)))

    def _seen(self, facts: EvseFacts, verdict: Verdict | None) -> Verdict:
        if not facts.publish and is_unseen(facts, self.wallet):
            return UNSEEN
        return verdict or NOTHING_TO_PAY

    def _joined(
        self, facts: EvseFacts, verdict: Verdict, outlet: Outlet, parking: Refusal | None
    ) -> Judged:
        """Join access with plug, parking and hours: the earliest reason in the ledger decides."""
        if verdict is UNSEEN:
            return Judged(UNSEEN, outlet, None, CODES["unseen"], unseen=True)
        words = [
            self.grade_word(verdict, facts.party),
            "" if facts.hours_known else "hours_unknown",
        ]
        words += [told.reason for told in (outlet.refusal, parking) if told is not None]
        reason = min((CODES[word] for word in words if word), default=0)
        return Judged(verdict, outlet, parking, reason, unseen=False)

    def _too_low(self, opened: Opened) -> NDArray[np.int16]:
        """Tell `grade_word` of all facts at once, as codes: 0 where the grade may carry a stop."""
        grade, found = opened.grade, opened.refused_by
        found = np.where((found == 0) & (grade < self.min_grade), CODES["grade_too_low"], found)
        policy = self.known.policy
        if policy is not None and policy.min_grade is not None:
            own = np.array([told.party == DEPOT_PARTY for told in self.snapshot.facts], np.bool_)
            below = (found == 0) & (grade < policy.min_grade) & ~own
            found = np.where(below, CODES["policy_grade"], found)
        return found.astype(np.int16)

    def grade_word(self, verdict: Verdict, party: str) -> str:
        """Return why a verdict may not carry a stop, by the mission or the employer's policy."""
        word = grade_reason(verdict, self.min_grade)
        policy = self.known.policy
        if word or policy is None or policy.min_grade is None or party == DEPOT_PARTY:
            return word
        return "" if verdict.grade >= policy.min_grade else "policy_grade"

    def _indoors(self) -> Iterator[int]:
        """List the EVSEs under a roof that the vehicle may be too tall for."""
        first = self.snapshot.first
        for covered in np.flatnonzero(self.snapshot.indoors) if is_tall(self.vehicle) else ():
            yield from range(int(first[covered]), int(first[covered + 1]))

    def _named(self) -> Iterator[int]:
        """List the EVSEs at which something befell one of the wallet's tokens."""
        named = set().union(*(records.places() for records in self.records.values()))
        stations = {station_id for station_id, _ in named}
        snapshot, first = self.snapshot, self.snapshot.first
        for number, station in enumerate(snapshot.stations) if named else ():
            if station.id not in stations:
                continue
            for place, evse in enumerate(station.evses):
                if not named.isdisjoint({(station.id, evse.uid), (station.id, "")}):
                    yield int(first[number]) + place


def asks_for_plugs(wallet: Wallet) -> bool:
    """Whether access depends on the connector: a contract of Plug and Charge is told over it."""
    return any(token.type is TokenType.EMAID for token in wallet.tokens)


def feed_of(snapshot: Snapshot, facts: EvseFacts) -> Feed:
    """Return the feed of a station; one that is not known is no live feed."""
    return snapshot.feeds.get(facts.feed) or Feed(name=facts.feed, kind="file")


def grade_reason(verdict: Verdict, min_grade: Grade) -> str:
    """Return why a verdict may not carry a stop, empty if it may; REFUSED and UNKNOWN never may."""
    if verdict.grade <= Grade.UNKNOWN:
        return verdict.rule
    return "" if verdict.grade >= min_grade else "grade_too_low"


def grade_refusal(verdict: Verdict, word: str) -> Refusal:
    """Tell why a verdict may not carry a stop, with its facts."""
    fact = "; ".join(told for item in verdict.evidence if (told := tell(item)))
    if verdict.grade > Grade.UNKNOWN:
        fact = f"{verdict.grade.word} by {verdict.rule.replace('_', ' ')}: {fact}"
    return refusal(word, fact)


def tell(item: Evidence) -> str:
    """Tell a fact in a few words."""
    return f"{item.field}: {item.value}" if item.value else ""


def records_of(wallet: Wallet, evidence: Iterable[TokenEvidence], now: float) -> dict[int, Records]:
    """Sort what is known of the wallet's tokens by their index; the card is asked of all cards."""
    by_digest: dict[str, list[TokenEvidence]] = {}
    for item in evidence:
        by_digest.setdefault(item.token, []).append(item)
    records = {
        index: Records(by_digest.get(token.digest, ()), now, contract_digest(token.contract_id))
        for index, token in enumerate(wallet.tokens)
    }
    if wallet.payment_card:
        records[CARD] = Records(by_digest.get(CARD_DIGEST, ()), now)
    return records
