"""Sending our tokens to operators, and reading back the copies that they keep.

An operator's own copy of a token is proof that it knows it. Copies are read after each sending and
once a day, for an operator may lose or change them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from planner.errors import FeedError
from planner.feeds.client import Connection, OcpiClient
from planner.ocpi.charge_reading import contract_digest
from planner.ocpi.messages import Role
from planner.ocpi.tokens import read_copy, type_in, write_token
from planner.store.issued import IssuedToken, SentToken
from planner.store.snapshot import TokenEvidence
from planner.store.sources import Source
from planner.store.store import Store

READ_EVERY_S = 86_400.0
"""Seconds after which a copy is read again."""

_PAGE = 500
_GIVE_UP_AFTER = 3
"""Failures in a row after which an operator is left in peace until the next time."""


@dataclass(slots=True, kw_only=True)
class SendReport:
    """What was sent: tokens put, copies read, and what went wrong first, if anything did."""

    put: int = 0
    read: int = 0
    failed: int = 0
    error: str = ""


def send_tokens(
    store: Store, feed_name: str, *, client: OcpiClient, ours: Role, now: float
) -> SendReport:
    """Bring all operators behind a feed up to date with our tokens.

    Raises
    ------
    FeedError
        If the party cannot be reached at all.
    """
    report = SendReport()
    source = store.feeds.get(feed_name)
    token = store.feeds.credentials(feed_name).get("token") if source.kind == "ocpi" else None
    tokens = list(_all_tokens(store))
    if not token or not tokens:
        return report
    connection = client.connect(
        source.url,
        token,
        form=source.token_form,
        version=source.version,
        sender=ours.party,
        receiver=source.sender,
    )
    url = connection.partner.detail.url_of("tokens", "RECEIVER")
    if url is None:
        return report
    for party in operators_of(store, source):
        sender = _Sender(store, source, client, connection, url, ours, party, now, report)
        sender.send([one for one in tokens if not one.only_at or party in one.only_at])
    return report


def operators_of(store: Store, source: Source) -> tuple[str, ...]:
    """Name the operators behind a feed; behind a hub only those that it says are connected."""
    if not source.is_hub:
        return source.parties or ((source.sender,) if source.sender else ())
    return tuple(
        sorted(
            info.party
            for info in store.knowledge.client_infos()
            if info.hub == source.sender and info.role == "CPO" and info.status == "CONNECTED"
        )
    ) or (source.sender,)


def _all_tokens(store: Store) -> Iterator[IssuedToken]:
    offset = 0
    while True:
        page, _ = store.issued.page(since=None, until=None, offset=offset, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        offset += _PAGE


@dataclass(slots=True)
class _Sender:
    """Sends to one operator."""

    store: Store
    source: Source
    client: OcpiClient
    connection: Connection
    url: str
    ours: Role
    party: str
    now: float
    report: SendReport

    def send(self, tokens: list[IssuedToken]) -> None:
        """Put what is new, and read the copies that have not been read for a while."""
        told = self.store.issued.told(self.source.name, self.party)
        failures = 0
        results: list[SentToken] = []
        evidence: list[TokenEvidence] = []
        for one in tokens:
            before = told.get(one.token.digest)
            is_known = before is not None and before.last_updated == one.last_updated
            if is_known and before and not before.error and self.now - before.at < READ_EVERY_S:
                continue
            try:
                copy = self._bring(one, put=not is_known or bool(before and before.error))
            except FeedError as error:
                failures += 1
                self.report.failed += 1
                self.report.error = self.report.error or error.faults[0].detail
                results.append(self._result(one, error.faults[0].detail))
                if failures >= _GIVE_UP_AFTER:
                    break
            else:
                failures = 0
                results.append(self._result(one, ""))
                if copy:
                    evidence.append(self._evidence(one, copy))
        self.store.issued.record(self.source.name, self.party, results)
        self.store.knowledge.add_token_evidence(evidence)

    def _bring(self, one: IssuedToken, *, put: bool) -> str:
        """Put a token if need be, and read the operator's copy of it."""
        if put:
            self._call("PUT", one, self._written(one))
            self.report.put += 1
        copy = read_copy(self._call("GET", one))
        self.report.read += 1
        return copy

    def _call(self, method: str, one: IssuedToken, value: Any = None) -> Any:
        country_code, _, party_id = one.token.provider.partition("*")
        parts = "/".join(quote(part, safe="") for part in (country_code, party_id, one.token.uid))
        kind = type_in(one.token, self.connection.partner.detail.version)
        return self.client.call(
            self.connection,
            method,
            f"{self.url.rstrip('/')}/{parts}?type={kind}",
            value,
            receiver=self.party if self.source.is_hub else "",
            place=self.url,
        )

    def _written(self, one: IssuedToken) -> dict[str, Any]:
        return write_token(
            one.token,
            self.connection.partner.detail.version,
            whitelist=one.whitelist,
            last_updated=one.last_updated,
            now=self.now,
            issuer=self.ours.name,
        )

    def _result(self, one: IssuedToken, error: str) -> SentToken:
        return SentToken(
            digest=one.token.digest, last_updated=one.last_updated, at=self.now, error=error
        )

    def _evidence(self, one: IssuedToken, copy: str) -> TokenEvidence:
        return TokenEvidence(
            token=one.token.digest,
            station_id="",
            evse_uid="",
            party=self.party,
            kind="whitelisted",
            value=copy,
            at=self.now,
            until=None,
            source=f"copy at {self.source.name}",
            contract=contract_digest(one.token.contract_id),
        )
