"""Whether the last known status of an EVSE allows to plan for it, by how soon the car comes.

Status says what is, and a plan needs what will be. So it weighs by how soon the car arrives:

- within half an hour: only AVAILABLE, told within the last 15 minutes;
- later: AVAILABLE, CHARGING, RESERVED and UNKNOWN allow; OUTOFORDER, INOPERATIVE and BLOCKED veto
  for 24 h after they were last told, or until something newer is told;
- REMOVED and PLANNED veto always.

``last_updated`` is no heartbeat: it says since when, not as of when. On a live feed a status is
told anew by every successful pull; a file never tells anything anew, so there a status is as old as
its own date, and a veto stands until a newer file. A status that has not changed for longer than
is plausible is taken for UNKNOWN, but never to lift a veto.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan

from planner.access.ledger import Refusal, refusal
from planner.model.station import Feed, Status
from planner.store.snapshot import DriverReport, Snapshot

SOON_S = 1800.0
"""Arriving within this is soon: the status now is what one finds. Source: design."""

FRESH_S = 900.0
"""Greatest age of an AVAILABLE that one may count on soon. Source: design."""

VETO_S = 86_400.0
"""Seconds for which a fault vetoes after it was last told. Source: design."""

SKEW_S = 300.0
"""A status from further in the future than this was not known at the clock's time."""

SILENCE_S: dict[Status, float] = {
    Status.AVAILABLE: 30 * 86_400.0,
    Status.CHARGING: 3 * 86_400.0,
    Status.RESERVED: 86_400.0,
}
"""Seconds without change after which a status is no longer plausible, where the station's own
rate of change is not known.

Source: the Dutch feed of June 2026. Half of the AC posts in use had been so for 7 h, a car seldom
stays plugged in beyond three days; what had been AVAILABLE for 30 days was mostly four months old,
left over from one migration.
"""

FAULTY = {
    Status.OUTOFORDER: "status_outoforder",
    Status.INOPERATIVE: "status_inoperative",
    Status.BLOCKED: "status_blocked",
}
GONE = {Status.REMOVED: "status_removed", Status.PLANNED: "status_planned"}
TAKEN = {Status.CHARGING: "status_charging", Status.RESERVED: "status_reserved"}

REPORT_S: dict[str, float] = {
    "occupied": 2_700.0,
    "blocked": 3 * 3_600.0,
    "closed": 12 * 3_600.0,
    "broken": VETO_S,
}
"""Seconds for which a driver's report vetoes.

An occupied post for 45 minutes, the length of a usual fast-charging session; a parked-in place for
3 hours; a closed gate for half a day; a broken post as long as OUTOFORDER.
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What is believed of an EVSE: the status, and when it was last told (None: never)."""

    status: Status
    at: float | None
    since: float | None


def believed(snapshot: Snapshot, e: int, now: float) -> Told:
    """Return the status of EVSE ``e`` as it is to be believed at ``now``."""
    status = snapshot.status_word(e)
    since = float(snapshot.status_at[e])
    feed = snapshot.feeds.get(snapshot.facts[int(snapshot.facts_of[e])].feed)
    told_at = _told_at(since, feed, now)
    if status in FAULTY or status in GONE:
        return Told(status, told_at, None if isnan(since) else since)
    if isnan(since) or since > now + SKEW_S:
        return Told(Status.UNKNOWN, told_at, None)
    if now - since > _silence_s(snapshot, e, status):
        return Told(Status.UNKNOWN, told_at, since)
    return Told(status, told_at, since)


def status_refusal(
    snapshot: Snapshot, e: int, arrival: float, now: float, *, reserved_for_us: bool = False
) -> Refusal | None:
    """Return why the status does not allow to plan for EVSE ``e``, None if it does.

    ``reserved_for_us`` says that it is held for this driver: then RESERVED is no obstacle.
    """
    status = snapshot.status_word(e)
    if arrival - now > SOON_S and status not in FAULTY and status not in GONE:
        return None
    told = believed(snapshot, e, now)
    if told.status in GONE:
        return refusal(GONE[told.status], _fact(snapshot, e, told))
    if told.status in FAULTY:
        return _fault(snapshot, e, arrival, now, told)
    is_ours = told.status is Status.RESERVED and reserved_for_us
    is_free = told.status is Status.AVAILABLE
    if is_ours or (is_free and told.at is not None and now - told.at <= FRESH_S):
        return None
    if told.status in TAKEN:
        return refusal(TAKEN[told.status], _fact(snapshot, e, told))
    word = "status_stale" if is_free else "status_unknown"
    return refusal(word, _fact(snapshot, e, told))


def status_turns(snapshot: Snapshot, e: int, now: float) -> set[float]:
    """Return the moments of arrival at which `status_refusal` may answer otherwise."""
    told = believed(snapshot, e, now)
    return {now + SOON_S} if told.at is None else {now + SOON_S, told.at + VETO_S}


def report_refusal(
    reports: tuple[DriverReport, ...], snapshot: Snapshot, e: int, arrival: float, now: float
) -> Refusal | None:
    """Return why a driver's report of this station speaks against EVSE ``e``, None if none does.

    ``reports`` are those of its station. A newer ``ok`` at the same post lifts what was said of the
    post, and a newer ok anywhere lifts ``closed``; a newer AVAILABLE lifts ``occupied``.
    """
    if not reports:
        return None
    uid = snapshot.evse(e).uid
    known = [r for r in reports if r.at <= now]
    for report in sorted(known, key=lambda r: (-r.at, r.outcome)):
        lasts_s = REPORT_S.get(report.outcome)
        if lasts_s is None or arrival >= report.at + lasts_s:
            continue
        if report.outcome != "closed" and report.evse_uid not in {uid, ""}:
            continue
        if _lifted(report, known, uid) or _free_since(snapshot, e, report, now):
            continue
        return refusal(f"reported_{report.outcome}", f"reported {stamp(report.at)}")
    return None


def stamp(epoch: float | None) -> str:
    """Write a moment for people, UTC."""
    return "never" if epoch is None else f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d %H:%M} UTC"


def _told_at(since: float, feed: Feed | None, now: float) -> float | None:
    """When the status was last told: by the last pull of a live feed, in a file at its own date."""
    if feed is None or not feed.is_live or feed.last_sync is None:
        return None if isnan(since) else min(since, now)
    return min(feed.last_sync if isnan(since) else max(since, feed.last_sync), now)


def _silence_s(snapshot: Snapshot, e: int, status: Status) -> float:
    usual_s = SILENCE_S.get(status, float("inf"))
    if snapshot.status_silence_s is None:
        return usual_s
    own_s = float(snapshot.status_silence_s[e])
    if isnan(own_s):
        return usual_s
    # However seldom a post is used, no car stays for longer than cars do.
    return own_s if status is Status.AVAILABLE else min(own_s, usual_s)


def _fault(snapshot: Snapshot, e: int, arrival: float, now: float, told: Told) -> Refusal | None:
    feed = snapshot.feeds.get(snapshot.facts[int(snapshot.facts_of[e])].feed)
    lapsed = (
        feed is not None
        and feed.is_live
        and told.at is not None
        and arrival >= told.at + VETO_S
        and arrival - now > SOON_S
    )
    return None if lapsed else refusal(FAULTY[told.status], _fact(snapshot, e, told))


def _lifted(report: DriverReport, known: list[DriverReport], uid: str) -> bool:
    return any(
        other.outcome == "ok"
        and other.at > report.at
        and (report.outcome == "closed" or other.evse_uid == uid)
        for other in known
    )


def _free_since(snapshot: Snapshot, e: int, report: DriverReport, now: float) -> bool:
    told = believed(snapshot, e, now)
    return (
        report.outcome == "occupied"
        and told.status is Status.AVAILABLE
        and told.since is not None
        and told.since > report.at
    )


def _fact(snapshot: Snapshot, e: int, told: Told) -> str:
    word = snapshot.status_word(e)
    since = f" since {stamp(told.since)}" if told.since is not None else ""
    return f"status {word}{since}, last told {stamp(told.at)}"
