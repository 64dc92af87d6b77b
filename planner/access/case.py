"""What one question of access is about: a token, an EVSE's facts, a stay, and what is known."""

from dataclasses import dataclass

from planner.access.agreements import Roaming
from planner.access.connection import Connections
from planner.access.evidence import NOTHING, History
from planner.model.fleet import Policy
from planner.model.station import EvseFacts, Feed
from planner.model.token import Token, Wallet

CARD = -1
"""Index that stands for the payment card among the tokens of a wallet."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay at an EVSE, UTC epoch seconds; ``now`` is the clock by which news ages."""

    now: float
    arrival: float
    departure: float

    def lies_within(self, start: float | None, end: float | None) -> bool:
        """Whether [start, end) holds the whole stay; None leaves that side open."""
        return (start is None or start <= self.arrival) and (end is None or self.departure < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beside the stations: feeds, hubs, agreements; the same for all cases.

    ``policy`` is what the driver's employer allows.
    """

    connections: Connections
    roaming: Roaming
    policy: Policy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One token, or the payment card, at one EVSE.

    ``index`` is the token's place in ``wallet``, `CARD` the payment card. ``history`` is what
    became of this token there before. ``vehicle_kind`` is `Vehicle.kind`, ``outlet`` the connector
    that it uses there, as (standard, whether direct current); None where it can use none.
    """

    wallet: Wallet
    index: int
    facts: EvseFacts
    feed: Feed
    stay: Stay
    known: Known
    history: History = NOTHING
    vehicle_kind: str = "car"
    outlet: tuple[str, bool] | None = None

    @property
    def token(self) -> Token | None:
        """The token, None for the payment card."""
        return None if self.index == CARD else self.wallet.tokens[self.index]
