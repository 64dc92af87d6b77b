"""Who may connect: a registered charge point with its password, asked for a few times at most.

HTTP Basic authentication, as OCPP's security profiles 1 and 2 want it; the user name is the
charge point's identity, which also ends the address. Unknown charge points and wrong passwords
are told apart by nobody: both take as long, and both are 401.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from planner.feeds.depots.passwords import NOBODY, is_password

WINDOW_S = 300.0
MOST_WRONG = 5
"""Wrong passwords for one charge point from one address within `WINDOW_S`."""

MOST_WRONG_FROM_ADDRESS = 100
"""The same for all of an address: a depot's charge points share one."""

MOST_REMEMBERED = 10_000
LONGEST_CREDENTIALS = 400


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a connection is not let in: HTTP status, words, and seconds to wait (429)."""

    status: int
    said: str
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Admitted:
    """A connection that is let in."""

    name: str


@dataclass(slots=True)
class Doorkeeper:
    """Checks credentials; safe to ask from several threads.

    Parameters
    ----------
    password_hash : callable
        Gives what is kept of a charge point's password, None if it is not registered.
    clock : callable
        Gives seconds.
    """

    password_hash: Callable[[str], str | None]
    clock: Callable[[], float]
    _wrong: dict[tuple[str, str], list[float]] = field(default_factory=dict, repr=False)

    def admit(self, target: str, authorization: str, address: str) -> Admitted | Refused:
        """Decide about a connection.

        Parameters
        ----------
        target : str
            The request's target: the identity is the last part of its path.
        authorization : str
            The header, empty without one.
        address : str
            Where it comes from.
        """
        name = unquote(urlsplit(target).path.rpartition("/")[2])
        wait_s = self._wait_s(name, address)
        if wait_s > 0:
            return Refused(429, "too many wrong passwords", int(wait_s) + 1)
        given = read_credentials(authorization)
        if given is None:
            return Refused(401, "a password is needed")
        user, passwords = given
        kept = self.password_hash(name) if user == name and name else None
        right = [is_password(one, kept or NOBODY) for one in passwords]
        if kept is not None and any(right):
            self._wrong.pop((name, address), None)
            return Admitted(name)
        self._remember(name, address)
        return Refused(401, "the charge point or its password is not known")

    def _wait_s(self, name: str, address: str) -> float:
        now = self.clock()
        here = [at for at in self._wrong.get((name, address), []) if now - at < WINDOW_S]
        if len(here) >= MOST_WRONG:
            return here[-MOST_WRONG] + WINDOW_S - now
        everywhere = sorted(
            at
            for (_, other), times in list(self._wrong.items())
            if other == address
            for at in times
            if now - at < WINDOW_S
        )
        if len(everywhere) < MOST_WRONG_FROM_ADDRESS:
            return 0.0
        return everywhere[-MOST_WRONG_FROM_ADDRESS] + WINDOW_S - now

    def _remember(self, name: str, address: str) -> None:
        now = self.clock()
        if len(self._wrong) >= MOST_REMEMBERED:
            recent = {k: v for k, v in self._wrong.items() if now - v[-1] < WINDOW_S}
            self._wrong = dict(list(recent.items())[MOST_REMEMBERED // 2 :])
        times = [at for at in self._wrong.get((name, address), []) if now - at < WINDOW_S]
        self._wrong[name, address] = [*times[-MOST_WRONG:], now]


def read_credentials(header: str) -> tuple[str, tuple[str, ...]] | None:
    """Read a Basic header: the user, and the password in the forms it may have been kept in.

    1.6 sends the bytes of which the setting AuthorizationKey holds the hexadecimal digits.
    Source: OCPP 1.6 security whitepaper edition 2, section 2.3.
    """
    scheme, _, told = header.partition(" ")
    if scheme.lower() != "basic" or len(told) > LONGEST_CREDENTIALS:
        return None
    try:
        user, found, password = base64.b64decode(told.strip(), validate=True).partition(b":")
        name = user.decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    if not found:
        return None
    try:
        return name, (password.decode(),)
    except UnicodeDecodeError:
        return name, (password.hex(), password.hex().upper())
