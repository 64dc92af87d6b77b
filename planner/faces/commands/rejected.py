"""``plugsure feed rejected`` and ``retry``: what was left out, why, and reading it again."""

import click

from planner.faces.commands.console import note, office, show_json, show_table
from planner.feeds.retrying import retry_feed
from planner.store.store import Store


@click.command(epilog="Example: plugsure feed rejected nl --reason coordinates")
@click.argument("name")
@click.option("--reason", default="", metavar="TEXT", help="Only those whose reason has this text.")
@click.option("--by-reason", is_flag=True, help="Count them by reason.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rejected(name: str, reason: str, by_reason: bool, as_json: bool) -> None:
    """List what the feed NAME had to leave out, and why."""
    store = office().store
    store.feeds.get(name)
    if by_reason:
        _show_reasons(store, name, reason.casefold(), as_json=as_json)
        return
    faults = [
        fault
        for fault in store.rejections(name)
        if reason.casefold() in f"{fault.place} {fault.detail}".casefold()
    ]
    if as_json:
        show_json([{"place": f.place, "detail": f.detail, "remedy": f.remedy} for f in faults])
        return
    show_table("", ("where", "why"), [(f.place, f.detail) for f in faults])
    note(f"{len(faults):,} rejected")


def _show_reasons(store: Store, name: str, text: str, *, as_json: bool) -> None:
    found = [
        one
        for one in store.rejected.reasons().get(name, ())
        if not one.mended and text in one.detail.casefold()
    ]
    if as_json:
        show_json([{"module": r.module, "reason": r.detail, "count": r.count} for r in found])
        return
    show_table(
        "", ("count", "module", "why"), [(f"{r.count:,}", r.module, r.detail) for r in found]
    )


def retry_objects(store: Store, name: str) -> dict[str, int]:
    """Read the rejected objects of an OCPI feed again, and say what came of it."""
    done = retry_feed(store, name)
    note(f"{name}: {done.read:,} objects read again, {done.mended:,} are whole now")
    if done.not_kept:
        note(
            f"{done.not_kept:,} are not kept; they come again with plugsure feed sync {name} --full"
        )
    return {"read": done.read, "mended": done.mended, "not_kept": done.not_kept}
