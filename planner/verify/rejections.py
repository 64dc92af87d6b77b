"""The ledger of what was left out: each station in it is there, may be shown, and is refused."""

from collections import Counter
from collections.abc import Iterator

from planner.access.ledger import CODES, NUMBER_OF_LASTING_REASONS
from planner.model.plan import Claim, Rejected, Rejection
from planner.model.station import Station
from planner.verify.scene import Scene


def check_rejected(scene: Scene, rejected: Rejected, where: str) -> Iterator[Claim]:
    """List the rejections that do not hold."""
    for number, rejection in enumerate(rejected.stations):
        yield from check_rejection(scene, rejection, f"{where}/stations/{number}")
    listed = Counter(rejection.reason for rejection in rejected.stations)
    for reason, times in sorted(listed.items()):
        if rejected.counts.get(reason, 0) < times:
            detail = f"{times} are listed, {rejected.counts.get(reason, 0)} counted"
            yield Claim("ledger", f"{where}/counts/{reason}", detail)


def check_rejection(scene: Scene, rejection: Rejection, where: str) -> Iterator[Claim]:
    """Check that a station is refused for the reason given, where no hour decides it.

    A reason that depends on the hour holds for one stay only, which the ledger does not tell.
    """
    station = scene.station_numbers.get(rejection.station_id)
    if station is None:
        yield Claim("ledger", where, f"there is no station {rejection.station_id}")
        return
    first, last = (int(n) for n in scene.snapshot.first[station : station + 2])
    if scene.chargers.unseen[first:last].all():
        yield Claim("ledger", where, "this station must not be shown to this driver")
        return
    code = CODES.get(rejection.reason)
    if code is None or code >= NUMBER_OF_LASTING_REASONS:
        return
    if rejection.reason == "hours_unknown" and _tells_some_days(scene.snapshot.stations[station]):
        return
    refused = scene.chargers.station_refusal(station)
    if refused is None:
        yield Claim("ledger", where, "the wallet opens this station")
    elif refused.reason != rejection.reason:
        yield Claim("ledger", f"{where}/reason", f"it is {refused.reason}: {refused.detail}")


def _tells_some_days(station: Station) -> bool:
    """Whether hours are given for single days only: at all other times they are not known."""
    hours = station.hours
    return hours is not None and not hours.twentyfourseven and bool(hours.exceptional_openings)
