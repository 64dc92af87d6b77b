"""How unsigned roads are driven: slower in towns, giving way at junctions, waiting once at each."""

from dataclasses import replace

import numpy as np
import pytest

from planner.roads.classes import CLASS_INDEX, SPEED_SOURCES
from planner.roads.draft import Draft
from planner.roads.graph import Flag
from planner.roads.pace import GIVE_RIGHT_S, GIVE_WAY_S, JUNCTION_M, TOWN_KM_PER_KM2, in_town, paced
from planner.roads.speeds import CLASS_SPEED_KMH, TOWN_SPEED_KMH

E = 1 / 111_195.0


def roads(*edges: tuple[int, int, str], at: dict[int, tuple[float, float]]) -> Draft:
    """Lay roads both ways between nodes whose places are given in metres east and north."""
    both = [*edges, *((b, a, word) for a, b, word in edges)]
    spots = np.array([at[node] for node in range(len(at))], float)
    tail, head = (np.array([edge[end] for edge in both], np.int32) for end in (0, 1))
    length_m = np.hypot(*(spots[head] - spots[tail]).T)
    speed = np.array([CLASS_SPEED_KMH[edge[2]] for edge in both])
    zeros = np.zeros(len(both), np.float32)
    return Draft(
        lon=spots[:, 0] * E,
        lat=spots[:, 1] * E,
        ele_m=np.zeros(len(at), np.float32),
        tail=tail,
        head=head,
        length_m=length_m,
        speed_kmh=speed,
        duration_s=length_m / speed * 3.6,
        climb_m=zeros,
        descent_m=zeros,
        flags=zeros.astype(np.uint8),
        road_class=np.array([CLASS_INDEX[edge[2]] for edge in both], np.uint8),
        speed_from=np.full(len(both), SPEED_SOURCES.index("class"), np.uint8),
    )


CROSS = {0: (0.0, 0.0), 1: (400.0, 0.0), 2: (0.0, 400.0), 3: (-400.0, 0.0), 4: (0.0, -400.0)}


def waiting_s(draft: Draft, tail: int, head: int) -> float:
    """Return what an edge takes beyond driving."""
    edge = np.flatnonzero((draft.tail == tail) & (draft.head == head))[0]
    moving_s = draft.length_m[edge] / draft.speed_kmh[edge] * 3.6
    return float(draft.duration_s[edge] - moving_s)


def test_one_gives_way_to_a_bigger_road_and_never_to_a_smaller_one() -> None:
    draft = paced(roads((1, 0, "primary"), (3, 0, "primary"), (2, 0, "residential"), at=CROSS_T))
    assert waiting_s(draft, 2, 0) == pytest.approx(GIVE_WAY_S)
    assert waiting_s(draft, 1, 0) == pytest.approx(0.0)
    assert waiting_s(draft, 0, 2) == pytest.approx(0.0)


CROSS_T = {key: CROSS[key] for key in (0, 1, 2, 3)}


def test_streets_of_one_class_give_right_and_a_drive_beside_makes_no_crossing() -> None:
    arms = ((1, 0, "residential"), (3, 0, "residential"), (2, 0, "residential"))
    assert waiting_s(paced(roads(*arms, at=CROSS_T)), 1, 0) == pytest.approx(GIVE_RIGHT_S)
    drive = (*arms[:2], (2, 0, "service"))
    assert waiting_s(paced(roads(*drive, at=CROSS_T)), 1, 0) == pytest.approx(0.0)


def test_a_bend_or_the_end_of_a_road_is_no_junction() -> None:
    draft = paced(
        roads((1, 0, "primary"), (0, 2, "residential"), at={0: CROSS[0], 1: CROSS[1], 2: CROSS[2]})
    )
    assert waiting_s(draft, 2, 0) == pytest.approx(0.0)


def test_slip_roads_join_motorways_without_waiting_and_give_way_where_they_end() -> None:
    ways = ((1, 0, "motorway"), (0, 3, "motorway"), (2, 0, "motorway_link"))
    assert waiting_s(paced(roads(*ways, at=CROSS_T)), 2, 0) == pytest.approx(0.0)
    ends = ((1, 0, "secondary"), (0, 3, "secondary"), (2, 0, "motorway_link"))
    assert waiting_s(paced(roads(*ends, at=CROSS_T)), 2, 0) == pytest.approx(GIVE_WAY_S)


def test_one_waits_once_at_a_junction_of_two_carriageways() -> None:
    wide = {0: (0.0, 0.0), 1: (0.0, JUNCTION_M / 2), 2: (0.0, 400.0), 3: (0.0, -400.0)}
    draft = roads((3, 0, "residential"), (0, 1, "residential"), (1, 2, "residential"), at=wide)
    lights = np.isin(draft.head, (0, 1))
    draft = paced(replace(draft, duration_s=draft.duration_s + 6.0 * lights))
    assert waiting_s(draft, 3, 0) == pytest.approx(6.0)
    assert waiting_s(draft, 0, 1) == pytest.approx(0.0)
    assert waiting_s(draft, 2, 1) == pytest.approx(6.0)


def test_nodes_doubled_for_restrictions_change_nothing() -> None:
    plain = roads((1, 0, "primary"), (3, 0, "primary"), (2, 0, "residential"), at=CROSS_T)
    doubled = roads(
        (1, 0, "primary"), (3, 4, "primary"), (2, 4, "residential"), at={**CROSS_T, 4: CROSS[0]}
    )
    assert paced(doubled).duration_s == pytest.approx(paced(plain).duration_s)


def grid(gap_m: float) -> Draft:
    """Lay a grid of 21 by 21 streets, the middle one a primary road, around latitude 0."""
    size = 21
    at = {
        row * size + col: (col * gap_m, row * gap_m) for row in range(size) for col in range(size)
    }
    edges = []
    for row in range(size):
        for col in range(size):
            here = row * size + col
            word = "primary" if row == size // 2 else "residential"
            edges += [(here, here + 1, word)] if col + 1 < size else []
            edges += [(here, here + size, "residential")] if row + 1 < size else []
    return roads(*edges, at=at)


@pytest.mark.parametrize(("gap_m", "is_town"), [(100.0, True), (200.0, True), (400.0, False)])
def test_a_town_is_where_streets_stand_close(gap_m: float, is_town: bool) -> None:
    assert (2000.0 / gap_m > TOWN_KM_PER_KM2) == is_town
    draft = grid(gap_m)
    middle = (draft.road_class == CLASS_INDEX["primary"]) & (
        np.abs(draft.lon[draft.tail] / E - 10 * gap_m) < 3 * gap_m
    )
    assert (in_town(draft)[middle].mean() > 0.5) == is_town
    table = TOWN_SPEED_KMH if is_town else CLASS_SPEED_KMH
    assert np.median(paced(draft).speed_kmh[middle]) == table["primary"]


def test_signs_hold_in_towns_too() -> None:
    draft = grid(100.0)
    signed = replace(draft, speed_from=np.full_like(draft.speed_from, SPEED_SOURCES.index("sign")))
    assert (paced(signed).speed_kmh == draft.speed_kmh).all()


def test_ferries_keep_their_times() -> None:
    ferry = roads((0, 1, "ferry"), (1, 2, "residential"), (1, 3, "residential"), at=CROSS_T)
    ferry = replace(
        ferry,
        flags=np.where(ferry.road_class == CLASS_INDEX["ferry"], Flag.FERRY, 0).astype(np.uint8),
    )
    at_sea = ferry.road_class == CLASS_INDEX["ferry"]
    assert paced(ferry).duration_s[at_sea] == pytest.approx(ferry.duration_s[at_sea])
