"""Why an EVSE may not carry a stop: the stable words, and what each tells a driver.

The order of this list is the order of decision. Where several reasons hold at one EVSE, the
earliest is its reason; a station's reason is that of its best EVSE, the one whose reason stands
latest in the list (ties: the lowest EVSE number), because that one came closest to being a stop.
"""

from typing import NamedTuple


class Reason(NamedTuple):
    """A stable word, a title, and a sentence; the fact behind it follows in brackets."""

    word: str
    title: str
    sentence: str


class Refusal(NamedTuple):
    """Why an EVSE may not carry a stop: a word of `REASONS`, and the fact in plain words."""

    reason: str
    detail: str


LEDGER: tuple[Reason, ...] = (
    Reason("", "May carry a stop", "As far as facts go that do not depend on the hour."),
    # It is not to be shown at all.
    Reason("unseen", "Not shown to this driver", "The operator forbids showing this location"),
    # The car cannot take what the post gives.
    Reason("plug", "No fitting plug", "No connector here fits the car's inlet"),
    Reason(
        "no_cable", "No cable for the socket", "The post has a socket and no such cable is carried"
    ),
    Reason(
        "no_current", "No usable current", "The plug fits, but the car can take no power from it"
    ),
    # The place is not for this vehicle or driver.
    Reason("vehicle_class", "Other vehicles only", "The place is for another class of vehicle"),
    Reason(
        "disabled_only",
        "Reduced mobility only",
        "The place is kept for people with reduced mobility",
    ),
    Reason(
        "customers_only",
        "Customers only",
        "The place is for customers or guests, and nothing says you are one",
    ),
    Reason("parking_reserved", "Parking is reserved", "The parking place is reserved for others"),
    Reason("closed_group", "Closed group", "The station is reserved for a closed group"),
    Reason("too_low", "Too low", "The vehicle is higher than the clearance"),
    Reason(
        "clearance_unknown", "Clearance not known", "Nothing says that a vehicle this high fits in"
    ),
    Reason(
        "parking_unknown",
        "Parking rule not understood",
        "The operator states a parking rule of unknown meaning",
    ),
    # The token is turned down.
    Reason(
        "no_token", "Nothing to pay with", "The wallet holds neither a token nor a payment card"
    ),
    Reason("invalid_token", "Card is not valid", "The card is marked as not valid"),
    Reason("expired_token", "Card expires", "The card expires before the stop ends"),
    Reason(
        "policy_provider",
        "Card not allowed",
        "Not allowed by your employer's policy: it is to be paid for in another way",
    ),
    Reason(
        "hub_suspended",
        "Hub has cut the operator off",
        "The roaming hub does not let this card through",
    ),
    Reason(
        "token_blocked",
        "Card blocked by the operator",
        "The operator itself holds this card as not valid",
    ),
    Reason(
        "refused_capability", "No way to start", "The post cannot be started with this kind of card"
    ),
    Reason(
        "refused_here",
        "Refused here before",
        "This card was refused at this post and has not worked there since",
    ),
    # Nothing, or too little, says yes.
    Reason("unknown_access", "Access is not known", "Nothing is known of what this card opens"),
    Reason(
        "no_agreement",
        "No roaming agreement",
        "The card's provider has no agreement with this operator",
    ),
    Reason(
        "agreement_dates",
        "Agreement not in force",
        "The roaming agreement is not in force throughout the stop",
    ),
    Reason(
        "agreement_token_type",
        "Agreement is for other cards",
        "The roaming agreement does not cover this kind of card",
    ),
    Reason(
        "not_connected",
        "Operator not connected",
        "There is an agreement, but the operator is not known to be connected",
    ),
    Reason("no_terminal", "No card terminal", "Nothing says that the post takes a payment card"),
    Reason(
        "grade_too_low",
        "Not sure enough",
        "There is some sign of access, but less than was asked for",
    ),
    Reason(
        "policy_grade",
        "Not sure enough for your employer",
        "Not allowed by your employer's policy: it asks for surer access than this",
    ),
    # It would open; but when?
    Reason("hours_unknown", "Hours not known", "The operator does not say when the place is open"),
    Reason(
        "evidence_ended",
        "Access ends before then",
        "What makes access sure has ended by the time of the stop",
    ),
    Reason("closed", "Closed then", "The place is not open throughout the stop"),
    Reason("status_removed", "Removed", "The post has been removed"),
    Reason("status_planned", "Not built yet", "The post is only planned"),
    Reason("status_outoforder", "Out of order", "The post is out of order"),
    Reason("status_inoperative", "Out of service", "The post is out of service"),
    Reason("status_blocked", "Blocked", "The place is blocked"),
    Reason("reported_closed", "Reported closed", "A driver found the place closed"),
    Reason("reported_broken", "Reported broken", "A driver found the post broken"),
    Reason("reported_blocked", "Reported blocked", "A driver found the place blocked"),
    Reason("reported_occupied", "Reported occupied", "A driver found the post occupied"),
    Reason(
        "status_charging",
        "In use",
        "The post is in use, and you would be there within half an hour",
    ),
    Reason(
        "status_reserved",
        "Reserved by someone",
        "The post is reserved, and you would be there within half an hour",
    ),
    Reason(
        "status_unknown",
        "State not known",
        "Nobody knows whether the post works, and you would be there within half an hour",
    ),
    Reason(
        "status_stale",
        "State is old",
        "The post was free when last heard of, too long ago to count on for the next half hour",
    ),
    # It would do for others; but for this fleet?
    Reason(
        "policy_operator",
        "Not a preferred operator",
        "Not allowed by your employer's policy: it prefers other operators, and they will do",
    ),
    Reason(
        "policy_price",
        "Too dear for your employer",
        "Not allowed by your employer's policy: the price must be known and below its ceiling",
    ),
    Reason(
        "depot_power",
        "Power of the depot is used up",
        "Vehicles of your fleet draw what this depot can give",
    ),
    Reason("fleet_taken", "Taken by your fleet", "Taken by another vehicle of your fleet"),
    Reason(
        "lone_unknown",
        "No second post",
        "Nobody knows whether the post works, and there is no second one beside it to fall back on",
    ),
)
"""Every reason, in the order of decision."""

REASONS: tuple[str, ...] = tuple(reason.word for reason in LEDGER)
"""Stable words; ``Chargers.reason`` holds indexes into this. 0 is no reason at all."""

CODES: dict[str, int] = {word: code for code, word in enumerate(REASONS)}
"""Index in `REASONS` of each word."""

NUMBER_OF_LASTING_REASONS = CODES["evidence_ended"]
"""Reasons with a lower index do not depend on the hour."""


def title(word: str) -> str:
    """Return the short title of a reason; KeyError for a word that is none."""
    return LEDGER[CODES[word]].title


def refusal(word: str, fact: str = "") -> Refusal:
    """Make a refusal: the reason's sentence, then the fact in brackets."""
    sentence = LEDGER[CODES[word]].sentence
    return Refusal(word, f"{sentence} ({fact})" if fact else sentence)
