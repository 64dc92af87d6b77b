"""Server-sent events: bounded in number and time, resumed by ``Last-Event-ID``."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, request, stream_with_context

from planner.errors import PlugsureError
from planner.faces.api.options import ApiOptions
from planner.faces.api.problems import Refused, error_document

TICK_S = 1.0
SILENCE_S = 15.0
"""A comment is sent after so long without an event, so that proxies keep the connection."""

RETRY_MS = 3000

_open = 0
_lock = threading.Lock()

Event = tuple[str, str, Any]
"""Id, name, and data as JSON."""


def stream(options: ApiOptions, events: Iterator[Event | None]) -> Response:
    """Answer with events; None from the iterator means nothing new, and it is asked again.

    Raises
    ------
    Refused
        429, if too many streams are open in this process.
    """
    global _open  # noqa: PLW0603 -- counts what is open in this process
    with _lock:
        if _open >= options.most_streams:
            detail = "too many event streams are open"
            raise Refused(429, "too-many-streams", detail, {"Retry-After": "10"})
        _open += 1

    def release() -> None:
        global _open  # noqa: PLW0603 -- counts what is open in this process
        with _lock:
            _open -= 1

    written = stream_with_context(_written(options, events))
    answer = Response(written, content_type="text/event-stream")
    answer.call_on_close(release)
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _written(options: ApiOptions, events: Iterator[Event | None]) -> Iterator[str]:
    seen = request.headers.get("Last-Event-ID", "")
    ends = time.monotonic() + options.stream_s
    spoke = time.monotonic()
    yield f"retry: {RETRY_MS}\n\n"
    for event in events:
        now = time.monotonic()
        if event is not None and event[0] != seen:
            name, kind, data = event
            seen = name
            spoke = now
            yield f"id: {name}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"
        elif now - spoke > SILENCE_S:
            spoke = now
            yield ": still here\n\n"
        if now > ends:
            return
        if event is None:
            time.sleep(TICK_S)


def claim_events(
    check: Callable[[], dict[str, Any]],
    sequence: Callable[[], int],
    successor: Callable[[], str],
) -> Iterator[Event | None]:
    """Check a plan whenever the world has moved: ``ok``, ``broken``, or ``error``.

    Once another plan has taken its place it is ``replanned``: what becomes of it is told no more.
    """
    checked: int | None = None
    told = ""
    while True:
        try:
            later = successor()
            if later:
                said = {"plan": later, "url": f"/v1/plans/{later}"}
                yield None if later == told else (f"by-{later}", "replanned", said)
                told = later
                continue
            now = sequence()
            if now == checked:
                yield None
                continue
            checked = now
            found = check()
        except PlugsureError as error:
            yield f"{checked}-error", "error", error_document(error)
            return
        kind = "ok" if found["holds"] else "broken"
        yield str(checked), kind, found
