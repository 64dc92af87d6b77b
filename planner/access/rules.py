"""The rules of access: each reads one case and gives a verdict with its evidence, or nothing.

Vetoes come first, in the order of `VETOES`; one is enough. Then every rule of `GRANTS` may earn a
grade. A rule's name is stable: a veto is called by its reason in the ledger.
"""

from collections.abc import Callable

from planner.access.agreements import Way, covers_type, evidence_of, way_of
from planner.access.case import Case
from planner.access.channels import ANY_CHANNEL, CHANNELS, PLUG_AND_CHARGE
from planner.access.connection import FRESH_S, Link, Word
from planner.access.evidence import (
    AUTHORIZED_S,
    CHARGED_S,
    SLACK_S,
    is_valid_copy,
    whitelist_of,
)
from planner.access.parking import FROM_FEED, fact, reserved_place
from planner.access.publication import is_shown_to
from planner.model.grade import Evidence, Grade, Verdict
from planner.model.station import DEPOT_PARTY
from planner.model.token import TokenType
from planner.store.snapshot import TokenEvidence

Rule = Callable[[Case], Verdict | None]

TERMINALS = ("PED_TERMINAL", "CONTACTLESS_CARD_SUPPORT", "CHIP_CARD_SUPPORT")
"""Capabilities that are a terminal. Source: OCPI 2.2.1-d2, mod_locations, Capability."""

PAYABLE = ("CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE")
"""Capabilities that mean a terminal at DC posts, and mostly a web page at AC posts.

Source: the Dutch national feed of June 2026: 44,846 of 47,402 such EVSEs are AC posts without one.
"""

IRVE_TERMINAL_ABOVE_KW = 22.0
"""IRVE's ``paiement_cb`` counts only above this power. Source: the design's rule."""

CHANNEL_UNKNOWN = "The operator does not say how this post is started, so the card may not be read."
"""Warning where a feed gives no capabilities: the grade stands."""


# Vetoes -------------------------------------------------------------------------------------


def token_is_invalid(case: Case) -> Verdict | None:
    """Refuse a token that its provider marks as not valid."""
    if case.token is None or case.token.valid:
        return None
    return _refuse(case, "invalid_token", Evidence("wallet", "valid", "false", None))


def token_expires(case: Case) -> Verdict | None:
    """Refuse a token that expires before the stay ends."""
    token = case.token
    if token is None or case.stay.lies_within(None, token.expires):
        return None
    return _refuse(case, "expired_token", Evidence("wallet", "expires", "", token.expires))


def policy_forbids(case: Case) -> Verdict | None:
    """Refuse what the employer does not let its drivers pay with, but at the fleet's own depots."""
    policy = case.known.policy
    if policy is None or case.facts.party == DEPOT_PARTY:
        return None
    if case.token is None:
        if policy.payment_card:
            return None
        return _refuse(case, "policy_provider", Evidence("policy", "payment card", "no", None))
    if policy.providers is None or case.token.provider in policy.providers:
        return None
    allowed = ", ".join(policy.providers) or "none"
    return _refuse(case, "policy_provider", Evidence("policy", "providers", allowed, None))


def hub_has_cut(case: Case) -> Verdict | None:
    """Refuse where every way to the operator leads by a hub that says SUSPENDED or PLANNED.

    The hub of the feed itself is on every way, the payment card's too: what a hub says of a
    station whose operator it has cut off is not kept up.
    """
    feed = case.known.connections.of_feed(case.feed, case.facts.party)
    if feed.link.is_cut:
        return _refuse(case, "hub_suspended", _said(feed))
    ways = _ways(case, also_to_anyone=True)
    if not ways or not all(way.link.is_cut for way in ways):
        return None
    worst = next(word for word in ways[0].words if word.link.is_cut)
    return _refuse(case, "hub_suspended", _said(worst), evidence_of(ways[0].agreement))


def operator_blocks_token(case: Case) -> Verdict | None:
    """Refuse a token that the operator itself holds as not valid."""
    copy = case.history.whitelisted
    if copy is None or is_valid_copy(copy):
        return None
    return _refuse(case, "token_blocked", _record(copy, "operator's copy of the token"))


def depot_is_closed(case: Case) -> Verdict | None:
    """Refuse at a fleet's own depot whoever its charge points do not know: it is for nobody else.

    A station that says it is a depot, and came in another feed, opens nothing either.
    """
    if not case.feed.is_depot and case.facts.party != DEPOT_PARTY:
        return None
    copy = case.history.whitelisted
    if case.feed.is_depot and copy is not None and case.stay.lies_within(None, copy.until):
        return None
    return _refuse(case, "closed_group", fact("depot", "open to the fleet's own cards only"))


def channel_is_missing(case: Case) -> Verdict | None:
    """Refuse where capabilities are stated and none is the token's channel.

    Plug and Charge needs a connector that can tell the contract too, whatever the post says.
    """
    token, capabilities = case.token, case.facts.capabilities
    if token is None:
        return None
    channel = CHANNELS.get(token.type, ANY_CHANNEL)
    if capabilities and set(channel).isdisjoint(capabilities):
        return _refuse(case, "refused_capability", fact("capabilities", " ".join(capabilities)))
    if token.type is TokenType.EMAID and case.outlet and case.outlet not in PLUG_AND_CHARGE:
        return _refuse(case, "refused_capability", fact("connector", case.outlet[0]))
    return None


def place_is_reserved(case: Case) -> Verdict | None:
    """Refuse a place that is kept for other vehicles or other people."""
    kept = reserved_place(case.facts, case.vehicle_kind)
    return _refuse(case, kept[0], kept[1]) if kept else None


def group_is_closed(case: Case) -> Verdict | None:
    """Refuse a closed group, and an unpublished station to tokens that it is not shown to.

    That a station may be shown to one token of the wallet does not open it to the others.
    """
    facts = case.facts
    if facts.reserved_for:
        return _refuse(case, "closed_group", fact("reserved_for", facts.reserved_for))
    if facts.publish or is_shown_to(case.token, facts.publish_allowed_to):
        return None
    return _refuse(case, "closed_group", fact("publish", "false, and not allowed to this card"))


def was_refused_here(case: Case) -> Verdict | None:
    """Refuse a token that was refused at this EVSE and has not worked there since."""
    refused = case.history.refused_here
    return _refuse(case, "refused_here", _record(refused, "refused")) if refused else None


# Grants -------------------------------------------------------------------------------------


def reservation(case: Case) -> Verdict | None:
    """Earn COMMITTED: an accepted reservation of this EVSE outlasts the arrival by ten minutes."""
    held = [
        item
        for item in case.history.reserved_here
        if item.until is not None and case.stay.arrival < item.until - SLACK_S
    ]
    if not held:
        return None
    best = max(held, key=lambda item: (item.until or 0.0, item.at))
    return _grant(case, Grade.COMMITTED, "reservation", _record(best, "reserved"), until=best.until)


def whitelist(case: Case) -> Verdict | None:
    """Earn VERIFIED: the operator itself stores the token as valid and will use its list."""
    copy = case.history.whitelisted
    if copy is None or not case.feed.is_live or not is_valid_copy(copy):
        return None
    if not case.stay.lies_within(None, copy.until):
        return None
    record = _record(copy, "operator's copy of the token")
    word = whitelist_of(copy)
    if word == "ALWAYS":
        return _grant(case, Grade.VERIFIED, "whitelist", record, until=copy.until)
    link = case.known.connections.of_feed(case.feed, case.facts.party)
    if word not in {"ALLOWED", "ALLOWED_OFFLINE"} or link.link is not Link.CONNECTED:
        return None
    return _grant(case, Grade.VERIFIED, "whitelist", record, _said(link), until=copy.until)


def authorization(case: Case) -> Verdict | None:
    """Earn VERIFIED: a real-time authorize named this EVSE and was ALLOWED within 24 h."""
    return _proven(case, case.history.authorized_here, AUTHORIZED_S, "authorization")


def own_session(case: Case) -> Verdict | None:
    """Earn VERIFIED: an own session or CDR with this token at this EVSE within 30 days."""
    return _proven(case, case.history.charged_here, CHARGED_S, "own_session")


def agreement(case: Case) -> Verdict | None:
    """Earn CONTRACTED by a dated agreement whose way is open."""
    way = next((way for way in _ways(case) if way.is_open), None)
    if way is None:
        return None
    told = (evidence_of(way.agreement), *(_said(w) for w in way.words if w.link is Link.CONNECTED))
    hubs = (way.agreement.via,) if way.agreement.via else ()
    return _contract(case, "agreement", told, until=way.agreement.valid_to, hubs=hubs)


def accepted_provider(case: Case) -> Verdict | None:
    """Earn CONTRACTED where the operator lists the provider by a name that an alias knows."""
    if case.token is None:
        return None
    name = next(
        (
            name
            for name in case.facts.accepted_service_providers
            if case.known.roaming.provider_named(name) == case.token.provider
        ),
        None,
    )
    link = case.known.connections.of_feed(case.feed, case.facts.party)
    if name is None or link.link not in {Link.CONNECTED, Link.FILE}:
        return None
    told: tuple[Evidence, ...] = (fact("accepted_service_providers", name),)
    if link.link is Link.CONNECTED:
        told += (_said(link),)
    return _contract(case, "accepted_provider", told)


def terminal(case: Case) -> Verdict | None:
    """Earn AD_HOC: the driver has a payment card and the EVSE a terminal."""
    if case.token is not None or not case.wallet.payment_card:
        return None
    shown = _terminal_fact(case)
    return _grant(case, Grade.AD_HOC, "terminal", shown) if shown else None


def own_feed(case: Case) -> Verdict | None:
    """Earn INDICATED: the station came in the provider's own feed.

    The same holds for a tariff that is visible to the provider: only in a feed pulled with the
    provider's own credentials is a tariff visible *to it*, and there the station itself says so.
    """
    if case.token is None or not case.feed.own_of or case.feed.own_of != case.token.provider:
        return None
    told = Evidence(FROM_FEED, "own_of", case.feed.own_of, None)
    return _grant(case, Grade.INDICATED, "own_feed", told)


def wildcard_agreement(case: Case) -> Verdict | None:
    """Earn INDICATED: an agreement of the provider that names no operator."""
    token = case.token
    if token is None:
        return None
    for row in case.known.roaming.with_anyone(token.provider):
        if case.stay.lies_within(row.valid_from, row.valid_to) and covers_type(row, token):
            hubs = (row.via,) if row.via else ()
            told = evidence_of(row)
            until = row.valid_to
            return _grant(case, Grade.INDICATED, "wildcard_agreement", told, until=until, hubs=hubs)
    return None


TOKEN_VETOES: tuple[Rule, ...] = (token_is_invalid, token_expires)
PARTY_VETOES: tuple[Rule, ...] = (
    policy_forbids,
    hub_has_cut,
    operator_blocks_token,
    depot_is_closed,
)
EVSE_VETOES: tuple[Rule, ...] = (channel_is_missing, place_is_reserved, group_is_closed)
HISTORY_VETOES: tuple[Rule, ...] = (was_refused_here,)
VETOES: tuple[Rule, ...] = (*TOKEN_VETOES, *PARTY_VETOES, *EVSE_VETOES, *HISTORY_VETOES)
"""In the order in which they are asked."""

TOKEN_GRANTS: tuple[Rule, ...] = (
    reservation,
    whitelist,
    authorization,
    own_session,
    agreement,
    accepted_provider,
    own_feed,
    wildcard_agreement,
)
CARD_GRANTS: tuple[Rule, ...] = (reservation, terminal)
GRANTS: tuple[Rule, ...] = (*TOKEN_GRANTS, terminal)
"""Best evidence wins; of two that earn the same grade, the one that stands first here."""


# What the rules are made of -----------------------------------------------------------------


def _refuse(case: Case, rule: str, *evidence: Evidence) -> Verdict:
    return Verdict(grade=Grade.REFUSED, rule=rule, evidence=evidence, token=case.index)


def _grant(
    case: Case,
    grade: Grade,
    rule: str,
    *evidence: Evidence,
    until: float | None = None,
    hubs: tuple[str, ...] = (),
) -> Verdict:
    """Give a grade until its evidence, or the token, ends; name what it rests on."""
    ends = [end for end in (until, case.token.expires if case.token else None) if end is not None]
    hub = (case.feed.sender,) if case.feed.is_hub else ()
    return Verdict(
        grade=grade,
        rule=rule,
        evidence=evidence,
        token=case.index,
        valid_until=min(ends, default=None),
        shared=(
            f"operator:{case.facts.party}",
            *(f"hub:{name}" for name in dict.fromkeys((*hubs, *hub))),
            f"token:{case.index}" if case.token else "token:card",
        ),
    )


def _contract(
    case: Case,
    rule: str,
    told: tuple[Evidence, ...],
    *,
    until: float | None = None,
    hubs: tuple[str, ...] = (),
) -> Verdict:
    """Earn CONTRACTED; only INDICATED if the operator last refused the token elsewhere."""
    refused = case.history.refused_at_party
    if refused is None:
        return _grant(case, Grade.CONTRACTED, rule, *told, until=until, hubs=hubs)
    told = (*told, _record(refused, "refused"))
    return _grant(case, Grade.INDICATED, f"{rule}_shaken", *told, until=until, hubs=hubs)


def _proven(case: Case, item: TokenEvidence | None, lasts_s: float, rule: str) -> Verdict | None:
    if item is None or not case.feed.is_live:
        return None
    until = item.at + lasts_s if item.until is None else min(item.until, item.at + lasts_s)
    if not case.stay.lies_within(item.at, until):
        return None
    feed = case.known.connections.of_feed(case.feed, case.facts.party)
    if case.feed.is_hub and feed.link is not Link.CONNECTED:
        return None  # what was true once does not pass a hub that is silent now
    return _grant(case, Grade.VERIFIED, rule, _record(item, item.kind), until=until)


def _ways(case: Case, *, also_to_anyone: bool = False) -> list[Way]:
    """List the ways of the agreements that cover this stay and token, preferred first."""
    token = case.token
    if token is None:
        return []
    known, party = case.known, case.facts.party
    rows = known.roaming.between(token.provider, party)
    if also_to_anyone:
        rows = rows + known.roaming.with_anyone(token.provider)
    return [
        way_of(row, known.connections, case.feed, party)
        for row in rows
        if case.stay.lies_within(row.valid_from, row.valid_to) and covers_type(row, token)
    ]


def _terminal_fact(case: Case) -> Evidence | None:
    facts = case.facts
    if facts.card_terminal is False:
        return None
    for capability in TERMINALS:
        if capability in facts.capabilities:
            return fact("capabilities", capability)
    is_dc = any(power_type == "DC" for _, _, power_type, *_ in facts.connectors)
    for capability in PAYABLE:
        if is_dc and capability in facts.capabilities:
            return fact("capabilities", f"{capability} at a DC post")
    strongest_kw = max((power_kw for _, _, _, power_kw, *_ in facts.connectors), default=0.0)
    if facts.card_terminal and strongest_kw > IRVE_TERMINAL_ABOVE_KW:
        return fact("card_terminal", f"true, {strongest_kw:g} kW")
    return None


def _said(word: Word) -> Evidence:
    """Tell a connection; our own pull is dated at the EVSE, its date is no part of the verdict."""
    if word.source.startswith("feed "):
        return Evidence(FROM_FEED, "last_sync", f"{word.link} within {FRESH_S / 3600:.0f} h", None)
    return Evidence(word.source, "status", word.link.value, word.as_of)


def _record(item: TokenEvidence, field: str) -> Evidence:
    """Tell a record of the token: never its uid."""
    place = f"EVSE {item.evse_uid} at {item.station_id}" if item.evse_uid else item.party
    return Evidence(item.source, field, f"{item.value or 'yes'}, {place}", item.at)
