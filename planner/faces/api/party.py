"""Our OCPI endpoints, for partners: mounts `planner.feeds.desk` at ``/ocpi``.

Set by ``PLUGSURE_OCPI_URL`` (where ``/ocpi`` is reached from outside) and ``PLUGSURE_OCPI_PARTY``
(``CC*PPP`` of this provider); without the address there is nothing to serve.
"""

import logging
import os
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Blueprint, request
from flask import Response as Answer
from werkzeug.exceptions import HTTPException

from planner.errors import InputError
from planner.faces.office import Office
from planner.feeds.counter import open_desk
from planner.feeds.wire import AT_THE_DOOR
from planner.ocpi.answers import Refusal, Response, refuse
from planner.ocpi.messages import CLIENT_ERROR, SERVER_ERROR, Role

log = logging.getLogger(__name__)

URL = "PLUGSURE_OCPI_URL"
PARTY = "PLUGSURE_OCPI_PARTY"
NAME = "PLUGSURE_OCPI_NAME"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MOST_BODY_BYTES = 4_000_000
"""A Location of the size of a motorway's largest site has a tenth of it."""

TOKEN_BYTES = 32


def our_roles(environ: Mapping[str, str]) -> tuple[Role, ...]:
    """Say whom we speak for: one provider.

    Raises
    ------
    InputError
        If the environment does not name our party.
    """
    country, _, party = environ.get(PARTY, "").upper().partition("*")
    if len(country) != 2 or len(party) != 3:  # noqa: PLR2004 -- ISO 3166 and ISO 15118
        raise InputError("names no party", place=PARTY, remedy="Set it to your CC*PPP")
    return (Role("EMSP", country, party, environ.get(NAME, "Plugsure")),)


def our_url(environ: Mapping[str, str]) -> str:
    """Say where ``/ocpi`` is reached from outside; empty where it is not set."""
    return environ.get(URL, "").rstrip("/")


def new_token() -> str:
    """Make a secret by which a party may call us."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def party_door(used: Office, environ: Mapping[str, str] | None = None) -> Blueprint | None:
    """Make the blueprint that mounts ``/ocpi``; None where no address for it is set."""
    env = os.environ if environ is None else environ
    base_url = our_url(env)
    if not base_url:
        return None
    roles = our_roles(env)
    desk = open_desk(
        lambda: used.store,
        base_url=base_url,
        roles=roles,
        client=lambda: used.client(AT_THE_DOOR),
        new_token=new_token,
        clock=used.clock,
    )
    door = Blueprint("ocpi", __name__)

    @door.route("/ocpi/<path:path>", methods=METHODS)
    def answer(path: str) -> Answer:
        request.max_content_length = MOST_BODY_BYTES
        return _plain(
            desk.answer(
                request.method,
                _quoted(path),
                request.args,
                dict(request.headers),
                request.get_data(),
            )
        )

    @door.errorhandler(HTTPException)
    def fail(error: HTTPException) -> Answer:
        status = error.code or 500
        return _plain(refuse(Refusal(status, CLIENT_ERROR, error.name), now=used.clock()))

    @door.errorhandler(Exception)
    def break_down(defect: Exception) -> Answer:
        log.error("a partner's request failed by a defect", exc_info=defect)
        refusal = Refusal(500, SERVER_ERROR, "this request failed by a defect of ours")
        return _plain(refuse(refusal, now=used.clock()))

    return door


def _plain(made: Response) -> Answer:
    headers = {"Content-Type": "application/json", **made.headers}
    return Answer(made.body, made.status, headers=headers)


def _quoted(path: str) -> str:
    """Give the address below ``/ocpi`` as it was sent: an id may hold a quoted slash."""
    sent = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    _, found, rest = urlsplit(sent).path.partition("/ocpi/")
    return rest if found else path
