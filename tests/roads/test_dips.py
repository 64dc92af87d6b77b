"""What the inside of an edge asks of the battery: never more than the edge without its descent."""

from collections.abc import Callable
from itertools import accumulate

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planner.energy.consumption import edge_energy_kwh
from planner.model.vehicle import Conditions, CurvePoint, Vehicle
from planner.roads.graph import RoadGraph

CAR = Vehicle(
    id="car",
    make="",
    model="",
    mass_kg=1900.0,
    drag_area_m2=0.65,
    rolling_coefficient=0.01,
    usable_kwh=58.0,
    dc_curve=(CurvePoint(soc=0.0, power_kw=100.0), CurvePoint(soc=1.0, power_kw=20.0)),
    ac_kw=11.0,
    ac_phases=3,
    connectors=("IEC_62196_T2_COMBO",),
)
DAY = Conditions(temperature_c=5.0)

Step = tuple[float, float]
steps = st.lists(
    st.tuples(st.floats(1, 30), st.floats(-0.25, 0.25)), min_size=1, max_size=40
)  # metres, grade


def energy(length: np.ndarray, climb: np.ndarray, descent: np.ndarray, kmh: float) -> np.ndarray:
    return edge_energy_kwh(
        CAR,
        DAY,
        length_m=length,
        speed_kmh=np.full(len(length), kmh),
        climb_m=climb,
        descent_m=descent,
        quantile=True,
    )


@given(steps, st.floats(10, 130))
def test_no_part_of_an_edge_takes_more_than_the_edge_without_its_descent(
    along: list[Step], kmh: float
) -> None:
    length = np.array([metres for metres, _grade in along])
    rise = length * np.array([grade for _metres, grade in along])
    each = energy(length, np.maximum(rise, 0), np.maximum(-rise, 0), kmh).tolist()
    climb = np.array([np.maximum(rise, 0).sum()])
    bound = float(energy(np.array([length.sum()]), climb, np.zeros(1), kmh)[0])
    prefix = max(accumulate(each))
    suffix = max(accumulate(reversed(each)))
    run = max(accumulate(each, lambda before, here: max(before, 0) + here))
    for part in (prefix, suffix, run, sum(each)):
        assert part <= bound + 1e-9


def test_a_hump_within_an_edge_is_in_its_climb(osm_graph: Callable[..., RoadGraph]) -> None:
    class Hump:
        title = "made up"
        missing = staticmethod(tuple)

        @staticmethod
        def heights_m(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
            return 1000 + 40 * np.sin((lon - 10) / 0.0069 * np.pi) ** 2

    places = {n: (10 + n * 0.0069, 50.0) for n in range(5)}
    graph = osm_graph([(list(places), {"highway": "primary"})], places=places, heights=Hump())
    assert graph.length_m.max() < 500
    assert abs(graph.ele_m[graph.head] - graph.ele_m[graph.tail]).max() < 3
    assert float(graph.climb_m.min()) > 20
    assert float(graph.descent_m.min()) > 20
