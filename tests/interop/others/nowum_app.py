"""A CPO made of the package python-ocpi, as its documentation says: run inside its environment.

Takes from the environment CPO_DATA (a JSON file of objects by module) and CPO_PORT. With the
arguments ``push URL TOKEN`` it sends its Locations to a receiver instead, by the package's client.
"""

import json
import os
import sys
from pathlib import Path

from flask import Flask
from flask_restx.inputs import datetime_from_iso8601
from ocpi import createOcpiBlueprint
from ocpi.managers import CredentialsDictMan, LocationManager, TariffsManager
from werkzeug.serving import make_server

DATA = Path(os.environ["CPO_DATA"])
TOKEN = "token-c"


def load(module):
    return json.loads(DATA.read_text(), object_hook=dated).get(module, [])


def dated(value):
    """Its models write dates from dates."""
    for name in ("last_updated", "period_begin", "period_end"):
        if isinstance(value.get(name), str):
            value[name] = datetime_from_iso8601(value[name]).replace(tzinfo=None)
    return value


class Door(CredentialsDictMan):
    def isAuthenticated(self, token):  # noqa: N802 -- as the package calls it
        return token == TOKEN


def listed(module, begin, end, offset, limit):
    begin, end = (
        (datetime_from_iso8601(at) if isinstance(at, str) else at).replace(tzinfo=None)
        for at in (begin, end)
    )
    found = [o for o in load(module) if begin <= o["last_updated"] < end]
    headers = {"X-Limit": "50", "X-Total-Count": str(len(found))}
    page = found[offset : offset + min(limit, 50)]
    return page, headers if os.environ.get("CPO_COUNTS") else {}


class Places(LocationManager):
    def getLocations(self, *asked):  # noqa: N802 -- likewise
        return listed("locations", *asked)


class Prices(TariffsManager):
    def getTariffs(self, *asked):  # noqa: N802 -- likewise
        return listed("tariffs", *asked)


def main():
    port = int(os.environ["CPO_PORT"])
    base_url = f"http://127.0.0.1:{port}/ocpi"
    role = {
        "role": "CPO",
        "party_id": "NWM",
        "country_code": "NL",
        "business_details": {"name": "Operator by python-ocpi"},
    }
    door = Door([role], f"{base_url}/versions", filename=str(DATA.with_name("partners.json")))
    if sys.argv[1:2] == ["push"]:
        _, _, url, token = sys.argv
        objects = json.loads(DATA.read_text())["locations"]
        door._pushObjects(objects, "PUT", token, url)
        return
    app = Flask("cpo")
    app.register_blueprint(
        createOcpiBlueprint(
            base_url,
            {
                "credentials": {"role": "SENDER", "object": door},
                "locations": {"role": "SENDER", "object": Places()},
                "tariffs": {"role": "SENDER", "object": Prices()},
            },
        )
    )
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


if __name__ == "__main__":
    main()
