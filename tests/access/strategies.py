"""Random worlds, small enough that everything meets everything."""

from dataclasses import replace

from hypothesis import strategies as st

from planner.model.station import Evse, Feed, Station
from planner.model.token import Token, TokenType, Wallet
from planner.store.snapshot import Agreement, ClientInfo, Snapshot, TokenEvidence
from tests.access.worlds import (
    ALWAYS,
    CCS,
    DAY,
    DIRECT,
    FILE,
    HOUR,
    HUB,
    NOW,
    TYPE2,
    agreement,
    evse,
    info,
    record,
    snapshot,
    station,
    token,
)

PARTIES = ("NL*CPO", "NL*XXX")
PROVIDERS = ("DE*MSP", "DE*OTH")
CAPABILITIES = (
    "RFID_READER",
    "REMOTE_START_STOP_CAPABLE",
    "ISO_15118_20_PLUG_AND_CHARGE",
    "PED_TERMINAL",
    "CREDIT_CARD_PAYABLE",
)
TIMES = st.sampled_from([NOW - 40 * DAY, NOW - 2 * DAY, NOW - HOUR, NOW, NOW + HOUR, NOW + DAY])
ENDS = st.none() | st.sampled_from([NOW - DAY, NOW, NOW + HOUR, NOW + DAY, NOW + 30 * DAY])


def tokens() -> st.SearchStrategy[Token]:
    return st.builds(
        lambda uid, kind, provider, group, valid, expires: token(
            uid, kind, provider, group_id=group, valid=valid, expires=expires
        ),
        st.sampled_from(["AAAA1", "BBBB2", "CCCC3"]),
        st.sampled_from([TokenType.RFID] * 4 + list(TokenType)),
        st.sampled_from(PROVIDERS),
        st.sampled_from(["", "G1"]),
        st.sampled_from([True] * 9 + [False]),
        st.none() | st.none() | ENDS,
    )


def wallets() -> st.SearchStrategy[Wallet]:
    return st.builds(
        lambda held, card: Wallet(tokens=tuple(held), payment_card=card),
        st.lists(tokens(), max_size=4, unique_by=lambda t: t.digest),
        st.booleans(),
    )


def evses(uid: str) -> st.SearchStrategy[Evse]:
    return st.builds(
        lambda caps, plugs, rules: evse(
            uid, capabilities=tuple(caps), connectors=tuple(plugs), parking_restrictions=rules
        ),
        st.lists(st.sampled_from(CAPABILITIES), max_size=3, unique=True)
        | st.just(["RFID_READER", "REMOTE_START_STOP_CAPABLE"]),
        st.lists(st.sampled_from([CCS, TYPE2]), min_size=1, max_size=2, unique=True),
        st.sampled_from([()] * 9 + [("EV_ONLY",), ("DISABLED",), ("CUSTOMERS",), ("SPACE",)]),
    )


def stations(number: int) -> st.SearchStrategy[Station]:
    seldom = st.sampled_from([False] * 14 + [True])
    return st.builds(
        lambda posts, party, feed, closed, hidden, limited, terminal, hours: station(
            *posts,
            location_id=f"L{number}",
            party=party,
            feed=feed,
            reserved_for="staff" if closed else "",
            publish=not hidden,
            publish_allowed_to=("group_id:G1",) if hidden else (),
            accessible_only=limited,
            card_terminal=terminal,
            hours=None if hours else ALWAYS,
        ),
        st.tuples(evses("1"), evses("2")),
        st.sampled_from(PARTIES),
        st.sampled_from(["direct", "hub", "file"]),
        seldom,
        seldom,
        seldom,
        st.sampled_from([None, None, True, False]),
        seldom,
    )


def agreements() -> st.SearchStrategy[Agreement]:
    return st.builds(
        agreement,
        st.sampled_from(PROVIDERS),
        st.sampled_from([*PARTIES, "*"]),
        st.sampled_from(["", "DE*HUB"]),
        st.none() | TIMES,
        ENDS,
        st.sampled_from([(), (), ("RFID",), ("APP_USER", "EMAID")]),
    )


def infos() -> st.SearchStrategy[ClientInfo]:
    return st.one_of(
        st.builds(
            lambda status, party, at: info(status, party, at=at),
            st.sampled_from(
                ["CONNECTED", "CONNECTED", "CONNECTED", "OFFLINE", "PLANNED", "SUSPENDED"]
            ),
            st.sampled_from(PARTIES),
            TIMES,
        ),
        st.builds(
            lambda status, party: info(status, party, role="EMSP"),
            st.sampled_from(["CONNECTED", "OFFLINE", "SUSPENDED"]),
            st.sampled_from(PROVIDERS),
        ),
    )


def records(held: Wallet, places: tuple[Station, ...]) -> st.SearchStrategy[TokenEvidence]:
    def make(
        of: Token, at_place: Station, uid: str, kind: str, at: float, until: float | None
    ) -> TokenEvidence:
        made = record(of, kind, station_id=at_place.id, uid=uid, party=at_place.party, at=at)
        if kind == "reserved":
            return replace(made, until=until)
        if kind.startswith(("ALWAYS", "ALLOWED", "NEVER")):
            return replace(made, kind="whitelisted", value=kind, station_id="", evse_uid="")
        return made

    kinds = ["refused", "succeeded", "authorized", "reserved", "reserved", "ALWAYS/valid"]
    return st.builds(
        make,
        st.sampled_from(held.tokens),
        st.sampled_from(places),
        st.sampled_from(["1", "2"]),
        st.sampled_from([*kinds, "ALLOWED/valid", "ALLOWED/invalid", "NEVER/valid"]),
        TIMES,
        ENDS,
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Snapshot, Wallet]:
    """A snapshot of up to three stations, and a wallet that something befell there."""
    held = draw(wallets())
    places = tuple(draw(stations(n)) for n in range(draw(st.integers(1, 3))))
    known = []
    if held.tokens:
        known = draw(
            st.lists(
                records(held, places),
                max_size=4,
                unique_by=lambda r: (r.token, r.party, r.at, r.kind == "whitelisted"),
            )
        )
    feeds: list[Feed] = [
        replace(DIRECT, last_sync=draw(st.sampled_from([NOW - 60, NOW - 2 * DAY, None]))),
        replace(HUB, last_sync=draw(st.sampled_from([NOW - 60, NOW - 2 * DAY]))),
        replace(FILE, own_of=draw(st.sampled_from(["", "DE*MSP"]))),
    ]
    world = snapshot(
        *places,
        feeds=feeds,
        agreements=draw(st.lists(agreements(), max_size=4)),
        infos=draw(
            st.lists(infos(), max_size=4, unique_by=lambda i: (i.hub, i.party, i.role, i.as_of))
        ),
        evidence=known,
    )
    return world, held
