"""``plugsure plan --reserve`` and ``plugsure reservations``: EVSEs that operators keep for us."""

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import click

from planner.errors import InputError, PlugsureError
from planner.faces.api.party import URL, new_token, our_roles, our_url
from planner.faces.cli import tell
from planner.faces.commands.console import note, office
from planner.faces.office import Office
from planner.feeds.reserving import Reserver
from planner.formats.stamps import stamp
from planner.model.mission import Mission
from planner.model.plan import Outcome, Plan
from planner.ocpi.commands import ACCEPTED
from planner.plan import plan as make_plan

HELD_S = 1800.0
"""Seconds after the arrival for which the EVSE is kept: ten minutes more than must be."""


@contextmanager
def reserver(used: Office, environ: Mapping[str, str] | None = None) -> Iterator[Reserver]:
    """Make what sends commands; InputError where our own endpoints have no address."""
    env = os.environ if environ is None else environ
    base_url = our_url(env)
    if not base_url:
        raise InputError(
            "reserving needs our OCPI endpoints: the operator answers there",
            place=URL,
            remedy="Set it to where `plugsure serve` is reached from outside, with /ocpi",
        )
    with used.client() as client:
        yield Reserver(
            store=used.store,
            client=client,
            base_url=base_url,
            ours=our_roles(env)[0],
            clock=time.time,
            sleep=time.sleep,
            new_id=new_token,
            new_number=lambda digits: (
                secrets.randbelow(9 * 10 ** (digits - 1)) + 10 ** (digits - 1)
            ),
        )


def reserve_first_stop(used: Office, mission: Mission, outcome: Outcome) -> Outcome:
    """Try to reserve the first charging stop; gives the trip planned anew if that is accepted.

    What goes wrong with the operator is told, and the plan stands as it was.
    """
    if not isinstance(outcome, Plan) or not outcome.charging_stops:
        note("There is no charging stop to reserve.")
        return outcome
    stop = outcome.charging_stops[0]
    if stop.token < 0:
        note(f"{stop.station_name} takes the payment card there; only cards and apps can reserve.")
        return outcome
    snapshot = used.world.snapshot
    station = next(one for one in snapshot.stations if one.id == stop.station_id)
    token = mission.wallet.tokens[stop.token]
    until = stop.arrival + HELD_S
    try:
        with reserver(used) as sending:
            made = sending.reserve(station, stop.evse_uid, token, until)
    except PlugsureError as error:
        tell(error)
        return outcome
    if made.state != ACCEPTED:
        note(f"{stop.operator} did not reserve {stop.evse_id or stop.evse_uid}: {made.state}")
        return outcome
    note(
        f"Reserved {stop.evse_id or stop.evse_uid} at {stop.station_name} until {stamp(until)}; "
        f"to let go: plugsure reservations cancel {made.reservation_id}"
    )
    return make_plan(used.fresh_world(), replace(mission, now=max(mission.now, time.time())))


@click.group()
def reservations() -> None:
    """Reservations that `plugsure plan --reserve` made."""


@reservations.command(epilog="Example: plugsure reservations cancel 482913755")
@click.argument("reservation_id", metavar="ID")
def cancel(reservation_id: str) -> None:
    """Ask the operator to let go of the reservation ID."""
    with reserver(office()) as sending:
        made = sending.cancel(reservation_id)
    if made.state != ACCEPTED:
        raise InputError(f"the operator answered {made.state}", place=reservation_id)
    note(f"Reservation {reservation_id} is cancelled")
