"""What is there: of each feed its parties, counts, freshness, rejections by reason, last error."""

from collections.abc import Mapping
from dataclasses import dataclass

from planner.model.station import DEPOT
from planner.store.rejections import Reason
from planner.store.sources import Source
from planner.store.store import Store

STALE_S = 86_400.0
"""Seconds after which a live feed that was not pulled is stale: then its grades end as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """One feed as it stands.

    Attributes
    ----------
    source : Source
    parties : dict of str to str
        ``CC*PPP`` of each operator known by it, and its state: a hub's word (``CONNECTED``,
        ``OFFLINE``, ``PLANNED``, ``SUSPENDED``), else empty.
    reasons : tuple of Reason
        What was rejected or mended, the commonest first.
    kept : dict of str to int
        Raw objects by module.
    """

    source: Source
    parties: Mapping[str, str]
    reasons: tuple[Reason, ...]
    kept: Mapping[str, int]

    @property
    def rejected(self) -> int:
        """How many faults lost something."""
        return sum(reason.count for reason in self.reasons if not reason.mended)

    @property
    def mended(self) -> int:
        """How many faults lost nothing."""
        return sum(reason.count for reason in self.reasons if reason.mended)

    @property
    def is_invited(self) -> bool:
        """Whether the party was invited and has not registered with us yet."""
        return self.source.kind == "ocpi" and not self.source.url

    def age_s(self, now: float) -> float | None:
        """Give the seconds since it was last heard; None: never."""
        return None if self.source.last_sync is None else max(now - self.source.last_sync, 0.0)

    def trouble(self, now: float) -> str:
        """Say why plans should not rest on it as they are; empty where all is well.

        A file is as old as it is. Who was invited and has not come is awaited, not late; so are
        charge points that never called.
        """
        source = self.source
        age_s = self.age_s(now)
        if not source.feed.is_live or self.is_invited:
            return ""
        if source.kind == DEPOT:
            is_silent = age_s is not None and age_s > STALE_S
            return f"depot {source.name} was not heard within a day" if is_silent else ""
        if age_s is not None and age_s <= STALE_S:
            return ""
        why = f": {source.error}" if source.error else ""
        return f"feed {source.name} was not pulled within a day{why}"


def overview(store: Store) -> tuple[Overview, ...]:
    """Look over all feeds, by name."""
    reasons = store.rejected.reasons()
    kept = store.rejected.kept_objects()
    states: dict[str, dict[str, str]] = {}
    for info in sorted(store.knowledge.client_infos(), key=lambda info: info.as_of):
        if info.role not in {"EMSP", "NSP"}:
            states.setdefault(info.hub, {})[info.party] = info.status
    return tuple(
        Overview(
            source=source,
            parties=_parties(source, states.get(source.sender, {})),
            reasons=reasons.get(source.name, ()),
            kept=kept.get(source.name, {}),
        )
        for source in store.feeds.sources()
    )


def _parties(source: Source, said: Mapping[str, str]) -> dict[str, str]:
    known = dict.fromkeys((*source.parties, *([source.sender] if source.sender else [])), "")
    return dict(sorted({**known, **(said if source.is_hub else {})}.items()))
