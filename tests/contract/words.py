"""What users were promised, written down once for the tests of this folder."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

COMMANDS: dict[str, frozenset[str]] = {
    "access": frozenset({"--evse", "--token"}),
    "agreements import": frozenset({"FILE"}),
    "batch": frozenset({"MISSIONS", "--out", "--workers", "--resume"}),
    "cdr import": frozenset({"FILE", "--zone"}),
    "closures clear": frozenset(),
    "closures import": frozenset({"FILE", "--region"}),
    "closures list": frozenset({"--json", "--region"}),
    "demo": frozenset({"--port"}),
    "feed add": frozenset({"NAME", "--ocpi", "--token", "--file", "--format"}),
    "feed list": frozenset({"--json"}),
    "feed sync": frozenset({"NAME"}),
    "feed watch": frozenset(),
    "keys create": frozenset({"--name", "--scope"}),
    "keys list": frozenset({"--json"}),
    "keys revoke": frozenset({"ID"}),
    "plan": frozenset(
        {
            *("--from", "--to", "--via", "--vehicle", "--soc", "--wallet", "--token", "--at"),
            *("--as-of", "--format", "--request"),
        }
    ),
    "prices import": frozenset({"FILE"}),
    "region build": frozenset({"NAME", "--osm", "--elevation", "--network", "--place"}),
    "region export": frozenset({"NAME", "--out"}),
    "region info": frozenset({"NAME", "--json", "--verify"}),
    "region list": frozenset({"--json"}),
    "region prepare": frozenset({"NAME"}),
    "report anomalies": frozenset({"--kind", "--since", "--until", "--plans", "--out", "--json"}),
    "report cards": frozenset({"--missions", "--batch", "--provider", "--json"}),
    "report charges": frozenset({"--since", "--until", "--plans", "--out", "--json"}),
    "report costs": frozenset({"--by", "--since", "--until", "--plans", "--out", "--json"}),
    "serve": frozenset({"--host", "--port", "--workers"}),
    "stations export": frozenset({"--out", "--wallet", "--bbox"}),
    "vehicles": frozenset({"--search", "--json"}),
    "vehicles import": frozenset({"FILE"}),
    "verify": frozenset({"PLAN.json"}),
    "warm-up": frozenset(),
}
"""Command → its arguments and options, as far as an issue has asked for them."""

NOT_YET_COMMANDS: tuple[str, ...] = ()
NOT_YET_OPTIONS = (("batch", "--cluster"),)
"""Promised for later; until then they are cleanly absent, or there in full."""

PATHS: dict[str, frozenset[str]] = {
    "/v1/plans": frozenset({"post"}),
    "/v1/plans/{id}": frozenset({"get"}),
    "/v1/plans/{id}/verify": frozenset({"post"}),
    "/v1/plans/{id}/events": frozenset({"get"}),
    "/v1/plans/{id}/outcome": frozenset({"post"}),
    "/v1/stations": frozenset({"get", "post"}),
    "/v1/access": frozenset({"post"}),
    "/v1/vehicles": frozenset({"get"}),
    "/v1/places": frozenset({"get"}),
    "/v1/batches": frozenset({"post"}),
    "/v1/batches/{id}": frozenset({"get", "delete"}),
    "/v1/batches/{id}/results": frozenset({"get"}),
    "/v1/batches/{id}/events": frozenset({"get"}),
    "/v1/closures": frozenset({"get", "put", "delete"}),
    "/v1/reports/anomalies": frozenset({"get"}),
    "/v1/reports/cards": frozenset({"get"}),
    "/v1/reports/charges": frozenset({"get"}),
    "/v1/reports/costs": frozenset({"get"}),
    "/v1/wallets": frozenset({"get", "post"}),
    "/v1/fleet/vehicles": frozenset({"get", "post"}),
    "/v1/fleet/drivers": frozenset({"get", "post"}),
    "/v1/fleet/vehicles/{id}/state": frozenset({"post"}),
    "/v1/batches/{id}/at-risk": frozenset({"get"}),
    "/v1/batches/{id}/replan": frozenset({"post"}),
    "/v1/webhooks": frozenset({"get", "post"}),
    "/healthz": frozenset({"get"}),
    "/readyz": frozenset({"get"}),
    "/metrics": frozenset({"get"}),
}
"""Path → methods of the API."""

FORMATS_OF_A_PLAN = ("table", "json", "geojson", "gpx", "ics")
SCOPES = ("plan", "batch", "fleet", "reports", "admin")
GRADES = ("committed", "verified", "contracted", "ad_hoc", "indicated", "unknown", "refused")
REASONS_WHY_NOT = frozenset(
    {"no_route", "no_accessible_charger", "out_of_range", "window_missed", "no_fallback"}
)
