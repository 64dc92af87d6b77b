"""What a batch is made of: jobs in, results out, and how far it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from planner.errors import Fault, PlugsureError
from planner.model.mission import Mission
from planner.model.plan import Outcome
from planner.world import World


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mission has neither plan nor an infeasible: an error's code, title and faults."""

    code: str
    title: str
    faults: tuple[Fault, ...]

    @classmethod
    def of(cls, error: PlugsureError) -> "Failure":
        """Keep what a Plugsure error says."""
        return cls(error.code, error.title, error.faults)

    @classmethod
    def of_ours(cls, code: str, detail: str) -> "Failure":
        """Say that something went wrong that the mission's author cannot mend."""
        return cls(code, "Something went wrong on our side", (Fault("", detail),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What each plan of a batch tells besides, as `planner.plan.plan` has it: it takes long."""

    gap: bool = False
    ledger: bool = False


PLAIN = Extras()


@dataclass(frozen=True, slots=True)
class Job:
    """A mission of a batch, or the failure that its row already is.

    Jobs of higher ``priority`` are planned first.
    """

    mission_id: str
    mission: Mission | None
    failure: Failure | None = None
    priority: int = 0

    def __repr__(self) -> str:
        return "Job(…)"  # executors write the arguments of what fails into their logs


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the job at ``index``: ``status`` is planned, infeasible or failed.

    ``answer`` is what ``render`` made of the outcome, None for a failed mission; ``seconds`` is
    what planning it took.
    """

    index: int
    mission_id: str
    status: str
    answer: Any = None
    failure: Failure | None = None
    seconds: float = 0.0

    def __repr__(self) -> str:
        return f"Result({self.index}, {self.status})"


def failed(index: int, mission_id: str, failure: Failure, seconds: float = 0.0) -> Result:
    """Make the result of a mission that failed."""
    return Result(index, mission_id, "failed", None, failure, seconds)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is; ``left_s`` is an estimate in seconds, None before there is any."""

    total: int
    planned: int = 0
    infeasible: int = 0
    failed: int = 0
    left_s: float | None = None

    @property
    def done(self) -> int:
        """Missions that have a result."""
        return self.planned + self.infeasible + self.failed


Render = Callable[[Outcome, World], Any]
"""Makes of an outcome what is handed back; runs in the worker, so it must be picklable."""


def whole_outcome(outcome: Outcome, _world: World) -> Outcome:
    """Hand back the outcome itself."""
    return outcome
