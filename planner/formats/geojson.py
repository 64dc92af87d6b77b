"""Plans as GeoJSON (RFC 7946): legs as lines, places, charging stops and fallbacks as points.

Made from a plan's JSON document, whose lines stay right when the region has been built anew.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Document = Mapping[str, Any]

LEG_SAYS = ("departure", "arrival", "distance_m", "energy_kwh", "soc_start", "soc_end")
STOP_SAYS = ("evse_id", "arrival", "departure", "soc_arrival", "soc_departure", "energy_kwh")


def plan_to_geojson(document: Document) -> dict[str, Any]:
    """Write a plan as a FeatureCollection; ``kind`` tells leg, place, stop, fallback apart."""
    return collection(answer_features(document), document["world"]["attribution"])


def answer_features(document: Document, mission_id: str | None = None) -> list[dict[str, Any]]:
    """Write a plan or an infeasible answer as features, each with its mission if that is given."""
    features = [_infeasible(document)] if "reason" in document else list(_plan_features(document))
    if mission_id is not None:
        for feature in features:
            feature["properties"]["mission_id"] = mission_id
    return features


def collection(features: list[dict[str, Any]], attribution: Iterable[str]) -> dict[str, Any]:
    """Put features in a FeatureCollection that says whose data it is."""
    return {
        "type": "FeatureCollection",
        "features": features,
        "attribution": list(attribution),
    }


def _plan_features(document: Document) -> Iterable[dict[str, Any]]:
    for index, leg in enumerate(document["legs"]):
        yield _leg(leg, "leg", index)
    for index, place in enumerate(document["mission"]["stops"]):
        yield _point(place["location"], {"kind": "place", "index": index, "name": place["name"]})
    for index, stop in enumerate(document["charging_stops"]):
        yield _stop(stop, "charging_stop", index)
        for fallback in stop["fallbacks"]:
            yield _leg(fallback["leg"], "fallback_leg", index)
            feature = _stop(fallback, "fallback", index)
            feature["properties"]["common_causes"] = fallback["common_causes"]
            yield feature


def _infeasible(document: Document) -> dict[str, Any]:
    said = {"kind": "infeasible", "reason": document["reason"], "title": document["title"]}
    if document["furthest"] is None:
        return {"type": "Feature", "geometry": None, "properties": said}
    return _point(document["furthest"]["location"], said)


def _point(location: list[float], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": location},
        "properties": properties,
    }


def _leg(leg: Document, kind: str, index: int) -> dict[str, Any]:
    said = {"kind": kind, "index": index, "from": leg["from"]["name"], "to": leg["to"]["name"]}
    said |= {name: leg[name] for name in LEG_SAYS}
    return {"type": "Feature", "geometry": leg["geometry"], "properties": said}


def _stop(stop: Document, kind: str, index: int) -> dict[str, Any]:
    station, connector = stop["station"], stop["connector"]
    said = {
        "kind": kind,
        "index": index,
        "station": station["id"],
        "name": station["name"],
        "operator": station["operator"],
        "connector": connector["standard"],
        "power_kw": connector["power_kw"],
        "cost": stop["cost"],
        "grade": stop["access"]["grade"],
        "rule": stop["access"]["rule"],
    }
    said |= {name: stop[name] for name in STOP_SAYS}
    return _point(station["location"], said)
