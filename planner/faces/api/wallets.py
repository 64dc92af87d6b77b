"""Stored wallets: the operator's own; their uids come in, and only masked ever out."""

from typing import Annotated, Any

from flask import Response
from pydantic import Field

from planner.errors import NotFound, UnknownWallet
from planner.faces.api.doors import Answer, Door, json_answer, office
from planner.faces.api.trip_answers import Said
from planner.faces.missions import wallet_of
from planner.faces.requests import WalletRequest
from planner.formats.mission_json import wallet_to_json
from planner.model.token import Wallet

door = Door("wallets", "Wallets")


class StoredWalletRequest(WalletRequest):
    """A wallet to store under an id."""

    id: Annotated[
        str, Field(strict=True, min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+$")
    ]


class WalletAnswer(Said):
    """A wallet, its uids masked."""

    id: str
    name: str
    payment_card: bool
    tokens: list[dict[str, Any]]


class WalletsAnswer(Said):
    """Stored wallets, by id."""

    wallets: list[WalletAnswer]


@door.opens(
    "GET",
    "/v1/wallets",
    summary="Stored wallets, their uids masked",
    scope="plan",
    answers={200: Answer(says="Wallets, by id", model=WalletsAnswer)},
)
def wallets() -> Response:
    """List the wallets."""
    return json_answer({"wallets": [wallet_to_json(wallet) for wallet in office().wallets()]})


@door.opens(
    "POST",
    "/v1/wallets",
    summary="Store a wallet, or replace the one of that id",
    scope="fleet",
    body=StoredWalletRequest,
    answers={201: Answer(says="The wallet as stored", model=WalletAnswer)},
)
def store(body: StoredWalletRequest) -> Response:
    """Store a wallet."""
    used = office()
    given = wallet_of(body, used.desk(), "")
    wallet = Wallet(
        id=body.id, name=body.name, tokens=given.tokens, payment_card=given.payment_card
    )
    used.store.wallets.save(wallet)
    headers = {"Location": f"/v1/wallets/{wallet.id}"}
    return json_answer(wallet_to_json(wallet), 201, headers)


@door.opens(
    "GET",
    "/v1/wallets/<wallet_id>",
    summary="A stored wallet, its uids masked",
    scope="plan",
    answers={200: Answer(says="The wallet", model=WalletAnswer)},
)
def show(wallet_id: str) -> Response:
    """Show a wallet."""
    return json_answer(wallet_to_json(_wallet(wallet_id)))


@door.opens(
    "DELETE",
    "/v1/wallets/<wallet_id>",
    summary="Delete a stored wallet",
    scope="fleet",
    answers={204: Answer(says="Deleted", media=())},
)
def remove(wallet_id: str) -> Response:
    """Delete a wallet."""
    _wallet(wallet_id)
    office().store.wallets.remove(wallet_id)
    return Response(status=204)


def _wallet(wallet_id: str) -> Wallet:
    try:
        return office().wallet(wallet_id)
    except UnknownWallet as error:
        raise NotFound("there is no wallet of that id", place=wallet_id) from error
