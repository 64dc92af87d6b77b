"""Small worlds by hand: stations become a Snapshot without any store."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from planner.model.geo import LonLat
from planner.model.station import (
    STATUSES,
    Connector,
    Evse,
    EvseFacts,
    Feed,
    Hours,
    Station,
    Status,
)
from planner.model.token import Token, TokenType, Wallet
from planner.model.vehicle import CurvePoint, Vehicle
from planner.store.snapshot import (
    Agreement,
    ClientInfo,
    DriverReport,
    Snapshot,
    TokenEvidence,
)

NOW = 1_790_000_000.0
HOUR = 3_600.0
DAY = 86_400.0

CAR = Vehicle(
    id="car",
    make="Any",
    model="Car",
    mass_kg=1700.0,
    drag_area_m2=0.6,
    rolling_coefficient=0.009,
    usable_kwh=60.0,
    dc_curve=(CurvePoint(soc=0.0, power_kw=150.0), CurvePoint(soc=1.0, power_kw=50.0)),
    ac_kw=11.0,
    ac_phases=3,
    energy_error=0.08,
    height_m=1.6,
)
CCS = Connector(
    id="1",
    standard="IEC_62196_T2_COMBO",
    format="CABLE",
    power_type="DC",
    power_kw=150.0,
    voltage_v=920.0,
)
TYPE2 = Connector(
    id="1",
    standard="IEC_62196_T2",
    format="SOCKET",
    power_type="AC_3_PHASE",
    power_kw=22.0,
    voltage_v=230.0,
)
ALWAYS = Hours(twentyfourseven=True)
DIRECT = Feed(name="direct", kind="ocpi", sender="NL*CPO", last_sync=NOW - 60)
HUB = Feed(name="hub", kind="ocpi", sender="DE*HUB", is_hub=True, last_sync=NOW - 60)
FILE = Feed(name="file", kind="file", last_sync=NOW - 60)
FEEDS = (DIRECT, HUB, FILE)


def token(
    uid: str = "0A1B2C3D", kind: TokenType = TokenType.RFID, provider: str = "DE*MSP", **more: Any
) -> Token:
    return Token(uid=uid, type=kind, contract_id="DE-MSP-C000001-1", provider=provider, **more)


def wallet(*tokens: Token, card: bool = False) -> Wallet:
    return Wallet(tokens=tokens, payment_card=card)


def evse(
    uid: str = "1",
    *,
    capabilities: tuple[str, ...] = ("RFID_READER",),
    connectors: tuple[Connector, ...] = (CCS,),
    **more: Any,
) -> Evse:
    return Evse(
        uid=uid,
        evse_id=f"NL*CPO*E{uid}",
        capabilities=tuple(sorted(capabilities)),
        connectors=connectors,
        **more,
    )


def station(
    *evses: Evse, location_id: str = "L1", party: str = "NL*CPO", feed: str = "direct", **more: Any
) -> Station:
    country, _, operator = party.partition("*")
    more.setdefault("hours", ALWAYS)
    more.setdefault("time_zone", "Europe/Amsterdam")
    return Station(
        id=f"{party}*{location_id}",
        feed=feed,
        country_code=country,
        party_id=operator,
        location_id=location_id,
        location=LonLat(5.0, 52.0),
        evses=evses or (evse(),),
        last_updated=NOW - DAY,
        **more,
    )


def agreement(
    emsp: str = "DE*MSP",
    cpo: str = "NL*CPO",
    via: str = "",
    valid_from: float | None = None,
    valid_to: float | None = None,
    token_types: tuple[str, ...] = (),
) -> Agreement:
    return Agreement(
        emsp=emsp,
        cpo=cpo,
        via=via,
        valid_from=valid_from,
        valid_to=valid_to,
        token_types=token_types,
        source="agreements.csv:2",
        as_of=NOW - DAY,
    )


def info(
    status: str, party: str = "NL*CPO", hub: str = "DE*HUB", role: str = "CPO", at: float = NOW - 60
) -> ClientInfo:
    return ClientInfo(hub=hub, party=party, role=role, status=status, as_of=at)


def record(
    of: Token | str,
    kind: str,
    *,
    value: str = "",
    station_id: str = "NL*CPO*L1",
    uid: str = "1",
    party: str = "NL*CPO",
    at: float = NOW - HOUR,
    until: float | None = None,
) -> TokenEvidence:
    return TokenEvidence(
        token=of if isinstance(of, str) else of.digest,
        station_id=station_id,
        evse_uid=uid,
        party=party,
        kind=kind,
        value=value,
        at=at,
        until=until,
        source="test",
    )


def copy_of(of: Token, value: str, **more: Any) -> TokenEvidence:
    """The operator's copy of a token, for all of its EVSEs."""
    return record(of, "whitelisted", value=value, station_id="", uid="", **more)


def snapshot(
    *stations: Station,
    feeds: Iterable[Feed] = FEEDS,
    agreements: Sequence[Agreement] = (),
    infos: Sequence[ClientInfo] = (),
    evidence: Sequence[TokenEvidence] = (),
    reports: Sequence[DriverReport] = (),
    status: dict[tuple[str, str], tuple[Status, float | None]] | None = None,
    silence_s: float | None = None,
) -> Snapshot:
    """Lay stations out as a snapshot; statuses by (station id, EVSE uid), AVAILABLE by default."""
    told = status or {}
    index: dict[EvseFacts, int] = {}
    facts_of: list[int] = []
    codes: list[int] = []
    times: list[float] = []
    for each in stations:
        for post in each.evses:
            facts_of.append(index.setdefault(facts(each, post), len(index)))
            word, at = told.get((each.id, post.uid), (Status.AVAILABLE, NOW - 60))
            codes.append(STATUSES.index(word))
            times.append(float("nan") if at is None else at)
    counts = [len(each.evses) for each in stations]
    return Snapshot(
        hash="test",
        sequence=1,
        static_hash=repr((hash(stations), hash(tuple(agreements)))),
        stations=stations,
        first=np.concatenate(([0], np.cumsum(counts))).astype(np.int32),
        evse_station=np.repeat(np.arange(len(stations), dtype=np.int32), counts),
        lon=np.array([s.location.lon for s in stations]),
        lat=np.array([s.location.lat for s in stations]),
        status=np.array(codes, dtype=np.int8),
        status_at=np.array(times, dtype=np.float64),
        facts=tuple(index),
        facts_of=np.array(facts_of, dtype=np.int32),
        feeds={feed.name: feed for feed in feeds},
        tariffs={},
        agreements=tuple(agreements),
        agreements_hash=repr(hash(tuple(agreements))),
        prices=(),
        client_infos=tuple(infos),
        token_evidence=tuple(evidence),
        reports=tuple(reports),
        status_silence_s=None if silence_s is None else np.full(len(codes), silence_s),
    )


def facts(of: Station, post: Evse) -> EvseFacts:
    return EvseFacts(
        feed=of.feed,
        party=of.party,
        capabilities=post.capabilities,
        parking_restrictions=post.parking_restrictions,
        connectors=tuple(
            (c.standard, c.format, c.power_type, c.power_kw, c.voltage_v, bool(c.tariff_ids))
            for c in post.connectors
        ),
        publish=of.publish,
        publish_allowed_to=of.publish_allowed_to,
        reserved_for=of.reserved_for,
        accepted_service_providers=of.accepted_service_providers,
        hours_known=of.hours is not None,
        max_height_m=of.max_height_m,
        accessible_only=of.accessible_only,
        two_wheelers_only=of.two_wheelers_only,
        card_terminal=of.card_terminal,
    )


def stale(feed: Feed, age_s: float = 2 * DAY) -> Feed:
    """The feed as if its last pull had been long ago."""
    return replace(feed, last_sync=NOW - age_s)
