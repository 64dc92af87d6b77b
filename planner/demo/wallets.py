"""The sample wallets, and the made-up roaming table and prices that tell them apart.

``data/demo/wallets.json`` holds the wallets, ``agreements.csv`` and ``prices.csv`` have the
contract's columns. The table has gaps on purpose, so that wallets get different trips:

- ``wanderer`` goes by the Brenner: Wanderkarte has direct agreements in Germany, Austria and with
  one Italian operator; its Swiss agreement expired.
- ``passfahrer`` goes by Switzerland: Passkarte has agreements through the hub only.
- ``alles-dabei`` has both cards, one of a closed group, and a payment card for terminals.
- ``stadtapp`` gets no trip from Munich to Milan: the app opens posts of one operator in towns.
"""

import json
from pathlib import Path
from typing import Any

from planner.demo.sites import shipped
from planner.model.token import Token, TokenType, Wallet
from planner.ocpi.ids import provider_of_contract_id


def sample_wallets(path: Path | None = None) -> tuple[Wallet, ...]:
    """Read the sample wallets; the shipped ones by default."""
    bodies = json.loads((path or shipped("wallets.json")).read_text(encoding="utf-8"))
    return tuple(_wallet(body) for body in bodies)


def agreements_file() -> Path:
    """Return the shipped roaming table, in the contract's CSV form."""
    return shipped("agreements.csv")


def prices_file() -> Path:
    """Return the shipped retail prices, in the contract's CSV form."""
    return shipped("prices.csv")


def _wallet(body: dict[str, Any]) -> Wallet:
    return Wallet(
        id=body["id"],
        name=body["name"],
        tokens=tuple(_token(token) for token in body["tokens"]),
        payment_card=body["payment_card"],
    )


def _token(body: dict[str, Any]) -> Token:
    facts = body | {"type": TokenType(body["type"])}
    return Token(provider=provider_of_contract_id(body["contract_id"]) or "", **facts)
