"""The page and what it draws its map from: our own files, our own roads, nobody else's servers."""

import gzip
import json
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.security import safe_join

from planner.access.ledger import LEDGER
from planner.errors import DataMissing, NotFound
from planner.faces.assets import web_folder
from planner.faces.towns import towns_within
from planner.roads.graph import RoadGraph
from planner.roads.shipped import data_folder
from planner.roads.tiles import RoadTiles

POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
"""Content Security Policy: no script, style or data from elsewhere, none inline."""

SECURITY_HEADERS: dict[str, str] = {
    "Content-Security-Policy": "; ".join(POLICY),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""On every answer of this blueprint."""

MEDIA_TYPES: dict[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""The only kinds of file that are served from ``web/``."""

GEOJSON = "application/geo+json"
OWN_CACHE = "no-cache"
"""Our own modules change together: a browser asks each time whether they did (ETag)."""
VENDOR_CACHE = "public, max-age=86400"
MAP_CACHE = "public, max-age=600"

DEEPEST_TILE = 14
KEPT_TILES = 2048


def pages(
    region: Callable[[], RoadGraph], *, web: Path | None = None, data: Path | None = None
) -> Blueprint:
    """Make the blueprint: ``/``, ``/assets/...``, ``/v1/tiles/{z}/{x}/{y}.json``.

    Parameters
    ----------
    region : callable
        Gives the road network that plans are made on now.
    web, data : Path, optional
        Folders of the page and of the shipped data; by default those of this installation.
    """
    blueprint = Blueprint("pages", __name__)
    _open_site(blueprint, web or web_folder())
    _open_map(blueprint, region, data or data_folder())

    @blueprint.after_request
    def secure(response: Response) -> Response:
        response.headers.update(SECURITY_HEADERS)
        return response

    return blueprint


def _open_site(blueprint: Blueprint, site: Path) -> None:
    @blueprint.get("/")
    def index() -> Response:
        return _file(site, "index.html", OWN_CACHE)

    @blueprint.get("/costs")
    def costs() -> Response:
        return _file(site, "costs.html", OWN_CACHE)

    @blueprint.get("/fleet")
    def fleet() -> Response:
        return _file(site, "fleet.html", OWN_CACHE)

    @blueprint.get("/favicon.ico")
    def favicon() -> Response:
        return _file(site, "icon.svg", VENDOR_CACHE)

    @blueprint.get("/assets/reasons.json")
    def reasons() -> Response:
        body = _pack({reason.word: [reason.title, reason.sentence] for reason in LEDGER})
        return _answer(body, f"{zlib.crc32(body):x}", "application/json", OWN_CACHE)

    @blueprint.get("/assets/<path:name>")
    def asset(name: str) -> Response:
        return _file(site, name, VENDOR_CACHE if name.startswith("vendor/") else OWN_CACHE)


def _open_map(blueprint: Blueprint, region: Callable[[], RoadGraph], shipped: Path) -> None:
    @blueprint.get("/assets/outlines.geojson")
    def outlines() -> Response:
        path = shipped / "outlines.geojson.gz"
        if not path.is_file():
            raise DataMissing("the outlines of the countries are not there", place=path.name)
        packed = path.read_bytes()
        return _answer(packed, f"{zlib.crc32(packed):x}", GEOJSON, MAP_CACHE)

    @blueprint.get("/assets/towns.geojson")
    def towns() -> Response:
        graph = region()
        body = _packed_towns(tuple(graph.bbox))
        return _answer(body, f"towns-{graph.hash[:16]}", GEOJSON, MAP_CACHE)

    @blueprint.get("/v1/tiles/<int:z>/<int:x>/<int:y>.json")
    def tile(z: int, x: int, y: int) -> Response:
        if z > DEEPEST_TILE or max(x, y) >= 1 << z:
            raise NotFound(
                f"there is no tile {z}/{x}/{y}",
                place=request.path,
                remedy=f"z is at most {DEEPEST_TILE}, x and y are below 2 to the power of z",
            )
        graph = region()
        tag = f"{graph.hash[:16]}-{z}-{x}-{y}"
        return _answer(packed_tile(graph, z, x, y), tag, GEOJSON, MAP_CACHE)

    # A graph is compared by identity, so the tiles of a replaced one fall out by themselves.
    @lru_cache(maxsize=2)
    def tiles_of(graph: RoadGraph) -> RoadTiles:
        return RoadTiles(graph)

    @lru_cache(maxsize=KEPT_TILES)
    def packed_tile(graph: RoadGraph, z: int, x: int, y: int) -> bytes:
        return _pack(tiles_of(graph).tile(z, x, y))


def _file(folder: Path, name: str, cache: str) -> Response:
    found = safe_join(str(folder), name)
    path = Path(found) if found is not None else folder
    media_type = MEDIA_TYPES.get(path.suffix)
    if media_type is None or not path.is_file():
        raise NotFound(f"there is no file {name}", place=request.path)
    return _answer(*_packed(path, path.stat().st_mtime_ns), media_type, cache)


@lru_cache(maxsize=256)
def _packed(path: Path, mtime_ns: int) -> tuple[bytes, str]:
    content = path.read_bytes()
    return gzip.compress(content, mtime=0), f"{mtime_ns:x}-{len(content):x}"


@lru_cache(maxsize=4)
def _packed_towns(bbox: tuple[float, float, float, float]) -> bytes:
    return _pack(towns_within(*bbox))


def _pack(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=5, mtime=0)


def _answer(packed: bytes, tag: str, media_type: str, cache: str) -> Response:
    """Answer with a packed body, unpacked for those who do not take gzip; 304 where it is known."""
    as_it_is = request.accept_encodings["gzip"] > 0
    response = Response(packed if as_it_is else gzip.decompress(packed), content_type=media_type)
    if as_it_is:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = cache
    response.set_etag(tag if as_it_is else f"{tag}-plain")
    response.make_conditional(request)
    return response
