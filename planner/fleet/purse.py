"""The fleet's own tokens: recognised by what a bill says of them, shown without their uid."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from planner.feeds.evidence import digests_of
from planner.fleet.trips import PlannedTrip
from planner.model.fleet import Driver
from planner.model.token import Token, Wallet
from planner.ocpi.charge import Charge
from planner.ocpi.charge_reading import Bearer, contract_digest


@dataclass(frozen=True, slots=True)
class Purse:
    """All tokens of the fleet.

    Attributes
    ----------
    tokens : dict
        `Token.digest` → token.
    wallets : dict
        `Token.digest` → the wallet that holds it; of several, the first by id.
    drivers : dict
        `Token.digest` → the only driver whose wallet holds it.
    """

    tokens: Mapping[str, Token]
    wallets: Mapping[str, Wallet]
    drivers: Mapping[str, Driver]
    _by_word: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(
        cls, wallets: Iterable[Wallet], issued: Iterable[Token], drivers: Iterable[Driver]
    ) -> "Purse":
        """Gather the tokens of wallets, and those that we issue as a provider."""
        tokens: dict[str, Token] = {}
        held: dict[str, Wallet] = {}
        words: dict[str, str] = {}
        for wallet in wallets:
            for token in wallet.tokens:
                tokens.setdefault(token.digest, token)
                held.setdefault(token.digest, wallet)
        for token in issued:
            tokens.setdefault(token.digest, token)
        for name, token in tokens.items():
            for word in _words(token):
                words.setdefault(word, name)
        by_wallet: dict[str, list[Driver]] = {}
        for driver in drivers:
            by_wallet.setdefault(driver.wallet, []).append(driver)
        owners = {
            name: by_wallet[wallet.id][0]
            for name, wallet in held.items()
            if wallet.id and len(by_wallet.get(wallet.id, ())) == 1
        }
        return cls(tokens, held, owners, words)

    def recognise(self, charge: Charge, bearer: Bearer | None = None) -> Charge:
        """Name the charge's token as the fleet does, where it is one of the fleet's."""
        name = self._known(charge, bearer)
        if name:
            return replace(charge, token=name, provider=self.tokens[name].provider)
        if bearer is not None and bearer.uid and not charge.token:
            return replace(charge, token=digests_of(bearer.provider, bearer.type, bearer.uid)[0])
        return charge

    def _known(self, charge: Charge, bearer: Bearer | None) -> str:
        words = [charge.token, charge.contract]
        if bearer is not None and bearer.uid:
            words += digests_of(bearer.provider, bearer.type, bearer.uid)
            words.append(_of_uid(bearer.uid))
        return next((self._by_word[word] for word in words if word in self._by_word), "")

    def on_trip(self, trip: PlannedTrip) -> PlannedTrip:
        """Name a trip's tokens as the purse does: plans call them by their public names."""
        stops = tuple(replace(stop, token=self._own(stop.token)) for stop in trip.stops)
        return replace(trip, tokens=tuple(map(self._own, trip.tokens)), stops=stops)

    def _own(self, name: str) -> str:
        return self._by_word.get(name, name) if name else ""

    def label(self, charge: Charge) -> str:
        """Show a charge's token: its label and the end of its number."""
        token = self.tokens.get(charge.token)
        if token is None:
            return charge.token_mask
        return f"{token.label or token.provider} {token.masked}"


def _words(token: Token) -> list[str]:
    """Give all by which a record may mean a token: digests of its uid, contract and number."""
    found = digests_of(token.provider, token.type.value, token.uid) if token.uid else []
    found += [contract_digest(token.contract_id), _of_uid(token.uid), _of_uid(token.visual_number)]
    return [word for word in (token.digest, token.public_name, *found) if word]


def _of_uid(uid: str) -> str:
    """Name a uid whatever its provider, for tables that give a number only."""
    return contract_digest(f"uid {uid.upper()}") if uid else ""
