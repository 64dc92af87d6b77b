"""Closures in the store: replaced whole, seen by the next snapshot of every reader."""

from pathlib import Path

from planner.model.closure import Closure, Geometry
from planner.store.store import Store

LINE = Geometry("LineString", (((10.0, 50.0), (10.01, 50.0)),))
ONE = Closure(id="one", geometry=LINE, closed=True, begins=1.0, region_hash="r", edges=(3, 5))
TWO = Closure(id="two", geometry=None, factor=0.5, ends=9.0, reason="Markt", edges=(1,))


def test_readers_elsewhere_see_closures_with_the_next_snapshot(tmp_path: Path) -> None:
    url, key = f"sqlite:///{tmp_path / 'store.sqlite'}", tmp_path / "key"
    writer, reader = Store.open(url, key), Store.open(url, key)
    before = reader.snapshot()
    assert before.closures == ()
    writer.closures.replace((TWO, ONE))
    assert reader.sequence() > before.sequence
    after = reader.snapshot(before)
    assert after.closures == (TWO, ONE) == reader.closures.all()
    assert after.stations is before.stations
    assert after.hash == before.hash
    assert reader.snapshot().closures == (TWO, ONE)
    sequence = reader.sequence()
    writer.closures.replace((TWO, ONE))
    assert reader.sequence() == sequence, "the same closures are no news"
    writer.closures.replace(())
    assert reader.snapshot(after).closures == ()
    for store in (writer, reader):
        store.close()
