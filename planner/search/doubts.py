"""What a stop's doubts are worth where the surest trip is asked for, in seconds.

Each stop is one more thing that may fail, whatever is known of it; a post that may be taken costs
the time for which one may have to wait; what opens it is proven to the one by the operator's own
word, to the other by a contract or a terminal on paper. A trip is the surest if its time and its
doubts together are least, so nobody is sent round for hours to save a small doubt.
"""

from planner.model.grade import Grade

STOP_S = 900.0
"""Of each stop: a quarter of an hour. Chosen, not measured."""

TAKEN_S = 1800.0
"""Of a post that is surely taken: half an hour of waiting, about what a stop at direct current
lasts. Chosen, not measured."""

UNKNOWN_TAKEN = 0.5
"""Chance taken where nothing is known."""

GRADE_S = {
    Grade.COMMITTED: 0.0,
    Grade.VERIFIED: 0.0,
    Grade.CONTRACTED: 300.0,
    Grade.AD_HOC: 600.0,
    Grade.INDICATED: 1800.0,
}
"""Of what opens the post. Chosen, not measured."""


def doubt_s(chance_free: float | None, grade: Grade) -> float:
    """Return the worth of the doubts of one stop, in seconds."""
    taken = UNKNOWN_TAKEN if chance_free is None else 1.0 - chance_free
    return STOP_S + TAKEN_S * taken + GRADE_S.get(grade, max(GRADE_S.values()))
