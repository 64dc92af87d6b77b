"""Vehicles as physics sees them, with the provenance of their figures."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Charging power (kW) that the battery takes at a state of charge (0 to 1)."""

    soc: float
    power_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A vehicle in full.

    Attributes
    ----------
    mass_kg : float
        Kerb mass with driver (75 kg).
    drag_area_m2 : float
        Drag coefficient times frontal area.
    rolling_coefficient : float
        Dimensionless, of the tyres on dry asphalt.
    usable_kwh : float
        Net battery capacity Q.
    dc_curve : tuple of CurvePoint
        Power against state of charge, ascending in ``soc`` from 0 to 1; empty: no DC.
    ac_kw, ac_phases
        Of the on-board charger.
    connectors : tuple of str
        Inlets as OCPI ConnectorType values (IEC_62196_T2, IEC_62196_T2_COMBO, CHADEMO, ...).
    cables : tuple of str
        Standards for which a cable is carried, for posts with a socket.
    voltage_v : float
        Voltage class of the battery (400 or 800).
    min_post_voltage_v : float
        Least DC post voltage at which it charges at full power (e.g. 800 V cars at 500 V posts).
    low_voltage_kw : float or None
        Power at a post below that; None if it charges as at others.
    drivetrain_efficiency, recuperation_efficiency : float
        Battery to wheel, wheel to battery.
    auxiliary_kw : float
        Electronics, lights and ventilation at a mild temperature; heating and cooling are added.
    heat_pump : bool
        Halves heating demand.
    energy_error : float
        Relative standard deviation of the predicted consumption against the measured one.
    curve_source, curve_quality, consumption_source : str
        Where the figures are from; quality is ``measured``, ``published`` or ``assumed``.
    """

    id: str
    make: str
    model: str
    variant: str = ""
    kind: str = "car"
    year: int | None = None
    mass_kg: float
    drag_area_m2: float
    rolling_coefficient: float
    usable_kwh: float
    dc_curve: tuple[CurvePoint, ...] = ()
    ac_kw: float = 0.0
    ac_phases: int = 0
    connectors: tuple[str, ...] = ("IEC_62196_T2", "IEC_62196_T2_COMBO")
    cables: tuple[str, ...] = ("IEC_62196_T2",)
    voltage_v: float = 400.0
    min_post_voltage_v: float = 0.0
    low_voltage_kw: float | None = None
    drivetrain_efficiency: float = 0.88
    recuperation_efficiency: float = 0.75
    auxiliary_kw: float = 0.4
    heat_pump: bool = False
    energy_error: float = 0.125
    height_m: float | None = None
    length_m: float | None = None
    max_payload_kg: float | None = None
    max_speed_kmh: float | None = None
    curve_source: str = ""
    curve_quality: str = "assumed"
    consumption_source: str = ""

    @property
    def title(self) -> str:
        """Make, model and variant in one line."""
        return " ".join(part for part in (self.make, self.model, self.variant) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The day: what the energy of a trip depends on besides road and car."""

    temperature_c: float = 15.0
    headwind_m_s: float = 0.0
    payload_kg: float = 0.0
    speed_cap_kmh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Vehicles by id."""

    vehicles: tuple[Vehicle, ...]
    by_id: dict[str, Vehicle] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {v.id: v for v in self.vehicles})
