"""Charging as time against energy: the car's curve capped by the post, integrated once.

Three powers must not be mixed up. A *post* states what it gives at the plug; a published charging
curve states what the car draws at the plug; what reaches the battery is less by the losses
behind the plug. `ChargingCurve` counts energy in the battery, `usable_power_kw` and `metered_kwh`
count at the plug, where the meter is.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.energy.plugs import AC_PHASES, fits, socket_limit_kw
from planner.errors import InputError
from planner.model.vehicle import Vehicle

DC_EFFICIENCY = 0.95
"""Battery energy over metered energy, direct current: cable, battery resistance and cooling.

An assumption. The meter stands behind the rectifier, so the converter's losses are not in it; the
battery's own resistance takes some 3 to 5 % at one to two charges an hour.
"""

AC_EFFICIENCY = 0.894
"""Battery energy over metered energy, alternating current: the on-board charger's losses.

Source: Sears, Roberts, Glitman, "A comparison of electric vehicle Level 1 and Level 2 charging
efficiency" (IEEE SusTech 2014): 89.4 % on average at Level 2.
"""

FLOOR_KW = 1.0
"""Least power at the plug, kW: a published 0 kW at 100 % means balancing, not never.

A post that is weaker than this keeps its own power.
"""

STEP_SOC = 0.02
"""Widest step between breakpoints."""

WITHIN_S = 0.5
"""How far the time to any charge may lie from the exact one for breakpoints to be left out, s."""

STRAIGHT = 1e-6
"""Share by which slopes differ by rounding alone."""

NEGLIGIBLE_SOC = 1e-6
"""Breakpoints nearer than this to the one before are integrated over and left out of the curve:
between them rounding would make the power."""

NEEDED_VOLTAGE_SHARE = 0.9
"""Of its voltage class, what the post of an 800 V car must reach: such batteries hold 650 to 720 V
when half full. So the 500 V of older posts is too low, and 600 V is, too.

Source: nominal voltages of 697 V (Hyundai Ioniq 5) and 723 V (Porsche Taycan), makers' data.
"""

HIGH_VOLTAGE_CLASS_V = 600.0
"""Batteries of a lower class than this are charged by every post at full power."""

LOW_VOLTAGE_SHARE = 0.5
"""Of its curve, what an 800 V car draws at a low-voltage post where its own figure is unknown."""

LOW_VOLTAGE_MOST_KW = 250.0
"""A post above this power must be above 500 V: CCS ends at 500 A. Source: IEC 62196-3:2022."""


@dataclass(frozen=True, slots=True, eq=False)
class ChargingCurve:
    """Cumulative charging time from empty over the energy in the battery, piecewise linear.

    Attributes
    ----------
    energy_kwh : float64, shape (k,)
        Strictly increasing from 0 to the usable capacity.
    time_s : float64, shape (k,)
        Strictly increasing from 0. Between breakpoints, power is taken as constant.
    max_power_kw : float
        Greatest power into the battery on any piece, so time >= energy / max_power_kw holds.
    """

    energy_kwh: NDArray[np.float64]
    time_s: NDArray[np.float64]
    max_power_kw: float = field(init=False)
    _energies: list[float] = field(init=False, repr=False)
    _times: list[float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.energy_kwh.setflags(write=False)
        self.time_s.setflags(write=False)
        slope_kw = np.diff(self.energy_kwh) / np.diff(self.time_s) * 3600.0
        object.__setattr__(self, "max_power_kw", float(slope_kw.max()))
        object.__setattr__(self, "_energies", self.energy_kwh.tolist())
        object.__setattr__(self, "_times", self.time_s.tolist())

    @property
    def usable_kwh(self) -> float:
        """Energy of a full battery, kWh."""
        return self._energies[-1]

    def time_between(self, q0: float, q1: float) -> float:
        """Seconds to charge from ``q0`` to ``q1`` kWh; both are held within the battery.

        Additive, and negative if ``q1 < q0``.
        """
        return self._time_at(q1) - self._time_at(q0)

    def energy_after(self, q0: float, dt_s: float) -> float:
        """Energy in the battery, kWh, after ``dt_s`` seconds from ``q0``; a full one stays full."""
        return _interpolate(self._time_at(q0) + dt_s, self._times, self._energies)

    def _time_at(self, q: float) -> float:
        return _interpolate(q, self._energies, self._times)


def charging_curve(
    vehicle: Vehicle,
    *,
    power_type: str,
    power_kw: float,
    voltage_v: float | None,
    standard: str = "",
) -> ChargingCurve:
    """Charging curve of a car at a post of that OCPI PowerType, power and voltage.

    ``power_kw`` is the post's own power, not what `usable_power_kw` made of it: phases are shared
    out here. With the connector's ``standard``, a household socket's limit is kept as well. Equal
    cars at posts that give them equal power share one curve (cached by value).

    Raises
    ------
    InputError
        The car takes no such current, or the post gives no power: see `usable_power_kw`.
    """
    given_kw = min(power_kw, socket_limit_kw(standard))
    low = power_type == "DC" and _is_low_voltage(vehicle, given_kw, voltage_v)
    cap_kw = _plug_limit_kw(vehicle, power_type, given_kw, low=low)
    if cap_kw <= 0.0:
        raise InputError(
            f"{vehicle.title or vehicle.id} cannot charge with {power_type} at {power_kw} kW",
            remedy="Choose a connector whose usable power is above zero",
        )
    return _integrate(vehicle, power_type == "DC", cap_kw, low)


def usable_power_kw(
    vehicle: Vehicle,
    *,
    standard: str,
    format: str,  # noqa: A002 -- OCPI's word
    power_type: str,
    power_kw: float,
    voltage_v: float | None,
) -> float:
    """Greatest power at the plug that a car draws from a connector, kW; 0.0 if it cannot use it.

    0.0 stands for: no inlet for the plug, no cable for the socket, a PowerType that OCPI does not
    know, a car without that kind of charging, or a post without power. The arguments are a
    connector's, in OCPI's words.
    """
    is_dc = power_type == "DC"
    if not fits(vehicle, standard=standard, format=format, is_dc=is_dc):
        return 0.0
    given_kw = max(0.0, min(power_kw, socket_limit_kw(standard)))
    low = is_dc and _is_low_voltage(vehicle, given_kw, voltage_v)
    return _plug_limit_kw(vehicle, power_type, given_kw, low=low)


def metered_kwh(vehicle: Vehicle, *, is_dc: bool, battery_kwh: float) -> float:  # noqa: ARG001
    """Energy that the post's meter counts, and one pays for, to put ``battery_kwh`` in, kWh."""
    return battery_kwh / (DC_EFFICIENCY if is_dc else AC_EFFICIENCY)


def _plug_limit_kw(vehicle: Vehicle, power_type: str, power_kw: float, *, low: bool) -> float:
    """Greatest power at the plug for a post's power, the car's phases and its curve's peak."""
    if power_type == "DC":
        return min(power_kw, _dc_peak_kw(vehicle, low=low))
    return _ac_power_kw(vehicle, power_type, power_kw)


def _ac_power_kw(vehicle: Vehicle, power_type: str, power_kw: float) -> float:
    """Power at the plug: shared phases, each at the lesser of the post's and the car's limit."""
    post_phases = AC_PHASES.get(power_type, 0)
    phases = min(post_phases, vehicle.ac_phases)
    if phases == 0 or power_kw <= 0.0:
        return 0.0
    return phases * min(power_kw / post_phases, vehicle.ac_kw / vehicle.ac_phases)


def _is_low_voltage(vehicle: Vehicle, power_kw: float, voltage_v: float | None) -> bool:
    """Whether the post's voltage is too low for the car's full power.

    A post that does not state its voltage is taken as low unless its power rules that out:
    a promise must hold at whatever stands there.
    """
    if vehicle.min_post_voltage_v <= 0.0 and vehicle.voltage_v < HIGH_VOLTAGE_CLASS_V:
        return False
    if voltage_v is None or voltage_v <= 0.0:
        return power_kw <= LOW_VOLTAGE_MOST_KW
    if vehicle.min_post_voltage_v > 0.0:
        return voltage_v < vehicle.min_post_voltage_v
    return voltage_v < NEEDED_VOLTAGE_SHARE * vehicle.voltage_v


def _dc_peak_kw(vehicle: Vehicle, *, low: bool) -> float:
    peak_kw = max((point.power_kw for point in vehicle.dc_curve), default=0.0)
    if not low:
        return peak_kw
    if vehicle.low_voltage_kw is None:
        return peak_kw * LOW_VOLTAGE_SHARE
    return min(peak_kw, vehicle.low_voltage_kw)


@lru_cache(maxsize=4096)
def _integrate(vehicle: Vehicle, is_dc: bool, cap_kw: float, low: bool) -> ChargingCurve:
    """Integrate 1/P exactly between breakpoints, P being piecewise linear in the charge.

    Breakpoints: every `STEP_SOC`, the curve's own, and where it meets the post's power or the
    floor. On a piece from P0 to P1 the time is dq · ln(P1/P0) / (P1 - P0). Between the
    corners of P only those breakpoints stay that keep all times `WITHIN_S`: on a level none.
    """
    soc, plug_kw = _plug_power(vehicle, is_dc, low)
    floor_kw = min(FLOOR_KW, cap_kw)
    for bound_kw in (cap_kw, floor_kw):
        soc, plug_kw = _cross(soc, plug_kw, bound_kw)
    efficiency = DC_EFFICIENCY if is_dc else AC_EFFICIENCY
    power_kw = np.clip(plug_kw, floor_kw, cap_kw) * efficiency
    energy_kwh = soc * vehicle.usable_kwh
    hours = np.diff(energy_kwh) / _logarithmic_mean(power_kw[:-1], power_kw[1:])
    time_s = np.concatenate(([0.0], np.cumsum(hours) * 3600.0))
    apart = _apart(soc)
    energy_kwh, time_s = energy_kwh[apart], time_s[apart]
    needed = _needed(energy_kwh, time_s, _corners(soc[apart], power_kw[apart]))
    return ChargingCurve(energy_kwh[needed], time_s[needed])


def _corners(soc: NDArray[np.float64], power_kw: NDArray[np.float64]) -> list[int]:
    """List the breakpoints where power begins to rise or fall otherwise, both ends among them."""
    slope = np.diff(power_kw) / np.diff(soc)
    bends = np.abs(np.diff(slope)) > STRAIGHT * (1.0 + np.abs(slope[1:]))
    return [0, *(np.flatnonzero(bends) + 1).tolist(), len(soc) - 1]


def _needed(
    energy_kwh: NDArray[np.float64], time_s: NDArray[np.float64], corners: list[int]
) -> list[int]:
    """List the corners, and breakpoints between which straight lines stay `WITHIN_S` of all others.

    From each, the line goes on to the farthest that it may.

    Source: Imai, Iri: Polygonal approximations of a curve (1988), the greedy rule.
    """
    needed = [0]
    while needed[-1] < corners[-1]:
        first = needed[-1]
        farthest = next(corner for corner in corners if corner > first)
        for end in range(farthest, first, -1):
            share = (energy_kwh[first:end] - energy_kwh[first]) / (
                energy_kwh[end] - energy_kwh[first]
            )
            straight_s = time_s[first] + share * (time_s[end] - time_s[first])
            if np.abs(straight_s - time_s[first:end]).max() <= WITHIN_S:
                break
        needed.append(end)
    return needed


def _apart(soc: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark breakpoints that stand apart from the one before; the first and the last always do."""
    kept = np.append(True, np.diff(soc) > NEGLIGIBLE_SOC)
    if not kept[-1]:
        kept[np.flatnonzero(kept)[-1]] = False
        kept[-1] = True
    return kept


def _plug_power(
    vehicle: Vehicle, is_dc: bool, low: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """State of charge at the breakpoints and what the car would draw there, kW at the plug."""
    grid = np.linspace(0.0, 1.0, round(1.0 / STEP_SOC) + 1)
    if not is_dc:
        return grid, np.full_like(grid, np.inf)
    own_soc = np.array([point.soc for point in vehicle.dc_curve])
    own_kw = np.array([point.power_kw for point in vehicle.dc_curve])
    if low and vehicle.low_voltage_kw is None:
        own_kw = own_kw * LOW_VOLTAGE_SHARE
    soc = np.unique(np.concatenate((grid, own_soc)))
    return soc, np.interp(soc, own_soc, own_kw)


def _cross(
    soc: NDArray[np.float64], kw: NDArray[np.float64], bound_kw: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add a breakpoint wherever a piecewise-linear curve passes through a power."""
    above = kw - bound_kw
    passing = np.flatnonzero(above[:-1] * above[1:] < 0.0)
    share = above[passing] / (above[passing] - above[passing + 1])
    at = soc[passing] + share * (soc[passing + 1] - soc[passing])
    fresh = (at > soc[passing]) & (at < soc[passing + 1])
    return (
        np.insert(soc, passing[fresh] + 1, at[fresh]),
        np.insert(kw, passing[fresh] + 1, bound_kw),
    )


def _logarithmic_mean(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean power of a piece for the time it takes: (b - a) / ln(b/a), or a where they are equal."""
    near = np.isclose(a, b, rtol=1e-9)
    ratio = np.where(near, 2.0, b / a)
    return np.where(near, (a + b) / 2.0, (b - a) / np.log(ratio))


def _interpolate(x: float, xs: list[float], ys: list[float]) -> float:
    if x <= xs[0]:
        return ys[0]
    if x >= xs[-1]:
        return ys[-1]
    i = bisect_right(xs, x)
    share = (x - xs[i - 1]) / (xs[i] - xs[i - 1])
    return ys[i - 1] + share * (ys[i] - ys[i - 1])
