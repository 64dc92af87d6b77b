"""Which EVSEs a wallet opens: the grades of all of them at one moment, and each again at its hour.

`accessible` judges what does not depend on the hour and is fast enough to be asked for every
trip. `Chargers.refusal_at` then asks about one EVSE and one stay: is the evidence still valid, is
the place open, does the status allow it, has a driver reported otherwise.

Columns are shared by all who ask the same; a `Chargers` itself belongs to one plan, it is not
to be asked by several threads at once.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.access.agreements import PROVIDER_ALIASES, Roaming
from planner.access.allowance import Allowance
from planner.access.bench import (
    Bench,
    Judged,
    Judgement,
    Opened,
    asks_for_plugs,
    feed_of,
    records_of,
    tell,
)
from planner.access.case import Known, Stay
from planner.access.connection import Connections
from planner.access.effective import effective_of
from planner.access.elsewhere import beside
from planner.access.evidence import own_evidence, turning_points
from planner.access.fitting import Fitting
from planner.access.hours import hours_turn
from planner.access.ledger import CODES, REASONS, Refusal, refusal
from planner.access.memory import Memory
from planner.access.moment import allows, moment_refusal, reports_by_station
from planner.access.parking import FROM_FEED, FROM_STATION
from planner.access.status import FAULTY, REPORT_S, stamp, status_turns
from planner.errors import InputError
from planner.model.fleet import Hold, Policy
from planner.model.grade import Evidence, Grade, Verdict
from planner.model.station import STATUSES, Status
from planner.model.token import Wallet
from planner.model.vehicle import Vehicle
from planner.store.snapshot import DriverReport, Snapshot, TokenEvidence

__all__ = ["Chargers", "accessible", "allows", "counts"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Chargers:
    """What a wallet and a vehicle can use, as known at ``now`` for a stay at ``at``.

    Attributes
    ----------
    connector : int8, shape (evses,)
        Connector to use, by its place in `Evse.connectors`; -1 none.
    power_kw : float32, shape (evses,)
        What the car draws there at most, at the plug.
    reason : int16, shape (evses,)
        Index in `REASONS`; 0 where it may carry a stop as far as lasting facts go.
    allowance : Allowance
        What the employer and the rest of the fleet leave of it.
    points : tuple of float
        Moments at which what lasts begins or ends, ascending, UTC epoch seconds.
    """

    snapshot: Snapshot
    wallet: Wallet
    vehicle: Vehicle
    min_grade: Grade
    now: float
    at: float
    connector: NDArray[np.int8]
    power_kw: NDArray[np.float32]
    reason: NDArray[np.int16]
    allowance: Allowance = field(repr=False)
    _judgement: Judgement = field(repr=False)
    _bench: Bench = field(repr=False)
    points: tuple[float, ...] = field(repr=False)
    _again: dict[tuple[int, bool, int, int], Judged] = field(
        init=False, repr=False, default_factory=dict
    )

    @property
    def grade(self) -> NDArray[np.int8]:
        """`Grade` of the best token, shape (evses,)."""
        return self._judgement.grade

    @property
    def token(self) -> NDArray[np.int8]:
        """Index in the wallet of that token, -1 the payment card, -2 none; shape (evses,)."""
        return self._judgement.token

    @property
    def unseen(self) -> NDArray[np.bool_]:
        """Mark what must not be shown to this driver, only counted; shape (evses,)."""
        return self._judgement.unseen

    def verdict(self, e: int) -> Verdict:
        """Return the verdict on EVSE ``e`` at the moment that the columns are for."""
        return self._dated(self._judged(e).verdict, e)

    def verdict_at(self, e: int, arrival: float, departure: float) -> Verdict:
        """Return the verdict on EVSE ``e`` for a stay: what a plan shows for its stop."""
        return self._dated(self._judged_at(e, arrival, departure).verdict, e)

    def verdicts_at(self, e: int, arrival: float, departure: float) -> tuple[Verdict, ...]:
        """Judge each token in the wallet's order, then the payment card, for a stay."""
        bench = replace(self._bench, stay=Stay(self.now, arrival, departure))
        return tuple(self._dated(verdict, e) for verdict in bench.verdicts(e))

    def refusal(self, e: int) -> Refusal | None:
        """Return why EVSE ``e`` may not carry a stop at any hour, None if it may."""
        return self._judged(e).refusal()

    def detail(self, e: int) -> str:
        """Tell the fact behind the rejection of EVSE ``e`` in words; empty if there is none."""
        found = self.refusal(e)
        return found.detail if found else ""

    def refusal_at(self, e: int, arrival: float, departure: float) -> Refusal | None:
        """Return why EVSE ``e`` may not carry a stop from ``arrival`` to ``departure``.

        Both are UTC epoch seconds. Asks, in this order: lasting facts, evidence that must still be
        valid, opening hours, status, reports of drivers, the employer's policy, and what other
        vehicles of the fleet count on. None: it may.
        """
        return self._refusal_at(e, arrival, departure, as_fallback=False)

    def fallback_refusal_at(self, e: int, arrival: float, departure: float) -> Refusal | None:
        """Return why EVSE ``e`` may not be a fallback, None if it may.

        As for a stop; but where its state is unknown, another must stand beside it. It may be of an
        operator that is not preferred, and another vehicle's fallback too.
        """
        found = self._refusal_at(e, arrival, departure, as_fallback=True)
        if found is not None or not self.is_uncertain(e):
            return found
        if any(
            o != e
            and self.snapshot.status_word(o) not in FAULTY
            and self._refusal_at(o, arrival, departure, as_fallback=True) is None
            for o in self._evses_of(int(self.snapshot.evse_station[e]))
        ):
            return None
        return refusal("lone_unknown", "its state is UNKNOWN")

    def changes(self, e: int, begin: float, end: float) -> tuple[float, ...]:
        """List the moments between two at which what may be said of a stay at ``e`` may change.

        Between two that follow each other all stays are judged alike, but for their beginning or
        ending with them.
        """
        number = int(self.snapshot.evse_station[e])
        station = self.snapshot.stations[number]
        moments = {*self.points, *hours_turn(station, begin, end)}
        for other in self._evses_of(number):
            moments |= status_turns(self.snapshot, other, self.now)
            moments.update(self.allowance.turns(other, begin, end))
        for report in self._reports.get(station.id, ()):
            moments.add(report.at + REPORT_S.get(report.outcome, 0.0))
        return tuple(sorted(moment for moment in moments if begin < moment < end))

    def is_uncertain(self, e: int) -> bool:
        """Whether the state of EVSE ``e`` counts as UNKNOWN: so told, never told, or too old."""
        return self.effective_status(e) is Status.UNKNOWN

    def effective_status(self, e: int) -> Status:
        """Return the status of EVSE ``e`` to plan by, where `refusal_at` lets it be planned for.

        A fault whose veto has ended is UNKNOWN, for nobody has said that it was repaired; so is a
        status that has been silent for too long.
        """
        return STATUSES[int(self.effective[e])]

    @cached_property
    def effective(self) -> NDArray[np.int8]:
        """`effective_status` of all, as places in `STATUSES`, shape (evses,)."""
        return effective_of(self.snapshot, self.now)

    def station_refusal(self, station: int) -> Refusal | None:
        """Return the reason of a station: that of its best EVSE, None if one may carry a stop."""
        first, last = int(self.snapshot.first[station]), int(self.snapshot.first[station + 1])
        codes = self.reason[first:last]
        if not len(codes) or not codes.all():
            return None
        return self.refusal(first + int(codes.argmax()))

    def station_refusal_at(self, station: int, arrival: float, departure: float) -> Refusal | None:
        """Return the reason of a station for a stay: that of its best EVSE, None if one may."""
        found: Refusal | None = None
        for e in self._evses_of(station):
            here = self.refusal_at(e, arrival, departure)
            if here is None:
                return None
            if found is None or CODES[here.reason] > CODES[found.reason]:
                found = here
        return found

    def _evses_of(self, station: int) -> range:
        return range(int(self.snapshot.first[station]), int(self.snapshot.first[station + 1]))

    def _refusal_at(
        self, e: int, arrival: float, departure: float, *, as_fallback: bool
    ) -> Refusal | None:
        judged = self._judged_at(e, arrival, departure)
        if judged.reason:
            return self._ended(e, judged)
        verdict = judged.verdict
        return self._moment(e, arrival, departure, verdict) or self.allowance.refusal(
            e, verdict.token, arrival, departure, as_fallback=as_fallback
        )

    def _judged(self, e: int) -> Judged:
        exception = self._judgement.exceptions.get(e)
        return exception or self._judgement.row(int(self.snapshot.facts_of[e]))

    def _judged_at(self, e: int, arrival: float, departure: float) -> Judged:
        """Judge again only if something begins or ends between the columns' moment and the stay."""
        begin, end = bisect_right(self.points, arrival), bisect_right(self.points, departure)
        if begin == end == self._here:
            return self._judged(e)
        special = e in self._judgement.exceptions
        number = e if special else int(self.snapshot.facts_of[e])
        key = (number, special, begin, end)
        known = self._again.get(key)
        if known is None:
            bench = replace(self._bench, stay=Stay(self.now, arrival, departure))
            known = self._again[key] = (
                bench.judge_evse(e) if special else bench.judge_facts(self.snapshot.facts[number])
            )
        return known

    def _ended(self, e: int, judged: Judged) -> Refusal | None:
        """Say that access ends before the stay, where it stood at the columns' moment."""
        before = self._judged(e)
        party = self.snapshot.facts[int(self.snapshot.facts_of[e])].party
        if before.reason or not self._bench.grade_word(judged.verdict, party):
            return judged.refusal()
        had = before.verdict
        until = f" until {stamp(had.valid_until)}" if had.valid_until is not None else ""
        told = "; ".join(tell(item) for item in had.evidence)
        return refusal("evidence_ended", f"{had.grade.word} by {told}{until}")

    def _moment(self, e: int, arrival: float, departure: float, verdict: Verdict) -> Refusal | None:
        ours = verdict.rule == "reservation"
        return moment_refusal(
            self.snapshot, e, arrival, departure, self.now, self._reports, reserved_for_us=ours
        )

    @cached_property
    def _here(self) -> int:
        """How many of the points lie before the columns' moment."""
        return bisect_right(self.points, self.at)

    @cached_property
    def _reports(self) -> Mapping[str, tuple[DriverReport, ...]]:
        return reports_by_station(self.snapshot)

    def _dated(self, verdict: Verdict, e: int) -> Verdict:
        """Give the station's and the feed's facts their source and date."""
        facts = self.snapshot.facts[int(self.snapshot.facts_of[e])]
        station = self.snapshot.stations[int(self.snapshot.evse_station[e])]
        feed = feed_of(self.snapshot, facts)
        source = f"feed {feed.name}"
        dates = {
            FROM_STATION: (f"{source}, {station.id}", station.last_updated or None),
            FROM_FEED: (source, feed.last_sync),
        }
        evidence = tuple(
            Evidence(dates[item.source][0], item.field, item.value, dates[item.source][1])
            if item.source in dates
            else item
            for item in verdict.evidence
        )
        dated = replace(verdict, evidence=evidence)
        return dated if self.unseen[e] else beside(dated, station, self.snapshot.evse(e).uid)


def accessible(
    snapshot: Snapshot,
    wallet: Wallet,
    vehicle: Vehicle,
    *,
    min_grade: Grade,
    now: float,
    at: float | None = None,
    policy: Policy | None = None,
    taken: tuple[Hold, ...] = (),
    aliases: Mapping[str, str] = PROVIDER_ALIASES,
) -> Chargers:
    """Judge every EVSE of a snapshot for one wallet and vehicle.

    Parameters
    ----------
    min_grade : Grade
        Least grade that may carry a stop: INDICATED or better. Unknown is never yes.
    now : float
        The clock, UTC epoch seconds, by which news ages.
    at : float, optional
        The moment for which the columns are judged, ``now`` by default; a trip that departs later
        passes its departure, so that an agreement counts that begins before then.
    policy : Policy, optional
        What the driver's employer allows.
    taken : tuple of Hold
        What other vehicles of the fleet count on.
    aliases : mapping
        Provider (``CC*PPP``) by the name, in lower case, under which operators list it.

    Raises
    ------
    InputError
        ``min_grade`` is UNKNOWN or REFUSED.
    """
    if min_grade <= Grade.UNKNOWN:
        raise InputError(
            f"a stop cannot rest on access that is {min_grade.word}",
            remedy="Ask for indicated, ad_hoc, contracted, verified or committed",
        )
    moment = now if at is None else at
    own = own_evidence(snapshot, wallet)
    names = tuple(sorted(aliases.items()))
    roaming = _ROAMING.recall(
        (snapshot.agreements_hash, names), lambda: Roaming(snapshot.agreements, dict(names))
    )
    connections = Connections(snapshot.feeds, snapshot.client_infos, now)
    bench = Bench(
        snapshot=snapshot,
        wallet=wallet,
        vehicle=vehicle,
        min_grade=min_grade,
        stay=Stay(now, moment, moment),
        known=Known(connections=connections, roaming=roaming, policy=policy),
        records=records_of(wallet, own, now),
    )
    points = _points(wallet, roaming, own)
    of_wallet = (
        snapshot.static_hash,
        connections.state(),
        snapshot.agreements_hash,
        names,
        own,
        wallet.digest,
        vehicle if asks_for_plugs(wallet) else vehicle.kind,
        policy,
        bisect_right(points, now),
        bisect_right(points, moment),
    )
    of_vehicle = (snapshot.static_hash, vehicle)

    def judge() -> Judgement:
        opened = _OPENED.recall(of_wallet, bench.open_all)
        fitting = _FITTINGS.recall(of_vehicle, lambda: Fitting.of(snapshot, vehicle))
        return bench.judge_all(opened, fitting)

    judgement = _JUDGEMENTS.recall((of_wallet, vehicle, min_grade), judge)
    return Chargers(
        snapshot=snapshot,
        wallet=wallet,
        vehicle=vehicle,
        min_grade=min_grade,
        now=now,
        at=moment,
        connector=judgement.fitting.connector,
        power_kw=judgement.fitting.power_kw,
        reason=judgement.reason,
        allowance=Allowance(
            snapshot, wallet, policy, taken, judgement.fitting.connector, judgement.fitting.power_kw
        ),
        _judgement=judgement,
        _bench=bench,
        points=points,
    )


def counts(chargers: Chargers) -> dict[str, int]:
    """Count the EVSEs by reason in the ledger's order, without those that may carry a stop."""
    numbers = np.bincount(chargers.reason, minlength=len(REASONS))
    return {REASONS[code]: int(n) for code, n in enumerate(numbers) if code and n}


def _points(wallet: Wallet, roaming: Roaming, own: tuple[TokenEvidence, ...]) -> tuple[float, ...]:
    """List the moments at which the wallet's evidence begins or ends, in order."""
    ends = [token.expires for token in wallet.tokens if token.expires is not None]
    ends += roaming.turning_points(token.provider for token in wallet.tokens)
    return tuple(sorted({*ends, *turning_points(own)}))


_JUDGEMENTS: Memory[Judgement] = Memory(24)
_OPENED: Memory[Opened] = Memory(96)
_FITTINGS: Memory[Fitting] = Memory(24)
_ROAMING: Memory[Roaming] = Memory(8)
