"""``plugsure tokens``: the tokens that this provider issues, and sends to its partners."""

import time
from dataclasses import replace
from typing import Any

import click

from planner.errors import NotFound
from planner.faces.commands.console import Secret, Time, note, office, show_json, show_table
from planner.faces.commands.secrets import wallet_request
from planner.faces.missions import wallet_of
from planner.formats.stamps import stamp
from planner.model.token import Token
from planner.store.issued import WHITELISTS, IssuedToken

PAGE = 1000


@click.group()
def tokens() -> None:
    """Issue, list and block the tokens of this provider; partners ask us for them."""


@tokens.command(epilog="Example: plugsure tokens issue --token @card.txt --whitelist ALLOWED")
@click.option(
    "--token", "given", multiple=True, required=True, type=Secret(), help="UID/CONTRACT; -, @FILE."
)
@click.option("--whitelist", type=click.Choice(WHITELISTS), default="ALLOWED", show_default=True)
@click.option("--only-at", multiple=True, metavar="CC*PPP", help="Operators; all by default.")
@click.option("--no-credit", is_flag=True, help="Answer NO_CREDIT when asked.")
@click.option("--expires", type=Time(), help="When it ends.")
def issue(
    given: tuple[str, ...],
    whitelist: str,
    only_at: tuple[str, ...],
    no_credit: bool,
    expires: float | None,
) -> None:
    """Keep tokens as ours; one that is there already is replaced."""
    now = time.time()
    issued = [
        IssuedToken(
            token=token if expires is None else replace(token, expires=expires),
            whitelist=whitelist,
            last_updated=now,
            only_at=tuple(party.upper() for party in only_at),
            has_credit=not no_credit,
        )
        for token in _read(given)
    ]
    office().store.issued.save(issued)
    note(f"Issued {', '.join(one.token.masked for one in issued)}; `plugsure feed sync` sends them")


@tokens.command(epilog="Example: plugsure tokens block --token @card.txt")
@click.option(
    "--token", "given", multiple=True, required=True, type=Secret(), help="UID/CONTRACT; -, @FILE."
)
def block(given: tuple[str, ...]) -> None:
    """Mark tokens as no longer valid: OCPI knows no other end of a token."""
    used = office()
    held = []
    for token in _read(given):
        found = used.store.issued.find([token.digest])
        if found is None:
            raise NotFound(
                f"{token.masked} was not issued here", remedy="See `plugsure tokens list`"
            )
        invalid = replace(found.token, valid=False)
        held.append(replace(found, token=invalid, last_updated=time.time()))
    used.store.issued.save(held)
    note(f"Blocked {', '.join(one.token.masked for one in held)}; `plugsure feed sync` tells it")


@tokens.command(name="list", epilog="Example: plugsure tokens list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List our tokens: never a whole uid."""
    found, _ = office().store.issued.page(since=None, until=None, offset=0, limit=PAGE)
    documents = [_document(one) for one in found]
    if as_json:
        show_json(documents)
        return
    rows = [
        (
            d["uid"],
            d["type"],
            d["contract_id"],
            d["whitelist"],
            "yes" if d["valid"] else "no",
            ", ".join(d["only_at"]) or "all",
            d["last_updated"][:19],
        )
        for d in documents
    ]
    show_table("", ("uid", "type", "contract", "whitelist", "valid", "at", "changed"), rows)


def _read(given: tuple[str, ...]) -> tuple[Token, ...]:
    return wallet_of(wallet_request(given, payment_card=False), office().desk()).tokens


def _document(one: IssuedToken) -> dict[str, Any]:
    return {
        "uid": one.token.masked,
        "type": str(one.token.type),
        "contract_id": one.token.contract_id,
        "provider": one.token.provider,
        "whitelist": one.whitelist,
        "valid": one.token.valid,
        "has_credit": one.has_credit,
        "only_at": list(one.only_at),
        "last_updated": stamp(one.last_updated),
    }
