"""What an operator may set of the API; frozen, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from planner.errors import InputError

PREFIX = "PLUGSURE_API_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOptions:
    """Bounds and doors of the API; each is set by ``PLUGSURE_API_`` and its name in capitals.

    Attributes
    ----------
    open_to_loopback : bool
        Requests from this machine need no key. For the demo only: behind a proxy, everyone is.
    requests_per_minute, burst : int
        For each key, or each address without one; as sustained, and at once.
    most_body_bytes, most_batch_bytes : int
        Larger bodies are refused with 413.
    most_missions : int
        In one batch.
    most_missions_in_flight, most_missions_a_day : int
        Of one key's batches together: under way, and begun within 24 hours; 0 is no bound.
    batch_workers : int
        Processes that plan one batch; 0 is one for each processor.
    most_streams : int
        Event streams open at a time in one process.
    stream_s : float
        A stream ends after so many seconds; clients reconnect by themselves.
    most_stations : int
        Stations in one answer.
    keep_answers_s : float
        How long an answer is kept for its Idempotency-Key.
    """

    open_to_loopback: bool = False
    requests_per_minute: int = 600
    burst: int = 120
    most_body_bytes: int = 1_000_000
    most_batch_bytes: int = 64_000_000
    most_missions: int = 100_000
    most_missions_in_flight: int = 200_000
    most_missions_a_day: int = 1_000_000
    batch_workers: int = 0
    most_streams: int = 32
    stream_s: float = 600.0
    most_stations: int = 2_000
    keep_answers_s: float = 86_400.0

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, **given: Any) -> "ApiOptions":
        """Read the options from environment variables; what is given as argument counts more.

        Raises
        ------
        InputError
            If a variable is no value of its kind.
        """
        env = os.environ if environ is None else environ
        read: dict[str, Any] = {}
        for option in fields(cls):
            name = PREFIX + option.name.upper()
            if name in env:
                read[option.name] = _value(name, env[name], option.default)
        return cls(**(read | given))


def _value(name: str, text: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "0": False, "false": False}[text.lower()]
        value = int(text) if isinstance(default, int) else float(text)
    except (KeyError, ValueError):
        raise InputError(f"{text!r} is no {type(default).__name__}", place=name) from None
    if value < 0:
        raise InputError("should not be negative", place=name)
    return value
