"""Feeds as documents: the same words for the command line and the API."""

from typing import Any

from planner.feeds.overview import Overview
from planner.formats.stamps import stamp

MOST_REASONS = 50


def overview_document(one: Overview, now: float) -> dict[str, Any]:
    """Write a feed as it stands."""
    source = one.source
    age_s = one.age_s(now)
    return {
        "name": source.name,
        "kind": source.kind,
        "url": source.url,
        "path": source.path,
        "format": source.format,
        "sender": source.sender,
        "is_hub": source.is_hub,
        "state": _state(one, now),
        "parties": dict(one.parties),
        "last_sync": None if source.last_sync is None else stamp(source.last_sync),
        "last_attempt": None if source.last_attempt is None else stamp(source.last_attempt),
        "age_s": None if age_s is None else round(age_s),
        "error": source.error,
        "counts": source.counts,
        "kept": dict(one.kept),
        "rejected": one.rejected,
        "mended": one.mended,
        "reasons": [
            {
                "module": reason.module,
                "reason": reason.detail,
                "count": reason.count,
                "mended": reason.mended,
            }
            for reason in one.reasons[:MOST_REASONS]
        ],
    }


def public_document(one: Overview, now: float) -> dict[str, Any]:
    """Write a feed for whoever may ask whether the service is ready: no address, no path."""
    told = overview_document(one, now)
    return {name: told[name] for name in told if name not in {"url", "path"}}


def _state(one: Overview, now: float) -> str:
    if one.is_invited:
        return "invited"
    if one.trouble(now):
        return "stale"
    if one.source.error:
        return "failing"
    return "fresh" if one.source.last_sync is not None else "awaited"
