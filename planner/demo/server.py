"""The OCPI 2.2.1 server of the demo's operators: Flask over loopback HTTP, in its own process.

Each connection (an operator reached directly, or the hub) has its own versions address,
``/{connection}/ocpi/versions``. ``/demo/...`` steers the simulation and is for tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from planner.demo import protocol
from planner.demo.callback import endpoints_of
from planner.demo.live import LiveWorld
from planner.demo.operators import CONNECTIONS, HUB_STATUS, PROVIDERS, Connection
from planner.demo.partners import Caller, Partners
from planner.demo.protocol import VERSION, Page, Refusal, envelope, page_of
from planner.demo.tariffs import STATIC_SINCE
from planner.model.station import Status

Json = dict[str, Any]
BY_ID: dict[str, Connection] = {connection.id: connection for connection in CONNECTIONS}


@dataclass(frozen=True, slots=True)
class Peers:
    """What the server's routes share: the live world, who may call, and the tokens put here."""

    world: LiveWorld
    partners: Partners
    tokens: dict[tuple[str, ...], Json] = field(default_factory=dict)
    clock: Callable[[], float] = time


def create_server(peers: Peers) -> Flask:
    """Make the WSGI application."""
    app = Flask("plugsure-demo", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default JSON provider
    _answer_errors(app)
    _serve_handshake(app, peers)
    _serve_objects(app, peers)
    _serve_tokens(app, peers)
    _serve_controls(app, peers)
    return app


def _connection(name: str) -> Connection:
    if name not in BY_ID:
        raise Refusal(404, protocol.CLIENT_ERROR, "no party is served at this address")
    return BY_ID[name]


def _admit(peers: Peers, name: str) -> tuple[Connection, Caller]:
    """Return the connection and the caller that a request is of; 401 for nobody."""
    connection = _connection(name)
    caller = peers.partners.caller(name, request.headers.get("Authorization"))
    if caller is None:
        raise Refusal(401, protocol.CLIENT_ERROR, "the token is missing, unknown or not in Base64")
    return connection, caller


def _admit_partner(peers: Peers, name: str) -> Connection:
    connection, caller = _admit(peers, name)
    if caller.partner is None:
        raise Refusal(401, protocol.CLIENT_ERROR, "the bootstrap token opens the handshake only")
    return connection


def _base(name: str) -> str:
    return f"{request.host_url}{name}/ocpi"


def _answer_errors(app: Flask) -> None:
    @app.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> tuple[Response, int]:
        return jsonify(envelope(None, code=refusal.code, says=refusal.says)), refusal.http

    @app.errorhandler(HTTPException)
    def fail(error: HTTPException) -> Response:
        code = protocol.INVALID if error.code in {400, 413, 415} else protocol.CLIENT_ERROR
        answer = jsonify(envelope(None, code=code, says=error.name))
        answer.status_code = error.code or 500
        for key, value in error.get_headers():
            if key.lower() == "allow":
                answer.headers[key] = value
        return answer

    @app.errorhandler(Exception)
    def break_down(defect: Exception) -> tuple[Response, int]:
        app.logger.error("a request of the demo's server failed", exc_info=defect)
        return jsonify(envelope(None, code=protocol.SERVER_ERROR, says="a defect here")), 500

    @app.before_request
    def remember() -> None:
        g.ids = {
            key: request.headers[key]
            for key in ("X-Request-ID", "X-Correlation-ID")
            if key in request.headers
        }

    @app.after_request
    def echo(answer: Response) -> Response:
        answer.headers.update(g.get("ids", {}))
        return answer


def _serve_handshake(app: Flask, peers: Peers) -> None:
    @app.get("/<name>/ocpi/versions")
    def versions(name: str) -> Response:
        _admit(peers, name)
        return jsonify(envelope([{"version": VERSION, "url": f"{_base(name)}/{VERSION}"}]))

    @app.get(f"/<name>/ocpi/{VERSION}")
    def details(name: str) -> Response:
        connection, _ = _admit(peers, name)
        modules = [
            ("credentials", "SENDER", f"{VERSION}/credentials"),
            ("locations", "SENDER", f"cpo/{VERSION}/locations"),
            ("tariffs", "SENDER", f"cpo/{VERSION}/tariffs"),
            ("tokens", "RECEIVER", f"cpo/{VERSION}/tokens"),
        ]
        if connection.is_hub:
            modules.append(("hubclientinfo", "SENDER", f"hub/{VERSION}/clientinfo"))
        endpoints = [
            {"identifier": module, "role": role, "url": f"{_base(name)}/{path}"}
            for module, role, path in modules
        ]
        return jsonify(envelope({"version": VERSION, "endpoints": endpoints}))

    @app.route(f"/<name>/ocpi/{VERSION}/credentials", methods=["GET", "POST", "PUT", "DELETE"])
    def credentials(name: str) -> Response:
        connection, caller = _admit(peers, name)
        registered = caller.partner is not None
        if request.method == "GET":
            token = caller.partner.token if caller.partner else _spoken_token()
            return jsonify(envelope(_own_credentials(connection, token)))
        if (request.method == "POST") == registered:
            says = "registered already: use PUT" if registered else "not registered: use POST"
            raise Refusal(405, protocol.CLIENT_ERROR, says)
        if request.method == "DELETE":
            peers.partners.unregister(name)
            return jsonify(envelope(None))
        theirs = protocol.checked_credentials(request.get_json(silent=True, force=True))
        token = peers.partners.register(name, theirs, endpoints_of(theirs))
        return jsonify(envelope(_own_credentials(connection, token)))

    def _spoken_token() -> str:
        return peers.partners.bootstrap

    def _own_credentials(connection: Connection, token: str) -> Json:
        peer = connection.peer
        role = {
            "role": "HUB" if connection.is_hub else "CPO",
            "business_details": {"name": peer.name},
            "party_id": peer.party_id,
            "country_code": peer.country_code,
        }
        return {"token": token, "url": f"{_base(connection.id)}/versions", "roles": [role]}


def _serve_objects(app: Flask, peers: Peers) -> None:
    @app.get(f"/<name>/ocpi/cpo/{VERSION}/locations")
    def locations(name: str) -> Response:
        parties = _addressed(_admit_partner(peers, name))
        return _paged(page_of(peers.world.locations(parties, peers.clock()), request.args))

    @app.get(f"/<name>/ocpi/cpo/{VERSION}/locations/<path:ids>")
    def part_of_location(name: str, ids: str) -> Response:
        parties = _addressed(_admit_partner(peers, name))
        return jsonify(
            envelope(_part(peers.world.locations(parties, peers.clock()), ids.split("/")))
        )

    @app.get(f"/<name>/ocpi/cpo/{VERSION}/tariffs")
    def tariffs(name: str) -> Response:
        parties = _addressed(_admit_partner(peers, name))
        return _paged(page_of(peers.world.tariffs(parties), request.args))

    @app.get(f"/<name>/ocpi/hub/{VERSION}/clientinfo")
    def client_infos(name: str) -> Response:
        connection = _admit_partner(peers, name)
        if not connection.is_hub:
            raise Refusal(404, protocol.CLIENT_ERROR, "this party is no hub")
        since = STATIC_SINCE
        parties = [(op, "CPO") for op in connection.operators] + [(p, "EMSP") for p in PROVIDERS]
        infos: list[Json] = [
            {
                "party_id": party.party_id,
                "country_code": party.country_code,
                "role": role,
                "status": HUB_STATUS.get(party.key, "CONNECTED"),
                "last_updated": since,
            }
            for party, role in parties
        ]
        return _paged(page_of(infos, request.args))


def _addressed(connection: Connection) -> list[str]:
    """Return the parties that the routing headers ask of: one, or all behind the peer."""
    country, party = (request.headers.get(f"OCPI-to-{k}") for k in ("country-code", "party-id"))
    everyone = [operator.key for operator in connection.operators]
    if country is None and party is None:
        return everyone
    wanted = f"{country}*{party}".upper()
    if wanted == connection.peer.key:
        return everyone
    if wanted not in everyone:
        raise Refusal(400, protocol.UNKNOWN_RECEIVER, "no such party behind this one")
    return [wanted]


def _part(held: list[Json], ids: list[str]) -> Json:
    for depth, (key, part_id) in enumerate(zip(("id", "uid", "id"), ids, strict=False)):
        found = [body for body in held if body[key] == part_id]
        if not found:
            break
        if depth == len(ids) - 1:
            return found[0]
        held = found[0]["evses" if depth == 0 else "connectors"] if depth < 2 else []  # noqa: PLR2004
    raise Refusal(404, protocol.UNKNOWN_LOCATION, "unknown Location, EVSE or Connector")


def _paged(page: Page) -> Response:
    answer = jsonify(envelope(page.data))
    answer.headers["X-Total-Count"] = str(page.total)
    answer.headers["X-Limit"] = str(page.limit)
    if page.next_query is not None:
        answer.headers["Link"] = f'<{request.base_url}?{page.next_query}>; rel="next"'
    return answer


def _serve_tokens(app: Flask, peers: Peers) -> None:
    path = f"/<name>/ocpi/cpo/{VERSION}/tokens/<country_code>/<party_id>/<uid>"

    @app.route(path, methods=["GET", "PUT", "PATCH"])
    def token(name: str, country_code: str, party_id: str, uid: str) -> Response:
        _admit_partner(peers, name)
        kind = request.args.get("type", "RFID")
        key = (name, country_code.upper(), party_id.upper(), uid.upper(), kind)
        if request.method != "PUT" and key not in peers.tokens:
            raise Refusal(404, protocol.UNKNOWN_TOKEN, "unknown Token")
        if request.method == "GET":
            return jsonify(envelope(peers.tokens[key]))
        body = request.get_json(silent=True, force=True)
        if request.method == "PATCH" and isinstance(body, dict):
            if "last_updated" not in body:
                raise Refusal(400, protocol.NOT_ENOUGH, "a PATCH needs last_updated")
            body = peers.tokens[key] | body
        peers.tokens[key] = protocol.checked_token(body, *key[1:])
        return jsonify(envelope(None))


def _serve_controls(app: Flask, peers: Peers) -> None:
    @app.before_request
    def guard() -> None:
        if request.path.startswith("/demo/") and request.remote_addr not in {"127.0.0.1", "::1"}:
            raise Refusal(403, protocol.CLIENT_ERROR, "steering is for this machine only")

    @app.post("/demo/evse/<uid>/status")
    def set_status(uid: str) -> Response:
        body = request.get_json()
        status = body.get("status") if isinstance(body, dict) else None
        if status not in set(Status):
            raise Refusal(400, protocol.INVALID, "status: not an OCPI Status")
        if not peers.world.set_status(uid, status, peers.clock()):
            raise Refusal(404, protocol.UNKNOWN_LOCATION, "unknown EVSE")
        return jsonify(envelope(None))
