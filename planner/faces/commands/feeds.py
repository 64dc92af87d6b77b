"""``plugsure feed``: where stations come from."""

import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from planner.errors import Fault, FeedError, InputError, PlugsureError
from planner.faces.api.party import PARTY, new_token, our_roles
from planner.faces.cli import tell
from planner.faces.commands.console import (
    Secret,
    Time,
    note,
    office,
    progress_bar,
    show_json,
    show_table,
)
from planner.faces.commands.partners import FORMS, invite, leave, rotate
from planner.faces.commands.rejected import rejected, retry_objects
from planner.faces.overviews import overview_document
from planner.feeds.files import FORMATS, load_file
from planner.feeds.haul import Progress
from planner.feeds.overview import overview
from planner.feeds.partners import register_feed
from planner.feeds.sending import send_tokens
from planner.feeds.sync import SyncReport, sync_feed
from planner.feeds.watch import Rhythm, Watch
from planner.formats.stamps import stamp
from planner.model.station import DEPOT
from planner.store.feeds import Source
from planner.store.store import Store
from planner.store.updates import Repair

SHOWN_REJECTIONS = 10


@click.group()
def feed() -> None:
    """Where stations come from: add, sync, watch, list."""


@feed.command(
    epilog="Examples: plugsure feed add nl --file locations.ndjson.gz --format ocpi; "
    "plugsure feed add cpo --ocpi https://cpo.example/ocpi/versions --token @token.txt"
)
@click.argument("name")
@click.option("--ocpi", "url", metavar="VERSIONS_URL", help="A party's versions endpoint.")
@click.option("--token", type=Secret(), help="The credentials token; -, @FILE.")
@click.option(
    "--register",
    metavar="OUR_VERSIONS_URL",
    help="Do the credentials handshake: the token is token A, and `plugsure serve` answers there.",
)
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file."
)
@click.option(
    "--tariffs", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its tariffs."
)
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), help="Of the file.")
@click.option("--sender", default="", metavar="CC*PPP", help="For files that do not name it.")
@click.option("--own-of", default="", metavar="CC*PPP", help="The provider whose own feed it is.")
@click.option("--as-of", type=Time(), help="When the file was made; now by default.")
@click.option("--hub", is_flag=True, help="It is a hub; OCPI 2.1.1 has no way to say so.")
@click.option("--auth-form", type=click.Choice(FORMS), help="How it takes its token.")
def add(
    name: str,
    url: str | None,
    token: str | None,
    register: str | None,
    file: Path | None,
    tariffs: Path | None,
    format_: str | None,
    sender: str,
    own_of: str,
    as_of: float | None,
    hub: bool,
    auth_form: str | None,
) -> None:
    """Register the feed NAME, and pull or read it once."""
    if (url is None) == (file is None):
        raise click.UsageError("Give either --ocpi or --file.")
    store = office().store
    if file is not None:
        if format_ is None:
            raise click.UsageError(f"Say what the file holds: --format {', '.join(FORMATS)}.")
        source = Source(
            name=name,
            kind="file",
            path=str(file.resolve()),
            tariffs_path=str(tariffs.resolve()) if tariffs else "",
            format=format_,
            sender=sender,
            own_of=own_of,
        )
        store.feeds.add(source)
        _forget_on_failure(store, name, lambda: _load(store, source, as_of or time.time()))
        return
    if not token:
        raise click.UsageError("An OCPI feed needs --token.")
    named = "token_a" if register else "token"
    source = Source(
        name=name,
        kind="ocpi",
        url=url or "",
        sender=sender,
        is_hub=hub,
        own_of=own_of,
        token_form=auth_form or "",
    )
    store.feeds.add(source, {named: token})
    if register:
        _register(store, name, register)
    _pull(store, name, full=True)


def _forget_on_failure(store: Store, name: str, read: Any) -> None:
    """Take a feed out again whose file cannot be read: there is nothing to try again."""
    try:
        read()
    except PlugsureError:
        store.remove_feed(name)
        raise


def _register(store: Store, name: str, our_url: str) -> None:
    with office().client() as client:
        register_feed(
            store,
            name,
            our_versions_url=our_url,
            our_roles=our_roles(os.environ),
            new_token=new_token,
            now=time.time(),
            client=client,
        )
    note(f"Registered with {name}")


@feed.command(epilog="Example: plugsure feed sync nl --full")
@click.argument("name", required=False)
@click.option("--full", is_flag=True, help="Pull everything, not only what changed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sync(name: str | None, full: bool, as_json: bool) -> None:
    """Pull the feed NAME once, or all feeds; files are read again."""
    store = office().store
    known = store.feeds.sources() if name is None else (store.feeds.get(name),)
    # Who was invited and has not come yet has nothing to pull.
    sources = [one for one in known if name is not None or one.kind != "ocpi" or one.url]
    if name is not None and sources[0].kind == DEPOT:
        raise InputError("a depot is not pulled", remedy="See `plugsure serve --ocpp`")
    sources = [one for one in sources if one.kind != DEPOT]
    if not sources:
        raise InputError("there is no feed yet", remedy="Add one with `plugsure feed add`")
    told: list[dict[str, Any]] = []
    failed: PlugsureError | None = None
    for source in sources:
        try:
            if source.kind == "ocpi":
                counts = _pull(store, source.name, full=full)
            else:
                counts = _load(store, source, time.time())
        except PlugsureError as error:
            if name is not None:
                raise
            tell(error)  # the others are pulled all the same
            failed = error
            told.append({"name": source.name, "error": str(error)})
        else:
            told.append({"name": source.name, "counts": counts})
    if as_json:
        show_json(told)
    if failed is not None:
        raise FeedError("not all feeds could be pulled")


def _pull(store: Store, name: str, *, full: bool) -> dict[str, int]:
    with progress_bar(counted=True) as shown:
        tasks: dict[str, Any] = {}

        def progress(module: str, received: int, total: int | None) -> None:
            if module not in tasks:
                tasks[module] = shown.add_task(f"{name} {module}", total=total)
            shown.update(tasks[module], completed=received, total=total)

        report = _sync(store, name, time.time(), full, progress)
    _report(name, report.counts, report.notes)
    return report.counts


def _sync(
    store: Store, name: str, now: float, full: bool, progress: Progress | None = None
) -> SyncReport:
    """Pull a party, and bring it our tokens if we are a provider."""
    ours = our_roles(os.environ)[0] if PARTY in os.environ else None
    party = "" if ours is None else ours.party
    with office().client() as client:
        report = sync_feed(
            store, name, now=now, full=full, progress=progress, client=client, ours=party
        )
        if ours is None:
            return report
        try:
            sent = send_tokens(store, name, client=client, ours=ours, now=now)
        except FeedError as error:
            return replace(report, notes=(*report.notes, f"no tokens were sent: {error}"))
    notes = [f"{sent.put} tokens sent, {sent.read} copies read"] if sent.put or sent.read else []
    notes += [f"{sent.failed} tokens could not be sent: {sent.error}"] if sent.failed else []
    return replace(report, notes=(*report.notes, *notes))


def _load(store: Store, source: Source, now: float) -> dict[str, int]:
    with progress_bar() as shown:
        task = shown.add_task(f"reading {Path(source.path).name}", total=None)

        def progress(done: int, total: int | None) -> None:
            shown.update(task, completed=done, total=total)

        report = load_file(
            store,
            source.name,
            Path(source.path),
            source.format,
            now=now,
            tariffs_path=Path(source.tariffs_path) if source.tariffs_path else None,
            sender=source.sender,
            progress=progress,
        )
    _report(source.name, report.counts, ())
    return report.counts


def _report(name: str, counts: dict[str, int], notes: tuple[str, ...]) -> None:
    said = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items())
    note(f"{name}: {said}")
    for line in notes:
        note(f"  {line}")


@feed.command(epilog="Example: plugsure feed watch --every 30")
@click.option("--every", default=60.0, show_default=True, help="Seconds between pulls of a feed.")
@click.option("--full-every", default=86_400.0, show_default=True, help="Seconds.")
def watch(every: float, full_every: float) -> None:
    """Pull all OCPI feeds for ever, each on its schedule; Ctrl-C ends it."""
    store = office().store
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)

    def told(name: str, what: SyncReport | PlugsureError) -> None:
        if isinstance(what, PlugsureError):
            note(f"{stamp(time.time())} {name}: {what}")
        else:
            _report(f"{stamp(what.at)} {name}", what.counts, what.notes)

    Watch(
        store=store,
        pull=lambda name, now, full: _sync(store, name, now, full),
        clock=time.time,
        sleep=time.sleep,
        chance=random.random,
        told=told,
        rhythm=Rhythm(interval_s=every, full_every_s=full_every),
    ).run(lambda: stopped)


@feed.command(name="list", epilog="Example: plugsure feed list --rejected nl")
@click.option("--rejected", metavar="NAME", help="List what this feed had to leave out, and why.")
@click.option("--mended", metavar="NAME", help="List what this feed says wrongly and was mended.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(rejected: str | None, mended: str | None, as_json: bool) -> None:
    """Show what is there, how fresh it is, and what was rejected and why."""
    if rejected is not None and mended is not None:
        raise click.UsageError("Give either --rejected or --mended.")
    store = office().store
    if rejected is not None:
        _show_faults(store.rejections(_known(store, rejected)), as_json=as_json)
        return
    if mended is not None:
        found_faults = store.rejections(_known(store, mended), mended=True)
        _show_faults([f for f in found_faults if isinstance(f, Repair)], as_json=as_json)
        return
    now = time.time()
    found = [overview_document(one, now) for one in overview(store)]
    if as_json:
        show_json(found)
        return
    rows = [
        (
            f["name"],
            "hub" if f["is_hub"] else f["kind"],
            f["state"],
            _parties(f["parties"]),
            f"{f['counts'].get('stations', 0):,}",
            f"{f['counts'].get('evses', 0):,}",
            (f["last_sync"] or "never").replace("+00:00", " UTC"),
            f"{f['rejected']:,} / {f['mended']:,}",
            f["error"] or "",
        )
        for f in found
    ]
    columns = (
        "feed",
        "kind",
        "state",
        "parties",
        "stations",
        "EVSEs",
        "last sync",
        "rejected / mended",
        "error",
    )
    show_table("", columns, rows)
    for f in found[:SHOWN_REJECTIONS]:
        if f["rejected"]:
            note(f"See what was left out: plugsure feed rejected {f['name']} --by-reason")
        if f["mended"]:
            note(f"See what was mended: plugsure feed list --mended {f['name']}")


def _known(store: Store, name: str) -> str:
    """Return the name of a feed that is there; NotFound else."""
    return store.feeds.get(name).name


def _show_faults(faults: Sequence[Fault], *, as_json: bool) -> None:
    if as_json:
        show_json([{"place": f.place, "detail": f.detail, "remedy": f.remedy} for f in faults])
        return
    show_table("", ("where", "why"), [(f.place, f.detail) for f in faults])


def _parties(states: dict[str, str]) -> str:
    """Write how many parties there are, and how many of a hub's are connected."""
    said = [state for state in states.values() if state]
    if not said:
        return str(len(states)) if states else ""
    return f"{said.count('CONNECTED')} of {len(said)} connected"


@feed.command(epilog="Example: plugsure feed retry nl")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def retry(name: str, as_json: bool) -> None:
    """Read again what was rejected of the feed NAME: from what is kept, files from the disk."""
    store = office().store
    source = store.feeds.get(name)
    if source.kind == "file":
        before = _lost(store, name)
        _load(store, source, source.last_sync or time.time())
        done = {"read": before, "mended": max(before - _lost(store, name), 0), "not_kept": 0}
    else:
        done = retry_objects(store, name)
    if as_json:
        show_json(done)


def _lost(store: Store, name: str) -> int:
    return len(store.rejections(name))


@feed.command(epilog="Example: plugsure feed remove nl")
@click.argument("name")
def remove(name: str) -> None:
    """Take out the feed NAME and all that it brought."""
    office().store.remove_feed(name)
    note(f"Removed {name}")


for _command in (invite, rotate, leave, rejected):
    feed.add_command(_command)
