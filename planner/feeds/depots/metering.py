"""What own meters counted, in the charging history: sessions at the price that the depot has.

Nobody bills what a fleet charges at home. So a session stands in the history as it was metered,
and costs what the depot's price made it when it began; where no price was set it has none.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from planner.errors import InputError
from planner.feeds.charges import with_token
from planner.feeds.depots.registry import demand_depot, show_depot
from planner.model.station import DEPOT_PARTY
from planner.model.token import Token
from planner.ocpi.charge import Charge
from planner.ocpi.charge_reading import read_charge
from planner.store.charge_points import Depot, DepotPrice, KnownPoint
from planner.store.database import Change
from planner.store.store import Store

DEAREST = Decimal(100)
"""A kWh that costs more is a slip of the pen."""


def keep_metered(
    store: Store,
    change: Change,
    known: KnownPoint,
    session: Mapping[str, Any],
    token: Token | None,
    now: float,
) -> None:
    """Keep a depot's Session in the charging history, in the place of its former state.

    Parameters
    ----------
    session : mapping
        As ``sessions.session_of`` writes it.
    token : Token or None
        The fleet's token that was shown, None where it is none of the fleet's.
    now : float
        UTC epoch seconds: of two states of a session, the one that was told later holds.
    """
    charge, bearer = read_charge("sessions", session, DEPOT_PARTY)
    if token is None:
        charge = with_token(store, change.connection, charge, bearer, DEPOT_PARTY)
    else:
        charge = replace(
            charge, token=token.digest, token_mask=token.masked, provider=token.provider
        )
    depot = store.charge_points.depot(change.connection, known.feed)
    ids = {evse.uid: evse.evse_id for evse in known.point.evses}
    charge = replace(
        charge,
        source=known.point.depot,
        spells=(),  # the register does not say when the battery was full
        evse_id=ids.get(charge.evse_uid) or "",
        station_name=known.point.depot,
        location=None if depot is None else depot.location,
        last_updated=now,
    )
    store.charges.put(change, [charge if depot is None else priced(charge, depot)])


def priced(charge: Charge, depot: Depot) -> Charge:
    """Give a session at a depot what it cost, without VAT; as it was where no price is known."""
    price = depot.price_at(charge.begins)
    if price is None:
        return charge
    return replace(charge, net=charge.energy_kwh * price.per_kwh, currency=price.currency)


def set_price(store: Store, name: str, price: DepotPrice, *, now: float) -> Depot:
    """Say what a kWh costs at a depot from a moment on; one of the same moment is replaced.

    Raises
    ------
    NotFound
        If there is no such depot.
    InputError
        If the price cannot be meant.
    """
    if not 0 <= price.per_kwh <= DEAREST:
        raise InputError(f"the price of a kWh lies between 0 and {DEAREST}", place=name)
    depot = demand_depot(store, name)
    others = [one for one in depot.prices if one.since != price.since]
    prices = tuple(sorted((*others, price), key=lambda one: one.since))
    changed = replace(depot, prices=prices)
    with store.database.writing() as change:
        store.charge_points.save_depot(change, changed)
        show_depot(store, change, changed, now)
    return changed
