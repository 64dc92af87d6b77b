"""Turning what pydantic says into Plugsure's faults: a JSON Pointer, what is wrong, no input."""

from collections.abc import Sequence
from typing import Any, TypeVar

import pydantic_core
from pydantic import BaseModel, ValidationError

from planner.errors import Fault, InputError, InvalidToken

M = TypeVar("M", bound=BaseModel)


def read_json(data: bytes) -> Any:
    """Decode a JSON document strictly (UTF-8, no NaN, no lone surrogates).

    Raises
    ------
    InputError
        If it is no JSON.
    """
    try:
        return pydantic_core.from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise InputError(f"the body is not JSON: {error}", place="") from error


def read_model(model: type[M], document: Any) -> M:
    """Check a document against a model.

    Raises
    ------
    InputError
        With one fault for each thing that is wrong; InvalidToken if all lie in the wallet.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        faults = tuple(
            Fault(pointer_of(said["loc"], document), _words(said))
            for said in error.errors(include_url=False, include_input=False)
        )
    family = InvalidToken if all(f.place.startswith("/wallet") for f in faults) else InputError
    raise family.of(faults)


def pointer_of(loc: Sequence[str | int], document: Any) -> str:
    """Return the JSON Pointer of a pydantic location: names of union members are left out."""
    pointer, node = "", document
    for depth, part in enumerate(loc):
        if isinstance(node, dict):
            named = part in node or depth == len(loc) - 1
        else:
            named = isinstance(node, list) and isinstance(part, int)
        if not named:
            continue
        pointer += "/" + str(part).replace("~", "~0").replace("/", "~1")
        node = _child(node, part)
    return pointer


def _child(node: Any, part: str | int) -> Any:
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        return node[part]
    return None


def _words(said: Any) -> str:
    if said["type"] == "extra_forbidden":
        return "is not a field that is known"
    if said["type"] == "missing":
        return "is missing"
    if said["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return "should be an object"
    message = str(said["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
