"""A token on a command line or in a cell: ``UID``, ``UID/CONTRACT``, ``UID/CONTRACT/TYPE``.

``CONTRACT`` is a contract id (``FR-ABC-C12345678-S``) or the provider alone (``FR*ABC``); a bare
UID is looked for among the stored wallets. Spaces separate tokens.
"""

from typing import Any

MOST_PARTS = 3


def token_bodies(text: str) -> list[dict[str, Any]]:
    """Read tokens separated by spaces as the API's token objects.

    Raises
    ------
    ValueError
        If a token has more than three parts; the message does not repeat the uid.
    """
    return [token_body(word) for word in text.split()]


def token_body(word: str) -> dict[str, Any]:
    """Read one token as the API's token object."""
    parts = word.split("/")
    if len(parts) > MOST_PARTS or not parts[0]:
        raise ValueError("a token is written UID, UID/CONTRACT or UID/CONTRACT/TYPE")
    body: dict[str, Any] = {"uid": parts[0]}
    if len(parts) > 1 and parts[1]:
        body["provider" if "*" in parts[1] else "contract_id"] = parts[1]
    if len(parts) == MOST_PARTS:
        body["type"] = parts[2].upper()
    return body
