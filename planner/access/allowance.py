"""What a driver's employer and the rest of the fleet leave of an EVSE for a stay."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.access.ceiling import Ceiling, Sale
from planner.access.holds import Holds
from planner.access.ledger import Refusal, refusal
from planner.model.fleet import Hold, Policy
from planner.model.station import DEPOT_PARTY
from planner.model.token import Wallet
from planner.store.posts import numbers_of, post_of
from planner.store.snapshot import Snapshot


@dataclass(eq=False)
class Allowance:
    """Asks the policy for what depends on operator and price, and the fleet for what is taken.

    ``connector`` and ``power_kw`` are the columns of `planner.access.chargers.Chargers`.
    """

    snapshot: Snapshot
    wallet: Wallet
    policy: Policy | None
    taken: tuple[Hold, ...]
    connector: NDArray[np.int8]
    power_kw: NDArray[np.float32]

    def refusal(
        self, e: int, token: int, arrival: float, departure: float, *, as_fallback: bool
    ) -> Refusal | None:
        """Return why an EVSE that would open may not be used for a stay, None if it may."""
        if self.policy is not None:
            found = self._not_allowed(e, token, arrival, departure, as_fallback=as_fallback)
            if found is not None:
                return found
        if not self.taken:
            return None
        evse = self.snapshot.evse(e)
        return self._holds.refusal(
            self.snapshot.stations[int(self.snapshot.evse_station[e])],
            evse.uid,
            float(self.power_kw[e]),
            arrival,
            departure,
            as_fallback=as_fallback,
            post=post_of(evse.evse_id),
        )

    @property
    def concerns_any(self) -> bool:
        """Whether anything is to be asked of any station."""
        return self.policy is not None or bool(self.taken)

    @cached_property
    def concerns(self) -> NDArray[np.bool_]:
        """Mark the stations of which anything is to be asked, shape (stations,): a few too many.

        A policy concerns all; what is taken, the stations and EVSEs where others stand, and the
        fleet's own depots, whose power is shared.
        """
        snapshot = self.snapshot
        if self.policy is not None:
            return np.ones(len(snapshot.stations), np.bool_)
        found = np.zeros(len(snapshot.stations), np.bool_)
        if self.taken:
            found |= np.isin(snapshot.names, numbers_of({hold.station_id for hold in self.taken}))
            posts = numbers_of({hold.post for hold in self.taken if hold.post})
            own = np.array([told.party == DEPOT_PARTY for told in snapshot.facts], np.bool_)
            beside = np.isin(snapshot.posts, posts) | own[snapshot.facts_of]
            found[snapshot.evse_station[beside]] = True
        return found

    @cached_property
    def eases_fallbacks(self) -> bool:
        """Whether less may be asked of a fallback than of a stop."""
        only = self.policy is not None and self.policy.only_preferred
        return only or any(hold.use == "fallback" for hold in self.taken)

    def turns(self, e: int, begin: float, end: float) -> tuple[float, ...]:
        """List the moments around two at which `refusal` may answer otherwise."""
        if not self.concerns_any:
            return ()
        station = self.snapshot.stations[int(self.snapshot.evse_station[e])]
        evse = self.snapshot.evse(e)
        found = set(self._holds.turns(station, evse.uid, post_of(evse.evse_id)))
        if self._ceiling is not None and int(self.connector[e]) >= 0:
            for token in range(-1, len(self.wallet.tokens)):
                found.update(self._ceiling.turns(self._sale(e, token), begin, end))
        return tuple(sorted(found))

    def _not_allowed(
        self, e: int, token: int, arrival: float, departure: float, *, as_fallback: bool
    ) -> Refusal | None:
        assert self.policy is not None
        station = self.snapshot.stations[int(self.snapshot.evse_station[e])]
        if station.party == DEPOT_PARTY:
            return None
        if self.policy.only_preferred and not as_fallback:
            operator = station.operated_by
            if not self.policy.prefers(station.party, operator):
                return refusal("policy_operator", operator)
        if self._ceiling is None:
            return None
        return self._ceiling.refusal(self._sale(e, token), arrival, departure)

    def _sale(self, e: int, token: int) -> Sale:
        station = self.snapshot.stations[int(self.snapshot.evse_station[e])]
        connector = self.snapshot.evse(e).connectors[int(self.connector[e])]
        return Sale(station, connector, token, float(self.power_kw[e]))

    @cached_property
    def _ceiling(self) -> Ceiling | None:
        if self.policy is None or self.policy.max_per_kwh is None:
            return None
        return Ceiling(self.snapshot, self.wallet, self.policy)

    @cached_property
    def _holds(self) -> Holds:
        return Holds(self.taken)
