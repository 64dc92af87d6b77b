"""Reading JSON that others wrote: each value by its JSON Pointer, each fault at its place."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from planner.errors import InputError
from planner.formats.stamps import moment
from planner.model.geo import LonLat

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a JSON document and the pointer that leads to it."""

    value: Any
    pointer: str = ""

    def fail(self, detail: str) -> NoReturn:
        """Raise InputError at this place."""
        raise InputError(detail, place=self.pointer or "/")

    def at(self, name: str) -> "Node":
        """Return the member ``name`` of an object; InputError if there is none."""
        found = self.find(name)
        if found is None:
            raise InputError("is missing", place=f"{self.pointer}/{name}")
        return found

    def find(self, name: str) -> "Node | None":
        """Return the member ``name`` of an object, None where it is absent or null."""
        if not isinstance(self.value, dict):
            self.fail("should be an object")
        value = self.value.get(name)
        escaped = name.replace("~", "~0").replace("/", "~1")
        return None if value is None else Node(value, f"{self.pointer}/{escaped}")

    def items(self) -> "Iterator[Node]":
        """Yield the members of an array."""
        if not isinstance(self.value, list):
            self.fail("should be an array")
        for index, value in enumerate(self.value):
            yield Node(value, f"{self.pointer}/{index}")

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            self.fail("should be a string")
        return self.value

    def number(self) -> float:
        """Return a finite number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            self.fail("should be a number")
        try:
            read = float(self.value)
        except OverflowError:
            self.fail("is too large")
        if not math.isfinite(read):
            self.fail("should be finite")
        return read

    def whole(self) -> int:
        """Return an integer."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.fail("should be a whole number")
        return self.value

    def flag(self) -> bool:
        """Return a boolean."""
        if not isinstance(self.value, bool):
            self.fail("should be true or false")
        return self.value

    def moment(self) -> float:
        """Return an RFC 3339 time as UTC epoch seconds."""
        return self.read(moment)

    def point(self) -> LonLat:
        """Return ``[lon, lat]``."""
        pair = list(self.items())
        if len(pair) != 2:  # noqa: PLR2004 -- lon and lat
            self.fail("should be [lon, lat]")
        return LonLat(pair[0].number(), pair[1].number())

    def read(self, reader: Callable[[str], T]) -> T:
        """Return what ``reader`` makes of a string; its ValueError becomes the fault here."""
        text = self.text()
        try:
            return reader(text)
        except (ValueError, ArithmeticError) as error:
            self.fail(str(error) or f"cannot be read: {text[:40]!r}")

    def optional(self, name: str, reader: "Callable[[Node], T]") -> T | None:
        """Read the member ``name`` if it is there and not null."""
        found = self.find(name)
        return None if found is None else reader(found)

    def given(self, name: str, reader: "Callable[[Node], T]", default: T) -> T:
        """Read the member ``name``, or take ``default``."""
        found = self.find(name)
        return default if found is None else reader(found)

    def texts(self) -> tuple[str, ...]:
        """Return an array of strings."""
        return tuple(node.text() for node in self.items())
