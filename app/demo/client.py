"""The demo's client: asks the public API over HTTP, and is patient where the server asks for it."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import httpx2

from app import clock

TRY_AGAIN = 75
MOST_TRIES = 60
LONGEST_PAUSE_SECONDS = 60.0
BUSY = frozenset({429, 502, 503, 504})
TOO_LARGE = 413
NOT_ADMITTED = 401


class DemoFailed(Exception):
    """The demo cannot go on; the message says why and what to do about it."""

    def __init__(self, message: str, exit_code: int = TRY_AGAIN) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Declined(DemoFailed):
    """The API declined a deed for a reason that it names."""

    def __init__(self, deed: str, error: dict[str, Any]) -> None:
        problems = "".join(f"\n  {p['path']}: {p['message']}" for p in error.get("problems", ()))
        super().__init__(f"The server declined {deed}: {error.get('message')}{problems}")
        self.code = error.get("code")


class NotAdmitted(DemoFailed):
    """The server does not know the token."""


class TooLarge(DemoFailed):
    """The server takes no request of this size."""


class Client:
    """Asks one installation, at its addresses in turn."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.urls = [url.rstrip("/") for url in urls]
        self._turns = itertools.cycle(self.urls)
        self._tries = MOST_TRIES
        # A proxy of the environment is for far addresses, and cannot reach this machine.
        self._http = httpx2.AsyncClient(timeout=30, trust_env=not self.is_local)

    @property
    def is_local(self) -> bool:
        """Say whether all addresses are of this machine."""
        hosts = {httpx2.URL(url).host for url in self.urls}
        return hosts <= {"127.0.0.1", "::1", "localhost"}

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def greet(self) -> None:
        """Return if a server answers at every address.

        Raises:
            DemoFailed: none does.

        """
        for url in self.urls:
            try:
                (await self._http.get(f"{url}/healthz")).raise_for_status()
            except httpx2.InvalidURL as error:
                raise DemoFailed(f"{url} is no address: {error}", 2) from None
            except httpx2.HTTPError as error:
                raise DemoFailed(
                    f"No Fivefold answers at {url}: {error}\n"
                    "  Start one in another terminal: fivefold serve"
                ) from None

    async def ask(self, operation: str, token: str | None = None, **variables: Any) -> Any:
        """Return the data of an operation.

        Raises:
            DemoFailed: there is no answer, or it has errors.

        """
        request = {"query": operation, "variables": variables}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for attempt in range(1, self._tries + 1):
            try:
                response = await self._http.post(
                    f"{next(self._turns)}/graphql", json=request, headers=headers
                )
            except httpx2.TransportError:
                if attempt % len(self.urls) == 0:  # no other address has answered either
                    await asyncio.sleep(1)
                continue
            if response.status_code not in BUSY:
                return _data(response)
            await asyncio.sleep(_pause(response.headers.get("retry-after")))
        self._tries = 1  # what is left to be put away shall not wait as long again
        raise DemoFailed(f"{' and '.join(self.urls)} did not answer for a minute. Try again.")

    async def do(self, operation: str, token: str | None = None, **variables: Any) -> Any:
        """Return the one field of a mutation. Every deed of the demo can be repeated.

        Raises:
            Declined: the API declined; `code` says why.
            DemoFailed: there is no answer, or it has errors.

        """
        for _ in range(MOST_TRIES):
            [(deed, answer)] = (await self.ask(operation, token, **variables)).items()
            if "code" not in answer:
                return answer
            if answer["code"] != "RATE_LIMITED" or "retryAt" not in answer:
                raise Declined(deed, answer)
            wait = datetime.fromisoformat(answer["retryAt"]).replace(tzinfo=None) - clock.now()
            await asyncio.sleep(_pause(wait.total_seconds()))
        raise Declined(deed, answer)

    async def nodes(
        self, operation: str, token: str | None = None, **variables: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield every item of a list, page by page."""
        after = None
        while True:
            data = await self.ask(operation, token, after=after, **variables)
            [page] = data.values()
            for node in page["nodes"]:
                yield node
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]


def _data(response: httpx2.Response) -> Any:
    if response.status_code == NOT_ADMITTED:
        raise NotAdmitted(f"{response.url.host} does not know the token.", 2)
    if response.status_code == TOO_LARGE:
        raise TooLarge(f"{response.url.host} takes no request of this size.")
    try:
        body = response.json()
    except ValueError:
        raise DemoFailed(f"{response.url} is not the API: HTTP {response.status_code}.") from None
    if "errors" in body:
        error = body["errors"][0]
        request = error.get("extensions", {}).get("requestId", "none")
        raise DemoFailed(f"The server says: {error['message']} (request {request})")
    return body["data"]


def _pause(asked: str | float | None) -> float:
    """Return how long to wait: as the server asks, within reason."""
    try:
        seconds = float(asked) if asked is not None else 1.0
    except ValueError:
        seconds = 1.0
    return min(max(seconds, 0.1), LONGEST_PAUSE_SECONDS)
