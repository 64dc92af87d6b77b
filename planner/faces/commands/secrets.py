"""``plugsure keys`` and ``plugsure wallets``: API keys, and what drivers pay with."""

import time
from dataclasses import replace
from typing import Any

import click

from planner.errors import InputError
from planner.faces.commands.console import Secret, note, office, show_json, show_table
from planner.faces.faults import read_model
from planner.faces.missions import wallet_of
from planner.faces.requests import WalletRequest
from planner.formats.mission_json import wallet_to_json
from planner.formats.stamps import stamp
from planner.formats.token_text import token_bodies
from planner.model.token import Wallet
from planner.store.keys import SCOPES


@click.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command(epilog="Example: plugsure keys create --name dispatch --scope plan --scope batch")
@click.option("--name", required=True, help="What the key is for.")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="Repeatable."
)
def create(name: str, scopes: tuple[str, ...]) -> None:
    """Make a key and print it: it cannot be shown again."""
    key, secret = office().store.keys.create(name, scopes, now=time.time())
    note(f"Key {key.id} with {', '.join(key.scopes)}. Keep it: it is not shown again.")
    click.echo(secret)


@keys.command(name="list", epilog="Example: plugsure keys list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_keys(as_json: bool) -> None:
    """List keys: never the keys themselves."""
    found: list[dict[str, Any]] = [
        {
            "id": key.id,
            "name": key.name,
            "scopes": list(key.scopes),
            "created": stamp(key.created),
            "revoked": None if key.revoked is None else stamp(key.revoked),
        }
        for key in office().store.keys.all()
    ]
    if as_json:
        show_json(found)
        return
    rows = [
        (k["id"], k["name"], ", ".join(k["scopes"]), k["created"][:19], (k["revoked"] or "")[:19])
        for k in found
    ]
    show_table("", ("id", "name", "scopes", "created", "revoked"), rows)


@keys.command(epilog="Example: plugsure keys revoke 4f1c22aa")
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """Revoke a key: it opens nothing from now on."""
    office().store.keys.revoke(key_id, now=time.time())
    note(f"Key {key_id} is revoked")


@click.group()
def wallets() -> None:
    """Store, list and remove wallets."""


@wallets.command(
    epilog="Example: plugsure wallets add anna --token @anna.txt --payment-card "
    "(the file holds UID/CONTRACT, for instance 04A1B2C3D4E5F6/FR-ABC-C12345678-S)"
)
@click.argument("wallet_id", metavar="ID")
@click.option("--token", "tokens", multiple=True, type=Secret(), help="UID/CONTRACT; -, @FILE.")
@click.option("--payment-card", is_flag=True, help="The driver has a payment card too.")
@click.option("--name", default="", help="What people call it.")
def add(wallet_id: str, tokens: tuple[str, ...], payment_card: bool, name: str) -> None:
    """Store a wallet under ID, encrypted; one of that id is replaced."""
    if not wallet_id or ":" in wallet_id:
        raise InputError("may not hold a colon, nor be empty", place="ID")
    used = office()
    made = wallet_of(wallet_request(tokens, payment_card=payment_card), used.desk())
    held = replace(made, id=wallet_id, name=name)
    used.store.wallets.save(held)
    note(f"Stored {wallet_id}: {', '.join(_lines(held))}")


def wallet_request(tokens: tuple[str, ...], *, payment_card: bool) -> WalletRequest:
    """Read ``--token`` options as the API's wallet."""
    try:
        bodies = [body for text in tokens for body in token_bodies(text)]
    except ValueError as error:
        raise InputError(str(error), place="--token") from error
    return read_model(WalletRequest, {"tokens": bodies, "payment_card": payment_card})


@wallets.command(name="list", epilog="Example: plugsure wallets list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_wallets(as_json: bool) -> None:
    """List the stored wallets, their uids masked."""
    found = office().wallets()
    if as_json:
        show_json([wallet_to_json(wallet) for wallet in found])
        return
    rows = [(wallet.id, wallet.name, "\n".join(_lines(wallet))) for wallet in found]
    show_table("", ("id", "name", "holds"), rows)


@wallets.command(epilog="Example: plugsure wallets remove anna")
@click.argument("wallet_id", metavar="ID")
def remove(wallet_id: str) -> None:
    """Delete a stored wallet."""
    used = office()
    used.wallet(wallet_id)
    used.store.wallets.remove(wallet_id)
    note(f"Removed {wallet_id}")


def _lines(wallet: Wallet) -> list[str]:
    lines = [f"{t.label or t.provider} {t.type.value} {t.masked}" for t in wallet.tokens]
    return [*lines, "payment card"] if wallet.payment_card else lines
