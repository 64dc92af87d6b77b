"""An amount of money as JSON and back."""

from decimal import Decimal
from typing import Any

from planner.formats.pointers import Node
from planner.model.plan import Money


def money_to_json(money: Money | None) -> dict[str, Any] | None:
    """Write an amount as a decimal string; an unknown price stays null."""
    if money is None:
        return None
    return {
        "amount": format(money.amount, "f"),
        "currency": money.currency,
        "vat_included": money.vat_included,
        "basis": money.basis,
    }


def money_from_json(node: Node) -> Money:
    """Read what `money_to_json` wrote; InputError names the place of a fault."""
    amount = node.at("amount").read(Decimal)
    if not amount.is_finite():
        node.at("amount").fail("should be finite")
    return Money(
        amount=amount,
        currency=node.at("currency").text(),
        vat_included=node.at("vat_included").flag(),
        basis=node.at("basis").text(),
    )
