"""The lists of cards that charge points keep themselves, to open to them while they are offline.

The list is what `KnownTokens.answer` accepts, so a charge point that has no connection opens to the
cards to which it would open with one. It is sent whole whenever it has changed, in parts where it
is long: the first replaces what is there, each further one adds to it.

Source: OCPP 1.6 edition 2, sections 3.5.2 and 5.15; OCPP 2.0.1 part 2, use cases D01 and D02.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from planner.ocpi.times import write_time

LONGEST_UID = {"1.6": 20, "2.0.1": 36}
"""Letters of an idTag and an idToken. Source: OCPP 1.6, CiString20Type; 2.0.1, IdTokenType."""

KINDS_IN_16 = ("ISO14443", "Local")
"""1.6 knows cards only, and no types of them."""

USUAL_PART = 20
"""Cards in one message where the charge point does not say how many it takes."""

BEGINNING = 1_700_000_000
"""Versions of lists are seconds since then: they grow, and are small for long."""


@dataclass(frozen=True, slots=True, order=True)
class Card:
    """A card that charge points may open to; ``kind`` is OCPP 2.0.1's type of its idToken."""

    uid: str = field(repr=False)
    kind: str
    expires: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Room:
    """How many cards a charge point takes: in all (None: it does not say), and in one message."""

    most: int | None = None
    part: int = USUAL_PART


def cards_for(cards: Sequence[Card], version: str) -> tuple[Card, ...]:
    """Give the cards that a version of OCPP can write."""
    return tuple(
        card
        for card in cards
        if len(card.uid) <= LONGEST_UID[version] and (version != "1.6" or card.kind in KINDS_IN_16)
    )


def write_list(
    cards: Sequence[Card], version: str, number: int, room: Room
) -> Iterator[dict[str, Any]]:
    """Write the payloads of SendLocalList that bring a list.

    Parameters
    ----------
    cards : sequence of Card
        As `cards_for` gives them; those that find no room are left out, the last first.
    number : int
        Version of the list after the first message; each further one has the next.
    """
    kept = cards if room.most is None else cards[: room.most]
    parts = [kept[n : n + room.part] for n in range(0, len(kept), room.part)] or [()]
    for place, part in enumerate(parts):
        listed = [_write(card, version) for card in part]
        yield {
            "listVersion" if version == "1.6" else "versionNumber": number + place,
            "updateType": "Differential" if place else "Full",
            **({"localAuthorizationList": listed} if listed else {}),
        }


def _write(card: Card, version: str) -> dict[str, Any]:
    until = None if card.expires is None else write_time(card.expires)
    if version == "1.6":
        info = {"status": "Accepted", **({"expiryDate": until} if until else {})}
        return {"idTag": card.uid, "idTagInfo": info}
    info = {"status": "Accepted", **({"cacheExpiryDateTime": until} if until else {})}
    return {"idToken": {"idToken": card.uid, "type": card.kind}, "idTokenInfo": info}
