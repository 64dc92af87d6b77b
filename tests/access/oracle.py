"""The table of grades once more, slowly and plainly, for comparison: nothing of planner.access."""

from planner.model.grade import Grade
from planner.model.station import Evse, Feed, Station
from planner.model.token import Token, TokenType, Wallet
from planner.store.snapshot import Agreement, Snapshot, TokenEvidence

DAY = 86_400.0
NEEDS = {
    TokenType.RFID: {"RFID_READER"},
    TokenType.APP_USER: {"REMOTE_START_STOP_CAPABLE"},
    TokenType.AD_HOC_USER: {"REMOTE_START_STOP_CAPABLE"},
    TokenType.EMAID: {"ISO_15118_2_PLUG_AND_CHARGE", "ISO_15118_20_PLUG_AND_CHARGE"},
}
STARTS = set().union(*NEEDS.values())
FORBIDDEN = {"DISABLED", "CUSTOMERS", "MOTORCYCLES", "TAXIS", "EMPLOYEES", "TENANTS"}


def best_grade(
    world: Snapshot, wallet: Wallet, e: int, now: float, arrival: float, departure: float
) -> tuple[Grade, int]:
    """Grade of the best token of the wallet, and which: -1 the card, -2 none."""
    station = world.stations[int(world.evse_station[e])]
    post = world.evse(e)
    if not station.publish and not any(shown(t, station) for t in wallet.tokens):
        return Grade.REFUSED, -2
    graded = [
        (token_grade(world, token, station, post, now, arrival, departure), -number)
        for number, token in enumerate(wallet.tokens)
    ]
    if wallet.payment_card:
        graded.append((card_grade(world, station, post, now), -len(wallet.tokens)))
    if not graded:
        return Grade.REFUSED, -2
    grade, place = max(graded)
    return grade, -place if -place < len(wallet.tokens) else -1


def token_grade(
    world: Snapshot,
    token: Token,
    station: Station,
    post: Evse,
    now: float,
    arrival: float,
    departure: float,
) -> Grade:
    feed = world.feeds[station.feed]
    mine = [r for r in world.token_evidence if r.token == token.digest and r.at <= now]
    here = [r for r in mine if r.station_id == station.id and r.evse_uid == post.uid]
    party = [r for r in mine if r.party == station.party]
    lists = [r for r in party if r.kind == "whitelisted"]
    newest = max(lists, key=lambda r: r.at, default=None)
    rows = [
        a
        for a in world.agreements
        if a.emsp == token.provider
        and a.cpo in {station.party, "*"}
        and (a.valid_from is None or a.valid_from <= arrival)
        and (a.valid_to is None or departure < a.valid_to)
        and (not a.token_types or token.type in a.token_types)
    ]
    states = {id(a): link(world, a, feed, station.party, now) for a in rows}
    vetoes = (
        not token.valid,
        token.expires is not None and departure >= token.expires,
        feed.is_hub and said(world, feed.sender, station.party, "CPO", now) == "CUT",
        bool(rows) and set(states.values()) == {"CUT"},
        newest is not None and not newest.value.endswith("/valid"),
        bool(post.capabilities) and not NEEDS.get(token.type, STARTS) & set(post.capabilities),
        bool(FORBIDDEN & set(post.parking_restrictions)),
        station.accessible_only or station.two_wheelers_only or bool(station.reserved_for),
        not station.publish and not shown(token, station),
        unhealed(here),
    )
    if any(vetoes):
        return Grade.REFUSED
    if any(r.kind == "reserved" and r.until and arrival + 600 < r.until for r in here):
        return Grade.COMMITTED
    if feed.kind == "ocpi" and verified(world, feed, station, here, newest, now, departure):
        return Grade.VERIFIED
    if any(a.cpo != "*" and states[id(a)] in {"CONNECTED", "FILE"} for a in rows):
        return Grade.INDICATED if unhealed(party) else Grade.CONTRACTED
    if any(a.cpo == "*" for a in rows) or (feed.own_of and feed.own_of == token.provider):
        return Grade.INDICATED
    return Grade.UNKNOWN


def card_grade(world: Snapshot, station: Station, post: Evse, now: float) -> Grade:
    feed = world.feeds[station.feed]
    if (
        (feed.is_hub and said(world, feed.sender, station.party, "CPO", now) == "CUT")
        or FORBIDDEN & set(post.parking_restrictions)
        or station.accessible_only
        or station.two_wheelers_only
        or station.reserved_for
        or not station.publish
    ):
        return Grade.REFUSED
    is_dc = any(c.power_type == "DC" for c in post.connectors)
    offers = {"PED_TERMINAL", "CONTACTLESS_CARD_SUPPORT", "CHIP_CARD_SUPPORT"}
    if is_dc:
        offers |= {"CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE"}
    strong = any(c.power_kw > 22 for c in post.connectors)
    if station.card_terminal is False:
        return Grade.UNKNOWN
    if offers & set(post.capabilities) or (station.card_terminal and strong):
        return Grade.AD_HOC
    return Grade.UNKNOWN


def verified(
    world: Snapshot,
    feed: Feed,
    station: Station,
    here: list[TokenEvidence],
    newest: TokenEvidence | None,
    now: float,
    departure: float,
) -> bool:
    if feed.is_hub:
        connected = said(world, feed.sender, station.party, "CPO", now) == "CONNECTED"
    else:
        connected = feed.last_sync is not None and now - feed.last_sync < DAY
    if newest is not None and newest.value == "ALWAYS/valid":
        return True
    if newest is not None and newest.value.startswith("ALLOWED") and connected:
        return True
    if feed.is_hub and not connected:
        return False
    asked = max((r.at for r in here if r.kind == "authorized"), default=-1e18)
    charged = max((r.at for r in here if r.kind == "succeeded"), default=-1e18)
    return departure < asked + DAY or departure < charged + 30 * DAY


def unhealed(records: list[TokenEvidence]) -> bool:
    refused = max((r.at for r in records if r.kind == "refused"), default=None)
    worked = max((r.at for r in records if r.kind == "succeeded"), default=-1e18)
    return refused is not None and worked <= refused


def shown(token: Token, station: Station) -> bool:
    return bool(token.group_id) and f"group_id:{token.group_id}" in station.publish_allowed_to


def said(world: Snapshot, hub: str, party: str, role: str, now: float) -> str:
    words = [
        i
        for i in world.client_infos
        if i.hub == hub and i.party == party and i.role == role and i.as_of <= now
    ]
    if not words:
        return "SILENT"
    newest = max(words, key=lambda i: i.as_of)
    if newest.status in {"SUSPENDED", "PLANNED"}:
        return "CUT"
    if newest.status == "CONNECTED":
        pulls = [f.last_sync for f in world.feeds.values() if f.sender == hub and f.last_sync]
        if now - max([newest.as_of, *pulls]) >= DAY:
            return "SILENT"
    return newest.status


def link(world: Snapshot, row: Agreement, feed: Feed, party: str, now: float) -> str:
    if not row.via:
        if feed.kind == "file":
            return "FILE"
        if feed.is_hub:
            return said(world, feed.sender, party, "CPO", now)
        fresh = feed.last_sync is not None and now - feed.last_sync < DAY
        return "CONNECTED" if fresh else "SILENT"
    operator = said(world, row.via, party, "CPO", now)
    provider = said(world, row.via, row.emsp, "EMSP", now)
    if "CUT" in {operator, provider}:
        return "CUT"
    if "OFFLINE" in {operator, provider}:
        return "OFFLINE"
    return "FILE" if operator == "SILENT" and feed.kind == "file" else operator
