"""Sign in, ask who we are, be refused once, and watch alerts for ever, by the package gql.

python watch_alerts.py http://127.0.0.1:8000 ada@example.org PASSWORD [CURSOR]
needs: pip install "gql[aiohttp,websockets]"
"""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed

EXAMPLES = Path(__file__).resolve().parent.parent
PAUSE_SECONDS = 1
SESSION_OVER = 4403


def operation(name: str, variables: dict[str, Any] | None = None) -> GraphQLRequest:
    """Return an example operation with its variables."""
    text = (EXAMPLES / f"{name}.graphql").read_text(encoding="utf-8")
    return GraphQLRequest(text, variable_values=variables)


def say(**what: Any) -> None:
    """Print a line of JSON."""
    print(json.dumps(what), flush=True)


async def sign_in(url: str, email: str, password: str) -> str:
    """Return the token of a fresh session."""
    credentials = {"input": {"email": email, "password": password, "label": "an example"}}
    async with Client(transport=AIOHTTPTransport(url)) as session:
        result = (await session.execute(operation("people-sign-in", credentials)))["signIn"]
    # The result of a mutation is the thing or an Error: look at __typename before anything else.
    if result["__typename"] != "SignedIn":
        raise SystemExit(result["message"])
    token: str = result["token"]
    return token


async def ask(url: str, token: str, password: str) -> None:
    """Ask who we are, and for a password that is too short."""
    transport = AIOHTTPTransport(url, headers={"Authorization": f"Bearer {token}"})
    async with Client(transport=transport) as session:
        me = (await session.execute(operation("people-me")))["me"]
        say(me=me["name"])
        short = {"input": {"currentPassword": password, "newPassword": "short"}}
        result = (await session.execute(operation("people-change-password", short)))[
            "changePassword"
        ]
        if result["__typename"] == "InvalidInput":
            say(refused=result["problems"])


async def watch(url: str, token: str, cursor: str | None) -> None:
    """Say each alert, and come back to where we were when the connection is lost."""
    while True:
        transport = WebsocketsTransport(
            url.replace("http", "ws", 1),
            init_payload={"token": token},
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        )
        try:
            async with Client(transport=transport) as session:
                async for item in session.subscribe(operation("alerts-watch", {"after": cursor})):
                    cursor = say_alert(item["alerts"])
        except (TransportError, ConnectionClosed, OSError) as lost:
            if close_code(lost) == SESSION_OVER:
                say(closed=SESSION_OVER)
                return
        await asyncio.sleep(PAUSE_SECONDS)


def say_alert(item: dict[str, Any]) -> str:
    """Say an item of the stream; return the cursor to go on from."""
    if item["__typename"] == "Discontinuity":
        say(missing=item)
        missed_upto: str = item["toCursor"]
        return missed_upto
    say(cursor=item["cursor"], reason=item["reason"], value=item["value"])
    cursor: str = item["cursor"]
    return cursor


def close_code(lost: BaseException | None) -> int | None:
    """Return the code with which the server closed a socket, if it did."""
    while lost is not None and not isinstance(lost, ConnectionClosed):
        lost = lost.__cause__
    return lost.rcvd.code if lost and lost.rcvd else None


async def main() -> None:
    """Do it all."""
    parser = argparse.ArgumentParser()
    for name in ("server", "email", "password"):
        parser.add_argument(name)
    parser.add_argument("cursor", nargs="?")
    given = parser.parse_args()
    url = f"{given.server}/graphql"
    token = await sign_in(url, given.email, given.password)
    await ask(url, token, given.password)
    await watch(url, token, given.cursor)


if __name__ == "__main__":
    asyncio.run(main())
