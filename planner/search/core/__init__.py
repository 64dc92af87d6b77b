"""The exact search for a trip with charging stops, without roads."""

from planner.search.core.hooks import Admission, Admit, Arrival, Confirm, Ruling
from planner.search.core.legs import LegFigures, LegRow, LegTable
from planner.search.core.plans import Plan, Visit
from planner.search.core.problem import (
    ALWAYS,
    Ahead,
    Curve,
    Offer,
    OfferTable,
    Problem,
    Start,
    Waypoint,
)
from planner.search.core.search import Effort
from planner.search.core.solve import Outcome, solve

__all__ = [
    "ALWAYS",
    "Admission",
    "Admit",
    "Ahead",
    "Arrival",
    "Confirm",
    "Curve",
    "Effort",
    "LegFigures",
    "LegRow",
    "LegTable",
    "Offer",
    "OfferTable",
    "Outcome",
    "Plan",
    "Problem",
    "Ruling",
    "Start",
    "Visit",
    "Waypoint",
    "solve",
]
