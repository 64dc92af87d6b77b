"""Sessions and CDRs that were pulled: kept like those that are pushed, and proof like them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from planner.errors import DataError, Fault
from planner.feeds.charges import keep_charge
from planner.feeds.evidence import evidence_of_use
from planner.feeds.fields import moment, text
from planner.feeds.parties import party_of
from planner.feeds.staging import Stage
from planner.ocpi.charging import TokenUse, read_cdr, read_session
from planner.ocpi.records import put_record
from planner.store.database import Change
from planner.store.evidence import insert_evidence
from planner.store.objects import Sent, object_name
from planner.store.sources import Source
from planner.store.store import Store

READERS = {"sessions": read_session, "cdrs": read_cdr}
TITLES = {"sessions": "Session", "cdrs": "CDR"}


def keep_history(
    store: Store, change: Change, source: Source, feed: int, stage: Stage, ours: str, now: float
) -> list[Fault]:
    """Keep what a list of Sessions or CDRs brought; gives what had to be left out.

    Parameters
    ----------
    feed : int
        Row of the feed.
    ours : str
        ``CC*PPP`` of ourselves, whose tokens they are where they do not say.
    now : float
        UTC epoch seconds.
    """
    faults: list[Fault] = []
    for page in stage.pages():
        faults += _keep_page(store, change, source, feed, stage.module, page, ours, now)
    return faults


def _keep_page(
    store: Store,
    change: Change,
    source: Source,
    feed: int,
    module: str,
    page: Sequence[dict[str, Any]],
    ours: str,
    now: float,
) -> list[Fault]:
    faults: list[Fault] = []
    named = {(party_of(raw, source) or "*", text(raw.get("id"))): raw for raw in page}
    names = {object_name(*key): key for key in named}
    known = store.objects.read(change.connection, feed, module, names)
    told: dict[str, Sent] = {}
    for name, key in names.items():
        party, number = key
        held = msgspec.json.decode(known[name].body) if name in known else None
        try:
            after = put_record(module, held, number, party, named[key])
        except DataError as error:
            faults += [Fault(module, f.detail, f.remedy) for f in error.faults]
            continue
        if held is not None and (after == held or module == "cdrs"):
            continue
        told[name] = Sent(after, moment(after["last_updated"]) or 0.0, now)
        keep_charge(store, change, module, after, party, source=source.name, ours=ours)
        use = READERS[module](after)
        if use is not None and (held is None or READERS[module](held) is None):
            keep_use(store, change, feed, party, use, f"{TITLES[module]} {number}", ours, now)
    store.objects.write(change, feed, module, told, known)
    return faults


def keep_use(
    store: Store,
    change: Change,
    feed: int,
    party: str,
    use: TokenUse,
    said: str,
    ours: str,
    now: float,
) -> None:
    """Keep that a token has worked, where the object names a token."""
    found = evidence_of_use(store, change.connection, feed, party, use, said, ours, now)
    if found.token:
        insert_evidence(change, [found])
