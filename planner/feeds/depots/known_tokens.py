"""Which tokens the fleet's charge points know: those of stored wallets, and those that we issue.

Wallets that only came with a request are not the fleet's. Charge points learn the same list as
plans do: what `KnownTokens.answer` accepts is what `tell_known` gives as evidence, and a token
that is known no more is told to be refused. The uids stay in this object and in the charge
points' own messages; evidence names tokens by their digest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from planner.feeds.depots.local_lists import Card
from planner.model.station import DEPOT_PARTY
from planner.model.token import Token, TokenType
from planner.ocpi.ids import normalise_contract_id
from planner.ocpi.tokens import Allowed, decide
from planner.store.evidence import insert_evidence, read_evidence, read_told
from planner.store.issued import IssuedToken
from planner.store.snapshot import TokenEvidence
from planner.store.store import Store

SOURCE = "own depots"
KNOWN, REFUSED = "ALLOWED/valid", "NEVER/false"
PAGE = 1000


class Answer(StrEnum):
    """What a charge point is told of a token: OCPI's AllowedType, or that nobody knows it."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    NO_CREDIT = "NoCredit"
    ELSEWHERE = "NotAtThisLocation"
    UNKNOWN = "Invalid"


_ANSWERS = {
    Allowed.ALLOWED: Answer.ACCEPTED,
    Allowed.BLOCKED: Answer.BLOCKED,
    Allowed.EXPIRED: Answer.EXPIRED,
    Allowed.NO_CREDIT: Answer.NO_CREDIT,
    Allowed.NOT_ALLOWED: Answer.ELSEWHERE,
}
_BEST_FIRST = tuple(Answer)

CARD_TYPES = frozenset({TokenType.RFID, TokenType.OTHER})
TYPES: dict[str, frozenset[TokenType]] = {
    "": CARD_TYPES | {TokenType.APP_USER, TokenType.AD_HOC_USER},
    "ISO14443": CARD_TYPES,
    "ISO15693": CARD_TYPES,
    "Local": CARD_TYPES,
    "KeyCode": frozenset({TokenType.OTHER}),
    "MacAddress": frozenset({TokenType.OTHER}),
    "Central": frozenset({TokenType.APP_USER, TokenType.AD_HOC_USER, TokenType.OTHER}),
    "eMAID": frozenset({TokenType.EMAID}),
}
"""Tokens that an idToken may be, by its type; 1.6 has no types, and no Plug and Charge.

Source: OCPP 2.0.1 part 2, IdTokenEnumType; OCPI 2.2.1, TokenType.
"""


CARD_KINDS = ("ISO14443", "eMAID")
"""Types by which every token is found that a charge point can read: cards and contracts."""


@dataclass(frozen=True, slots=True)
class KnownTokens:
    """The tokens of the fleet at one moment."""

    tokens: Iterable[IssuedToken] = field(repr=False)
    _by_uid: dict[str, list[IssuedToken]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.tokens:
            for name in _names(one.token):
                self._by_uid.setdefault(name, []).append(one)

    @classmethod
    def read(cls, store: Store) -> "KnownTokens":
        """Read all stored wallets and all tokens that we issue."""
        held = [IssuedToken(token=t) for w in store.wallets.stored() for t in w.tokens]
        offset, total = 0, 1
        while offset < total:
            page, total = store.issued.page(since=None, until=None, offset=offset, limit=PAGE)
            held += page
            offset += PAGE
        return cls(tuple(held))

    def answer(self, uid: str, kind: str, now: float) -> tuple[Answer, Token | None]:
        """Say whether a token that was shown may charge, and which it is.

        Parameters
        ----------
        uid : str
            As the charge point read it; upper and lower case are the same.
        kind : str
            OCPP 2.0.1's type of the idToken; empty in 1.6.
        now : float
            UTC epoch seconds.
        """
        name = normalise_contract_id(uid) if kind == "eMAID" else uid.casefold()
        types = TYPES.get(kind, frozenset())
        found = [
            (_judged(one, now), one.token)
            for one in self._by_uid.get(name, ())
            if one.token.type in types
        ]
        return min(found, key=lambda pair: _rank(*pair), default=(Answer.UNKNOWN, None))

    def cards(self, now: float) -> tuple[Card, ...]:
        """Give what a charge point may open to without asking, in order of the uids."""
        found: set[Card] = set()
        for name in self._by_uid:
            for kind in CARD_KINDS:
                answer, token = self.answer(name, kind, now)
                if answer is Answer.ACCEPTED and token is not None:
                    found.add(Card(token.uid, _kind_of(token), token.expires))
        return tuple(sorted(found))

    def accepted(self, now: float) -> dict[str, Token]:
        """Give all tokens that would be accepted now, by digest."""
        judged: dict[str, list[Answer]] = {}
        named: dict[str, Token] = {}
        for one in self.tokens:
            judged.setdefault(one.token.digest, []).append(_judged(one, now))
            named[one.token.digest] = _shorter(named.get(one.token.digest), one.token)
        return {d: named[d] for d, said in judged.items() if set(said) == {Answer.ACCEPTED}}


def stamp(store: Store) -> tuple[bytes, bytes]:
    """Name what `KnownTokens.read` gives: another stamp, other tokens."""
    return store.wallets.stamp(), store.issued.stamp()


def tell_known(store: Store, tokens: KnownTokens, now: float) -> int:
    """Bring the evidence in line with what charge points are told; give how many rows it took."""
    accepted = tokens.accepted(now)
    with store.database.writing() as change:
        told: dict[str, TokenEvidence] = {}
        for row in read_evidence(read_told(change.connection, "evidence"), change.vault):
            if row.kind == "whitelisted" and row.party == DEPOT_PARTY:
                told[row.token] = row
        news = [
            _row(digest, KNOWN, token.expires, told.get(digest), now)
            for digest, token in accepted.items()
            if not _says(told.get(digest), KNOWN, token.expires)
        ]
        news += [
            _row(digest, REFUSED, None, row, now)
            for digest, row in told.items()
            if digest not in accepted and row.value != REFUSED
        ]
        insert_evidence(change, news)
    return len(news)


def _row(
    digest: str, value: str, until: float | None, before: TokenEvidence | None, now: float
) -> TokenEvidence:
    return TokenEvidence(
        token=digest,
        station_id="",
        evse_uid="",
        party=DEPOT_PARTY,
        kind="whitelisted",
        value=value,
        at=now if before is None else max(now, before.at + 1e-3),
        until=until,
        source=SOURCE,
    )


def _says(row: TokenEvidence | None, value: str, until: float | None) -> bool:
    return row is not None and (row.value, row.until) == (value, until)


def _kind_of(token: Token) -> str:
    """Say OCPP 2.0.1's type of a card's or a contract's idToken."""
    return {TokenType.RFID: "ISO14443", TokenType.EMAID: "eMAID"}.get(token.type, "Local")


def _names(token: Token) -> Sequence[str]:
    if token.type is TokenType.EMAID:
        return [normalise_contract_id(name) for name in {token.uid, token.contract_id} if name]
    return [token.uid.casefold()]


def _judged(one: IssuedToken, now: float) -> Answer:
    return _ANSWERS[
        decide(one.token, DEPOT_PARTY, only_at=one.only_at, has_credit=one.has_credit, now=now)
    ]


def _rank(answer: Answer, token: Token) -> tuple[int, str]:
    """Prefer what is accepted; of equals, the one that is named first."""
    return _BEST_FIRST.index(answer), token.digest


def _shorter(held: Token | None, other: Token) -> Token:
    """Of two that are stored as the same token, keep the one that expires first."""
    if held is None:
        return other
    ends = [(t.expires is None, t.expires or 0.0) for t in (held, other)]
    return other if ends[1] < ends[0] else held
