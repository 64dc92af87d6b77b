"""Tokens without their uid: a plan that leaves the process names its tokens, never gives them away.

A sealed token carries its digest, so that evidence is found by it; only rules that compare the uid
itself (``publish_allowed_to``) need the clear token back.
"""

from dataclasses import dataclass, replace

from planner.errors import InvalidToken
from planner.model.token import Token, Wallet


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SealedToken(Token):
    """A token known by its digest and its masked uid only; ``uid`` is empty."""

    sealed_digest: str = ""
    sealed_mask: str = ""

    @property
    def masked(self) -> str:
        """The uid with all but its last two characters hidden."""
        return self.sealed_mask

    @property
    def digest(self) -> str:
        """The digest that the clear token had."""
        return self.sealed_digest


def is_sealed(wallet: Wallet) -> bool:
    """Say whether any of the wallet's tokens lacks its uid."""
    return any(isinstance(token, SealedToken) for token in wallet.tokens)


def unseal(wallet: Wallet, known: tuple[Token, ...]) -> Wallet:
    """Put the clear tokens in the place of the sealed ones of the same digest.

    Raises
    ------
    InvalidToken
        If a token of the wallet is not among ``known``.
    """
    clear = {token.digest: token for token in known}
    missing = [token.masked for token in wallet.tokens if token.digest not in clear]
    if missing:
        raise InvalidToken(
            f"the plan was made with {', '.join(missing)}, which was not given",
            place="/wallet",
            remedy="Give the tokens that the plan was made with",
        )
    return replace(wallet, tokens=tuple(clear[token.digest] for token in wallet.tokens))
