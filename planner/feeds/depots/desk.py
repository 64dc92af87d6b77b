"""The desk that charge points' messages come to: who is there, what charges, whose token it is.

Called by one process, one message at a time: of several that listened, each would take those for
silent that are connected to another.
"""

from collections.abc import Callable
from dataclasses import dataclass

from planner.feeds.depots.charging import Charging
from planner.feeds.depots.presence import Presence
from planner.feeds.depots.token_desk import TokenDesk
from planner.store.store import Store


@dataclass(frozen=True, slots=True)
class DepotDesk:
    """All that a server of OCPP needs."""

    presence: Presence
    charging: Charging
    tokens: TokenDesk
    clock: Callable[[], float]

    @classmethod
    def open(cls, store: Store, clock: Callable[[], float]) -> "DepotDesk":
        """Open the desk of an installation; the clock gives UTC epoch seconds."""
        tokens = TokenDesk(store, clock)
        return cls(Presence(store, clock), Charging(store, clock, tokens), tokens, clock)

    def tick(self) -> None:
        """Do what is due as time goes by; to be called every second or so."""
        self.tokens.renew()
        self.presence.tick()
