"""From rules to a grade: vetoes first, best evidence wins, unknown where nothing speaks.

A verdict is made of two halves, because they read different things: `standing` is what a token has
at an operator, whatever the EVSE; `door` is what the EVSE itself has against it, whoever runs it.
So a whole country is judged with few calls of either.
"""

from collections.abc import Iterable
from dataclasses import replace

from planner.access.agreements import covers_type, evidence_of
from planner.access.case import Case
from planner.access.channels import CHANNELS
from planner.access.parking import fact
from planner.access.rules import (
    CARD_GRANTS,
    CHANNEL_UNKNOWN,
    EVSE_VETOES,
    HISTORY_VETOES,
    PARTY_VETOES,
    TOKEN_GRANTS,
    TOKEN_VETOES,
    Rule,
)
from planner.model.grade import Grade, Verdict
from planner.model.station import EvseFacts
from planner.model.token import Token


def judge(case: Case) -> Verdict:
    """Judge one token at one EVSE for one stay."""
    return settle(standing(case), door(case), case)


def standing(case: Case) -> Verdict:
    """Judge by all that does not read the EVSE's own data: token, operator, feed and history."""
    refused = _first((*TOKEN_VETOES, *PARTY_VETOES, *HISTORY_VETOES), case)
    if refused is not None:
        return refused
    if case.token is None:
        return Verdict(grade=Grade.UNKNOWN, rule="no_terminal", evidence=(), token=case.index)
    return best(_granted(TOKEN_GRANTS, case)) or _unknown(case)


def door(case: Case) -> Verdict | None:
    """Return the veto of the EVSE itself: no channel, a reserved place, a closed group."""
    return _first(EVSE_VETOES, case)


def settle(stands: Verdict, shut: Verdict | None, case: Case) -> Verdict:
    """Join a standing with what the EVSE says, vetoes in their order; ask for the terminal."""
    if stands.grade is Grade.REFUSED and stands.rule != "refused_here":
        return stands
    if shut is not None or stands.grade is Grade.REFUSED:
        return shut or stands
    if case.token is None:
        return best(_granted(CARD_GRANTS, case)) or no_terminal(stands, case.facts)
    return warned(stands) if is_silent(case.facts, case.token) else stands


def is_silent(facts: EvseFacts, token: Token) -> bool:
    """Whether the operator leaves open how this kind of token starts the post."""
    return not facts.capabilities or token.type not in CHANNELS


def warned(stands: Verdict) -> Verdict:
    """Warn of an unknown channel where there is a grade that it could spoil."""
    if stands.grade <= Grade.UNKNOWN:
        return stands
    return replace(stands, warnings=(*stands.warnings, CHANNEL_UNKNOWN))


def no_terminal(stands: Verdict, facts: EvseFacts) -> Verdict:
    """Say what the capabilities are where none of them is a terminal."""
    said = " ".join(facts.capabilities) or "nothing said"
    return replace(stands, evidence=(fact("capabilities", said),))


def best(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Return the verdict of the best grade, the first of those; None if there is none."""
    return max(verdicts, key=lambda verdict: verdict.grade, default=None)


def _first(rules: Iterable[Rule], case: Case) -> Verdict | None:
    return next((verdict for rule in rules if (verdict := rule(case)) is not None), None)


def _granted(rules: Iterable[Rule], case: Case) -> list[Verdict]:
    return [verdict for rule in rules if (verdict := rule(case)) is not None]


def _unknown(case: Case) -> Verdict:
    """Say what came nearest to an agreement, so that the ledger names what is missing."""
    token = case.token
    assert token is not None
    roaming = case.known.roaming
    rows = roaming.between(token.provider, case.facts.party)
    in_force = [r for r in rows if case.stay.lies_within(r.valid_from, r.valid_to)]
    if not rows:
        rule = "no_agreement" if roaming.knows(token.provider) else "unknown_access"
    elif not in_force:
        rule = "agreement_dates"
    elif not any(covers_type(row, token) for row in in_force):
        rule = "agreement_token_type"
    else:
        rule = "not_connected"
    nearest = (in_force or rows)[:1]
    told = tuple(evidence_of(row) for row in nearest) or (fact("party", case.facts.party),)
    return Verdict(grade=Grade.UNKNOWN, rule=rule, evidence=told, token=case.index)
