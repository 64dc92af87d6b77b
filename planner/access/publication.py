"""To whom a station may be shown: OCPI's ``publish`` and ``publish_allowed_to``.

``publish`` rules what may be shown, not what opens. An entry names one or more properties of a
token, and a token matches if all of them are its own.
"""

from planner.model.station import EvseFacts
from planner.model.token import Token, Wallet


def is_unseen(facts: EvseFacts, wallet: Wallet) -> bool:
    """Whether the station must not be shown to the driver: then it is counted, never listed."""
    if facts.publish:
        return False
    return not any(is_shown_to(token, facts.publish_allowed_to) for token in wallet.tokens)


def is_shown_to(token: Token | None, allowed_to: tuple[str, ...]) -> bool:
    """Whether an unpublished station may be shown to this token; never to a payment card."""
    return token is not None and any(_matches(token, entry) for entry in allowed_to)


def _matches(token: Token, entry: str) -> bool:
    """Read one entry, ``KIND:value`` joined by ``|``; what is not understood matches nobody."""
    parts = [part.partition(":") for part in entry.split("|")]
    return all(_has(token, kind, value) for kind, _, value in parts)


def _has(token: Token, kind: str, value: str) -> bool:
    """Compare one property: ids without regard to case (CiString), words as they are written.

    Source: OCPI 2.2.1-d2, mod_locations, PublishTokenType.
    """
    own = {
        "uid": token.uid.lower(),
        "group_id": token.group_id.lower(),
        "type": token.type.value.lower(),
        "issuer": token.issuer,
        "visual_number": token.visual_number,
    }.get(kind)
    wanted = value if kind in {"issuer", "visual_number"} else value.lower()
    return bool(wanted) and own == wanted
