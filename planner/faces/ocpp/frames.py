"""Frames of OCPP-J: a call is read and checked against the specification's schemas, or refused.

What is wrong is told by a CALLERROR that repeats no value of the frame, and costs no connection.
The schemas come with the library ``ocpp``; its own dispatcher is not used, because it logs whole
messages, and lets malformed ones go without an answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ocpp.messages import get_validator  # type: ignore[import-untyped] # it has no types
from ocpp.v16.enums import Action as Action16  # type: ignore[import-untyped] # it has no types
from ocpp.v201.enums import Action as Action201  # type: ignore[import-untyped] # it has no types

CALL, RESULT, ERROR = 2, 3, 4
SUBPROTOCOLS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1"}
"""Version by the websocket's subprotocol. Source: OCPP-J 1.6, section 3.1.2; 2.0.1 part 4."""

NO_ID = "-1"
"""Answers a call whose id cannot be read. Source: OCPP 2.0.1 part 4, section 4.2.3."""

LONGEST_ID = 36
_ACTIONS = {
    "1.6": frozenset(str(action.value) for action in Action16),
    "2.0.1": frozenset(str(action.value) for action in Action201),
}
_FORMAT = {"1.6": "FormationViolation", "2.0.1": "FormatViolation"}
_OCCURRENCE = {"1.6": "OccurenceConstraintViolation", "2.0.1": "OccurrenceConstraintViolation"}
"""Each version has its own spelling. Source: OCPP-J 1.6, section 4.2.3; 2.0.1 part 4."""

_PROPERTY = frozenset({"enum", "maxLength", "minLength", "maximum", "minimum", "multipleOf"})


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a charge point."""

    id: str
    action: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a call of ours; ``payload`` None: it was refused."""

    id: str
    payload: Mapping[str, Any] | None


class BadFrame(Exception):  # noqa: N818 -- never leaves this room
    """A frame that is refused: the id to answer, an error code of OCPP, and why in words."""

    def __init__(self, name: str, code: str, said: str) -> None:
        self.id, self.code, self.said = name, code, said
        super().__init__(said)


def read_frame(raw: str | bytes, version: str) -> Call | Answered:
    """Read a frame; BadFrame says what is wrong with it."""
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadFrame(NO_ID, _malformed(version), "the frame is no JSON") from None
    if not isinstance(told, list) or len(told) < 3:  # noqa: PLR2004 -- the shortest frame
        raise BadFrame(NO_ID, _malformed(version), "a frame is a list of three parts or more")
    kind, name = told[0], told[1]
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID:
        raise BadFrame(NO_ID, _malformed(version), "the frame's id is no text of 1 to 36 letters")
    if kind == RESULT:
        return Answered(name, told[2] if isinstance(told[2], dict) else {})
    if kind == ERROR:
        return Answered(name, None)
    if kind != CALL:
        code = "MessageTypeNotSupported" if version != "1.6" else "FormationViolation"
        raise BadFrame(name, code, "the frame is no CALL, CALLRESULT or CALLERROR")
    if len(told) != 4 or not isinstance(told[2], str):  # noqa: PLR2004 -- a CALL's parts
        raise BadFrame(name, _FORMAT[version], "a CALL has an id, an action and a payload")
    if not isinstance(told[3], dict):
        raise BadFrame(name, _FORMAT[version], "the payload is no object")
    if told[2] not in _ACTIONS[version]:
        raise BadFrame(name, "NotSupported", f"OCPP {version} has no such action")
    _demand_valid(Call(name, told[2], told[3]), version)
    return Call(name, told[2], told[3])


def write_result(call: Call, payload: Mapping[str, Any]) -> str:
    """Write the answer to a call."""
    return json.dumps([RESULT, call.id, payload])


def write_error(name: str, code: str, said: str) -> str:
    """Write a CALLERROR."""
    return json.dumps([ERROR, name, code, said[:255], {}])


def write_call(name: str, action: str, payload: Mapping[str, Any]) -> str:
    """Write a call of ours."""
    return json.dumps([CALL, name, action, payload])


def _malformed(version: str) -> str:
    return "GenericError" if version == "1.6" else "RpcFrameworkError"


def _demand_valid(call: Call, version: str) -> None:
    try:
        validator = get_validator(CALL, call.action, version)
    except OSError:
        raise BadFrame(call.id, "NotImplemented", "this action is not served here") from None
    fault = next(iter(validator.iter_errors(call.payload)), None)
    if fault is None:
        return
    where = "/".join(str(part) for part in fault.absolute_path) or "the payload"
    rule = cast("str", fault.validator)
    if rule == "required":
        code = _OCCURRENCE[version]
    elif rule == "type":
        code = "TypeConstraintViolation"
    else:
        code = "PropertyConstraintViolation" if rule in _PROPERTY else _FORMAT[version]
    raise BadFrame(call.id, code, f"{where} breaks the schema's rule {rule!r}")
