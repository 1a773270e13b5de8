"""Setting the stage: spaces, series, keys, people and their watches, made if they are missing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app import clock
from app.demo import operations as ops
from app.demo.client import Client, Declined, DemoFailed
from app.demo.people import PASSWORD, PEOPLE, Person
from app.demo.platforms import CATEGORY, Platform

KEY_LASTS = timedelta(days=1)  # the demo takes its key back; this is for one that was killed


@dataclass(frozen=True, slots=True)
class Scene:
    """One platform on the server: where to record, with which key, and how far it is recorded."""

    platform: Platform
    space: str
    series: Mapping[str, str]
    token: str
    key: str
    seen_until: datetime | None


async def welcome(client: Client) -> dict[Person, str]:
    """Return a token of every person of the demo; those who are new sign up."""
    tokens = await asyncio.gather(*(_token(client, person) for person in PEOPLE))
    return dict(zip(PEOPLE, tokens, strict=True))


async def set_scene(
    client: Client, operator: str, people: Mapping[Person, str], platform: Platform
) -> Scene:
    """Return a platform that is ready to be played on."""
    space = await open_space(client, operator, platform.space)
    series: dict[str, str] = {}
    ends: list[datetime | None] = []
    for plan in platform.series:
        found = await _series(client, operator, space, plan)
        series[plan["key"]] = found["id"]
        ends.append(_instant(found.get("lastAt")))
    for person in {watch.person for watch in platform.watches}:
        await _subscribe(client, person, people[person], platform, series)
    given = {
        "space": space,
        "name": "Replay of the demo",
        "scopes": ["OBSERVATIONS_WRITE"],
        "expiresAt": _text(clock.now() + KEY_LASTS),
    }
    made = await client.do(ops.CREATE_KEY, operator, input=given)
    seen = [end for end in ends if end is not None]
    seen_until = min(seen) if len(seen) == len(ends) else None
    return Scene(platform, space, series, made["token"], made["key"]["id"], seen_until)


async def leave_scene(client: Client, operator: str, scene: Scene) -> None:
    """Take the key of a scene back; all else stays to be looked at."""
    await client.do(ops.REVOKE_KEY, operator, id=scene.key)


async def open_space(client: Client, operator: str, plan: Mapping[str, Any]) -> str:
    """Return the demo's space of this plan; it is opened unless it is open."""
    closed = 0
    async for space in client.nodes(ops.SPACES, operator):
        if space["name"] == plan["name"] and CATEGORY in space["categories"]:
            if space["closedAt"] is None:
                return str(space["id"])
            closed += 1
    # Two demos that begin at the same moment agree on the key, and so on the space.
    key = f"fivefold-demo/{plan['name']}/{closed}"
    made = await client.do(ops.CREATE_SPACE, operator, input={**plan, "idempotencyKey": key})
    return str(made["id"])


async def _token(client: Client, person: Person) -> str:
    given = {"email": person.email, "password": PASSWORD, "label": "demo"}
    try:
        signed_in = await client.do(ops.SIGN_IN, input=given)
    except Declined as declined:
        if declined.code != "WRONG_CREDENTIALS":
            raise
        account = {
            "email": person.email,
            "password": PASSWORD,
            "name": person.name,
            "locale": person.locale,
        }
        await client.do(ops.SIGN_UP, input=account)
        try:
            signed_in = await client.do(ops.SIGN_IN, input=given)
        except Declined:
            raise DemoFailed(
                f"{person.email} has an account here, and its password is not the demo's.\n"
                "  Play on another server: fivefold serve --ephemeral --port 8001",
                2,
            ) from None
    token: str = signed_in["token"]
    return token


async def _series(
    client: Client, operator: str, space: str, plan: dict[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] | None
    found = (await client.ask(ops.SERIES, operator, space=space, key=plan["key"]))["series"]
    if found is None:
        given = {**plan, "space": space, "idempotencyKey": f"fivefold-demo/{plan['key']}/{space}"}
        found = await client.do(ops.CREATE_SERIES, operator, input=given)
    return found or {}


async def _subscribe(
    client: Client, person: Person, token: str, platform: Platform, series: Mapping[str, str]
) -> None:
    known = {
        (mine["name"], (mine["series"] or {}).get("id"))
        async for mine in client.nodes(ops.SUBSCRIPTIONS, token)
        if mine["status"] in {"ACTIVE", "PAUSED"}
    }
    for watch in platform.watches:
        id = series[watch.series]
        if watch.person == person and (watch.name, id) not in known:
            given = {
                "series": id,
                "name": watch.name,
                "trigger": {"threshold": watch.threshold},
                "idempotencyKey": f"fivefold-demo/{watch.name}/{id}",
            }
            await client.do(ops.SUBSCRIBE, token, input=given)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None


def _text(at: datetime) -> str:
    return f"{at.isoformat()}Z"
