"""Answers for tokens with the list as it is now, and tells plans of every change of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from planner.feeds.depots.known_tokens import Answer, KnownTokens, stamp, tell_known
from planner.feeds.depots.local_lists import Card
from planner.feeds.depots.transactions import TokenShown
from planner.model.token import Token
from planner.store.store import Store


@dataclass(slots=True)
class TokenDesk:
    """The tokens of the fleet, read again whenever they have changed or one has expired."""

    store: Store
    clock: Callable[[], float]
    _tokens: KnownTokens = field(default_factory=lambda: KnownTokens(()), repr=False)
    _stamp: tuple[bytes, bytes] | None = None
    _next_expiry: float = 0.0
    _cards: tuple[Card, ...] = field(default=(), repr=False)

    def answer(self, uid: str, kind: str = "") -> Answer:
        """Say whether a token may charge now."""
        self.renew()
        return self._tokens.answer(uid, kind, self.clock())[0]

    def find(self, shown: TokenShown) -> Token | None:
        """Say which token was shown, by the last `renew`; None if it is none of the fleet's."""
        return self._tokens.answer(shown.uid, shown.kind, shown.at)[1]

    @property
    def cards(self) -> tuple[Card, ...]:
        """What charge points may open to without asking, as of the last `renew`."""
        return self._cards

    def renew(self) -> None:
        """Read the tokens again if need be, and bring the evidence in line."""
        now = self.clock()
        named = stamp(self.store)
        if named == self._stamp and now < self._next_expiry:
            return
        self._tokens = KnownTokens.read(self.store)
        tell_known(self.store, self._tokens, now)
        ends = [one.token.expires for one in self._tokens.tokens if one.token.expires is not None]
        self._next_expiry = min((end for end in ends if end > now), default=float("inf"))
        self._cards = self._tokens.cards(now)
        self._stamp = named
