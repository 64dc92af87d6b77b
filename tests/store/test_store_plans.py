"""Stored plans and batches."""

import pytest

from planner.errors import InputError, NotFound
from planner.store.plans import BatchRow
from planner.store.store import Store


def test_a_plan_is_kept_by_its_id(store: Store):
    store.save_plan("p1", b"{}", created=1.0, world="w", mission_id="m7")
    store.save_plan("p1", b'{"a":1}', created=2.0, world="w", mission_id="m7")
    store.save_plan("p2", b"{}", created=3.0, world="w")
    assert store.plan("p1") == b'{"a":1}'
    assert store.plans.get("p1").mission_id == "m7"
    assert [plan.id for plan in store.plans.recent()] == ["p2", "p1"]
    assert [plan.id for plan in store.plans.recent(1)] == ["p2"]
    with pytest.raises(NotFound, match="no plan"):
        store.plan("p3")


def test_results_of_a_batch_come_in_the_order_of_its_missions(store: Store):
    store.batches.create("b", b"{}", created=1.0, size=1200)
    store.batches.set_state("b", "running")
    for start in (800, 0, 400):
        store.batches.add_rows(
            "b",
            [
                BatchRow(row=row, failed=row % 10 == 0, body=str(row).encode())
                for row in reversed(range(start, start + 400))
            ],
        )
    store.batches.set_state("b", "done")
    rows = list(store.batches.rows("b"))
    assert [row.row for row in rows] == list(range(1200))
    assert rows[17].body == b"17"
    assert [row.row for row in store.batches.rows("b", after=1197)] == [1198, 1199]
    batch = store.batches.get("b")
    assert (batch.state, batch.size, batch.done, batch.failed) == ("done", 1200, 1200, 120)
    assert store.batches.done_rows("b") == frozenset(range(1200))


def test_a_result_told_twice_is_counted_once(store: Store):
    store.batches.create("b", b"{}", created=1.0, size=2)
    row = BatchRow(row=0, failed=True, body=b"first")
    store.batches.add_rows("b", [row])
    store.batches.add_rows("b", [BatchRow(row=0, failed=False, body=b"second"), row])
    store.batches.add_rows("b", [])
    assert list(store.batches.rows("b")) == [row]
    assert store.batches.get("b").failed == 1


def test_a_batch_that_is_not_there_is_said(store: Store):
    store.batches.create("b", b"{}", created=1.0, size=2)
    with pytest.raises(InputError, match="batch of that id already"):
        store.batches.create("b", b"{}", created=1.0, size=2)
    for ask in (
        lambda: store.batches.get("x"),
        lambda: store.batches.set_state("x", "done"),
        lambda: store.batches.add_rows("x", [BatchRow(row=0, failed=False, body=b"")]),
    ):
        with pytest.raises(NotFound, match="no batch"):
            ask()
    assert list(store.batches.rows("x")) == []
