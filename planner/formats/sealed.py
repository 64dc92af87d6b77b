"""Tokens without their uid: a plan that leaves the process names its tokens, never gives them away.

A sealed token carries the name by which its installation knows it, which tells nothing of the uid
to anyone without that installation's key. Who checks or replans its trip needs the clear token.
"""

from dataclasses import dataclass, replace

from planner.errors import InvalidToken
from planner.model.token import Token, Wallet


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SealedToken(Token):
    """A token known by its public name and its masked uid only; ``uid`` is empty."""

    sealed_digest: str = ""
    sealed_mask: str = ""

    @property
    def masked(self) -> str:
        """The uid with all but its last two characters hidden."""
        return self.sealed_mask

    @property
    def digest(self) -> str:
        """The public name that the clear token had."""
        return self.sealed_digest

    @property
    def public_name(self) -> str:
        """The same."""
        return self.sealed_digest


def is_sealed(wallet: Wallet) -> bool:
    """Say whether any of the wallet's tokens lacks its uid."""
    return any(isinstance(token, SealedToken) for token in wallet.tokens)


def unseal(wallet: Wallet, known: tuple[Token, ...]) -> Wallet:
    """Put the clear tokens in the place of the sealed ones of the same name.

    Older plans, and those made without an installation, name tokens by their digest.

    Raises
    ------
    InvalidToken
        If a token of the wallet is not among ``known``.
    """
    clear = {name: token for token in known for name in (token.digest, token.public_name)}
    missing = [token.masked for token in wallet.tokens if token.public_name not in clear]
    if missing:
        raise InvalidToken(
            f"the plan was made with {', '.join(missing)}, which was not given",
            place="/wallet",
            remedy="Give the tokens that the plan was made with",
        )
    return replace(wallet, tokens=tuple(clear[token.public_name] for token in wallet.tokens))
