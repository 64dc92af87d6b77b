"""Becoming partners without input or output: each machine names a request and takes its answer.

The rule of this file: which request follows which, and what a party may do in which state, stand
in the two tables below and nowhere else.

::

    the side that begins                          the side that is called
    VERSIONS ── GET versions ──► DETAILS          invited ── POST ──► registered
    DETAILS ── GET details ───► CREDENTIALS       registered ── PUT ──► registered
    CREDENTIALS ── POST ──────► DONE              registered ── DELETE ──► gone
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from planner.errors import FeedError
from planner.ocpi.addresses import keep_safe, shown
from planner.ocpi.messages import (
    SPOKEN,
    Credentials,
    VersionDetail,
    authorization,
    choose_version,
    demand_success,
    read_credentials,
    read_envelope,
    read_version_detail,
    read_versions,
    write_credentials,
)


class Step(StrEnum):
    """Where the side that begins stands."""

    VERSIONS = "versions"
    DETAILS = "details"
    CREDENTIALS = "credentials"
    DONE = "done"


NEXT_STEP = {
    (Step.VERSIONS, False): Step.DETAILS,
    (Step.VERSIONS, True): Step.DETAILS,
    (Step.DETAILS, False): Step.DONE,
    (Step.DETAILS, True): Step.CREDENTIALS,
    (Step.CREDENTIALS, True): Step.DONE,
}
"""The step after an answer, by (step, whether credentials are to be exchanged)."""


class Standing(StrEnum):
    """How the side that is called knows the other: by a token given out of band, or as partner."""

    INVITED = "invited"
    REGISTERED = "registered"
    GONE = "gone"


NEXT_STANDING = {
    (Standing.INVITED, "GET"): Standing.INVITED,
    (Standing.INVITED, "POST"): Standing.REGISTERED,
    (Standing.REGISTERED, "GET"): Standing.REGISTERED,
    (Standing.REGISTERED, "PUT"): Standing.REGISTERED,
    (Standing.REGISTERED, "DELETE"): Standing.GONE,
}
"""What the credentials endpoint does, by (standing, method); what is missing is answered 405.

Source: OCPI 2.2.1, credentials: POST needs a party that is not registered yet, PUT and DELETE
one that is.
"""

METHOD_NOT_ALLOWED = 405
UNAUTHORIZED = (401, 403)
_OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to be sent; headers hold a secret and stay out of the ``repr``.

    ``place`` is what errors name where the address itself is not for everyone's eyes.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Partner:
    """What is known once the steps are done.

    ``credentials`` are the other side's, with the token to call it by; None where only its
    endpoints were looked up. ``encoded`` tells the form in which it takes the token.
    """

    detail: VersionDetail
    encoded: bool
    credentials: Credentials | None = None


class Handshake:
    """The side that begins: looks up the endpoints and, if ``ours`` is given, registers.

    Parameters
    ----------
    versions_url : str
        The other side's versions endpoint.
    token : str
        By which it may be called: token A before registering, its own token after.
    ours : Credentials or None
        To register with: our token for it to use, our versions URL, our roles.
    method : str
        ``POST`` to register, ``PUT`` to change credentials.
    spoken : sequence of str
        Versions to choose from, best first.
    form : str
        How the other side takes tokens: ``base64``, ``raw``, or empty to find out.

    Attributes
    ----------
    step : Step
        Where the machine stands.
    partner : Partner or None
        What is known, once done.
    offered : tuple of str
        The versions that the other side serves, once it has said so.
    """

    def __init__(
        self,
        versions_url: str,
        token: str,
        ours: Credentials | None = None,
        *,
        method: str = "POST",
        spoken: Sequence[str] = SPOKEN,
        form: str = "",
    ) -> None:
        self.step = Step.VERSIONS
        self.partner: Partner | None = None
        self._url = versions_url
        self._token = token
        self._ours = ours
        self._method = method
        self._spoken = spoken
        self.offered: tuple[str, ...] = ()
        self._encoded = form != "raw"
        self._is_settled = bool(form)
        self._version = ""
        self._detail: VersionDetail | None = None

    def request(self) -> Request | None:
        """Name the next request; None when done."""
        if self.step is Step.DONE:
            return None
        headers = {
            "Authorization": authorization(self._token, encoded=self._encoded),
            "Accept": "application/json",
        }
        if self.step is not Step.CREDENTIALS or self._ours is None:
            return Request("GET", self._url, headers)
        headers["Content-Type"] = "application/json"
        body = msgspec.json.encode(write_credentials(self._ours, self._version))
        return Request(self._method, self._url, headers, body)

    def receive(self, status: int, body: bytes) -> None:
        """Take the answer to the request that was named last.

        Raises
        ------
        FeedError
            If the party refused, or answered what does not lead on.
        """
        place = shown(self._url)
        if status in UNAUTHORIZED and self.step is Step.VERSIONS and not self._is_settled:
            # Base64 is right from 2.2 on, but the version is not known yet: try 2.1.1's way.
            self._encoded, self._is_settled = False, True
            return
        _demand_http(status, body, place, registering=self.step is Step.CREDENTIALS)
        data = demand_success(read_envelope(body, place=place), place=place)
        if self.step is Step.VERSIONS:
            versions = read_versions(data, place=place)
            self.offered = tuple(version.version for version in versions)
            version = choose_version(versions, place=place, spoken=self._spoken)
            self._version, self._url = version.version, keep_safe(self._url, version.url)
            if not self._is_settled:
                self._encoded = not version.version.startswith("2.1")
        elif self.step is Step.DETAILS:
            self._take_details(read_version_detail(data, place=place), place)
        else:
            self._finish(read_credentials(data, place=place))
        self.step = NEXT_STEP[self.step, self._ours is not None]

    def _take_details(self, detail: VersionDetail, place: str) -> None:
        self._detail = VersionDetail(self._version, detail.endpoints)
        if self._ours is None:
            self._finish(None)
            return
        urls = [e.url for e in detail.endpoints if e.identifier == "credentials"]
        if not urls:
            raise FeedError(
                "the party has no credentials endpoint, so one cannot register with it",
                place=place,
                remedy="Add the feed with a token that may be used without registering",
            )
        self._url = keep_safe(self._url, urls[0])

    def _finish(self, theirs: Credentials | None) -> None:
        if self._detail is None:
            raise ValueError("the endpoints are not known yet")
        self.partner = Partner(self._detail, self._encoded, theirs)


def _demand_http(status: int, body: bytes, place: str, *, registering: bool) -> None:
    if status in _OK:
        return
    remedy = "Try again later, and ask the operator of the feed if it lasts"
    if status in UNAUTHORIZED:
        remedy = "Check the token; a token A is spent once a party has registered with it"
    elif status == METHOD_NOT_ALLOWED and registering:
        remedy = "The party takes us for registered; ask it to delete the registration first"
    elif status == 404:  # noqa: PLR2004
        remedy = "Check the address of the versions endpoint"
    said = ""
    try:
        said = read_envelope(body, place=place).status_message
    except FeedError:
        said = ""
    raise FeedError(
        f"the party answered HTTP {status}" + (f", saying {said[:160]!r}" if said else ""),
        place=place,
        remedy=remedy,
    )
