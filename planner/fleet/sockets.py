"""The connector that a charge went through, and how slowly a car can charge there."""

from dataclasses import dataclass

from planner.energy.charging import (
    AC_EFFICIENCY,
    DC_EFFICIENCY,
    ChargingCurve,
    charging_curve,
    usable_power_kw,
)
from planner.errors import InputError
from planner.fleet.history import Entry
from planner.fleet.places import Places
from planner.model.station import Connector
from planner.model.vehicle import Vehicle


@dataclass(frozen=True, slots=True)
class Socket:
    """Where a car was plugged in; ``curve`` is None where the car is not known or does not fit."""

    power_kw: float
    is_dc: bool
    curve: ChargingCurve | None

    @property
    def efficiency(self) -> float:
        """Battery energy over metered energy."""
        return DC_EFFICIENCY if self.is_dc else AC_EFFICIENCY

    def slowest_s(self, metered_kwh: float) -> float | None:
        """Give the seconds that an amount takes at most: as the last that the battery takes.

        None where the car is not known, or its battery does not hold so much.
        """
        if self.curve is None:
            return None
        full = self.curve.usable_kwh
        least = full - metered_kwh * self.efficiency
        return None if least < 0 else self.curve.time_between(least, full)


def socket_of(entry: Entry, places: Places) -> Socket | None:
    """Find the connector: of those that the EVSE has, the strongest that the car can have used."""
    charge, car = entry.charge, entry.car
    spot = places.spot(charge)
    connectors = () if spot is None or spot.evse is None else spot.evse.connectors
    meant = [c for c in connectors if not charge.power_type or c.power_type == charge.power_type]
    if meant or connectors:
        return _strongest(tuple(meant) or connectors, car)
    if not charge.power_kw:
        return None
    made_up = Connector(
        id="",
        standard="IEC_62196_T2_COMBO" if charge.power_type == "DC" else "IEC_62196_T2",
        format="CABLE",
        power_type=charge.power_type or "AC_3_PHASE",
        power_kw=charge.power_kw,
    )
    return _socket(made_up, car if charge.power_type else None)


def _strongest(connectors: tuple[Connector, ...], car: Vehicle | None) -> Socket:
    sockets = [_socket(connector, car) for connector in connectors]
    fitting = [socket for socket in sockets if socket.curve is not None]
    return max(fitting or sockets, key=lambda socket: socket.power_kw)


def _socket(connector: Connector, car: Vehicle | None) -> Socket:
    curve = None if car is None else _curve(connector, car)
    return Socket(connector.power_kw, connector.is_dc, curve)


def _curve(connector: Connector, car: Vehicle) -> ChargingCurve | None:
    power_kw = usable_power_kw(
        car,
        standard=connector.standard,
        format=connector.format,
        power_type=connector.power_type,
        power_kw=connector.power_kw,
        voltage_v=connector.voltage_v,
    )
    if power_kw <= 0:
        return None
    try:
        return charging_curve(
            car,
            power_type=connector.power_type,
            power_kw=connector.power_kw,
            voltage_v=connector.voltage_v,
            standard=connector.standard,
        )
    except InputError:
        return None
