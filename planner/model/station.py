"""Charging stations after normalising: OCPI's words for OCPI's things.

What changes every minute (the status) is not here: it stands beside the stations in a snapshot,
so that a status update leaves these values untouched.
"""

from dataclasses import dataclass
from enum import StrEnum

from planner.model.geo import LonLat


class Status(StrEnum):
    """OCPI 2.2.1 ``Status`` of an EVSE. A value that is not known is read as UNKNOWN."""

    AVAILABLE = "AVAILABLE"
    BLOCKED = "BLOCKED"
    CHARGING = "CHARGING"
    INOPERATIVE = "INOPERATIVE"
    OUTOFORDER = "OUTOFORDER"
    PLANNED = "PLANNED"
    REMOVED = "REMOVED"
    RESERVED = "RESERVED"
    UNKNOWN = "UNKNOWN"


STATUSES: tuple[Status, ...] = tuple(Status)
"""The order by which a snapshot's status column codes a status (its index here)."""


INDOORS = frozenset({"PARKING_GARAGE", "UNDERGROUND_GARAGE"})
"""OCPI parking types with a roof. Source: OCPI 2.2.1-d2, mod_locations, ParkingType."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One connector.

    ``standard``, ``format`` (SOCKET or CABLE) and ``power_type`` (AC_1_PHASE, AC_2_PHASE,
    AC_3_PHASE, DC, ...) are OCPI's, as given. ``power_kw`` is what the post can give after
    plausibility checks; ``power_given_w`` what the feed said, None if it said nothing.
    """

    id: str
    standard: str
    format: str
    power_type: str
    power_kw: float
    voltage_v: float | None = None
    amperage_a: float | None = None
    power_given_w: float | None = None
    tariff_ids: tuple[str, ...] = ()

    @property
    def is_dc(self) -> bool:
        """Whether the connector gives direct current."""
        return self.power_type == "DC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evse:
    """One EVSE: charges one vehicle at a time.

    ``evse_id`` is the eMI3 id as given, None where the feed has none; ``capabilities`` and
    ``parking_restrictions`` are OCPI's values, sorted, unknown ones kept.
    """

    uid: str
    evse_id: str | None
    connectors: tuple[Connector, ...]
    capabilities: tuple[str, ...] = ()
    parking_restrictions: tuple[str, ...] = ()
    physical_reference: str = ""
    floor_level: str = ""
    directions: str = ""


@dataclass(frozen=True, slots=True)
class RegularHours:
    """Open on ``weekday`` (1 Monday to 7 Sunday), local wall-clock minutes ``begin`` to ``end``.

    ``end`` 1440 is midnight; ``end`` <= ``begin`` runs into the next day.
    """

    weekday: int
    begin_min: int
    end_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Opening hours; exceptional periods are pairs of UTC epoch seconds, closings win."""

    twentyfourseven: bool = False
    regular: tuple[RegularHours, ...] = ()
    exceptional_openings: tuple[tuple[float, float], ...] = ()
    exceptional_closings: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidElsewhere:
    """What a source of lower rank says of a station, where that adds to it or contradicts it.

    ``source`` is for people ("OpenStreetMap", "feed nl"); ``evse_uid`` is empty for the whole
    station; ``field`` is a field of `Station`, `Evse` or `Connector`; ``effect`` is ``fills`` (it
    stands in for what was not told), ``differs`` (what was told holds, this is kept as evidence)
    or ``closes`` (a restriction, which holds whoever tells it).
    """

    source: str
    evse_uid: str
    field: str
    value: str
    effect: str
    as_of: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPower:
    """What some EVSEs of a station may draw together, kW."""

    max_kw: float
    evse_uids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A Location after normalising.

    Attributes
    ----------
    id : str
        ``CC*PPP*location_id``: unique in a snapshot.
    feed : str
        Name of the feed it came by.
    country_code, party_id, location_id : str
        As the sender gave them: the party is the sender's, not the prefix of an EVSE ID.
    hours : Hours or None
        None where the feed says nothing: unknown, not open.
    publish : bool
        OCPI's ``publish``; false with ``publish_allowed_to`` makes it visible to some tokens.
    publish_allowed_to : tuple of str
        Visible to these, each ``KIND:value`` (``uid:``, ``visual_number:``, ``issuer:``,
        ``group_id:`` with kinds joined by ``|`` where one entry has several).
    reserved_for : str
        Empty for the public; else why it is a closed group, in the feed's words.
    accepted_service_providers : tuple of str
        OCPI 2.3.0's provider names, as given.
    max_height_m : float or None
        Clearance where stated.
    accessible_only : bool
        Reserved for people with reduced mobility.
    two_wheelers_only : bool
        For motorcycles and bicycles only.
    max_kw : float or None
        What a fleet's own depot may draw with all its EVSEs together, None where nothing limits it.
    shared : tuple of SharedPower
        What a depot's single charge points may draw with all their EVSEs together.
    elsewhere : tuple of SaidElsewhere
        What other sources of the same EVSEs say, where it adds or contradicts; made by the store.
    """

    id: str
    feed: str
    country_code: str
    party_id: str
    location_id: str
    location: LonLat
    evses: tuple[Evse, ...]
    name: str = ""
    operator: str = ""
    address: str = ""
    city: str = ""
    country: str = ""
    time_zone: str = ""
    hours: Hours | None = None
    charging_when_closed: bool | None = None
    parking_type: str = ""
    publish: bool = True
    publish_allowed_to: tuple[str, ...] = ()
    reserved_for: str = ""
    accepted_service_providers: tuple[str, ...] = ()
    max_height_m: float | None = None
    accessible_only: bool = False
    two_wheelers_only: bool = False
    card_terminal: bool | None = None
    """Whether the feed says outright that a payment card is taken (IRVE ``paiement_cb``)."""
    help_phone: str = ""
    directions: str = ""
    last_updated: float = 0.0
    max_kw: float | None = None
    shared: tuple[SharedPower, ...] = ()
    elsewhere: tuple[SaidElsewhere, ...] = ()

    @property
    def party(self) -> str:
        """``CC*PPP`` of the sender."""
        return f"{self.country_code}*{self.party_id}"

    @property
    def title(self) -> str:
        """What to call it: its name, else its address, else its id."""
        return self.name or self.address or self.id

    @property
    def operated_by(self) -> str:
        """The operator's name, else the sender."""
        return self.operator or self.party


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseFacts:
    """All that the rules of access that do not depend on the hour read about an EVSE.

    Many EVSEs share the same facts, so a wallet is judged once for each distinct value.
    """

    feed: str
    party: str
    capabilities: tuple[str, ...]
    parking_restrictions: tuple[str, ...]
    connectors: tuple[tuple[str, str, str, float, float | None, bool], ...]
    """(standard, format, power_type, power_kw, voltage_v, has a tariff) of each connector."""
    publish: bool
    publish_allowed_to: tuple[str, ...]
    reserved_for: str
    accepted_service_providers: tuple[str, ...]
    hours_known: bool
    max_height_m: float | None
    accessible_only: bool
    two_wheelers_only: bool
    card_terminal: bool | None


THIRD_PARTIES = {"ZZ*OSM": "OpenStreetMap", "ZZ*OCM": "Open Charge Map"}
"""Sources that neither an operator nor an authority answers for, by the party they are given."""

ATTRIBUTIONS = {
    "irve": "Charging stations: transport.data.gouv.fr (IRVE), Licence Ouverte 2.0",
    "ocm": "Charging stations: Open Charge Map contributors, CC BY 4.0",
    "osm": "Charging stations: © OpenStreetMap contributors, ODbL 1.0",
}
"""By the format of a file.

Source: ODbL 1.0, 4.3; CC BY 4.0, 3(a); Licence Ouverte 2.0, "mention de la paternité".
"""

DEPOT = "depot"
DEPOT_PARTY = "XX*OWN"
"""The party of all own depots, which can be nobody else's.

Source: ISO 3166-1: the codes XA to XZ are for users and never given to a country.
"""

LIVE_KINDS = frozenset({"ocpi", DEPOT})
"""Kinds of feeds that tell statuses as they change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where stations come from, and how far it is to be believed.

    ``kind`` is ``ocpi`` (live), ``depot`` (a fleet's own charge points, live) or ``file``.
    ``sender`` is the party whose credentials the feed uses (CPO or hub). ``own_of`` names the
    provider whose own feed it is, or is empty. ``last_sync`` is the epoch of the last successful
    pull; of a depot, until when all its charge points that count as connected were. ``format`` is
    what a file is written in: ``osm``, ``irve``, ...
    """

    name: str
    kind: str
    sender: str = ""
    is_hub: bool = False
    own_of: str = ""
    last_sync: float | None = None
    format: str = ""

    @property
    def is_live(self) -> bool:
        """Whether statuses come as they change rather than out of a file."""
        return self.kind in LIVE_KINDS

    @property
    def is_depot(self) -> bool:
        """Whether it is a depot of the fleet's own."""
        return self.kind == DEPOT

    @property
    def attribution(self) -> str:
        """Whom its licence wants named wherever its stations are shown; may be empty."""
        return ATTRIBUTIONS.get(self.format, "")
