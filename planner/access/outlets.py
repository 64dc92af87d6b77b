"""Which connector of an EVSE the car uses, and at what power."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from planner.access.ledger import Refusal, refusal
from planner.energy.charging import usable_power_kw
from planner.energy.plugs import fits
from planner.model.vehicle import Vehicle

ConnectorFacts = tuple[str, str, str, float, float | None, bool]
"""(standard, format, power_type, power_kw, voltage_v, has a tariff), as in `EvseFacts`."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """The connector to use: its place in the EVSE (-1: none), power in kW, why there is none."""

    connector: int
    power_kw: float
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Outlets:
    """Chooses connectors for one vehicle; remembers what it has seen."""

    vehicle: Vehicle
    _powers: dict[ConnectorFacts, float] = field(init=False, repr=False, default_factory=dict)
    _choices: dict[tuple[ConnectorFacts, ...], Outlet] = field(
        init=False, repr=False, default_factory=dict
    )

    def choose(self, connectors: tuple[ConnectorFacts, ...]) -> Outlet:
        """Choose the strongest connector; of equals one with a tariff, of those the first."""
        known = self._choices.get(connectors)
        if known is None:
            known = self._choices[connectors] = self._choose(connectors)
        return known

    def _choose(self, connectors: tuple[ConnectorFacts, ...]) -> Outlet:
        powers = [self._power_kw(connector) for connector in connectors]
        ranked = [(kw, connectors[n][-1], -n) for n, kw in enumerate(powers) if kw > 0.0]
        if not ranked:
            return Outlet(-1, 0.0, _why_none(self.vehicle, connectors))
        power_kw, _, place = max(ranked)
        return Outlet(-place, power_kw)

    def _power_kw(self, connector: ConnectorFacts) -> float:
        power = self._powers.get(connector)
        if power is None:
            standard, form, power_type, power_kw, voltage_v, _ = connector
            power = self._powers[connector] = usable_power_kw(
                self.vehicle,
                standard=standard,
                format=form,
                power_type=power_type,
                power_kw=power_kw,
                voltage_v=voltage_v,
            )
        return power


def _why_none(vehicle: Vehicle, connectors: Sequence[ConnectorFacts]) -> Refusal:
    """Name the reason of the connector that came nearest to being of use."""
    said = ", ".join(dict.fromkeys(f"{c[0]} {c[1].lower()} {c[2]}" for c in connectors)) or "none"
    fact = f"connectors: {said}"
    if any(_fits(vehicle, c) for c in connectors):
        return refusal("no_current", fact)
    if any(_is_socket(c) and _fits(vehicle, (c[0], "CABLE", *c[2:])) for c in connectors):
        return refusal("no_cable", fact)
    return refusal("plug", fact)


def _fits(vehicle: Vehicle, connector: ConnectorFacts) -> bool:
    standard, form, power_type, *_ = connector
    return fits(vehicle, standard=standard, format=form, is_dc=power_type == "DC")


def _is_socket(connector: ConnectorFacts) -> bool:
    return connector[1].upper() == "SOCKET"
