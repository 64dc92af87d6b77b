"""Tariffs as parties send them: what can be read, and a fault for each that cannot."""

from collections.abc import Iterable, Mapping
from typing import Any

from planner.errors import DataError, Fault
from planner.ocpi.tariffs import Tariff, read_tariff

Key = tuple[str, str]


def read_tariffs(
    raws: Iterable[Mapping[str, Any]], sender: str
) -> tuple[dict[Key, Tariff], list[Fault]]:
    """Read Tariffs; those that do not say their party are of ``sender`` (``CC*PPP``).

    Returns
    -------
    (tariffs by (party, id), faults)
        A fault's place begins with the tariff's name, ``CC*PPP*id``.
    """
    country_code, _, party_id = sender.partition("*")
    tariffs: dict[Key, Tariff] = {}
    faults: list[Fault] = []
    for raw in raws:
        try:
            tariff = read_tariff(raw, country_code=country_code, party_id=party_id)
        except DataError as error:
            name = _name(raw, sender)
            faults += [
                Fault(name + (f.place if f.place != "/" else ""), f.detail, f.remedy)
                for f in error.faults
            ]
        else:
            tariffs[tariff.party, tariff.id] = tariff
    return tariffs, faults


def _name(raw: Mapping[str, Any], sender: str) -> str:
    """Name a tariff as the store does, with slashes put away."""
    party = f"{raw.get('country_code')}*{raw.get('party_id')}" if raw.get("party_id") else sender
    return f"{party}*{raw.get('id')}".replace("/", "~1")
