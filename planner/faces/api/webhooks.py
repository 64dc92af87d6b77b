"""Webhooks: addresses that are told of events, signed and tried again."""

import secrets
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import Field

from planner.errors import InputError
from planner.faces.api.doors import Answer, Door, json_answer, office
from planner.faces.api.trip_answers import Said, Time
from planner.faces.fields import Body, Text
from planner.faces.notices import EVENTS, tell
from planner.feeds.hooks import demand_usable
from planner.formats.stamps import stamp
from planner.store.webhooks import WAITING, Delivery, Webhook

door = Door("webhooks", "Webhooks")

MOST = 100
"""Webhooks of one installation."""

SECRET_BYTES = 32

Event = Literal["batch.done", "mission.at_risk", "mission.replanned", "vehicle.replanned", "ping"]
Secret = Annotated[str, Field(strict=True, min_length=16, max_length=200, pattern=r"^[!-~]+$")]


class WebhookRequest(Body):
    """An address to tell."""

    url: Annotated[str, Field(strict=True, min_length=1, max_length=2000)]
    events: Annotated[list[Event], Field(max_length=len(EVENTS))] = Field(
        default_factory=list, description="Those to be told of; none named: all"
    )
    name: Text = ""
    secret: Secret | None = Field(
        default=None, description="By which notices are signed; made if it is left out"
    )


class WebhookAnswer(Said):
    """A webhook; its secret is never shown again."""

    id: str
    created: Time
    url: str
    events: list[str]
    name: str


class NewWebhookAnswer(WebhookAnswer):
    """A webhook that was just made."""

    secret: str = Field(description="Shown this once")


class WebhooksAnswer(Said):
    """Webhooks, the oldest first."""

    webhooks: list[WebhookAnswer]
    events: dict[str, str] = Field(description="What may be told of")


class DeliveryAnswer(Said):
    """A notice and how it went."""

    id: str
    event: str
    created: Time
    state: Literal["waiting", "delivered", "given_up"]
    attempts: int
    next: Time | None
    told: str


class DeliveriesAnswer(Said):
    """Notices, the newest first."""

    deliveries: list[DeliveryAnswer]


@door.opens(
    "GET",
    "/v1/webhooks",
    summary="Who is told of what",
    scope="fleet",
    answers={200: Answer(says="Webhooks", model=WebhooksAnswer)},
)
def webhooks() -> Response:
    """List the webhooks."""
    hooks = [_said(hook) for hook in office().store.webhooks.all()]
    return json_answer({"webhooks": hooks, "events": EVENTS})


@door.opens(
    "POST",
    "/v1/webhooks",
    summary="Have an address told of events",
    scope="fleet",
    body=WebhookRequest,
    answers={201: Answer(says="The webhook, with its secret", model=NewWebhookAnswer)},
)
def add(body: WebhookRequest) -> Response:
    """Add a webhook."""
    used = office()
    demand_usable(body.url, used.settings.webhook_networks)
    if len(used.store.webhooks.all()) >= MOST:
        raise InputError(f"there are {MOST} webhooks already", remedy="Delete one first")
    secret = body.secret or secrets.token_urlsafe(SECRET_BYTES)
    hook = Webhook(
        id=secrets.token_hex(8),
        created=used.clock(),
        url=body.url,
        events=tuple(dict.fromkeys(body.events)),
        name=body.name,
    )
    used.store.webhooks.add(hook, secret)
    headers = {"Location": f"/v1/webhooks/{hook.id}"}
    return json_answer({**_said(hook), "secret": secret}, 201, headers)


@door.opens(
    "GET",
    "/v1/webhooks/<webhook_id>",
    summary="A webhook",
    scope="fleet",
    answers={200: Answer(says="The webhook", model=WebhookAnswer)},
)
def show(webhook_id: str) -> Response:
    """Show a webhook."""
    return json_answer(_said(office().store.webhooks.get(webhook_id)))


@door.opens(
    "DELETE",
    "/v1/webhooks/<webhook_id>",
    summary="Delete a webhook, and what it was still to be told",
    scope="fleet",
    answers={204: Answer(says="Deleted", media=())},
)
def remove(webhook_id: str) -> Response:
    """Delete a webhook."""
    office().store.webhooks.remove(webhook_id)
    return Response(status=204)


@door.opens(
    "GET",
    "/v1/webhooks/<webhook_id>/deliveries",
    summary="What a webhook was told lately, and how that went",
    scope="fleet",
    answers={200: Answer(says="Notices", model=DeliveriesAnswer)},
)
def deliveries(webhook_id: str) -> Response:
    """List a webhook's notices."""
    store = office().store.webhooks
    store.get(webhook_id)
    return json_answer({"deliveries": [_told(one) for one in store.deliveries(webhook_id)]})


@door.opens(
    "POST",
    "/v1/webhooks/<webhook_id>/ping",
    summary="Tell a webhook something, to try its address",
    scope="fleet",
    answers={202: Answer(says="Queued", model=DeliveriesAnswer)},
)
def ping(webhook_id: str) -> Response:
    """Queue a notice to one webhook."""
    used = office()
    tell(used, "ping", {"webhook": webhook_id}, only=webhook_id)
    newest = used.store.webhooks.deliveries(webhook_id, limit=1)
    return json_answer({"deliveries": [_told(one) for one in newest]}, 202)


def _said(hook: Webhook) -> dict[str, Any]:
    return {
        "id": hook.id,
        "created": stamp(hook.created),
        "url": hook.url,
        "events": list(hook.events),
        "name": hook.name,
    }


def _told(delivery: Delivery) -> dict[str, Any]:
    waits = delivery.state == WAITING
    return {
        "id": delivery.id,
        "event": delivery.event,
        "created": stamp(delivery.created),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next": stamp(delivery.due) if waits else None,
        "told": delivery.told,
    }
