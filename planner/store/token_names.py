"""What an installation calls tokens in plans, ids and files: by a key that only it has.

A uid is short: who had an unkeyed hash of it could find it by trying them all.
"""

from dataclasses import replace

from planner.model.token import Token, Wallet
from planner.store.vault import Vault

_DIGITS = 32


def name_token(vault: Vault, token: Token) -> Token:
    """Give the token with its name; one without a uid keeps the name that it came with."""
    if not token.uid:
        return token
    text = f"{token.provider}|{token.type}|{token.uid}"
    return replace(token, known_as=vault.name(text.encode())[:_DIGITS])


def name_wallet(vault: Vault, wallet: Wallet) -> Wallet:
    """Give the wallet with all of its tokens named."""
    return replace(wallet, tokens=tuple(name_token(vault, token) for token in wallet.tokens))
