"""A stand-in for the API, for trying the page alone: ``python -m tests.browser.mock PORT``."""

import json
import queue
import sys
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, jsonify, request

from planner.errors import PlugsureError
from planner.faces.pages import pages
from planner.roads.graph import RoadGraph
from tests.browser import answers, catalogue


class Mock:
    """The stand-in's app, what was asked of it, and what its event streams shall say."""

    def __init__(self, region: RoadGraph) -> None:
        self.region = region
        self.asked: list[tuple[str, Any]] = []
        self.plans: dict[str, dict[str, Any]] = {}
        self.events: queue.Queue[tuple[str, dict[str, Any]]] | None = None
        self.app = Flask("mock")
        self.app.register_blueprint(pages(lambda: self.region))
        self.app.errorhandler(PlugsureError)(self.refuse)
        for rule, method, view in (
            ("/v1/places", "GET", self.places),
            ("/v1/vehicles", "GET", self.vehicles),
            ("/v1/wallets", "GET", self.wallets),
            ("/v1/region", "GET", self.about),
            ("/v1/plans", "POST", self.plan),
            ("/v1/plans/<name>", "GET", self.kept),
            ("/v1/plans/<name>/choices", "GET", self.choices),
            ("/v1/plans/<name>/outcome", "POST", self.outcome),
            ("/v1/plans/<name>/events", "GET", self.tell),
        ):
            self.app.add_url_rule(rule, rule + method, view, methods=[method])

    def forget(self) -> None:
        """Begin anew: nothing asked, nothing kept, no event streams."""
        self.asked.clear()
        self.plans.clear()
        self.events = None

    def listen(self) -> "queue.Queue[tuple[str, dict[str, Any]]]":
        """Open event streams from now on; what is put into the queue is sent."""
        self.events = queue.Queue()
        return self.events

    def refuse(self, error: PlugsureError) -> Response:
        body = {"title": error.title, "detail": str(error)}
        return Response(json.dumps(body), 404, content_type="application/problem+json")

    def places(self) -> Response:
        text = request.args.get("q")
        return jsonify({"places": catalogue.places(text) if text else []})

    def vehicles(self) -> Response:
        return jsonify({"vehicles": catalogue.vehicles(request.args.get("q", ""))})

    def wallets(self) -> Response:
        return jsonify({"wallets": catalogue.WALLETS})

    def about(self) -> Response:
        notes = [
            "The network knows no one-way roads and no road classes.",
            "Speeds are assumed: 100 km/h.",
        ]
        return jsonify(
            {
                "name": "alps",
                "as_of": "2024-04",
                "bbox": [4.0, 43.5, 17.2, 49.95],
                "attribution": [answers.ATTRIBUTION],
                "notes": notes,
            }
        )

    def plan(self) -> Response:
        asked = request.get_json()
        self.asked.append(("plan", asked))
        if asked["vehicle"]["soc"] < 0.05:
            return self._problem([("/vehicle/soc", "a charge of 3 % does not reach any road")])
        if isinstance(asked["wallet"], dict) and not asked["wallet"]["tokens"]:
            return self._problem([("/wallet", "holds nothing to pay with")])
        if isinstance(asked["wallet"], dict) and asked["wallet"]["tokens"][0]["uid"] == "bad uid":
            return self._problem(
                [
                    ("/wallet/tokens/0/uid", "a uid has no spaces"),
                    ("/stops/1/location", "is too far from the roads"),
                ]
            )
        if asked["wallet"] == "town-app" and asked["reserve_soc"] >= 0.1:
            return Response(
                json.dumps(answers.infeasible(asked)), 422, content_type="application/problem+json"
            )
        made = answers.main_plan(asked)
        self.plans |= {made["id"]: made} | {one["id"]: one for one in made["alternatives"]}
        return jsonify(made)

    def kept(self, name: str) -> Response:
        if name not in self.plans:
            body = {"title": "Not found", "detail": f"there is no plan {name}"}
            return Response(json.dumps(body), 404, content_type="application/problem+json")
        if request.args.get("format") == "gpx":
            return Response("<gpx/>", content_type="application/gpx+xml")
        return jsonify(self.plans[name])

    def choices(self, name: str) -> Response:
        self.asked.append(("choices", name))
        stops = self.plans[name]["charging_stops"]
        return jsonify({"plan": name, "world": "w", "choices": answers.choices(stops)})

    def outcome(self, name: str) -> Response:
        said = request.get_json()
        self.asked.append(("outcome", said))
        if said["outcome"] == "ok":
            return jsonify({})
        after = answers.plan_after_failure(self.plans[name])
        self.plans[after["id"]] = after
        return jsonify(after)

    def tell(self, name: str) -> Response:
        events = self.events
        if events is None:
            return Response(status=404)

        def stream() -> Iterator[str]:
            while True:
                try:
                    kind, data = events.get(timeout=1)
                except queue.Empty:
                    yield ": still here\n\n"
                    continue
                yield f"event: {kind}\ndata: {json.dumps(data)}\n\n"

        return Response(stream(), content_type="text/event-stream")

    @staticmethod
    def _problem(faults: list[tuple[str, str]]) -> Response:
        body = {
            "type": "urn:plugsure:problem:invalid-input",
            "title": "The input is not valid",
            "status": 400,
            "errors": [{"pointer": pointer, "detail": detail} for pointer, detail in faults],
        }
        return Response(json.dumps(body), 400, content_type="application/problem+json")


if __name__ == "__main__":
    from pathlib import Path
    from tempfile import gettempdir

    from planner.roads.shipped import load_shipped

    graph = load_shipped(Path(gettempdir()) / "plugsure-mock")
    Mock(graph).app.run(port=int(sys.argv[1]), threaded=True)
