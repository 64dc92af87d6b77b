"""The Flask application: doors, problems, headers, and what every request is measured by."""

import logging
import threading
import time
from importlib import import_module
from importlib.util import find_spec

from flask import Flask, Response, g, request

from planner.errors import PlugsureError
from planner.faces.api import (
    batches,
    closures,
    depots,
    fleet,
    misc,
    plans,
    problems,
    reports,
    risk,
    stations,
    telematics,
    wallets,
    webhooks,
)
from planner.faces.api.doors import NAME, Services
from planner.faces.api.gate import Gate
from planner.faces.api.idempotency import Answers
from planner.faces.api.limits import Buckets
from planner.faces.api.options import ApiOptions
from planner.faces.api.party import party_door
from planner.faces.couriers import Couriers
from planner.faces.office import Clock, Office
from planner.feeds.hooks import Messenger
from planner.settings import Settings

log = logging.getLogger(__name__)

PAGES = "planner.faces.pages"
COURIERS = "plugsure-couriers"

DOORS = (
    plans.door,
    stations.door,
    wallets.door,
    batches.door,
    closures.door,
    fleet.door,
    depots.door,
    risk.door,
    telematics.door,
    webhooks.door,
    reports.door,
    misc.door,
)


def create_app(
    settings: Settings,
    options: ApiOptions | None = None,
    *,
    clock: Clock = time.time,
    office: Office | None = None,
) -> Flask:
    """Make the application that serves API and page.

    Parameters
    ----------
    settings : Settings
        The installation.
    options : ApiOptions, optional
        Bounds and doors; from the environment by default.
    clock : callable
        Gives the time, UTC epoch seconds.
    office : Office, optional
        For tests and for the demo, which has one already.
    """
    chosen = ApiOptions.read() if options is None else options
    used = office or Office(settings, clock)
    app = Flask("planner", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined] # the default provider has it
    app.config["MAX_FORM_MEMORY_SIZE"] = chosen.most_body_bytes
    operations = {name: op for door in DOORS for name, op in door.operations.items()}
    app.extensions[NAME] = Services(
        office=used,
        options=chosen,
        gate=Gate(
            used.store.keys,
            chosen,
            Buckets(chosen.requests_per_minute, chosen.burst, settings.home / "callers"),
        ),
        kept=Answers(settings.home / "answers", lambda: used.vault, chosen.keep_answers_s),
        operations=operations,
    )
    for door in DOORS:
        app.register_blueprint(door)
    if find_spec(PAGES) is not None:
        app.register_blueprint(import_module(PAGES).pages(lambda: used.world.region))
    partners = party_door(used)
    if partners is not None:
        app.register_blueprint(partners)
    problems.install(app)
    misc.count_requests(app)
    app.before_request(_begin)
    app.after_request(_end)
    app.extensions[batches.RUNNER] = batches.make_runner(used, chosen)
    app.extensions[COURIERS] = Couriers(used, Messenger(settings.webhook_networks))
    return app


def warm_up(app: Flask) -> None:
    """Load the world and go on with abandoned batches, in threads: requests are answered at once.

    To be called in each process that serves, after it was forked.
    """
    app.extensions[batches.RUNNER].start()
    app.extensions[COURIERS].start()
    threading.Thread(target=_load, args=(app.extensions[NAME].office,), daemon=True).start()


def _load(used: Office) -> None:
    try:
        used.world.places.search("a", limit=1)  # names are read on first use
    except PlugsureError as error:
        log.warning("no world yet: %s", error)


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if request.path.startswith("/v1/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
