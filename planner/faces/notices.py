"""What webhooks are told: events by name, their bodies without anything secret or personal."""

import json
from typing import Any

from planner.faces.office import Office
from planner.formats.stamps import stamp

EVENTS = {
    "batch.done": "A batch has ended; its counts",
    "mission.at_risk": "Claims of a plan in use hold no more; which, and how soon that matters",
    "mission.replanned": "A mission was planned again; its new plan, or why there is none",
    "vehicle.replanned": "A vehicle told where it is, and was planned again from there",
    "ping": "Asked for by hand, to try an address",
}
"""Names of the events, and what each tells."""


def tell(
    office: Office, event: str, document: dict[str, Any], *, only: str = "", once: str = ""
) -> int:
    """Queue a notice to the webhooks that want it, or to ``only`` one; return to how many.

    What is named by ``once`` is told under that name a single time.
    """
    now = office.clock()
    body = {"event": event, "at": stamp(now), "data": document}
    text = json.dumps(body, ensure_ascii=False).encode()
    return office.store.webhooks.tell(event, text, now=now, only=only, once=once)
