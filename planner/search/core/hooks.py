"""What a caller may answer while a search runs: may one arrive so, and does a plan hold.

**Floors known before** go into `Problem.floor_kwh`, one for each stage and place. They may be too
low: an `Admit` is asked when a label first comes to a station in a stage, and raises them.

**Admit.** The question is the label's least charge and the moment it has it; the label as a whole
is a ramp: with more charge one arrives later. The answer says from which charge on arrivals in a
stretch of time are admitted. What lies below is cut from the ramp, so the search goes on with the
cheapest way to come fuller, whichever earlier stop that is charged at; what comes after the stretch
waits as a label of its own and asks again when it is its turn. Answers are kept: each station is
asked once for a stage and stretch. So a proof is made for stations that the search really comes to,
in the order in which they might matter, and never for one whose label is already covered.

**Confirm** is for what can only be said of a whole trip, such as the proof of its witnesses with
their clock. Its rulings are added to the admissions, and the search runs again from the start: the
labels that had been covered by a forbidden one must come back. Legs fetched or put right stay.

An admission must not fall with time. If a fallback opens at eight, who comes at six has not less
choice than who comes at nine: he may wait. A caller whose floors fall with time gives each arrival
the least floor of the moments from then on, and lets the plan wait.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from planner.errors import InputError
from planner.search.core.plans import TOLERANCE_S, Plan

SLACK_KWH = 1e-9


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an admission is asked for: the first moment of a label at a station, and the charge."""

    stage: int
    place: int
    arrival_s: float
    arrival_kwh: float


@dataclass(frozen=True, slots=True)
class Admission:
    """Arrivals from ``since_s`` to before ``until_s`` need that charge; infinite: never.

    With ``leave_by_s`` those with less charge may come, but must have left by then.
    """

    floor_kwh: float = -np.inf
    since_s: float = -np.inf
    until_s: float = np.inf
    leave_by_s: float = -np.inf


@dataclass(frozen=True, slots=True)
class Ruling:
    """An admission with its stage and station."""

    stage: int
    place: int
    admission: Admission


Admit = Callable[[Arrival], Admission]
Confirm = Callable[[Plan], Iterable[Ruling]]


def put(admit: Admit | None, arrival: Arrival) -> Ruling:
    """Ask for an admission and check that it answers the question."""
    admission = Admission() if admit is None else admit(arrival)
    if not admission.since_s <= arrival.arrival_s < admission.until_s:
        raise InputError(
            f"the admission {admission} does not hold at {arrival}",
            remedy="Answer with a stretch of time that holds the arrival asked about",
        )
    return Ruling(arrival.stage, arrival.place, admission)


def check(rulings: list[Ruling], plan: Plan) -> None:
    """Raise if no ruling forbids the plan: the search would find it again."""
    for ruling in rulings:
        admission = ruling.admission
        for visit in plan.stops:
            if (
                (visit.stage, visit.place) == (ruling.stage, ruling.place)
                and admission.since_s <= visit.arrival_s + TOLERANCE_S
                and visit.arrival_s < admission.until_s + TOLERANCE_S
                and visit.arrival_kwh < admission.floor_kwh - SLACK_KWH
                and visit.departure_s > admission.leave_by_s
            ):
                return
    raise InputError(
        "no ruling on a plan forbids it",
        remedy="Give one of its stops a floor above the charge with which it is reached",
    )
