"""A CPO made of the package extrawest-ocpi, as its documentation says: run inside its environment.

Takes from the environment CPO_DATA (a JSON file of objects by module) and CPO_PORT.
"""

import asyncio
import importlib
import json
import os
from pathlib import Path

import uvicorn
from py_ocpi import get_application
from py_ocpi.core.authentication.authenticator import Authenticator
from py_ocpi.core.crud import Crud
from py_ocpi.core.enums import ModuleID, RoleEnum
from py_ocpi.modules.versions.enums import VersionNumber

DATA = Path(os.environ["CPO_DATA"])
MOST = 3
TOKENS = {"a": ["token-a"], "c": ["token-c"]}
MODULES = [
    ModuleID.credentials_and_registration,
    ModuleID.locations,
    ModuleID.tariffs,
    ModuleID.tokens,
]


def load(module):
    return json.loads(DATA.read_text()).get(module.value, [])


class Door(Authenticator):
    @classmethod
    async def get_valid_token_c(cls):
        return TOKENS["c"]

    @classmethod
    async def get_valid_token_a(cls):
        return TOKENS["a"]


class Records(Crud):
    @classmethod
    async def get(cls, module, role, id, *args, **kwargs):  # noqa: A002 -- as the package calls
        if module is ModuleID.credentials_and_registration:
            return mine(kwargs["auth_token"], kwargs["version"])
        return next((o for o in load(module) if o["id"].lower() == id.lower()), None)

    @classmethod
    async def list(cls, module, role, filters, *args, **kwargs):
        objects = load(module)
        if filters.get("date_from"):
            since = filters["date_from"].isoformat()[:19]
            objects = [o for o in objects if o["last_updated"][:19] >= since]
        offset = filters["offset"]
        limit = filters["limit"] = min(MOST, filters["limit"])
        return objects[offset : offset + limit], len(objects), offset + limit >= len(objects)

    @classmethod
    async def create(cls, module, role, data, *args, **kwargs):
        if module is not ModuleID.credentials_and_registration:
            return data
        TOKENS["a"].remove(kwargs["auth_token"])
        token = f"token-{len(TOKENS['c'])}-of-theirs"
        TOKENS["c"].append(token)
        return mine(token, kwargs["version"])

    @classmethod
    async def update(cls, module, role, data, id, *args, **kwargs):  # noqa: A002 -- likewise
        if module is not ModuleID.credentials_and_registration:
            return data
        TOKENS["c"].remove(kwargs["auth_token"])
        token = f"{kwargs['auth_token']}-again"
        TOKENS["c"].append(token)
        return mine(token, kwargs["version"])

    @classmethod
    async def delete(cls, module, role, id, *args, **kwargs):  # noqa: A002 -- likewise
        TOKENS["c"].remove(kwargs["auth_token"])

    @classmethod
    async def do(cls, module, role, action, *args, data=None, **kwargs):
        return None


def mine(token, version):
    host = f"https://{os.environ['OCPI_HOST']}/ocpi/versions"
    told = {"token": token, "url": host}
    party = {
        "party_id": "XWC",
        "country_code": "NL",
        "business_details": {"name": "Operator by extrawest-ocpi"},
    }
    return told | (
        party if version is VersionNumber.v_2_1_1 else {"roles": [party | {"role": "CPO"}]}
    )


class Shapes:
    """Turns records into the package's own models, which judge and write them."""

    def __getattr__(self, name):
        module, model = {
            "location_adapter": ("locations", "Location"),
            "tariff_adapter": ("tariffs", "Tariff"),
            "credentials_adapter": ("credentials", "Credentials"),
            "token_adapter": ("tokens", "Token"),
        }[name]

        def shape(data, version=VersionNumber.v_2_2_1):
            where = f"py_ocpi.modules.{module}.v_{version.value.replace('.', '_')}.schemas"
            return getattr(importlib.import_module(where), model)(**data)

        return shape


app = get_application(
    version_numbers=[VersionNumber.v_2_1_1, VersionNumber.v_2_2_1],
    roles=[RoleEnum.cpo],
    crud=Records,
    modules=MODULES,
    authenticator=Door,
    adapter=Shapes(),
    http_push=True,
)

if __name__ == "__main__":
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=int(os.environ["CPO_PORT"]),
        log_level="warning",
        ssl_keyfile=os.environ["CPO_KEY"],
        ssl_certfile=os.environ["CPO_CERTIFICATE"],
    )
    asyncio.run(uvicorn.Server(config).serve())
