"""What was metered at the fleet's own depots: on the bill at the depot's price, and only once.

No operator bills it, so its Sessions count without a CDR. Where somebody does bill it (a depot that
an operator runs, or a table from the energy supplier), the CDR counts and the Session does not.
"""

from collections.abc import Iterable, Iterator, Mapping

from planner.feeds.depots.metering import priced
from planner.fleet.places import Places
from planner.fleet.trips import SAME_PLACE_M
from planner.model.geo import distance_m
from planner.model.station import DEPOT_PARTY
from planner.ocpi.charge import Charge
from planner.ocpi.ids import normalise_evse_id
from planner.store.charge_points import Depot

SHARED = 0.5
"""Two records of one EVSE or card that share more than this part of the shorter one's time are of
one charge: a car leaves before the next one comes, and clocks differ by minutes only."""

DAY_S = 86_400.0


def is_metered(charge: Charge) -> bool:
    """Say whether a record is what an own depot metered, and over."""
    return charge.is_session and charge.party == DEPOT_PARTY and not charge.is_open


def metered_at_depots(
    sessions: Iterable[Charge],
    depots: Mapping[str, Depot],
    billed: Iterable[Charge],
    places: Places,
) -> Iterator[Charge]:
    """Give the sessions that own depots metered and nobody billed, with what they cost.

    A depot's prices as they are set now hold; of a depot that is gone, those that were kept.
    """
    told = _Bills(billed, places)
    for session in sessions:
        if is_metered(session) and session.energy_kwh > 0 and not told.tells(session):
            depot = depots.get(session.location_id)
            yield session if depot is None else priced(session, depot)


class _Bills:
    """The CDRs, found by the days that they touch."""

    def __init__(self, billed: Iterable[Charge], places: Places) -> None:
        self._places = places
        self._by_day: dict[int, list[Charge]] = {}
        for cdr in billed:
            if not cdr.is_credit:
                for day in _days(cdr):
                    self._by_day.setdefault(day, []).append(cdr)

    def tells(self, session: Charge) -> bool:
        """Say whether a CDR is of the same charge as a session."""
        near = (cdr for day in _days(session) for cdr in self._by_day.get(day, ()))
        return any(self._is_same(session, cdr) for cdr in near)

    def _is_same(self, session: Charge, cdr: Charge) -> bool:
        if cdr.session_id and cdr.session_id.casefold() == session.id.casefold():
            return True
        both_s = min(session.ends, cdr.ends) - max(session.begins, cdr.begins)
        if both_s <= SHARED * min(session.duration_s, cdr.duration_s):
            return False
        if session.evse_id and cdr.evse_id:
            return normalise_evse_id(session.evse_id) == normalise_evse_id(cdr.evse_id)
        if session.station_id == cdr.station_id and session.evse_uid and cdr.evse_uid:
            return session.evse_uid.casefold() == cdr.evse_uid.casefold()
        return bool(session.token) and session.token == cdr.token and self._is_there(session, cdr)

    def _is_there(self, session: Charge, cdr: Charge) -> bool:
        """Say whether two records are of one place; one that tells no place may be of any."""
        here = self._places.location(session, self._places.spot(session))
        there = self._places.location(cdr, self._places.spot(cdr))
        return here is None or there is None or distance_m(here, there) <= SAME_PLACE_M


def _days(charge: Charge) -> range:
    return range(int(charge.begins // DAY_S), int(charge.ends // DAY_S) + 1)
