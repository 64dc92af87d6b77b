"""Classes of roads, the speed on each where no sign tells one, and where a speed is from."""

CLASSES: tuple[str, ...] = (
    "unknown",
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
    "track",
    "busway",
    "ferry",
    "pedestrian",
)
"""``RoadGraph.road_class`` is an index here; the words are OpenStreetMap's ``highway`` values."""

CLASS_INDEX: dict[str, int] = {word: index for index, word in enumerate(CLASSES)}

SPEED_SOURCES: tuple[str, ...] = ("assumed", "class", "sign", "zone", "timetable")
"""``RoadGraph.speed_from``: the network's table, the class's default, a maxspeed in figures, the
law of a named zone, or a ferry's own duration."""
