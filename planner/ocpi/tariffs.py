"""Tariffs: reading them, pricing a session, choosing among them and putting them into words.

>>> tariff = read_tariff({
...     "country_code": "NL", "party_id": "TNM", "id": "1", "currency": "EUR",
...     "elements": [{"price_components": [
...         {"type": "ENERGY", "price": 0.25, "vat": 10, "step_size": 1}]}]})
>>> usage = Usage(start=0.0, zone="Europe/Amsterdam", charging=((3600.0, 20.0, 20.0),))
>>> cost(tariff, usage).gross
Decimal('5.5000')
"""

from planner.ocpi.billing import Cost, cost
from planner.ocpi.pricelist import (
    Element,
    PriceComponent,
    PriceLimit,
    Restrictions,
    Tariff,
    read_tariff,
)
from planner.ocpi.session import Usage
from planner.ocpi.wording import choose, describe

__all__ = [
    "Cost",
    "Element",
    "PriceComponent",
    "PriceLimit",
    "Restrictions",
    "Tariff",
    "Usage",
    "choose",
    "cost",
    "describe",
    "read_tariff",
]
