"""Whose object it is: OCPI 2.1.1 does not say so in the object, and hubs send those of many.

GIREVE, a hub of OCPI 2.1.1, puts the operator's id in the place of the operator's name, in
Locations and in the Location within a Session or CDR. Source: GIREVE, IOP OCPI interface,
"PULL Locations: Who is the CPO?".
"""

import re
from collections.abc import Mapping
from typing import Any

from planner.feeds.fields import code, text
from planner.store.sources import Source

_PARTY = re.compile(r"([A-Z]{2})[*-]?([A-Z0-9]{3})")


def party_of(raw: Mapping[str, Any], source: Source) -> str:
    """Name the party (``CC*PPP``) of an object that came by a feed; the sender's as a last word."""
    told = (code(raw.get("country_code")), code(raw.get("party_id")))
    if all(told):
        return "*".join(told)
    return (_named(raw) if source.is_hub else "") or source.sender


def _named(raw: Mapping[str, Any]) -> str:
    """Read the operator's id where its name should stand."""
    places = (raw, raw.get("location"), raw.get("cdr_location"))
    for place in places:
        operator = place.get("operator") if isinstance(place, Mapping) else None
        name = text(operator.get("name")).upper() if isinstance(operator, Mapping) else ""
        if shape := _PARTY.fullmatch(name):
            return "*".join(shape.groups())
    return ""
