"""The made-up parties of the demo: who runs posts where, and how the planner reaches them.

None of them exists. Every name says ``(demo)``, and every party id has a 9 in its middle, which
no party in the public feeds that this project was tried on has.
"""

from dataclasses import dataclass, field

from planner.model.geo import BBox, LonLat


@dataclass(frozen=True, slots=True)
class Party:
    """An OCPI party: country, three-character id and a name that says that it is made up."""

    country_code: str
    party_id: str
    name: str

    @property
    def key(self) -> str:
        """``CC*PPP``."""
        return f"{self.country_code}*{self.party_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator(Party):
    """A charge point operator.

    ``motorway`` and ``town`` give its share of the sites by area (see `area_of`);
    ``motorway_kw`` and ``town_kw`` are the powers that its posts come in, the usual one first.
    ``terminals`` is the share of its DC posts that have a terminal for payment cards.
    """

    currency: str
    vat_percent: float
    price_kwh: float
    motorway: dict[str, float] = field(default_factory=dict)
    town: dict[str, float] = field(default_factory=dict)
    motorway_kw: tuple[int, ...]
    town_kw: tuple[int, ...]
    terminals: float


@dataclass(frozen=True, slots=True)
class Connection:
    """One OCPI connection: the peer whose credentials it uses and the operators behind it."""

    id: str
    peer: Party
    is_hub: bool
    operators: tuple[Operator, ...]


EDELVOLT = Operator(
    "AT",
    "E9V",
    "Edelvolt (demo)",
    currency="EUR",
    vat_percent=20.0,
    price_kwh=0.49,
    motorway={"AT": 0.75, "IT-north": 0.7, "DE-south": 0.1},
    town={"AT": 0.7, "IT-north": 0.6},
    motorway_kw=(150, 300, 150),
    town_kw=(22, 50, 75, 11),
    terminals=0.3,
)
MURMELSTROM = Operator(
    "DE",
    "M9S",
    "Murmelstrom (demo)",
    currency="EUR",
    vat_percent=19.0,
    price_kwh=0.47,
    motorway={"DE": 0.8, "DE-north": 0.8, "DE-south": 0.6, "AT": 0.1},
    town={"DE": 1.0, "DE-north": 0.3, "DE-south": 0.4, "AT": 0.1},
    motorway_kw=(300, 150, 400),
    town_kw=(22, 50, 150),
    terminals=0.35,
)
STADTKABEL = Operator(
    "DE",
    "S9K",
    "Stadtkabel (demo)",
    currency="EUR",
    vat_percent=19.0,
    price_kwh=0.42,
    town={"DE-north": 0.7},
    motorway_kw=(50,),
    town_kw=(11, 22, 50),
    terminals=0.1,
)
FONDUEVOLT = Operator(
    "CH",
    "F9V",
    "Fonduevolt (demo)",
    currency="CHF",
    vat_percent=8.1,
    price_kwh=0.52,
    motorway={"CH": 0.85, "CH-west": 0.7, "AT-west": 0.8, "DE-lake": 0.7},
    town={"CH": 0.8, "CH-west": 0.6, "AT-west": 1.0, "DE-lake": 1.0},
    motorway_kw=(75, 50, 150),
    town_kw=(22, 50, 11),
    terminals=0.2,
)
POLENTAVOLT = Operator(
    "IT",
    "P9V",
    "Polentavolt (demo)",
    currency="EUR",
    vat_percent=22.0,
    price_kwh=0.59,
    motorway={"IT": 0.55, "IT-north": 0.15},
    town={"IT": 0.35, "IT-north": 0.2},
    motorway_kw=(150, 75, 300),
    town_kw=(22, 75, 50),
    terminals=0.25,
)
SPINALUCE = Operator(
    "IT",
    "S9L",
    "Spinaluce (demo)",
    currency="EUR",
    vat_percent=22.0,
    price_kwh=0.55,
    motorway={"IT": 0.35, "IT-north": 0.05},
    town={"IT": 0.65, "IT-north": 0.2},
    motorway_kw=(75, 150, 150),
    town_kw=(22, 11, 75),
    terminals=0.15,
)
LAC_ET_LUMIERE = Operator(
    "FR",
    "L9L",
    "Lac et Lumière (demo)",
    currency="EUR",
    vat_percent=20.0,
    price_kwh=0.45,
    motorway={"FR": 0.85, "CH-west": 0.3, "LU": 0.7},
    town={"FR": 1.0, "CH-west": 0.4, "LU": 1.0},
    motorway_kw=(150, 300, 300),
    town_kw=(22, 11, 50),
    terminals=0.3,
)
BURJAPOLNI = Operator(
    "SI",
    "B9P",
    "Burjapolni (demo)",
    currency="EUR",
    vat_percent=22.0,
    price_kwh=0.44,
    motorway={"SI": 0.9, "EAST": 0.85},
    town={"SI": 1.0, "EAST": 1.0},
    motorway_kw=(150, 75, 150),
    town_kw=(22, 50, 11),
    terminals=0.2,
)
KNEDLIK = Operator(
    "CZ",
    "K9N",
    "Knedlík Power (demo)",
    currency="CZK",
    vat_percent=21.0,
    price_kwh=11.9,
    motorway={"CZ": 0.8},
    town={"CZ": 1.0},
    motorway_kw=(150, 75),
    town_kw=(22, 50),
    terminals=0.2,
)
HYPERGIPFEL = Operator(
    "LI",
    "H9G",
    "Hypergipfel (demo)",
    currency="EUR",
    vat_percent=20.0,
    price_kwh=0.79,
    motorway={
        "AT": 0.15,
        "AT-west": 0.15,
        "DE": 0.2,
        "DE-north": 0.2,
        "DE-south": 0.15,
        "DE-lake": 0.2,
        "IT": 0.1,
        "IT-north": 0.1,
        "CH": 0.1,
        "FR": 0.15,
        "SI": 0.1,
        "EAST": 0.15,
        "CZ": 0.2,
        "LU": 0.3,
    },
    motorway_kw=(400, 300),
    town_kw=(300,),
    terminals=1.0,
)

OPERATORS: tuple[Operator, ...] = (
    EDELVOLT,
    MURMELSTROM,
    STADTKABEL,
    SPINALUCE,
    FONDUEVOLT,
    POLENTAVOLT,
    LAC_ET_LUMIERE,
    BURJAPOLNI,
    KNEDLIK,
    HYPERGIPFEL,
)
HUB = Party("LI", "G9H", "Gipfelhub (demo)")
WANDERKARTE = Party("DE", "W9K", "Wanderkarte (demo)")
PASSKARTE = Party("CH", "P9K", "Passkarte (demo)")
PROVIDERS: tuple[Party, ...] = (WANDERKARTE, PASSKARTE)

_DIRECT = (EDELVOLT, MURMELSTROM, STADTKABEL, SPINALUCE)
CONNECTIONS: tuple[Connection, ...] = (
    *(Connection(op.party_id.lower(), op, is_hub=False, operators=(op,)) for op in _DIRECT),
    Connection("hub", HUB, is_hub=True, operators=tuple(o for o in OPERATORS if o not in _DIRECT)),
)
"""Four operators are reached directly, six through the hub."""

HUB_STATUS: dict[str, str] = {KNEDLIK.key: "SUSPENDED"}
"""What the hub says of its parties; CONNECTED where nothing stands here."""

BY_KEY: dict[str, Operator] = {operator.key: operator for operator in OPERATORS}


SPLITS: tuple[tuple[str, str, BBox], ...] = (
    ("AT", "AT-west", BBox(9.0, 46.5, 10.2, 48.0)),
    ("CH", "CH-west", BBox(5.5, 45.5, 7.3, 48.0)),
    ("DE", "DE-north", BBox(10.0, 48.55, 18.0, 55.0)),
    ("DE", "DE-lake", BBox(7.0, 47.0, 10.6, 47.95)),
    ("DE", "DE-south", BBox(10.6, 47.0, 14.0, 47.95)),
    ("IT", "IT-north", BBox(10.4, 45.75, 12.4, 47.5)),
)
"""Parts of countries where other operators stand than in the rest: Vorarlberg, the lake of Geneva,
beyond the Danube, the lake of Constance with the Allgäu, Upper Bavaria, South Tyrol and Trento."""

JOINED: dict[str, str] = {
    "LI": "CH",
    "SM": "IT",
    "MC": "FR",
    "BE": "LU",
    "HR": "EAST",
    "HU": "EAST",
    "SK": "EAST",
    "BA": "EAST",
}
"""Countries that are served together with others."""


def area_of(country_code: str, lon: float, lat: float) -> str:
    """Return the area in whose shares operators divide a site, e.g. ``IT-north``."""
    point = LonLat(lon, lat)
    for country, area, box in SPLITS:
        if country == country_code and box.holds(point):
            return area
    return JOINED.get(country_code, country_code)
