"""Why a stop opens: the EVSE, the token, the grade and its evidence, judged again for the stay."""

from collections.abc import Iterator

from planner.access.ledger import Refusal
from planner.access.status import FAULTY
from planner.model.grade import Evidence, Grade, Verdict
from planner.model.plan import ChargingStop, Claim
from planner.model.token import Wallet
from planner.verify.scene import SECONDS, Post, Scene, agree

CARD = -1
"""Index that stands for the payment card."""

_KINDS = {
    "hours_unknown": "hours",
    "closed": "hours",
    "reported_closed": "hours",
    "evidence_ended": "evidence",
    "lone_unknown": "status",
    "plug": "connector",
    "no_cable": "connector",
    "no_current": "connector",
    "no_token": "token",
    "invalid_token": "token",
    "expired_token": "token",
    "token_blocked": "token",
    "fleet_taken": "fleet",
    "depot_power": "fleet",
}


def check_place(stop: ChargingStop, post: Post, where: str) -> Iterator[Claim]:
    """Check that station and EVSE are called, owned and placed as the plan says."""
    station = post.station
    for name, claimed, told in (
        ("party", stop.party, station.party),
        ("operator", stop.operator, station.operated_by),
        ("station_name", stop.station_name, station.title),
        ("evse_id", stop.evse_id, post.evse.evse_id),
    ):
        if claimed != told:
            yield Claim("access", f"{where}/{name}", f"it is {told!r}, not {claimed!r}")
    if stop.location != station.location:
        detail = f"the station is at {station.location.lon:.5f},{station.location.lat:.5f}"
        yield Claim("path", f"{where}/location", detail)


def check_access(
    scene: Scene, stop: ChargingStop, post: Post, where: str, *, slack_s: float, is_fallback: bool
) -> Iterator[Claim]:
    """Check token, grade, evidence, hours and status for the stay and any delay up to the slack."""
    if stop.station_id in scene.mission.exclude_stations:
        yield Claim("excluded", f"{where}/station_id", "the mission leaves this station out")
    if bool(scene.chargers.unseen[post.number]):
        yield Claim("access", where, "this station must not be shown to this driver")
        return
    yield from check_token(scene.mission.wallet, stop, where)
    derived = scene.chargers.verdict_at(post.number, stop.arrival, stop.departure)
    yield from check_verdict(scene, stop.verdict, derived, where)
    if stop.token != derived.token:
        detail = f"the access rests on token {derived.token} of the wallet, not {stop.token}"
        yield Claim("token", f"{where}/token", detail)
    ask = scene.chargers.fallback_refusal_at if is_fallback else scene.chargers.refusal_at
    refused = ask(post.number, stop.arrival, stop.departure + slack_s)
    if refused is not None:
        yield _refused(refused, where)
    last_word = scene.snapshot.status_word(post.number)
    if last_word in FAULTY:
        yield Claim("status", where, f"{last_word} is the last word of this post")
    yield from check_announced(scene, stop, post, where)


def check_token(wallet: Wallet, stop: ChargingStop, where: str) -> Iterator[Claim]:
    """Check that the wallet holds what the stop is to be started with, and that it is good."""
    place = f"{where}/token"
    if stop.token == CARD:
        if not wallet.payment_card:
            yield Claim("token", place, "the wallet holds no payment card")
        return
    if not 0 <= stop.token < len(wallet.tokens):
        yield Claim("token", place, f"the wallet holds no token {stop.token}")
        return
    token = wallet.tokens[stop.token]
    if not token.valid:
        yield Claim("token", place, "the token is marked as not valid")
    if token.expires is not None and token.expires <= stop.departure:
        yield Claim("token", place, "the token expires before the stop ends")
    if stop.start.how == "payment_card":
        yield Claim("token", f"{where}/start", "it is started with a token, not the payment card")


def check_verdict(scene: Scene, claimed: Verdict, derived: Verdict, where: str) -> Iterator[Claim]:
    """Compare a verdict with the one derived again; grades below the mission's do not count."""
    least = scene.mission.guarantee.min_grade
    if derived.grade < least:
        detail = f"access is {derived.grade.word} ({derived.rule}), below {least.word}"
        yield Claim("access", f"{where}/verdict", detail)
    if claimed.grade != derived.grade:
        detail = f"the grade is {derived.grade.word}, not {_word(claimed.grade)}"
        yield Claim("access", f"{where}/verdict/grade", detail)
    if claimed.rule != derived.rule:
        detail = f"the rule is {derived.rule}, not {claimed.rule}"
        yield Claim("evidence", f"{where}/verdict/rule", detail)
    if not _rests_on(claimed.evidence, derived.evidence, dated=scene.is_same_moment):
        told = "; ".join(f"{item.source}: {item.field} {item.value}" for item in derived.evidence)
        yield Claim("evidence", f"{where}/verdict/evidence", f"it rests on {told or 'nothing'}")
    if claimed.valid_until != derived.valid_until:
        detail = f"the evidence ends at {derived.valid_until}, not {claimed.valid_until}"
        yield Claim("evidence", f"{where}/verdict/valid_until", detail)


def check_announced(scene: Scene, stop: ChargingStop, post: Post, where: str) -> Iterator[Claim]:
    """Check what is said of the EVSE's state, of those beside it, and of how to find it."""
    told = scene.snapshot.status_word(post.number)
    to_plan_by = scene.chargers.effective_status(post.number)
    if scene.is_same_moment and stop.availability.status not in (told, to_plan_by):
        detail = f"the status is {to_plan_by}, last told {told}, not {stop.availability.status}"
        yield Claim("status", f"{where}/availability/status", detail)
    chance = stop.availability.probability_free
    if chance is not None and not 0.0 <= chance <= 1.0:
        place = f"{where}/availability/probability_free"
        yield Claim("status", place, f"{chance} is no probability")
    yield from check_spares(scene, stop, post, where)
    if stop.start.physical_reference != post.evse.physical_reference:
        place = f"{where}/start/physical_reference"
        yield Claim("access", place, f"the EVSE is marked {post.evse.physical_reference!r}")


def check_spares(scene: Scene, stop: ChargingStop, post: Post, where: str) -> Iterator[Claim]:
    """Check that each spare is another EVSE of the station, and one that may be counted on."""
    first = int(scene.snapshot.first[scene.station_numbers[post.station.id]])
    beside = {
        evse.evse_id or evse.uid: first + place
        for place, evse in enumerate(post.station.evses)
        if first + place != post.number
    }
    for number, evse_id in enumerate(stop.spare_evse_ids):
        place = f"{where}/spare_evse_ids/{number}"
        spare = beside.get(evse_id)
        if spare is None:
            yield Claim("access", place, f"{evse_id} is no other EVSE of this station")
            continue
        refused = scene.chargers.refusal_at(spare, stop.arrival, stop.departure)
        if refused is not None:
            yield _refused(refused, place)


def shared_causes(scene: Scene, first: ChargingStop, second: ChargingStop) -> tuple[str, ...]:
    """List what the access of two stops rests on together, derived again for both stays."""
    grounds = []
    for stop in (first, second):
        post = scene.post(stop)
        if post is None:
            return ()
        verdict = scene.chargers.verdict_at(post.number, stop.arrival, stop.departure)
        grounds.append(verdict.shared)
    return tuple(cause for cause in grounds[0] if cause in grounds[1])


def _refused(refused: Refusal, where: str) -> Claim:
    word = refused.reason
    kind = _KINDS.get(word) or _kind_by_beginning(word)
    return Claim(kind, where, refused.detail)


def _kind_by_beginning(word: str) -> str:
    if word.startswith("policy_"):
        return "policy"
    return "status" if word.startswith(("status_", "reported_")) else "access"


def _rests_on(claimed: tuple[Evidence, ...], derived: tuple[Evidence, ...], *, dated: bool) -> bool:
    """Compare what evidence says and, in the same world, when that was known.

    A pull that brings nothing new leaves the world as it was, and what the feed says is fresher.
    """
    facts = [[(e.source, e.field, e.value) for e in each] for each in (claimed, derived)]
    if facts[0] != facts[1]:
        return False
    return not dated or all(
        _as_old(told, known) or (told.field == "last_sync" and _is_older(told, known))
        for told, known in zip(claimed, derived, strict=True)
    )


def _as_old(told: Evidence, known: Evidence) -> bool:
    if told.as_of is None or known.as_of is None:
        return told.as_of is known.as_of
    return agree(told.as_of, known.as_of, SECONDS)


def _is_older(told: Evidence, known: Evidence) -> bool:
    return told.as_of is not None and known.as_of is not None and told.as_of < known.as_of


def _word(grade: Grade | int) -> str:
    return grade.word if isinstance(grade, Grade) else str(grade)
