"""What a wallet may expect of stations and EVSEs, as documents."""

import math
from collections.abc import Iterator
from typing import Any

from planner.access.chargers import Chargers, accessible
from planner.access.elsewhere import tell_elsewhere
from planner.energy.plugs import CONNECTOR_TYPES
from planner.errors import NotFound
from planner.formats.mission_json import token_to_json
from planner.formats.plan_json import evidence_to_json
from planner.formats.stamps import stamp
from planner.model.grade import Grade
from planner.model.token import Wallet
from planner.model.vehicle import CurvePoint, Vehicle
from planner.ocpi.ids import normalise_evse_id
from planner.store.snapshot import Snapshot
from planner.world import World

ANY_CAR = Vehicle(
    id="any",
    make="",
    model="any car",
    mass_kg=1500.0,
    drag_area_m2=0.6,
    rolling_coefficient=0.01,
    usable_kwh=50.0,
    dc_curve=(CurvePoint(soc=0.0, power_kw=400.0), CurvePoint(soc=1.0, power_kw=400.0)),
    ac_kw=22.0,
    ac_phases=3,
    connectors=tuple(sorted(CONNECTOR_TYPES)),
    cables=tuple(sorted(CONNECTOR_TYPES)),
)
"""Stands for the car where only access is asked about: it takes any plug. No energy is reckoned."""


def is_shown(chargers: Chargers, station: int) -> bool:
    """Say whether any EVSE of a station may be shown to this driver."""
    first, last = chargers.snapshot.first[station], chargers.snapshot.first[station + 1]
    return not chargers.unseen[first:last].all()


def station_feature(chargers: Chargers, station: int, *, with_car: bool) -> dict[str, Any]:
    """Write a station that may be shown as a GeoJSON feature.

    ``with_car``: the chargers were judged for a car, so a reason may be the plug.
    """
    snapshot = chargers.snapshot
    first, last = int(snapshot.first[station]), int(snapshot.first[station + 1])
    shown = [e for e in range(first, last) if not chargers.unseen[e]]
    here = snapshot.stations[station]
    refused = chargers.station_refusal(station)
    best = max(shown, key=lambda e: (chargers.reason[e] == 0, chargers.grade[e]))
    statuses: dict[str, int] = {}
    for e in shown:
        word = snapshot.status_word(e).value
        statuses[word] = statuses.get(word, 0) + 1
    properties: dict[str, Any] = {
        "id": here.id,
        "name": here.name,
        "operator": here.operator,
        "party": here.party,
        "grade": Grade(int(chargers.grade[best])).word,
        "usable": refused is None,
        "reason": refused.reason if refused else None,
        "detail": refused.detail if refused else None,
        "statuses": statuses,
        "status_as_of": _newest(snapshot, shown),
        "power_kw": max(c.power_kw for e in shown for c in snapshot.evse(e).connectors),
        "connectors": sorted({c.standard for e in shown for c in snapshot.evse(e).connectors}),
        "evses": [snapshot.evse(e).evse_id or snapshot.evse(e).uid for e in shown],
    }
    uids = {snapshot.evse(e).uid for e in shown}
    properties["elsewhere"] = [
        {
            "source": said.source,
            "evse": said.evse_uid or None,
            "field": said.field,
            "value": said.value,
            "effect": said.effect,
            "as_of": None if said.as_of is None else stamp(said.as_of),
            "says": tell_elsewhere(said),
        }
        for said in here.elsewhere
        if not said.evse_uid or said.evse_uid in uids
    ]
    if with_car:
        properties["car_power_kw"] = max(float(chargers.power_kw[e]) for e in shown)
    return {
        "type": "Feature",
        "id": here.id,
        "geometry": {"type": "Point", "coordinates": list(here.location)},
        "properties": properties,
    }


def _newest(snapshot: Snapshot, evses: list[int]) -> str | None:
    told = [float(snapshot.status_at[e]) for e in evses]
    known = [moment for moment in told if not math.isnan(moment)]
    return stamp(max(known)) if known else None


def find_evses(snapshot: Snapshot, evse_id: str) -> Iterator[int]:
    """Yield the EVSEs of an EVSE id, or of a uid, in their order."""
    wanted = normalise_evse_id(evse_id)
    for number, station in enumerate(snapshot.stations):
        for offset, evse in enumerate(station.evses):
            named = evse.evse_id is not None and normalise_evse_id(evse.evse_id) == wanted
            if named or evse.uid == evse_id:
                yield int(snapshot.first[number]) + offset


def grades_at(
    world: World, evse_id: str, wallet: Wallet, *, now: float, at: float
) -> dict[str, Any]:
    """Grade each token of a wallet at an EVSE at a moment.

    Raises
    ------
    NotFound
        If there is no such EVSE, or none that may be shown to this wallet.
    """
    chargers = accessible(
        world.snapshot, wallet, ANY_CAR, min_grade=Grade.INDICATED, now=now, at=at
    )
    seen = [e for e in find_evses(world.snapshot, evse_id) if not chargers.unseen[e]]
    if not seen:
        raise NotFound("there is no EVSE of that id", place="/evse_id")
    evse = seen[0]
    snapshot = world.snapshot
    station = snapshot.stations[int(snapshot.evse_station[evse])]
    holders = [*map(token_to_json, wallet.tokens)]
    if wallet.payment_card:
        holders.append({"uid": None, "type": "PAYMENT_CARD", "label": "Payment card"})
    grades = [
        {
            "token": holder,
            "grade": verdict.grade.word,
            "rule": verdict.rule,
            "evidence": evidence_to_json(verdict),
            "valid_until": None if verdict.valid_until is None else stamp(verdict.valid_until),
            "warnings": list(verdict.warnings),
        }
        for holder, verdict in zip(holders, chargers.verdicts_at(evse, at, at), strict=False)
    ]
    told = float(snapshot.status_at[evse])
    return {
        "evse_id": snapshot.evse(evse).evse_id or snapshot.evse(evse).uid,
        "station": {
            "id": station.id,
            "name": station.name,
            "operator": station.operator,
            "party": station.party,
            "location": list(station.location),
        },
        "at": stamp(at, station.location),
        "status": {
            "value": snapshot.status_word(evse).value,
            "as_of": None if math.isnan(told) else stamp(told),
        },
        "grades": grades,
    }
