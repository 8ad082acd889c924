"""One request to a forge's REST API: retried where that helps, within bounds, and without ever telling the token.

The loop is ours because urllib3's `Retry` decides by status and `Retry-After` alone: a forge also says in other headers
and in the body of a 403 that it is a limit, and the pauses of several requests share one allowance here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_PATIENCE = 90.0
"""Seconds that all pauses of one delivery may take together."""


class UndeliveredError(Exception):
    """The API did not do what it was asked to. `lost`: nobody knows whether it did. `refused`: this was not allowed."""

    def __init__(self, why: str, lost: bool = False, refused: bool = False) -> None:
        super().__init__(why)
        self.lost = lost
        self.refused = refused


class TransientError(UndeliveredError):
    """It may work next time; `wait`: after so many seconds."""

    def __init__(self, why: str, wait: float | None = None, lost: bool = False) -> None:
        super().__init__(why, lost=lost)
        self.wait = wait


@dataclass
class Client:
    """Speaks JSON to one API. `secret` is taken out of whatever is said of a failure."""

    address: str
    headers: Mapping[str, str]
    secret: str
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    timeout: tuple[float, float] = (10.0, 30.0)
    patience: float = _PATIENCE

    def get(self, path: str, **query: str | int) -> Any:
        """Read something."""
        return self._insist("GET", path, query=query)

    def put(self, method: str, path: str, body: str) -> Any:
        """Write what may be written twice."""
        return self._insist(method, path, body=body)

    def post(self, path: str, body: str) -> Any:
        """Write what must not be written twice: the caller looks before it tries again."""
        return self._once("POST", path, body=body)

    def pause(self, attempt: int, asked: float | None = None) -> bool:
        """Wait before the next attempt; false where that would take too long."""
        wait = max(asked or 0.0, float(2**attempt))
        if wait > self.patience:
            return False
        self.patience -= wait
        self.sleep(wait)
        return True

    def _insist(self, method: str, path: str, **more: Any) -> Any:
        attempt = 0
        while True:
            try:
                return self._once(method, path, **more)
            except TransientError as error:
                if not self.pause(attempt, error.wait):
                    raise
                attempt += 1

    def _once(
        self, method: str, path: str, query: Mapping[str, str | int] | None = None, body: str | None = None
    ) -> Any:
        try:
            response = requests.request(
                method,
                self.address + path,
                params=query,
                json=None if body is None else {"body": body},
                auth=self._sign,
                timeout=self.timeout,
                # Followed, a redirect could carry the token to another host.
                allow_redirects=False,
            )
            return self._read(response)
        except requests.RequestException as error:
            # Such an error can quote the request, headers and all.
            raise TransientError(self._clean(f"{type(error).__name__}: {error}"), lost=True) from None

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """As `auth`, so that no ~/.netrc of the machine takes the place of the token."""
        request.headers.update(self.headers)
        return request

    def _read(self, response: requests.Response) -> Any:
        code = response.status_code
        if 200 <= code < 300:
            return response.json() if response.content else None
        # Cleaned before it is cut: half a token would not be found.
        said = " ".join(self._clean(response.text).split())[:300]
        why = f"{code} {self._clean(response.reason)}" + (f": {said}" if said else "")
        if code in _AGAIN or (code == 403 and _limited(response)):
            raise TransientError(why, self._asked(response), lost=code >= 500)
        raise UndeliveredError(why, refused=code in (403, 404))

    def _asked(self, response: requests.Response) -> float | None:
        """The seconds that the API asks to wait."""
        after = response.headers.get("Retry-After", "")
        if after.isdigit():
            return float(after)
        reset = response.headers.get("x-ratelimit-reset", "") or response.headers.get("RateLimit-Reset", "")
        if reset.isdigit() and (response.status_code == 429 or response.headers.get("x-ratelimit-remaining") == "0"):
            return max(0.0, float(reset) - self.now())
        return None

    def _clean(self, text: str) -> str:
        return text.replace(self.secret, "***") if self.secret else text


def _limited(response: requests.Response) -> bool:
    """Whether a 403 means too many requests, as GitHub says it."""
    return (
        response.headers.get("x-ratelimit-remaining") == "0"
        or "Retry-After" in response.headers
        or "rate limit" in response.text[:2000].lower()
    )
