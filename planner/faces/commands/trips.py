"""``plugsure plan``, ``access`` and ``verify``: one trip, one post, one check."""

import sys
import time
from dataclasses import replace
from typing import Any

import click

from planner.errors import Fault, InputError, NotFound, PlugsureError
from planner.faces.commands.console import (
    Charge,
    Secret,
    Time,
    note,
    office,
    out,
    read_json_document,
    show_json,
    show_table,
    shown_path,
)
from planner.faces.commands.plan_table import show_outcome
from planner.faces.commands.secrets import wallet_request
from planner.faces.faults import read_model
from planner.faces.judging import grades_at
from planner.faces.missions import demand_on_roads, mission_of, wallet_of
from planner.faces.office import Office
from planner.faces.requests import TripRequest
from planner.formats.geojson import answer_features, collection
from planner.formats.gpx import plan_to_gpx
from planner.formats.ics import plan_to_ics
from planner.formats.mission_cells import place_body
from planner.formats.plan_json import claims_to_json, outcome_to_json
from planner.formats.plan_reading import plan_from_json
from planner.formats.sealed import is_sealed, unseal
from planner.formats.stamps import stamp
from planner.formats.token_text import token_bodies
from planner.model.mission import AVOIDABLE
from planner.model.plan import Outcome, Plan
from planner.plan import explain
from planner.plan import plan as make_plan
from planner.verify import verify as check_plan

GRADES = ("committed", "verified", "contracted", "ad_hoc", "indicated")
OPTIONS = {
    "/vehicle/id": "--vehicle",
    "/vehicle/soc": "--soc",
    "/vehicle/payload_kg": "--payload-kg",
    "/departure": "--at",
    "/reserve_soc": "--reserve-soc",
    "/arrival_soc": "--arrival",
    "/conditions/temperature_c": "--temperature",
    "/conditions/speed_cap_kmh": "--max-speed",
    "/speed_caps_kmh": "--speed-cap",
}
"""The option that each part of a request comes from."""


@click.command(
    epilog="Example: plugsure plan --from Leeuwarden --to Maastricht --vehicle nissan-leaf-2018 "
    "--soc 50% --token @card.txt --as-of 2026-06-08T08:00:00+02:00"
)
@click.option("--from", "start", metavar="PLACE", help="lon,lat or a name.")
@click.option("--to", "end", metavar="PLACE", help="lon,lat or a name.")
@click.option("--via", "vias", multiple=True, metavar="PLACE", help="Repeatable, in order.")
@click.option("--vehicle", metavar="ID", help="See `plugsure vehicles`.")
@click.option("--soc", type=Charge(), help="Charge at the start: 0.8 or 80%.")
@click.option("--wallet", metavar="ID", help="A stored wallet.")
@click.option("--token", "tokens", multiple=True, type=Secret(), help="UID/CONTRACT; -, @FILE.")
@click.option("--payment-card", is_flag=True, help="The driver has a payment card.")
@click.option("--at", type=Time(), help="Departure; now by default.")
@click.option("--as-of", type=Time(), help="The clock by which statuses age; now by default.")
@click.option("--reserve-soc", type=Charge(), help="Charge never gone below.  [default: 0.1]")
@click.option("--reserve", is_flag=True, help="Try to reserve the first stop over OCPI.")
@click.option("--arrival", type=Charge(), help="Charge at the end.  [default: the reserve]")
@click.option("--min-grade", type=click.Choice(GRADES), help="Least grade of every stop.")
@click.option("--fallbacks", type=click.IntRange(0, 3), help="Failures to survive.  [default: 1]")
@click.option("--objective", type=click.Choice(("fastest", "cheapest", "surest")))
@click.option("--temperature", type=float, help="°C.  [default: 15]")
@click.option("--payload-kg", type=float, help="Load besides the driver.")
@click.option("--max-speed", type=float, help="km/h never gone beyond.")
@click.option("--speed-cap", "caps", multiple=True, type=float, help="km/h to choose from.")
@click.option(
    "--avoid", "avoided", multiple=True, type=click.Choice(AVOIDABLE), help="Roads; repeatable."
)
@click.option("--exclude-station", "excluded", multiple=True, metavar="ID", help="Repeatable.")
@click.option("--alternatives", type=click.IntRange(0, 5), help="Other trips to show.")
@click.option("--explain", is_flag=True, help="Tell of each stop the next best choice too.")
@click.option("--request", metavar="FILE", help="A plan request as the API takes it; - is stdin.")
@click.option("--region", metavar="NAME", help="The region to use.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("table", "json", "geojson", "gpx", "ics")),
    default="table",
    show_default=True,
)
@click.pass_context
def plan(ctx: click.Context, /, **given: Any) -> None:
    """Plan one trip. Exit status 1 says that there is none."""
    if given["reserve"] and given["as_of"] is not None:
        raise click.UsageError("--reserve is for now, so it cannot go with --as-of.")
    used = office(given["region"])
    from_file = given["request"] is not None
    document = _request_of_file(given["request"]) if from_file else _request_of(given)
    now = given["as_of"] or time.time()
    try:
        request = read_model(TripRequest, document)
        mission = mission_of(request, used.desk(now))
        demand_on_roads(mission, used.world)
    except InputError as error:
        raise error if from_file else _in_options(error, given) from error
    outcome = make_plan(used.world, mission)
    if request.explain and isinstance(outcome, Plan):
        outcome = explain(used.world, outcome)
    if given["reserve"]:
        from planner.faces.commands.reservations import (  # noqa: PLC0415 -- it brings the whole API
            reserve_first_stop,
        )

        outcome = reserve_first_stop(used, mission, outcome)
    _show(outcome, used, given["format_"])
    ctx.exit(0 if isinstance(outcome, Plan) else 1)


def _request_of_file(path: str) -> Any:
    return read_json_document(path, remedy="Give one plan request, as the API takes it")


def _request_of(given: dict[str, Any]) -> dict[str, Any]:
    """Make a plan request of the options."""
    needed = {"--from": "start", "--to": "end", "--vehicle": "vehicle", "--soc": "soc"}
    missing = [option for option, name in needed.items() if given[name] is None]
    if given["wallet"] is None and not given["tokens"] and not given["payment_card"]:
        missing.append("--wallet (or --token, --payment-card)")
    if missing:
        raise click.UsageError(f"Give {', '.join(missing)}; or --request FILE.")
    stops = [place_body(text) for text in (given["start"], *given["vias"], given["end"])]
    vehicle = {"id": given["vehicle"], "soc": given["soc"], "payload_kg": given["payload_kg"]}
    request: dict[str, Any] = {
        "stops": stops,
        "vehicle": _given(vehicle),
        "wallet": _wallet(given),
        "departure": None if given["at"] is None else stamp(given["at"]),
        "reserve_soc": given["reserve_soc"],
        "arrival_soc": given["arrival"],
        "alternatives": given["alternatives"],
        "explain": given["explain"] or None,
        "avoid": list(given["avoided"]) or None,
        "exclude_stations": list(given["excluded"]) or None,
        "guarantee": _given({"min_grade": given["min_grade"], "fallbacks": given["fallbacks"]}),
        "objective": _given({"preset": given["objective"]}),
        "speed_caps_kmh": list(given["caps"]) or None,
        "conditions": _given(
            {"temperature_c": given["temperature"], "speed_cap_kmh": given["max_speed"]}
        ),
    }
    return _given(request)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, {})}


def _wallet(given: dict[str, Any]) -> Any:
    if given["wallet"] is not None:
        if given["tokens"] or given["payment_card"]:
            raise click.UsageError("Give either --wallet, or --token and --payment-card.")
        return given["wallet"]
    try:
        bodies = [body for text in given["tokens"] for body in token_bodies(text)]
    except ValueError as error:
        raise InputError(str(error), place="--token") from error
    return {"tokens": bodies, "payment_card": given["payment_card"]}


def _in_options(error: InputError, given: dict[str, Any]) -> PlugsureError:
    """Tell the faults of a request by the options that it was made of."""
    last = f"/stops/{len(given['vias']) + 1}"

    def option(pointer: str) -> str:
        if pointer.startswith("/stops/0"):
            return "--from"
        if pointer.startswith(last):
            return "--to"
        if pointer.startswith("/stops/"):
            return "--via"
        if pointer.startswith("/wallet"):
            return "--wallet" if given["wallet"] is not None else "--token"
        return OPTIONS.get(pointer, pointer)

    faults = [Fault(option(f.place), f.detail, f.remedy) for f in error.faults]
    return type(error).of(faults)


def _show(outcome: Outcome, used: Office, form: str) -> None:
    """Print the answer in a format; an infeasible has no GPX or calendar, and is told instead."""
    if form == "table":
        show_outcome(outcome, used.world.region, out())
        return
    document = outcome_to_json(outcome, used.world.region)
    if form == "json":
        show_json(document)
    elif form == "geojson":
        attribution = document["world"]["attribution"]
        show_json(collection(answer_features(document), attribution))
    elif isinstance(outcome, Plan):
        made = plan_to_gpx(document) if form == "gpx" else plan_to_ics(document)
        sys.stdout.buffer.write(made)
    else:
        note(f"No trip, so no {form}: {outcome.title}")


@click.command(epilog="Example: plugsure access --evse 'NL*ABC*E123' --token @card.txt")
@click.option("--evse", required=True, metavar="ID", help="An EVSE id.")
@click.option("--wallet", metavar="ID", help="A stored wallet.")
@click.option("--token", "tokens", multiple=True, type=Secret(), help="UID/CONTRACT; -, @FILE.")
@click.option("--payment-card", is_flag=True, help="Ask for the payment card too.")
@click.option("--at", type=Time(), help="When; now by default.")
@click.option("--as-of", type=Time(), help="The clock; now by default.")
@click.option("--region", metavar="NAME", help="The region to use.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def access(
    evse: str,
    wallet: str | None,
    tokens: tuple[str, ...],
    payment_card: bool,
    at: float | None,
    as_of: float | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Tell the grade of each token at an EVSE, and the evidence for it."""
    if wallet is None and not tokens and not payment_card:
        raise click.UsageError("Give --wallet, --token or --payment-card.")
    used = office(region)
    now = as_of or time.time()
    asked = wallet or wallet_request(tokens, payment_card=payment_card)
    held = wallet_of(asked, used.desk(now))
    try:
        found = grades_at(used.world, evse, held, now=now, at=at or max(now, 0.0))
    except NotFound as error:
        detail = error.faults[0].detail
        remedy = "Write it as the operator does, for instance 'NL*ABC*E123'"
        raise NotFound(detail, place="--evse", remedy=remedy) from error
    if as_json:
        show_json(found)
        return
    station = found["station"]
    click.echo(f"{found['evse_id']} · {station['name']} · {station['operator']}")
    click.echo(f"Status {found['status']['value']}, told {found['status']['as_of'] or 'never'}")
    rows = [
        (
            f"{g['token']['label']} {g['token']['uid'] or ''}",
            g["grade"],
            g["rule"],
            "\n".join(
                f"{e['source']}: {e['field']} = {e['value']} ({e['as_of'] or 'no date'})"
                for e in g["evidence"]
            )
            + "".join(f"\nNote: {warning}" for warning in g["warnings"]),
        )
        for g in found["grades"]
    ]
    show_table("", ("token", "grade", "rule", "evidence"), rows)


@click.command(epilog="Example: plugsure verify plan.json --token @card.txt")
@click.argument("plan_file", metavar="PLAN.json")
@click.option("--wallet", metavar="ID", help="The stored wallet that the plan was made with.")
@click.option("--token", "tokens", multiple=True, type=Secret(), help="UID/CONTRACT; -, @FILE.")
@click.option("--as-of", type=Time(), help="The clock; that of the plan by default.")
@click.option("--region", metavar="NAME", help="The region to use; the plan's by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def verify(
    ctx: click.Context,
    plan_file: str,
    wallet: str | None,
    tokens: tuple[str, ...],
    as_of: float | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Check every claim of a plan against the data that is here. Exit status 1: some are broken."""
    held = _plan_of_file(plan_file)
    used = office(region or held.world.region or None)
    held = _unsealed(held, used, wallet, tokens)
    if as_of is not None:
        held = replace(held, mission=replace(held.mission, now=as_of))
    broken = check_plan(used.world, held)
    sealed = is_sealed(held.mission.wallet)
    if as_json:
        show_json({"plan": held.id, "holds": not broken, "broken": claims_to_json(broken)})
    elif broken:
        for claim in broken:
            click.echo(f"{claim.kind} at {claim.where}: {claim.detail}")
    else:
        made = "" if as_of is not None else ", when it was made; for another moment give --as-of"
        click.echo(f"Every claim of plan {held.id} holds as of {stamp(held.mission.now)}{made}")
    if sealed:
        note("Not checked: rules that compare a token's uid. Give --token or --wallet for that.")
    ctx.exit(1 if broken else 0)


def _plan_of_file(path: str) -> Plan:
    remedy = "Give a plan as `plugsure plan --format json` writes it"
    document = read_json_document(path, remedy=remedy)
    try:
        return plan_from_json(document)
    except InputError as error:
        place = shown_path(path)
        faults = [Fault(f"{place}#{f.place}", f.detail, f.remedy or remedy) for f in error.faults]
        raise InputError.of(faults) from error


def _unsealed(held: Plan, used: Office, wallet: str | None, tokens: tuple[str, ...]) -> Plan:
    """Put the tokens back that were given, or that are stored; else they stay sealed."""
    if wallet is None and not tokens:
        try:
            return used.with_tokens(held)
        except InputError:
            return held
    asked = wallet if wallet is not None else wallet_request(tokens, payment_card=True)
    given = wallet_of(asked, used.desk(held.mission.now))
    unsealed = unseal(held.mission.wallet, given.tokens)
    return replace(held, mission=replace(held.mission, wallet=unsealed))
