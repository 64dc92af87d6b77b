"""A charging session as it was told and billed: what a CDR, a Session or a row of a file says.

No uid stands in it: a token is named by its digest and shown by its mask. Money is `Decimal`, as
it was written, and None where nothing was told: unknown is never nil.
"""

from dataclasses import dataclass
from decimal import Decimal

from planner.model.geo import LonLat
from planner.ocpi.pricelist import Tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A part of a session in which it either charged or only stood there.

    ``begins`` and ``ends`` are UTC epoch seconds; ``power_kw`` the mean while charging;
    ``tariff_id`` is empty where none was named.
    """

    begins: float
    ends: float
    energy_kwh: Decimal
    is_charging: bool
    tariff_id: str = ""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.ends - self.begins

    @property
    def power_kw(self) -> float:
        """Mean power, 0 where nothing flowed."""
        return float(self.energy_kwh) * 3600 / self.duration_s if self.duration_s > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A charging session.

    Attributes
    ----------
    id, party : str
        The record's id and ``CC*PPP`` of the operator, empty where a file does not say.
    source : str
        Feed or file that it came by.
    is_session : bool
        A Session that is not billed yet, or a row without any price; a CDR takes its place.
    is_open : bool
        A Session that goes on, as far as was told.
    session_id, reference : str
        OCPI's ``session_id`` and ``authorization_reference``; empty where not told.
    is_credit, credit_of : bool, str
        Whether it takes another CDR back, and which; its energy and amounts are negative.
    begins, ends : float
        UTC epoch seconds.
    token, contract : str
        `Token.digest` and `contract_digest`, empty where not told.
    token_mask, provider : str
        How to show the token; ``CC*PPP`` of its provider.
    location_id, evse_uid, evse_id : str
        As the operator names them.
    power_type : str
        OCPI's PowerType; ``power_kw`` the connector's power where a file tells it.
    spells : tuple of Spell
        In order; empty where no charging periods were told.
    parking_s : float or None
        Seconds plugged in without charging; None: not told.
    net, gross : Decimal or None
        Without and with VAT.
    tariffs : tuple of Tariff
        The tariffs that the record itself carries.
    vehicle, driver, mission : str
        The fleet's own ids where a file tells them.
    last_updated : float
        UTC epoch seconds.
    """

    id: str
    party: str
    source: str = ""
    is_session: bool = False
    is_open: bool = False
    session_id: str = ""
    reference: str = ""
    is_credit: bool = False
    credit_of: str = ""
    begins: float
    ends: float
    token: str = ""
    contract: str = ""
    token_mask: str = ""
    provider: str = ""
    location_id: str = ""
    evse_uid: str = ""
    evse_id: str = ""
    station_name: str = ""
    operator: str = ""
    location: LonLat | None = None
    power_type: str = ""
    power_kw: float | None = None
    energy_kwh: Decimal
    spells: tuple[Spell, ...] = ()
    parking_s: float | None = None
    currency: str = ""
    net: Decimal | None = None
    gross: Decimal | None = None
    tariffs: tuple[Tariff, ...] = ()
    vehicle: str = ""
    driver: str = ""
    mission: str = ""
    last_updated: float = 0.0

    @property
    def name(self) -> str:
        """``CC*PPP*id`` in one case: the same CDR by two ways is one CDR."""
        return f"{self.party}*{self.id}".casefold()

    @property
    def duration_s(self) -> float:
        """Seconds from plugging in to plugging out."""
        return self.ends - self.begins

    @property
    def charging_s(self) -> float | None:
        """Seconds in which energy flowed; None where only begin and end are known."""
        if self.spells:
            return sum(spell.duration_s for spell in self.spells if spell.is_charging)
        return None if self.parking_s is None else max(0.0, self.duration_s - self.parking_s)

    @property
    def station_id(self) -> str:
        """The station's id as a snapshot has it, empty where not told."""
        return f"{self.party}*{self.location_id}" if self.location_id else ""
