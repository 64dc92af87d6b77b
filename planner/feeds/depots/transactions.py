"""A transaction at a charge point, put together from what is told of it in any order.

Charge points keep what they cannot send and send it later, again, or out of order. So each
message only *adds* facts, and a transaction is what the set of its facts says:

- it began at the earliest moment of all its messages, and ended when its end was told;
- the register was first read at the earliest reading; energy is its highest value less that;
- it belongs to the token that was shown first.

Of the transactions at one EVSE only the one that began last can be open: an EVSE charges one car,
so one that another followed is over (``cut``), whether or not its end is ever told. The same
message twice adds nothing, and no order gives negative energy.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from planner.feeds.depots.meters import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenShown:
    """A token as it was shown to the charge point; ``kind`` is OCPP 2.0.1's, or empty."""

    at: float
    uid: str = field(repr=False)
    kind: str = ""
    is_accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What is known of a transaction.

    Attributes
    ----------
    name : str
        The charge point's own id for it.
    key : str
        Tells a start that is told again from another one; 1.6 only.
    evse_uid, connector_id : str
        Empty where it was not told yet.
    began : float
        UTC epoch seconds.
    ended : float or None
        When its end was told to be.
    cut : float or None
        When another one began at the same EVSE.
    token : TokenShown or None
    first : Reading or None
        The earliest reading of the register, the lower of two at one moment.
    highest_wh : float
        The highest reading.
    told_at : float
        The latest moment of all its messages.
    """

    name: str
    key: str = ""
    evse_uid: str = ""
    connector_id: str = ""
    began: float
    ended: float | None = None
    cut: float | None = None
    token: TokenShown | None = None
    first: Reading | None = None
    highest_wh: float = 0.0
    told_at: float

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.ended is None and self.cut is None

    @property
    def energy_kwh(self) -> float:
        """What flowed so far."""
        return 0.0 if self.first is None else (self.highest_wh - self.first.wh) / 1000

    @property
    def end(self) -> float | None:
        """When it was over, never before it began; None while it goes on."""
        end = self.cut if self.ended is None else self.ended
        return None if end is None else max(end, self.began)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one message tells of a transaction."""

    at: float
    evse_uid: str = ""
    connector_id: str = ""
    key: str = ""
    token: TokenShown | None = None
    readings: tuple[Reading, ...] = ()
    is_end: bool = False


def add(known: Transaction | None, name: str, news: News) -> Transaction:
    """Add what a message tells to what is known."""
    before = known or Transaction(name=name, key=news.key, began=news.at, told_at=news.at)
    readings = [*news.readings, *(() if before.first is None else (before.first,))]
    highest = [reading.wh for reading in readings]
    highest += [] if before.first is None else [before.highest_wh]
    ends = [at for at in (before.ended, news.at if news.is_end else None) if at is not None]
    return replace(
        before,
        evse_uid=before.evse_uid or news.evse_uid,
        connector_id=before.connector_id or news.connector_id,
        began=min(before.began, news.at),
        ended=max(ends, default=None),
        token=_first_shown(token for token in (before.token, news.token) if token is not None),
        first=min(readings, default=None),
        highest_wh=max(highest, default=0.0),
        told_at=max(before.told_at, news.at),
    )


def _first_shown(tokens: Iterable[TokenShown]) -> TokenShown | None:
    return min(tokens, key=lambda token: (token.at, token.uid, token.kind), default=None)
