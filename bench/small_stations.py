"""Made-up stations with everything that may go wrong, as a snapshot without any store.

Hours, statuses, contracts that begin or end under way, drivers' reports, neighbours at one site.
``plain`` leaves out everything that depends on the hour or the wallet.
"""

import random
from collections.abc import Sequence

import numpy as np

from planner.model.geo import LonLat
from planner.model.station import (
    STATUSES,
    Connector,
    Evse,
    EvseFacts,
    Feed,
    Hours,
    RegularHours,
    Station,
    Status,
)
from planner.roads.graph import RoadGraph
from planner.store.snapshot import Agreement, DriverReport, RetailPrice, Snapshot

NOW = 1_790_000_000.0
HOUR = 3_600.0
DAY = 86_400.0
PARTIES = ("NL*AAA", "NL*BBB", "NL*CCC", "NL*DDD")
PROVIDERS = ("DE*ONE", "DE*TWO")


def make_stations(
    rng: random.Random,
    graph: RoadGraph,
    least_most: tuple[int, int],
    spots: Sequence[int] = (),
    *,
    plain: bool,
) -> tuple[Station, ...]:
    """Set stations near junctions, one in five beside another one; half at the spots, if any."""
    found: list[Station] = []
    for number in range(rng.randint(*least_most)):
        if found and rng.random() < 0.2:
            beside = rng.choice(found).location
            spot = LonLat(
                beside.lon + rng.uniform(-4e-3, 4e-3), beside.lat + rng.uniform(-2e-3, 2e-3)
            )
        elif spots and rng.random() < 0.6:
            node = rng.choice(spots)
            spot = LonLat(float(graph.lon[node]) + 1e-5, float(graph.lat[node]))
        else:
            node = rng.randrange(len(graph.lon))
            spot = LonLat(
                float(graph.lon[node]) + rng.gauss(0.0, 0.01),
                float(graph.lat[node]) + rng.gauss(0.0, 0.01),
            )
        found.append(make_station(rng, number, spot, plain=plain))
    return tuple(found)


def make_station(rng: random.Random, number: int, spot: LonLat, *, plain: bool) -> Station:
    """Make one station with its posts."""
    party = rng.choice(PARTIES)
    country, _, operator = party.partition("*")
    power, slow = rng.choice(((50.0, False), (150.0, False), (300.0, False), (22.0, True)))
    connector = Connector(
        id="1",
        standard="IEC_62196_T2" if slow else "IEC_62196_T2_COMBO",
        format="SOCKET" if slow else "CABLE",
        power_type="AC_3_PHASE" if slow else "DC",
        power_kw=power,
        voltage_v=rng.choice((230.0,) if slow else (400.0, 920.0, None)),
    )
    capabilities = (
        ("RFID_READER",)
        if plain
        else rng.choice(
            (("RFID_READER",), (), ("PED_TERMINAL", "RFID_READER"), ("REMOTE_START_STOP_CAPABLE",))
        )
    )
    evses = tuple(
        Evse(
            uid=str(post),
            evse_id=f"{country}*{operator}*E{number:03d}{post}",
            connectors=(connector,),
            capabilities=capabilities,
        )
        for post in range(rng.choice((1, 1, 2, 3)))
    )
    return Station(
        id=f"{party}*L{number:03d}",
        feed="live" if plain else rng.choice(("live", "live", "live", "file")),
        country_code=country,
        party_id=operator,
        location_id=f"L{number:03d}",
        location=spot,
        evses=evses,
        name=f"Place {number}",
        operator=f"Operator {operator}",
        time_zone="Europe/Amsterdam",
        hours=Hours(twentyfourseven=True) if plain else make_hours(rng),
        last_updated=NOW - DAY,
    )


def make_hours(rng: random.Random) -> Hours | None:
    """Choose hours: mostly always open, else by day, by night, with closings, or unknown."""
    kind = rng.random()
    if kind < 0.5:
        return Hours(twentyfourseven=True)
    if kind < 0.55:
        return None
    shut = NOW + rng.uniform(0.0, 20.0) * HOUR
    closing = ((shut, shut + rng.uniform(0.2, 3.0) * HOUR),)
    if kind < 0.7:
        return Hours(twentyfourseven=True, exceptional_closings=closing)
    begin, length = rng.randrange(0, 1440, 30), rng.randrange(240, 1380, 30)
    end = (begin + length) % 1440 or 1440
    return Hours(
        regular=tuple(RegularHours(day, begin, end) for day in range(1, 8)),
        exceptional_closings=closing if rng.random() < 0.3 else (),
    )


def make_snapshot(rng: random.Random, stations: tuple[Station, ...], *, plain: bool) -> Snapshot:
    """Lay stations out as a snapshot with statuses, agreements, prices and reports."""
    index: dict[EvseFacts, int] = {}
    facts_of, codes, times = [], [], []
    for station in stations:
        for post in station.evses:
            facts_of.append(index.setdefault(_facts(station, post), len(index)))
            status, told = (Status.AVAILABLE, NOW - 60.0) if plain else make_status(rng)
            codes.append(STATUSES.index(status))
            times.append(told)
    counts = [len(station.evses) for station in stations]
    agreements = make_agreements(rng, plain=plain)
    return Snapshot(
        hash=f"small-{rng.random()}",
        sequence=1,
        static_hash=f"static-{rng.random()}",
        stations=stations,
        first=np.concatenate(([0], np.cumsum(counts))).astype(np.int32),
        evse_station=np.repeat(np.arange(len(stations), dtype=np.int32), counts),
        lon=np.array([station.location.lon for station in stations]),
        lat=np.array([station.location.lat for station in stations]),
        status=np.array(codes, dtype=np.int8),
        status_at=np.array(times, dtype=np.float64),
        facts=tuple(index),
        facts_of=np.array(facts_of, dtype=np.int32),
        feeds={
            "live": Feed(name="live", kind="ocpi", sender="NL*AAA", last_sync=NOW - 60.0),
            "file": Feed(name="file", kind="file", last_sync=NOW - 60.0),
        },
        tariffs={},
        agreements=agreements,
        agreements_hash=f"agreements-{rng.random()}",
        prices=tuple(
            _price(provider, party, rng) for provider in PROVIDERS for party in PARTIES[1:]
        ),
        client_infos=(),
        token_evidence=(),
        reports=() if plain else make_reports(rng, stations),
    )


def make_status(rng: random.Random) -> tuple[Status, float]:
    """Choose a status and when it was told."""
    word = rng.choices(
        (Status.AVAILABLE, Status.CHARGING, Status.UNKNOWN, Status.OUTOFORDER, Status.RESERVED),
        (75, 12, 5, 5, 3),
    )[0]
    return word, rng.choice((NOW - 60.0, NOW - 5 * HOUR, NOW - 23 * HOUR, NOW - 3 * DAY, np.nan))


def make_agreements(rng: random.Random, *, plain: bool) -> tuple[Agreement, ...]:
    """Let each provider have contracts with some operators; some begin or end under way."""
    found = []
    for provider in PROVIDERS:
        for party in PARTIES:
            if not plain and rng.random() < 0.2:
                continue
            ends = None if plain or rng.random() < 0.7 else NOW + rng.uniform(0, 20) * HOUR
            begins = None if plain or rng.random() < 0.9 else NOW + rng.uniform(0, 10) * HOUR
            found.append(
                Agreement(
                    emsp=provider,
                    cpo=party,
                    via="",
                    valid_from=begins,
                    valid_to=ends,
                    token_types=(),
                    source="made up",
                    as_of=NOW - DAY,
                )
            )
    return tuple(found)


def make_reports(rng: random.Random, stations: tuple[Station, ...]) -> tuple[DriverReport, ...]:
    """Let drivers have said something of a few stations."""
    return tuple(
        DriverReport(
            station_id=rng.choice(stations).id,
            evse_uid="0",
            outcome=rng.choice(("occupied", "broken", "closed", "blocked", "ok")),
            at=NOW - rng.uniform(0, 6) * HOUR,
        )
        for _ in range(rng.randint(0, 3))
    )


def _price(provider: str, party: str, rng: random.Random) -> RetailPrice:
    return RetailPrice(
        emsp=provider,
        cpo=party,
        currency="EUR",
        per_kwh=f"{rng.uniform(0.3, 0.9):.2f}",
        per_min="0",
        per_session=rng.choice(("0", "1.00")),
        idle_per_min="0",
        power_min_kw=None,
        power_max_kw=None,
        valid_from=None,
        valid_to=None,
    )


def _facts(station: Station, post: Evse) -> EvseFacts:
    return EvseFacts(
        feed=station.feed,
        party=station.party,
        capabilities=post.capabilities,
        parking_restrictions=post.parking_restrictions,
        connectors=tuple(
            (c.standard, c.format, c.power_type, c.power_kw, c.voltage_v, bool(c.tariff_ids))
            for c in post.connectors
        ),
        publish=station.publish,
        publish_allowed_to=station.publish_allowed_to,
        reserved_for=station.reserved_for,
        accepted_service_providers=station.accepted_service_providers,
        hours_known=station.hours is not None,
        max_height_m=station.max_height_m,
        accessible_only=station.accessible_only,
        two_wheelers_only=station.two_wheelers_only,
        card_terminal=station.card_terminal,
    )
