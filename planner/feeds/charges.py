"""From what a partner sends of Sessions and CDRs to the charging history."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from planner.errors import DataError
from planner.feeds.evidence import digests_of
from planner.ocpi.charge import Charge
from planner.ocpi.charge_reading import Bearer, read_charge
from planner.store.database import Change
from planner.store.store import Store

log = logging.getLogger(__name__)


def keep_charge(
    store: Store,
    change: Change,
    module: str,
    raw: Mapping[str, Any],
    party: str,
    *,
    source: str,
    ours: str,
) -> None:
    """Keep a CDR or Session in the charging history; one that cannot be read is noted.

    Parameters
    ----------
    module : {'cdrs', 'sessions'}
    party : str
        ``CC*PPP`` of the operator.
    source : str
        Name of the feed.
    ours : str
        ``CC*PPP`` of ourselves, whose tokens they are where they do not say.
    """
    try:
        charge, bearer = read_charge(module, raw, party)
    except DataError as error:
        log.warning("%s of %s is not in the charging history: %s", module, source, error)
        return
    known = with_token(store, change.connection, charge, bearer, ours)
    store.charges.put(change, [replace(known, source=source)])


def with_token(
    store: Store, connection: Connection, charge: Charge, bearer: Bearer, ours: str
) -> Charge:
    """Name the token of a charge: ours if it is one, else as its provider would name it."""
    provider = bearer.provider or ours
    digests = digests_of(provider, bearer.type, bearer.uid) if bearer.uid else []
    known = store.issued.known_by(connection, digests, bearer.contract)
    token = known.digest if known else (digests or [""])[0]
    return replace(charge, token=token, provider=ours if known else charge.provider or provider)
