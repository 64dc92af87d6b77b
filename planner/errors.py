"""Every error that Plugsure raises on purpose, and the stable code of each.

::

    PlugsureError          plugsure-error
    ├── InputError         invalid-input    a request, mission, option or setting is wrong
    │   ├── UnknownPlace   unknown-place    no place of that name, or none near that point
    │   ├── OffNetwork     off-network      a point is farther from the roads than one can promise
    │   ├── UnknownVehicle unknown-vehicle  not in the catalogue and not described in full
    │   ├── UnknownWallet  unknown-wallet   no stored wallet of that id
    │   └── InvalidToken   invalid-token    malformed, or nothing to pay with
    ├── NotFound           not-found        an id that nothing has
    ├── DataError          invalid-data     a file or feed cannot be read as what it should be
    │   ├── FeedError      feed-failed      a party did not answer, or answered garbage
    │   └── RegionDamaged  region-damaged   a part of a region is missing or does not match its hash
    ├── DataMissing        data-missing     a region, catalogue or feed is needed and is not there
    ├── StoreError         store-failed     the database is out of reach, locked, or too new
    ├── BrokenClaim        broken-claim     the verifier found a claim that does not hold
    └── ChildFailed        demo-failed      a process of planner.demo ended, or did not start

Expected outcomes of planning (Infeasible) are values, not errors.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (a JSON Pointer, file:line or URL), what, and what to do."""

    place: str
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        said = f"{self.place}: {self.detail}" if self.place else self.detail
        return f"{said}. {self.remedy}" if self.remedy else said


class PlugsureError(Exception):
    """Base of the tree; ``faults`` names each place, ``str()`` is a sentence a user can act on."""

    code = "plugsure-error"
    title = "Plugsure could not do this"

    def __init__(self, detail: str, *, place: str = "", remedy: str = "") -> None:
        self.faults: tuple[Fault, ...] = (Fault(place, detail, remedy),)
        super().__init__(str(self.faults[0]))

    @classmethod
    def of(cls, faults: "tuple[Fault, ...] | list[Fault]") -> "PlugsureError":
        """Make one error of several faults, in their order."""
        first = faults[0]
        error = cls(first.detail, place=first.place, remedy=first.remedy)
        error.faults = tuple(faults)
        error.args = ("; ".join(str(fault) for fault in faults),)
        return error


class InputError(PlugsureError):
    """A request, mission, option or setting is wrong."""

    code = "invalid-input"
    title = "The input is not valid"


class UnknownPlace(InputError):  # noqa: N818 -- named as users read it
    """No place of that name."""

    code = "unknown-place"
    title = "No such place"


class OffNetwork(InputError):  # noqa: N818
    """A point is farther from the roads than one can promise anything about."""

    code = "off-network"
    title = "The point is too far from the road network"


class UnknownVehicle(InputError):  # noqa: N818
    """A vehicle that is neither in the catalogue nor described in full."""

    code = "unknown-vehicle"
    title = "No such vehicle"


class UnknownWallet(InputError):  # noqa: N818
    """No stored wallet of that id."""

    code = "unknown-wallet"
    title = "No such wallet"


class InvalidToken(InputError):  # noqa: N818
    """A token is malformed, or a wallet holds nothing to pay with."""

    code = "invalid-token"
    title = "The wallet cannot be used"


class NotFound(PlugsureError):  # noqa: N818
    """An id that nothing has."""

    code = "not-found"
    title = "Not found"


class DataError(PlugsureError):
    """A file or feed cannot be read as what it should be."""

    code = "invalid-data"
    title = "The data cannot be read"


class FeedError(DataError):
    """A party did not answer, or answered what cannot be read."""

    code = "feed-failed"
    title = "The feed failed"


class RegionDamaged(DataError):  # noqa: N818
    """A part of a region is missing or does not match its hash."""

    code = "region-damaged"
    title = "The region is damaged"


class DataMissing(PlugsureError):  # noqa: N818
    """A region, catalogue or feed is needed and is not there."""

    code = "data-missing"
    title = "Data is missing"


class StoreError(PlugsureError):
    """The database is out of reach, locked, or newer than this program."""

    code = "store-failed"
    title = "The store failed"


class BrokenClaim(PlugsureError):  # noqa: N818
    """The verifier found a claim in our own plan that does not hold."""

    code = "broken-claim"
    title = "A plan did not pass its own check"
