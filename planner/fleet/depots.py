"""What was metered at the fleet's own depots: on the bill at the depot's price, and only once.

No operator bills it, so its Sessions count without a CDR. Where somebody does bill it (a depot that
an operator runs, or a table from the energy supplier), the CDR counts and the Session does not.
"""

from collections.abc import Iterable, Iterator, Mapping

from planner.feeds.depots.metering import priced
from planner.fleet.same_charge import Bills
from planner.model.station import DEPOT_PARTY
from planner.ocpi.charge import Charge
from planner.store.charge_points import Depot


def is_metered(charge: Charge) -> bool:
    """Say whether a record is what an own depot metered, and over."""
    return charge.is_session and charge.party == DEPOT_PARTY and not charge.is_open


def metered_at_depots(
    sessions: Iterable[Charge],
    depots: Mapping[str, Depot],
    bills: Bills,
) -> Iterator[Charge]:
    """Give the sessions that own depots metered and nobody billed, with what they cost.

    A depot's prices as they are set now hold; of a depot that is gone, those that were kept.
    """
    for session in sessions:
        if is_metered(session) and session.energy_kwh > 0 and not bills.tells(session):
            depot = depots.get(session.location_id)
            yield session if depot is None else priced(session, depot)
