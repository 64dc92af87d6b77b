"""Which records are of one charge: a Session, and the CDR that bills it without naming it."""

from collections.abc import Iterable

from planner.fleet.places import Places
from planner.fleet.trips import SAME_PLACE_M
from planner.model.geo import distance_m
from planner.ocpi.charge import Charge
from planner.ocpi.ids import normalise_evse_id

SHARED = 0.5
"""Two records of one EVSE or card that share more than this part of the shorter one's time are of
one charge: a car leaves before the next one comes, and clocks differ by minutes only."""

DAY_S = 86_400.0


class Bills:
    """CDRs, found by the days that they touch.

    A CDR says from 2.2 on which Session it bills. One of 2.1.1, of a table, or of whoever runs an
    own depot does not: it is known by its EVSE, or its card and place, and its time.
    """

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
        if cdr.session_id and cdr.party.casefold() == session.party.casefold():
            return False  # it names another Session of its own party
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
