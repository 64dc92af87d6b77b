"""Roads that one may drive to but not through: exact, by doubling them.

A drive first leaves such roads, then keeps to the open ones, then may enter such roads again. So
each node among them gets a second one: the node itself is where one arrives, edges lead into it
from the open roads but none out to them; the second is where one leaves from, with edges out but
none in. A drive within them keeps to the second nodes, and ends by a virtual edge to the first.

What can only be reached or left through such roads belongs to them, though its own tags say
nothing: the drive behind a street for residents, the village behind a private pass.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner.roads.draft import largest_component
from planner.roads.links import Links


def doubled(
    tail: NDArray[np.int32], head: NDArray[np.int32], arriving: NDArray[np.bool_], nodes: int
) -> Links:
    """Return the links with all roads doubled that one may only arrive at or leave.

    Parameters
    ----------
    tail, head : int32[m]
    arriving : bool[m]
        Marks edges whose tags say that one may not drive through.
    nodes : int

    Returns
    -------
    Links
        Without virtual edges; the first ``nodes`` nodes are where one arrives. Where no open roads
        hang together there is nothing to keep to, and all are left as they are.
    """
    if not arriving.any():
        return Links.of_map(tail, head, nodes)
    open_nodes = largest_component(tail[~arriving], head[~arriving], nodes)
    if int(open_nodes.sum()) <= 1:
        return Links.of_map(tail, head, nodes)
    twice = _doubled_nodes(tail, head, arriving, open_nodes)
    from_inside, to_inside = twice[tail], twice[head]
    through = arriving & open_nodes[tail] & open_nodes[head]
    entering = np.flatnonzero((to_inside | ~from_inside) & ~through)
    leaving = np.flatnonzero(from_inside)
    places = np.flatnonzero(twice).astype(np.int32)
    second = np.arange(nodes, dtype=np.int32)
    second[places] = nodes + np.arange(len(places))
    return Links(
        tail=np.concatenate((tail[entering], second[tail[leaving]])),
        head=np.concatenate((head[entering], second[head[leaving]])),
        source=np.concatenate((entering, leaving)).astype(np.int32),
        place=np.concatenate((np.arange(nodes, dtype=np.int32), places)),
        leaves_from=np.concatenate((second, second[places])),
        arrives=np.arange(nodes + len(places)) < nodes,
        through=np.concatenate((~twice, np.zeros(len(places), np.bool_))),
    )


def _doubled_nodes(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    arriving: NDArray[np.bool_],
    open_nodes: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Mark the nodes off the open roads that hang together with them and with an arriving edge."""
    nodes = len(open_nodes)
    tail_open, head_open = open_nodes[tail], open_nodes[head]
    inside = ~tail_open & ~head_open
    links = coo_array(
        (np.ones(int(inside.sum()), np.int8), (tail[inside], head[inside])), shape=(nodes, nodes)
    )
    _count, part = connected_components(links.tocsr(), directed=False)
    inner = np.where(tail_open, head, tail)
    rim = tail_open != head_open
    has_rim, has_arriving = np.zeros(nodes, np.bool_), np.zeros(nodes, np.bool_)
    has_rim[part[inner[rim]]] = True
    has_arriving[part[inner[arriving & (rim | inside)]]] = True
    marked: NDArray[np.bool_] = ~open_nodes & (has_rim & has_arriving)[part]
    return marked
