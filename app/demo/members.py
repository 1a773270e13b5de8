"""The members of a story's space: who joins it, as what, and that every process knows it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from app.demo import broker_operations as ops
from app.demo.cast import OPERATOR, Cast
from app.demo.client import DemoFailed

KNOWN_SOON_SECONDS, LOOK_EVERY_SECONDS = 5, 0.05


async def gather_members(cast: Cast, plan: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Give everybody the role and the sides of a plan, unless they are members already.

    Return their identifiers by their names.

    Raises:
        DemoFailed: a process does not come to know it.

    """
    found = (await cast.ask(OPERATOR, ops.MEMBERS, id=cast.space))["space"]["members"]["nodes"]
    there = {member["user"]["id"] for member in found}
    ids = await asyncio.gather(*(cast.id(member["person"]) for member in plan))
    for member, user in zip(plan, ids, strict=True):
        if user not in there:
            who = {"space": cast.space, "user": user}
            await cast.do(OPERATOR, ops.SET_ROLE, input={**who, "role": member["role"]})
            if member.get("sides"):
                await cast.do(OPERATOR, ops.ASSIGN_GROUP, input={**who, "sides": member["sides"]})
    names = [member["person"] for member in plan]
    await asyncio.gather(*(_be_known(cast, name) for name in names))
    return dict(zip(names, ids, strict=True))


async def _be_known(cast: Cast, name: str) -> None:
    """Wait until every process knows that somebody is a member now."""
    known, until = 0, asyncio.get_running_loop().time() + KNOWN_SOON_SECONDS
    while known < len(cast.client.urls):
        found = (await cast.ask(name, ops.MY_ROLE, id=cast.space))["space"]
        known = known + 1 if found["myRole"] else 0
        if asyncio.get_running_loop().time() > until:
            raise DemoFailed(f"{name} does not become a member of the space. Try again.")
        if not known:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
