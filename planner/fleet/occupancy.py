"""Which EVSE is whose, and when: what the plans of a fleet count on, as intervals.

A stop takes its EVSE from arrival to departure. A fallback, and every stop on the way from it, is
counted on from its own arrival until its departure and as much later as the failed stop may have
lasted: that is how long the check proves it for. Whether a plan goes beside the others is asked of
`planner.access.holds`, the very rule by which it was planned.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import floor

from planner.access.holds import Holds, overlaps
from planner.model.fleet import Hold
from planner.model.plan import ChargingStop, Plan
from planner.model.station import SharedPower
from planner.store.posts import post_of

HANDOVER_S = 300.0
"""Seconds between two vehicles of the fleet at one EVSE: to unplug, leave, park and plug in."""

EvseKey = tuple[str, str]


def holds_of(plan: Plan) -> tuple[Hold, ...]:
    """List all that a plan counts on, its stops first."""
    stops = [_hold(stop, "stop", 0.0) for stop in plan.charging_stops]
    behind = (hold for stop in plan.charging_stops for hold in _behind(stop, 0.0))
    return tuple(dict.fromkeys((*stops, *behind)))


def _behind(stop: ChargingStop, slack_s: float) -> Iterator[Hold]:
    """List what is counted on where a stop fails, any time until it would have ended."""
    later_s = slack_s + stop.departure - stop.arrival
    for fallback in stop.fallbacks:
        for each in (fallback.stop, *fallback.onward_stops):
            yield _hold(each, "fallback", later_s)
            yield from _behind(each, later_s)


def _hold(stop: ChargingStop, use: str, slack_s: float) -> Hold:
    return Hold(
        station_id=stop.station_id,
        evse_uid=stop.evse_uid,
        begins=stop.arrival,
        ends=stop.departure + slack_s,
        use="stop" if use == "stop" else "fallback",
        power_kw=stop.power_kw,
        post=post_of(stop.evse_id),
    )


@dataclass(frozen=True, slots=True)
class Limit:
    """A depot as the rule of access asks it: its id, and what it and its parts may draw."""

    id: str
    max_kw: float | None = None
    shared: tuple[SharedPower, ...] = ()


SHARE_STEP_KW = 0.125
"""Shares of a depot's power are whole numbers of these, which no rounding of floats changes."""

LEAST_SHARE_KW = 3.5
"""Nobody is planned to charge with less: with 16 A of one phase a post still gives more."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A hold that cannot be had, who stands against it, and under which stations."""

    hold: Hold
    owners: tuple[str, ...]
    stations: frozenset[str]


@dataclass(eq=False)
class Occupancy:
    """The ledger: the holds of each owner (a mission, or a plan in use), found by place.

    ``limits`` are the depots' power limits, by station.
    """

    limits: Mapping[str, Limit] = field(default_factory=dict)
    _of: dict[str, tuple[Hold, ...]] = field(default_factory=dict)
    _at: dict[str, dict[str, list[Hold]]] = field(default_factory=dict)
    _stations: dict[str, set[str]] = field(default_factory=dict)

    def add(self, owner: str, holds: Sequence[Hold]) -> None:
        """Enter what an owner counts on, in the place of what it did before."""
        self.remove(owner)
        self._of[owner] = tuple(holds)
        for hold in holds:
            self._at.setdefault(hold.station_id, {}).setdefault(owner, []).append(hold)
            if hold.post:
                self._stations.setdefault(hold.post, set()).add(hold.station_id)

    def remove(self, owner: str) -> tuple[Hold, ...]:
        """Strike an owner out; give what it counted on."""
        gone = self._of.pop(owner, ())
        for station in {hold.station_id for hold in gone}:
            del self._at[station][owner]
        return gone

    def clashes(self, holds: Sequence[Hold], without: str = "") -> tuple[Clash, ...]:
        """List the holds that cannot be had beside those of all owners but one."""
        found = []
        for hold in holds:
            stations = frozenset({hold.station_id} | self._stations.get(hold.post, set()))
            others = self._others(stations, without)
            if not _allows((h for kept in others.values() for h in kept), hold, self._site(hold)):
                found.append(Clash(hold, tuple(self._against(hold, others)), stations))
        return tuple(found)

    def share_kw(self, hold: Hold, without: str = "") -> float | None:
        """Return with how much power a hold at a depot could be had, in kW.

        None where power is not what it lacks, or what is left is not worth charging with.
        """
        if hold.station_id not in self.limits:
            return None
        others = self._others({hold.station_id}, without)
        rule = Holds(widened(held) for kept in others.values() for held in kept)
        left_kw = rule.left_kw(
            self._site(hold),
            hold.evse_uid,
            hold.begins,
            hold.ends,
            as_fallback=hold.use == "fallback",
        )
        share_kw = floor(min(left_kw, hold.power_kw) / SHARE_STEP_KW) * SHARE_STEP_KW
        return share_kw if LEAST_SHARE_KW <= share_kw < hold.power_kw - SHARE_STEP_KW else None

    def shares_kw(self, clashes: Iterable[Clash], without: str = "") -> dict[str, float]:
        """Return with how much power each depot could serve what clashes, by station, in kW.

        Depots at which power is not what lacks are left out.
        """
        found: dict[str, float] = {}
        for clash in clashes:
            share_kw = self.share_kw(clash.hold, without=without)
            if share_kw is not None:
                at = clash.hold.station_id
                found[at] = min(share_kw, found.get(at, share_kw))
        return found

    def _others(self, stations: Iterable[str], without: str) -> dict[str, list[Hold]]:
        others: dict[str, list[Hold]] = {}
        for station in stations:
            for name, kept in self._at.get(station, {}).items():
                if name != without:
                    others.setdefault(name, []).extend(kept)
        return others

    def taken(
        self,
        begins: float,
        ends: float,
        *,
        near: Callable[[str], bool],
        stations: Collection[str] = (),
        without: str = "",
    ) -> tuple[Hold, ...]:
        """List what is taken, as planning is told it: with the time to hand over on both sides.

        At stations that are ``near`` what touches the time from ``begins`` to ``ends``; at those
        named all of it.
        """
        found: set[Hold] = set()
        for station in self._at:
            named = station in stations
            if not named and not near(station):
                continue
            for name, kept in self._at[station].items():
                if name != without:
                    wide = (widened(hold) for hold in kept)
                    found.update(h for h in wide if named or overlaps(h, begins, ends))
        return tuple(sorted(found, key=_order))

    def _site(self, hold: Hold) -> Limit:
        return self.limits.get(hold.station_id) or Limit(hold.station_id)

    def _against(self, hold: Hold, others: Mapping[str, list[Hold]]) -> Iterator[str]:
        """Name those who stand at the EVSE, or draw the depot's power, at that time."""
        has_limit = hold.station_id in self.limits
        for name in sorted(others):
            if any(
                overlaps(widened(held), hold.begins, hold.ends)
                and ((has_limit and held.station_id == hold.station_id) or is_same(held, hold))
                and (hold.use == "stop" or held.use == "stop")
                for held in others[name]
            ):
                yield name


def is_same(one: Hold, other: Hold) -> bool:
    """Say whether two holds are of one EVSE, under whichever stations they stand."""
    if one.post and one.post == other.post:
        return True
    return (one.station_id, one.evse_uid) == (other.station_id, other.evse_uid)


def _order(hold: Hold) -> tuple[object, ...]:
    return (hold.station_id, hold.evse_uid, hold.begins, hold.ends, hold.use, hold.power_kw)


def widened(hold: Hold) -> Hold:
    """Return a hold with the time to hand over on both sides."""
    return replace(hold, begins=hold.begins - HANDOVER_S, ends=hold.ends + HANDOVER_S)


def _allows(others: Iterable[Hold], hold: Hold, site: Limit) -> bool:
    """Ask the rule of access whether a hold can be had beside others."""
    rule = Holds(widened(held) for held in others)
    refused = rule.refusal(
        site,
        hold.evse_uid,
        hold.power_kw,
        hold.begins,
        hold.ends,
        as_fallback=hold.use == "fallback",
        post=hold.post,
    )
    return refused is None
