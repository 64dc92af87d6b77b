"""The charging of a stop: the plug, the power, and the time that the curve takes."""

from collections.abc import Iterator

from planner.energy.charging import charging_curve, usable_power_kw
from planner.model.plan import ChargingStop, Claim
from planner.model.station import Connector
from planner.model.vehicle import Vehicle
from planner.verify.scene import KWH, SECONDS, SOC, Post, Scene, agree

OVERHEAD_S = 300.0
"""Time lost at every stop beside charging: leaving the road, plugging in, starting. Source: our
own assumption, stated in every stop."""

KW = 0.05
"""Tolerance of powers, kW."""


def check_charging(scene: Scene, stop: ChargingStop, post: Post, where: str) -> Iterator[Claim]:
    """List what does not hold of a stop's connector, power, energy and times."""
    yield from check_times(stop, where)
    connector = post.connector
    if connector is None:
        detail = f"the EVSE has no connector {stop.connector_id!r}"
        yield Claim("connector", f"{where}/connector_id", detail)
        return
    if connector.standard != stop.connector_standard:
        detail = f"the connector is {connector.standard}, not {stop.connector_standard}"
        yield Claim("connector", f"{where}/connector_standard", detail)
    usable_kw = power_kw_of(scene.mission.vehicle, connector)
    if usable_kw <= 0.0:
        yield Claim("connector", f"{where}/connector_id", "the car cannot use this connector")
        return
    if not 0.0 < stop.power_kw <= usable_kw + KW:
        detail = f"car and post give {usable_kw:.1f} kW at most, not {stop.power_kw:.1f} kW"
        yield Claim("charging", f"{where}/power_kw", detail)
    yield from check_curve(scene.mission.vehicle, stop, connector, where)


def check_times(stop: ChargingStop, where: str) -> Iterator[Claim]:
    """Check that the stay is waiting, overhead and charging, each in full."""
    if not agree(stop.overhead_s, OVERHEAD_S, SECONDS):
        detail = f"a stop takes {OVERHEAD_S:.0f} s beside charging, not {stop.overhead_s:.1f} s"
        yield Claim("time", f"{where}/overhead_s", detail)
    if not stop.waiting_s >= 0.0:
        yield Claim("time", f"{where}/waiting_s", "nobody waits for less than no time")
    stay_s = stop.waiting_s + stop.overhead_s + stop.charging_s
    if not agree(stop.departure - stop.arrival, stay_s, SECONDS):
        detail = f"waiting, overhead and charging take {stay_s:.2f} s, the stay is another"
        yield Claim("time", f"{where}/departure", detail)


def check_curve(
    vehicle: Vehicle, stop: ChargingStop, connector: Connector, where: str
) -> Iterator[Claim]:
    """Check the time and energy that charging takes along the car's curve at that post."""
    if not 0.0 - SOC <= stop.soc_arrival <= stop.soc_departure <= 1.0 + SOC:
        detail = f"one does not charge from {stop.soc_arrival:.4f} to {stop.soc_departure:.4f}"
        yield Claim("charging", f"{where}/soc_departure", detail)
        return
    full_kwh = vehicle.usable_kwh
    energy_kwh = (stop.soc_departure - stop.soc_arrival) * full_kwh
    if not agree(stop.energy_kwh, energy_kwh, KWH):
        detail = f"the battery takes {energy_kwh:.4f} kWh, not {stop.energy_kwh:.4f} kWh"
        yield Claim("charging", f"{where}/energy_kwh", detail)
    curve = charging_curve(
        vehicle,
        power_type=connector.power_type,
        power_kw=connector.power_kw,
        voltage_v=connector.voltage_v,
        standard=connector.standard,
    )
    time_s = curve.time_between(stop.soc_arrival * full_kwh, stop.soc_departure * full_kwh)
    if not agree(stop.charging_s, time_s, 0.1):
        detail = f"charging takes {time_s:.2f} s, not {stop.charging_s:.2f} s"
        yield Claim("charging", f"{where}/charging_s", detail)


def power_kw_of(vehicle: Vehicle, connector: Connector) -> float:
    """Return the greatest power that the car draws from a connector, kW; 0 if it cannot use it."""
    return usable_power_kw(
        vehicle,
        standard=connector.standard,
        format=connector.format,
        power_type=connector.power_type,
        power_kw=connector.power_kw,
        voltage_v=connector.voltage_v,
    )
