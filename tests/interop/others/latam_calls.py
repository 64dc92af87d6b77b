"""A CPO that calls us by the client of the package latam-evra-ocpi (OCPI 2.3.0).

Run inside its environment with our address and a token; writes what became of each call.
"""

import asyncio
import json
import sys

from latam_evra_ocpi import OcpiClient
from latam_evra_ocpi.models.locations import LocationInput
from latam_evra_ocpi.models.tariffs import TariffInput

PARTY = ("NL", "LEA")
PLUG = {
    "id": "1",
    "standard": "IEC_62196_T2_COMBO",
    "format": "CABLE",
    "power_type": "DC",
    "max_voltage": 920,
    "max_amperage": 400,
    "tariff_ids": ["T1"],
}
PLACE = {
    "id": "LOC1",
    "publish": True,
    "address": "Dam 1",
    "city": "Amsterdam",
    "country": "NLD",
    "coordinates": {"latitude": "52.373", "longitude": "4.893"},
    "evses": [{"uid": "E1", "evse_id": "NL*LEA*E1", "status": "AVAILABLE", "connectors": [PLUG]}],
}
PRICE = {
    "id": "T1",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.5, "step_size": 1}]}],
}
AT = "2026-06-07T08:00:00Z"


class DatedLocation(LocationInput):
    """Its own model leaves out what the protocol demands."""

    last_updated: str


class DatedTariff(TariffInput):
    """Likewise."""

    last_updated: str


async def main(base_url: str, token: str) -> None:
    told = {}
    async with OcpiClient(base_url=base_url) as client:

        async def note(name, call):
            try:
                made = await call
            except KeyError:
                # The call went well; it wants the object back, for which the protocol has no word.
                told[name] = "accepted"
            except Exception as error:  # noqa: BLE001 -- whatever it is belongs in the record
                told[name] = f"{type(error).__name__}: {error}"
            else:
                told[name] = made.model_dump(mode="json") if hasattr(made, "model_dump") else made

        undated = LocationInput(**PLACE)
        await note("undated", client.put_location(token, *PARTY, "LOC1", undated))
        place = DatedLocation(**PLACE, last_updated=AT)
        await note("location", client.put_location(token, *PARTY, "LOC1", place))
        price = DatedTariff(**PRICE, last_updated=AT)
        await note("tariff", client.put_tariff(token, *PARTY, "T1", price))
        change = {"name": "Dam", "last_updated": "2026-06-07T10:00:00Z"}
        await note("change", client.patch_location(token, *PARTY, "LOC1", change))
        await note("read", client.get_location(token, *PARTY, "LOC1"))
        await note("foreign", client.get_location(token, "NL", "XXX", "LOC1"))
        await note("tokens", client.get_tokens(token))
        await note("wrong", client.get_tokens("token-of-nobody"))
        await note("gone", client.delete_tariff(token, *PARTY, "T1"))
        await note("left", client.terminate_credentials(token))
        await note("after", client.get_tokens(token))
    json.dump(told, sys.stdout)


asyncio.run(main(*sys.argv[1:]))
