"""Our OCPI endpoints, for partners: the protocol itself is in `planner.ocpi.party`.

Set by ``PLUGSURE_OCPI_URL`` (where ``/ocpi`` is reached from outside) and ``PLUGSURE_OCPI_PARTY``
(``CC*PPP`` of this provider); without the address there is nothing to serve.
"""

import os
import secrets
from collections.abc import Mapping

from flask import Blueprint, Response, request

from planner.errors import InputError
from planner.faces.office import Office
from planner.feeds.client import OcpiClient
from planner.feeds.partners import keep_state, read_state
from planner.ocpi.messages import Role
from planner.ocpi.party import respond

URL = "PLUGSURE_OCPI_URL"
PARTY = "PLUGSURE_OCPI_PARTY"
NAME = "PLUGSURE_OCPI_NAME"
METHODS = ("GET", "POST", "PUT", "DELETE")
MOST_BODY_BYTES = 1_000_000


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


def party_door(used: Office, environ: Mapping[str, str] | None = None) -> Blueprint | None:
    """Make the blueprint that mounts ``/ocpi``; None where no address for it is set."""
    env = os.environ if environ is None else environ
    base_url = env.get(URL, "").rstrip("/")
    if not base_url:
        return None
    roles = our_roles(env)
    door = Blueprint("ocpi", __name__)

    @door.route("/ocpi/<path:path>", methods=METHODS)
    def answer(path: str) -> Response:
        request.max_content_length = MOST_BODY_BYTES
        before = read_state(used.store, base_url=base_url, roles=roles)
        with OcpiClient() as client:
            made, after = respond(
                request.method,
                path,
                dict(request.headers),
                request.get_data(),
                before,
                fetch=client.fetch,
                new_token=lambda: secrets.token_urlsafe(32),
                now=used.clock(),
            )
        if after is not before:
            keep_state(used.store, before, after)
        return Response(made.body, made.status, headers=dict(made.headers))

    return door
