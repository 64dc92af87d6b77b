"""Brings charge points the lists of cards that they open to while they are offline.

A charge point is asked how much it takes, told to use its list, and given it; again whenever the
list changes. One that has no lists is asked no more until it connects anew. No uid is ever logged.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from planner.faces.ocpp.frames import Answered
from planner.feeds.depots.local_lists import (
    BEGINNING,
    USUAL_PART,
    Card,
    Room,
    cards_for,
    write_list,
)

log = logging.getLogger(__name__)

Ask = Callable[[str, dict[str, Any]], Awaitable[Answered | None]]
"""Calls the charge point: action, payload; None if it does not answer in time."""

_MOST, _PART = "LocalAuthListMaxLength", "SendLocalListMaxLength"
_KEYS_16 = ("LocalAuthListEnabled", _MOST, _PART)
_ON_16 = ("LocalAuthListEnabled", "LocalAuthorizeOffline")
_ON_201 = (("LocalAuthListCtrlr", "Enabled"), ("AuthCtrlr", "LocalAuthorizeOffline"))
"""What makes a charge point use its list.

Source: OCPP 1.6 edition 2, section 9; OCPP 2.0.1 part 2, referenced components and variables.
"""


@dataclass(slots=True)
class ListKeeper:
    """Knows which list each charge point was given; ``clock`` gives UTC epoch seconds."""

    clock: Callable[[], float]
    _given: dict[str, tuple[tuple[Card, ...], int]] = field(default_factory=dict, repr=False)

    async def bring(self, name: str, version: str, ask: Ask, cards: Sequence[Card]) -> None:
        """Bring a charge point its list, unless it has it."""
        wanted = cards_for(cards, version)
        number = await _version(version, ask)
        if number is None:
            log.info(
                "%s keeps no list of cards: offline it opens to none that it must ask for", name
            )
            return
        before = self._given.get(name)
        if before is not None and before == (wanted, number) and number > 0:
            return
        room = await (_room_16 if version == "1.6" else _room_201)(ask)
        await (_turn_on_16 if version == "1.6" else _turn_on_201)(ask)
        number = max(number, int(self.clock()) - BEGINNING) + 1
        for payload in write_list(wanted, version, number, room):
            answer = await ask("SendLocalList", payload)
            said = (
                "no answer" if answer is None else (answer.payload or {}).get("status", "refused")
            )
            if said != "Accepted":
                log.warning("%s did not take its list of %d cards", name, len(wanted))
                self._given.pop(name, None)
                return
            number = payload["listVersion" if version == "1.6" else "versionNumber"]
        self._given[name] = (wanted, number)
        kept = len(wanted) if room.most is None else min(room.most, len(wanted))
        log.info("%s has %d cards for when it is offline", name, kept)
        if kept < len(wanted):
            log.warning("%s has room for %d of %d cards only", name, kept, len(wanted))


async def _version(version: str, ask: Ask) -> int | None:
    """Ask which list a charge point has: 0 for none; None where it has no lists."""
    answer = await ask("GetLocalListVersion", {})
    told = {} if answer is None else answer.payload or {}
    number = told.get("listVersion" if version == "1.6" else "versionNumber")
    return number if isinstance(number, int) and number >= 0 else None


async def _room_16(ask: Ask) -> Room:
    answer = await ask("GetConfiguration", {"key": list(_KEYS_16)})
    told = {} if answer is None else answer.payload or {}
    said = {
        str(one.get("key")): _number(one.get("value"))
        for one in told.get("configurationKey") or ()
        if isinstance(one, Mapping)
    }
    return Room(said.get(_MOST), said.get(_PART) or USUAL_PART)


async def _room_201(ask: Ask) -> Room:
    """Ask for one message's room; how long a list may be, 2.0.1 tells in whole reports only."""
    part = {"component": {"name": "LocalAuthListCtrlr"}, "variable": {"name": "ItemsPerMessage"}}
    answer = await ask("GetVariables", {"getVariableData": [part]})
    told = {} if answer is None else answer.payload or {}
    for one in told.get("getVariableResult") or ():
        if isinstance(one, Mapping) and one.get("attributeStatus") == "Accepted":
            return Room(None, _number(one.get("attributeValue")) or USUAL_PART)
    return Room()


async def _turn_on_16(ask: Ask) -> None:
    for key in _ON_16:
        await ask("ChangeConfiguration", {"key": key, "value": "true"})


async def _turn_on_201(ask: Ask) -> None:
    told = [
        {"component": {"name": part}, "variable": {"name": name}, "attributeValue": "true"}
        for part, name in _ON_201
    ]
    await ask("SetVariables", {"setVariableData": told})


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None
