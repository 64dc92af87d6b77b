"""A CPO that calls us by the generated client of the package ocpi-211-sdk (OCPI 2.1.1).

Run inside its environment with our address and a token; writes what became of each call.
"""

import json
import sys

from ocpplab_ocpi_211 import OcpiClient
from ocpplab_ocpi_211.core.api_error import ApiError

PARTY = ("NL", "FRN")
AT = "2026-06-07T08:00:00Z"
PLUG = {
    "id": "1",
    "standard": "IEC_62196_T2",
    "format": "SOCKET",
    "power_type": "AC_3_PHASE",
    "voltage": 230,
    "amperage": 16,
    "tariff_id": "T1",
    "last_updated": AT,
}
SPOT = {
    "uid": "E1",
    "evse_id": "NL*FRN*E1",
    "status": "AVAILABLE",
    "connectors": [PLUG],
    "last_updated": AT,
}
PLACE = {
    "id": "LOC1",
    "type": "ON_STREET",
    "address": "Dam 1",
    "city": "Amsterdam",
    "postal_code": "1012",
    "country": "NLD",
    "coordinates": {"latitude": "52.373000", "longitude": "4.893000"},
    "time_zone": "Europe/Amsterdam",
    "evses": [SPOT],
    "last_updated": AT,
}
PRICE = {
    "id": "T1",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.5, "step_size": 1}]}],
    "last_updated": AT,
}


def main(base_url: str, versions_url: str, token: str) -> None:
    told = {}

    def note(name, call, *args, **kwargs):
        try:
            made = call(*args, **kwargs)
        except ApiError as error:
            told[name] = f"HTTP {error.status_code}"
        except Exception as error:  # noqa: BLE001 -- whatever it is belongs in the record
            told[name] = f"{type(error).__name__}: {error}"[:300]
        else:
            told[name] = json.loads(made.json())

    client = OcpiClient(base_url=base_url, api_key=f"Token {token}", timeout=10)
    above = OcpiClient(base_url=versions_url, api_key=f"Token {token}", timeout=10)
    nobody = OcpiClient(base_url=base_url, api_key="Token nobody", timeout=10)
    note("versions", above.versions.get_versions)
    note("location", client.locations.put_receiver_location, *PARTY, "LOC1", **PLACE)
    note("tariff", client.tariffs.put_receiver_tariff, *PARTY, "T1", **PRICE)
    change = {"status": "CHARGING", "last_updated": "2026-06-07T10:00:00Z"}
    note("status", client.locations.patch_receiver_evse, *PARTY, "LOC1", "E1", request=change)
    note("read", client.locations.get_receiver_location, *PARTY, "LOC1")
    note("foreign", client.locations.get_receiver_location, "NL", "XXX", "LOC1")
    note("tokens", client.tokens.get_tokens)
    note("wrong", nobody.tokens.get_tokens)
    note("authorize", client.tokens.post_authorize, "UID-OF-NOBODY", location_id="LOC1")
    json.dump(told, sys.stdout)


main(*sys.argv[1:])
