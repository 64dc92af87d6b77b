"""Answers of Valhalla; run by the Python of Valhalla's own environment, never by ours.

    python truth_worker.py CONFIG QUESTIONS ANSWERS

``QUESTIONS`` and ``ANSWERS`` are files of one JSON object a line, in the same order. A question is
``{"route": [lon, lat, lon, lat], "options": {}}``, options being those of the costing; or
``{"walk": [[lon, lat], ...]}``, a line along roads that is to be priced. An answer has ``seconds``
and ``metres``, for a route also ``line``, and ``edges`` as Valhalla has them; or ``error``.
"""

import json
import sys
from pathlib import Path
from typing import Any

from valhalla import Actor  # type: ignore[import-not-found]  # in its own environment only

FILTERS = {
    "action": "include",
    "attributes": [
        "edge.way_id",
        "edge.length",
        "edge.speed",
        "edge.road_class",
        "edge.use",
        "edge.surface",
        "edge.unpaved",
        "edge.toll",
        "edge.density",
        "edge.roundabout",
        "edge.speed_limit",
        "edge.begin_shape_index",
        "edge.end_shape_index",
        "edge.destination_only",
        "edge.traffic_signal",
        "node.elapsed_time",
        "node.transition_time",
        "node.type",
        "node.intersecting_edge.begin_heading",
        "shape",
    ],
}


TRACING = {
    "search_radius": 8,
    "gps_accuracy": 2,
    "turn_penalty_factor": 0,
    "breakage_distance": 20_000,
}


def decode(text: str) -> list[list[float]]:
    """Read a polyline of six decimals as longitudes and latitudes."""
    points: list[list[float]] = []
    at = lat = lon = 0
    while at < len(text):
        steps = []
        for _ in range(2):
            shift = value = 0
            while True:
                byte = ord(text[at]) - 63
                at += 1
                value |= (byte & 0x1F) << shift
                shift += 5
                if byte < 0x20:
                    break
            steps.append(~(value >> 1) if value & 1 else value >> 1)
        lat, lon = lat + steps[0], lon + steps[1]
        points.append([lon / 1e6, lat / 1e6])
    return points


def route(actor: Actor, question: dict[str, Any]) -> dict[str, Any]:
    """Ask for a way and for the edges along it."""
    west, south, east, north = question["route"]
    options = question.get("options", {})
    found = actor.route(
        {
            "locations": [{"lon": west, "lat": south}, {"lon": east, "lat": north}],
            "costing": "auto",
            "costing_options": {"auto": {"disable_hierarchy_pruning": True} | options},
            "directions_type": "none",
        }
    )
    leg, total = found["trip"]["legs"][0], found["trip"]["summary"]
    answer = {
        "seconds": total["time"],
        "metres": total["length"] * 1000,
        "line": decode(leg["shape"]),
    }
    if not options:
        try:
            answer["edges"] = walk(actor, {"shape": leg["shape"]})["edges"]
        except RuntimeError as error:  # the route itself is an answer also where it is not walked
            answer["walk_error"] = str(error)
    return answer


def walk(actor: Actor, question: dict[str, Any]) -> dict[str, Any]:
    """Price a line that runs along the edges."""
    body: dict[str, Any] = {
        "costing": "auto",
        "shape_match": "walk_or_snap",
        "filters": FILTERS,
        "trace_options": TRACING,
    }
    if "shape" in question:
        body["encoded_polyline"] = question["shape"]
    else:
        body["shape"] = [{"lon": lon, "lat": lat} for lon, lat in question["walk"]]
    found = actor.trace_attributes(body)
    edges = []
    for edge in found["edges"]:
        node = edge.pop("end_node", {})
        edge["until_s"] = node.get("elapsed_time", 0.0)
        edge["turn_s"] = node.get("transition_time", 0.0)
        edge["node"] = node.get("type", "")
        edge["arms"] = len(node.get("intersecting_edges", ()))
        edges.append(edge)
    return {
        "seconds": edges[-1]["until_s"],
        "metres": sum(edge["length"] for edge in edges) * 1000,
        "edges": edges,
        "line": decode(found["shape"]),
    }


def main() -> None:
    """Answer all questions."""
    config, questions, answers = sys.argv[1:]
    actor = Actor(config)
    with Path(questions).open() as asked, Path(answers).open("w") as told:
        for line in asked:
            question = json.loads(line)
            try:
                answer = route(actor, question) if "route" in question else walk(actor, question)
            except RuntimeError as error:
                answer = {"error": str(error)}
            told.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
