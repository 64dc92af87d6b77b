"""What became of a token before: at an EVSE, at its operator, in the operator's own list."""

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from planner.model.token import Wallet
from planner.store.snapshot import Snapshot, TokenEvidence

CARD_DIGEST = "card"
"""In place of `Token.digest` for what became of a payment card."""

AUTHORIZED_S = 86_400.0
"""Seconds for which a real-time ALLOWED stands. Source: design, "within 24 h"."""

CHARGED_S = 30 * 86_400.0
"""Seconds for which an own session or CDR stands. Source: design, "within 30 days"."""

SLACK_S = 600.0
"""Seconds that a reservation must outlast the arrival: the ten minutes one may lose in trying."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of one token at one EVSE and its operator; None: nothing.

    Attributes
    ----------
    refused_here
        The newest refusal at this EVSE, if it has not worked there since.
    refused_at_party
        The newest refusal at any EVSE of the operator, if it has worked at none since.
    charged_here, authorized_here
        The newest of each that names this EVSE.
    whitelisted
        The operator's newest copy of the token.
    reserved_here
        Accepted reservations of this EVSE, any date.
    """

    refused_here: TokenEvidence | None = None
    refused_at_party: TokenEvidence | None = None
    charged_here: TokenEvidence | None = None
    authorized_here: TokenEvidence | None = None
    whitelisted: TokenEvidence | None = None
    reserved_here: tuple[TokenEvidence, ...] = ()


NOTHING = History()


@dataclass(frozen=True, slots=True)
class Records:
    """Everything known of one token by ``now``; news of the future is left out.

    ``contract`` names the token's contract (`contract_digest`), empty if it says none. What is
    known of another contract under the same uid promises nothing; what it forbids, it forbids.
    """

    evidence: Iterable[TokenEvidence]
    now: float
    contract: str = ""
    _by_party: dict[str, list[TokenEvidence]] = field(init=False, repr=False, default_factory=dict)
    _by_station: dict[str, list[TokenEvidence]] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for item in self.evidence:
            if item.at > self.now:
                continue
            insort(self._by_party.setdefault(party_of(item), []), item, key=_when)
            if item.station_id:
                insort(self._by_station.setdefault(item.station_id, []), item, key=_when)

    def places(self) -> set[tuple[str, str]]:
        """Name where something befell this token: (station id, EVSE uid, empty for the whole)."""
        return {
            (station_id, item.evse_uid)
            for station_id, items in self._by_station.items()
            for item in items
        }

    def at_party(self, party: str) -> History:
        """Tell what holds at an EVSE of the operator at which nothing befell this token."""
        items = self._by_party.get(party)
        if not items:
            return NOTHING
        return History(
            refused_at_party=self._refused(items, items), whitelisted=self._copy(items, "", "")
        )

    def at_evse(self, party: str, station_id: str, evse_uid: str) -> History:
        """Tell what holds at one EVSE; a record that names only the station speaks of all."""
        at_party = self._by_party.get(party, [])
        here = [i for i in self._by_station.get(station_id, []) if i.evse_uid in {evse_uid, ""}]
        exact = [i for i in here if i.evse_uid]
        own = [i for i in exact if _may_be(i.contract, self.contract)]
        return History(
            refused_here=self._refused_here(here, exact),
            refused_at_party=self._refused(at_party, at_party),
            charged_here=_last(own, "succeeded"),
            authorized_here=_last([i for i in own if _allows(i)], "authorized"),
            whitelisted=self._copy(at_party, station_id, evse_uid),
            reserved_here=tuple(i for i in own if i.kind == "reserved"),
        )

    def _refused_here(
        self, here: Sequence[TokenEvidence], exact: Sequence[TokenEvidence]
    ) -> TokenEvidence | None:
        """Ask for a success at this very EVSE; a refusal of the whole station is lifted by less."""
        of_station = [i for i in here if not i.evse_uid]
        return self._refused(exact, exact) or self._refused(of_station, here)

    def _refused(
        self, refusals: Sequence[TokenEvidence], successes: Sequence[TokenEvidence]
    ) -> TokenEvidence | None:
        """Return the newest refusal that no success lifts, which must be strictly later.

        A success with the contract that was refused lifts it, or with the one that the token has.
        A refusal by a word of protocol (a failed authorise, a rejected command) has such a word in
        its ``value``; it is taken back by a newer one that says yes, too.
        """
        for refused in reversed(refusals):
            if refused.kind == "refused" and not any(
                i.at > refused.at
                and (_may_be(i.contract, self.contract) or _may_be(i.contract, refused.contract))
                for i in successes
                if i.kind == "succeeded" or (refused.value and _says_yes(i))
            ):
                return refused
        return None

    def _copy(
        self, at_party: Sequence[TokenEvidence], station_id: str, evse_uid: str
    ) -> TokenEvidence | None:
        """Return the newest copy that speaks of the operator as a whole or of this place.

        None where that holds another contract as valid.
        """
        copies = [
            i
            for i in at_party
            if i.kind == "whitelisted"
            and i.station_id in {"", station_id}
            and i.evse_uid in {"", evse_uid}
        ]
        if not copies:
            return None
        is_own = _may_be(copies[-1].contract, self.contract)
        return copies[-1] if is_own or not is_valid_copy(copies[-1]) else None


def party_of(item: TokenEvidence) -> str:
    """Return the operator that a record is about; a station's id begins with it."""
    return item.party or "*".join(item.station_id.split("*")[:2])


def is_valid_copy(item: TokenEvidence) -> bool:
    """Whether the operator's copy of a token says that it is valid."""
    return item.value.partition("/")[2].strip().lower() in {"valid", "true", "1"}


def whitelist_of(item: TokenEvidence) -> str:
    """Return the whitelist word of an operator's copy: ALWAYS, ALLOWED, ALLOWED_OFFLINE, NEVER."""
    return item.value.partition("/")[0].strip().upper()


def own_evidence(snapshot: Snapshot, wallet: Wallet) -> tuple[TokenEvidence, ...]:
    """List what is known of the wallet's own tokens; of all cards, where it holds one."""
    names = {token.digest for token in wallet.tokens}
    if wallet.payment_card:
        names.add(CARD_DIGEST)
    return tuple(item for item in snapshot.token_evidence if item.token in names)


def turning_points(evidence: Iterable[TokenEvidence]) -> list[float]:
    """List the moments at which the passing of time alone changes what a record proves."""
    points: list[float] = []
    for item in evidence:
        points.append(item.at)
        if item.kind == "authorized":
            points.append(item.at + AUTHORIZED_S)
        if item.kind == "succeeded":
            points.append(item.at + CHARGED_S)
        if item.until is not None:
            points += (item.until, item.until - SLACK_S)
    return points


def _when(item: TokenEvidence) -> tuple[float, str, str, str, str]:
    """Order by time; the rest makes the order of simultaneous records no accident."""
    return item.at, item.kind, item.station_id, item.evse_uid, item.value


def _last(items: Sequence[TokenEvidence], kind: str) -> TokenEvidence | None:
    return next((i for i in reversed(items) if i.kind == kind), None)


def _may_be(contract: str, other: str) -> bool:
    """Whether two may be the same contract: they are, or one is not told."""
    return not contract or not other or contract == other


def _says_yes(item: TokenEvidence) -> bool:
    return item.kind == "reserved" or (item.kind == "authorized" and _allows(item))


def _allows(item: TokenEvidence) -> bool:
    return item.value.upper() in {"", "ALLOWED"}
