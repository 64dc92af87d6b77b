"""The peer's own look at a partner: during the handshake it fetches the partner's versions."""

import base64
from typing import Any

import httpx

from planner.demo.protocol import (
    CANNOT_USE_YOUR_API,
    NO_COMMON_ENDPOINTS,
    UNSUPPORTED_VERSION,
    VERSION,
    Refusal,
)

Json = dict[str, Any]
TIMEOUT_S = 8.0


def endpoints_of(credentials: Json) -> tuple[Json, ...]:
    """Fetch the endpoints of a partner by the credentials that it just sent.

    Raises
    ------
    Refusal
        3001 if its API does not answer as OCPI, 3002 if it does not speak 2.2.1, 3003 if its
        version details name no credentials endpoint.
    """
    encoded = base64.b64encode(credentials["token"].encode()).decode("ascii")
    headers = {"Authorization": f"Token {encoded}", "Accept": "application/json"}
    with httpx.Client(headers=headers, timeout=TIMEOUT_S, trust_env=False) as client:
        versions = _data(client, credentials["url"])
        offered = {v.get("version"): v.get("url") for v in versions if isinstance(v, dict)}
        if VERSION not in offered:
            raise Refusal(200, UNSUPPORTED_VERSION, f"your side does not offer {VERSION}")
        details = _data(client, str(offered[VERSION]))
    endpoints = details.get("endpoints") if isinstance(details, dict) else None
    if not isinstance(endpoints, list) or not any(
        isinstance(e, dict) and e.get("identifier") == "credentials" for e in endpoints
    ):
        raise Refusal(200, NO_COMMON_ENDPOINTS, "your version details lack credentials")
    return tuple(endpoints)


def _data(client: httpx.Client, url: str) -> Any:
    try:
        answer = client.get(url)
        body = answer.json() if answer.is_success else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as problem:
        says = f"your API at {url} cannot be used: {type(problem).__name__}"
        raise Refusal(200, CANNOT_USE_YOUR_API, says) from problem
    if body is None:
        says = f"your API at {url} answered HTTP {answer.status_code}"
        raise Refusal(200, CANNOT_USE_YOUR_API, says)
    if not isinstance(body, dict) or body.get("status_code") != 1000 or "data" not in body:  # noqa: PLR2004
        raise Refusal(200, CANNOT_USE_YOUR_API, f"your API at {url} did not answer with success")
    return body["data"]
