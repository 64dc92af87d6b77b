"""Road load given as EPA coefficients, turned into drag area and rolling coefficient.

The United States' certification publishes F(v) = A + B·v + C·v² of a coast-down at 20 °C. A part
of B is tyre, a part air and a part drivetrain, which physics cannot tell apart. So the curve is
fitted by F(v) = c_rr·m·g + ½·D·(c_d·A)·v², least squares in force over 20 to 130 km/h, with the
air density D of `air_density_kg_m3` at 20 °C and sea level.
Source: 40 CFR 1066.210 (road-load equation).
"""

from collections.abc import Mapping

import numpy as np

from planner.energy.climate import TYRE_REFERENCE_C, air_density_kg_m3
from planner.energy.consumption import GRAVITY_M_S2

SI_COEFFICIENTS = ("a_n", "b_n_per_m_s", "c_n_per_m2_s2")
EPA_COEFFICIENTS = ("a_lbf", "b_lbf_per_mph", "c_lbf_per_mph2")
COEFFICIENTS = (SI_COEFFICIENTS, EPA_COEFFICIENTS)
"""The two forms in which A, B and C may be given, names sorted."""

NEWTON_PER_LBF = 4.4482216152605
"""Source: NIST Special Publication 811, appendix B.8; exact."""

M_S_PER_MPH = 0.44704
"""Source: NIST Special Publication 811, appendix B.8; exact."""

FITTED_KMH = np.arange(20.0, 131.0, 5.0)


def drag_and_rolling(load: Mapping[str, float], mass_kg: float) -> tuple[float, float]:
    """Drag area (m²) and rolling coefficient of a car of that mass, fitted to A, B and C."""
    speed_m_s = FITTED_KMH / 3.6
    force_n = road_load_n(load, speed_m_s)
    density = float(air_density_kg_m3(TYRE_REFERENCE_C, 0.0))
    columns = np.column_stack(
        (0.5 * density * speed_m_s**2, np.full_like(speed_m_s, mass_kg * GRAVITY_M_S2))
    )
    (drag_area_m2, rolling), *_ = np.linalg.lstsq(columns, force_n, rcond=None)
    return float(drag_area_m2), float(rolling)


def road_load_n(load: Mapping[str, float], speed_m_s: np.ndarray) -> np.ndarray:
    """Force in newtons at speeds in m/s, of coefficients in either form."""
    if SI_COEFFICIENTS[0] in load:
        a, b, c = (load[name] for name in SI_COEFFICIENTS)
        return np.asarray(a + b * speed_m_s + c * speed_m_s**2)
    a, b, c = (load[name] for name in EPA_COEFFICIENTS)
    speed_mph = speed_m_s / M_S_PER_MPH
    return np.asarray((a + b * speed_mph + c * speed_mph**2) * NEWTON_PER_LBF)
