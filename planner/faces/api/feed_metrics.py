"""Feeds in Prometheus' words, read from the store at each scrape: the same in every process."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from planner.faces.overviews import MOST_REASONS
from planner.feeds.overview import overview
from planner.store.store import Store


class FeedMetrics(Collector):
    """What is there of all feeds."""

    def __init__(self, store: Store, now: float) -> None:
        self._store = store
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Give the figures of all feeds."""
        count = _gauge("count", "What the last sync brought", "what")
        synced = _gauge("last_sync_timestamp_seconds", "When it was last pulled or read")
        tried = _gauge("last_attempt_timestamp_seconds", "When that was last tried")
        failing = _gauge("failing", "Whether the last attempt failed")
        stale = _gauge("stale", "Whether plans should not rest on it")
        parties = _gauge("parties", "Operators known by it, by what the hub says", "state")
        kept = _gauge("objects", "Raw objects that are kept", "module")
        faults = _gauge("faults", "Rejected or mended, by reason", "module", "effect", "reason")
        for one in overview(self._store):
            source, name = one.source, one.source.name
            for what, number in source.counts.items():
                count.add_metric([name, what], number)
            for gauge, at in ((synced, source.last_sync), (tried, source.last_attempt)):
                if at is not None:
                    gauge.add_metric([name], at)
            failing.add_metric([name], float(bool(source.error)))
            stale.add_metric([name], float(bool(one.trouble(self._now))))
            for state, number in Counter(one.parties.values()).items():
                parties.add_metric([name, state or "unsaid"], number)
            for module, number in one.kept.items():
                kept.add_metric([name, module], number)
            for reason in one.reasons[:MOST_REASONS]:
                effect = "mended" if reason.mended else "rejected"
                faults.add_metric([name, reason.module, effect, reason.detail], reason.count)
            others = sum(reason.count for reason in one.reasons[MOST_REASONS:])
            if others:
                faults.add_metric([name, "", "", "other reasons"], others)
        yield from (count, synced, tried, failing, stale, parties, kept, faults)


def _gauge(name: str, says: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"plugsure_feed_{name}", says, labels=["feed", *labels])
