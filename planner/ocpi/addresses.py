"""Which addresses a party may name to us, and how they are shown.

The rule of this file: what a party writes into an answer leads neither from an encrypted address
to an open one, nor from the public network into our own.
"""

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

from planner.errors import FeedError

_NUMBERS = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,3}\.?", re.IGNORECASE)
_OWN_NAMES = ("localhost", ".localhost", ".localdomain", ".local", ".internal")
"""Names of the own machine and network. Source: RFC 6761, RFC 6762, ICANN on .internal."""


def shown(url: str) -> str:
    """Give a URL as messages may show it: without user, password, query and fragment."""
    parts = split(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def split(url: str) -> SplitResult:
    """Part a URL; FeedError if it is none."""
    try:
        return urlsplit(url)
    except ValueError as error:
        raise FeedError(
            f"an address is no URL ({error})",
            remedy="Check the address, or ask the operator of the feed for a whole one",
        ) from None


def is_inward(url: str) -> bool:
    """Say whether a URL names a host of our own machine or network, as far as its text tells."""
    host = (split(url).hostname or "").rstrip(".")
    if host.endswith(_OWN_NAMES):
        return True
    try:
        return is_inward_address(host)
    except ValueError:
        # 127.1, 0x7f000001 and 2130706433 are addresses too: nobody public writes theirs so.
        return _NUMBERS.fullmatch(host) is not None


def is_inward_address(text: str) -> bool:
    """Say whether an IP address is of our own machine or network; ValueError if it is none."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return not address.is_global


def keep_safe(here: str, there: str) -> str:
    """Give the URL ``there`` that an answer from ``here`` names, if a token may be sent to it.

    Raises
    ------
    FeedError
        If it is no http URL, would send unencrypted what came encrypted, or leads from a public
        host into our own network.
    """
    now, then = split(here), split(there)
    if then.scheme not in ("http", "https") or not then.netloc:
        raise FeedError(
            f"the party names {shown(there)!r}, which is no http address",
            place=shown(here),
            remedy="Ask the operator of the feed to give whole addresses",
        )
    if now.scheme == "https" and then.scheme == "http":
        raise FeedError(
            f"the party leads from https to http, at {shown(there)}",
            place=shown(here),
            remedy="The token is not sent unencrypted; ask the operator to name https addresses",
        )
    return keep_outward(here, there)


def keep_outward(here: str, there: str) -> str:
    """Give the URL ``there`` unless it leads from a public host into our own network.

    Raises
    ------
    FeedError
        If it does.
    """
    if is_inward(there) and not is_inward(here):
        raise FeedError(
            f"the party leads into our own network, at {shown(there)}",
            place=shown(here),
            remedy="Ask the operator of the feed for addresses that the public network reaches",
        )
    return there
