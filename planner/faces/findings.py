"""All that is wrong with a request at once: its parts are read, what fails is told together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from planner.errors import InputError

T = TypeVar("T")


class _Wrong:
    """Stands for a part that could not be read."""


_WRONG = _Wrong()


@dataclass(slots=True)
class Findings:
    """Reads the parts of a request; what is read counts only after `demand`."""

    errors: list[InputError] = field(default_factory=list)

    def read(self, make: Callable[..., T], *given: Any) -> T:
        """Make a part; a fault is kept, and so is every part that needs one with a fault."""
        if not any(part is _WRONG for part in given):
            try:
                return make(*given)
            except InputError as error:
                self.errors.append(error)
        return cast("T", _WRONG)

    def demand(self) -> None:
        """Raise what was found: with the code of the first, if all are of that kind."""
        if not self.errors:
            return
        kinds = {type(error) for error in self.errors}
        family = kinds.pop() if len(kinds) == 1 else InputError
        raise family.of([fault for error in self.errors for fault in error.faults])
