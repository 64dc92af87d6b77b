"""Transactions as charge points tell them, in both versions, into the sessions of the store.

Every method has written to the store what it acknowledges. The clock is passed in.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from planner.errors import NotFound
from planner.feeds.depots.known_tokens import Answer
from planner.feeds.depots.meters import Reading
from planner.feeds.depots.numbers import place_of_connector, read_moment, uid_of
from planner.feeds.depots.sessions import keep, read_transaction
from planner.feeds.depots.token_desk import TokenDesk
from planner.feeds.depots.transactions import News, TokenShown, Transaction
from planner.store.charge_points import KnownPoint
from planner.store.database import Change
from planner.store.store import Store

log = logging.getLogger(__name__)

_NUMBERS = (1 << 31) - 1
"""Transactions of 1.6 are numbered from 1 to this."""


@dataclass(slots=True)
class Charging:
    """Takes what charge points tell of transactions.

    Parameters
    ----------
    store : Store
    clock : callable
        Gives UTC epoch seconds.
    tokens : TokenDesk
    """

    store: Store
    clock: Callable[[], float]
    tokens: TokenDesk

    def start(
        self, name: str, connector: int, uid: str, meter_wh: float, said_at: str
    ) -> tuple[int, Answer]:
        """Take a StartTransaction of 1.6; the same start told again has the same number.

        Raises
        ------
        NotFound
            If the charge point has no such connector.
        """
        answer = self.tokens.answer(uid)
        now = self.clock()
        at = read_moment(said_at, now)
        shown = TokenShown(at=at, uid=uid, is_accepted=answer is Answer.ACCEPTED)
        key = hashlib.sha256(f"{name}|{connector}|{said_at}|{meter_wh}".encode()).hexdigest()
        with self.store.database.writing() as change:
            known = self.store.charge_points.known(change.connection, name)
            evse, number_there = place_of_connector(known.point, connector)
            number = self._number(change, known, key)
            news = News(
                at=at,
                evse_uid=uid_of(known.point, evse),
                connector_id=str(number_there),
                key=key,
                token=shown,
                readings=(Reading(at, meter_wh),),
            )
            self._keep(change, known, str(number), news, now)
        return number, answer

    def stop(
        self,
        name: str,
        number: int,
        meter_wh: float,
        said_at: str,
        readings: Sequence[Reading],
        uid: str = "",
    ) -> Answer | None:
        """Take a StopTransaction of 1.6; one of a transaction that nobody began is let go."""
        self.tokens.renew()
        now = self.clock()
        at = read_moment(said_at, now)
        with self.store.database.writing() as change:
            known = self.store.charge_points.known(change.connection, name)
            if read_transaction(self.store, change, known, str(number)) is None:
                log.warning("%s ends transaction %d, which it never began", name, number)
            else:
                told = (*readings, Reading(at, meter_wh))
                self._keep(change, known, str(number), News(at=at, readings=told, is_end=True), now)
        return self.tokens.answer(uid) if uid else None

    def meter(
        self, name: str, connector: int, number: int | None, readings: Sequence[Reading]
    ) -> None:
        """Take MeterValues of 1.6; readings of no transaction are let go."""
        self.tokens.renew()
        now = self.clock()
        with self.store.database.writing() as change:
            known = self.store.charge_points.known(change.connection, name)
            told = self._transaction_of(change, known, connector, number)
            if told is None:
                return
            own = [r for r in readings if number is not None or r.at >= told.began]
            if own:
                news = News(at=min(max(own).at, now), readings=tuple(own))
                self._keep(change, known, told.name, news, now)

    def event(self, name: str, transaction: str, news: News) -> Answer | None:
        """Take a TransactionEvent of 2.0.1; answers for its token if it shows one."""
        self.tokens.renew()
        now = self.clock()
        shown, answer = news.token, None
        if shown is not None:
            answer = self.tokens.answer(shown.uid, shown.kind)
            news = replace(news, token=replace(shown, is_accepted=answer is Answer.ACCEPTED))
        with self.store.database.writing() as change:
            known = self.store.charge_points.known(change.connection, name)
            self._keep(change, known, transaction, news, now)
        return answer

    def _keep(
        self, change: Change, known: KnownPoint, name: str, news: News, now: float
    ) -> Transaction:
        kept = keep(self.store, change, known, name, news, self.tokens.find, now)
        self.store.charge_points.save_state(change, known.point.id, kept.state)
        return kept.transaction

    def _number(self, change: Change, known: KnownPoint, key: str) -> int:
        """Give the number of a start: made of what it says, the next one if that is taken."""
        number = int(key[:8], 16) % _NUMBERS + 1
        while True:
            held = read_transaction(self.store, change, known, str(number))
            if held is None or held.key == key:
                return number
            number = number % _NUMBERS + 1

    def _transaction_of(
        self, change: Change, known: KnownPoint, connector: int, number: int | None
    ) -> Transaction | None:
        if number is not None:
            return read_transaction(self.store, change, known, str(number))
        try:
            evse, _ = place_of_connector(known.point, connector)
        except NotFound:
            return None
        newest = known.state.newest.get(uid_of(known.point, evse))
        if newest is None:
            return None
        told = read_transaction(self.store, change, known, newest[1])
        return told if told is not None and told.is_open else None
