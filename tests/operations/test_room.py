"""The room of a campaign: who comments, suggests and reads there, by their present level."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.api import Person, World
from tests.clinic import FAILURES
from tests.funding import Scene, campaign, tier
from tests.supporting import follow

COMMENT = "__typename ... on Comment { id kind text author { id } update { id } campaign { id } }"
SAY = f"""
mutation M($input: CommentInput!) {{ comment(input: $input) {{ {COMMENT} {FAILURES} }} }}
"""
ROOM = f"""
query Q($id: ID!, $update: ID, $kind: Remark) {{ campaign(id: $id) {{
  comments(update: $update, kind: $kind) {{ totalCount nodes {{ {COMMENT} }} }} }} }}
"""
POST = """
mutation M($input: PostUpdateInput!) { postUpdate(input: $input) { ... on Update { id } } }
"""
NODE = "query Q($id: ID!) { node(id: $id) { id } }"
EVENTS = """
subscription S($id: ID!, $after: String) { campaignEvents(id: $id, after: $after) {
  ... on CampaignEvent { type comment { text } } } }
"""
TIERS = [
    tier(1, 1_000, "READ_UPDATES", "COMMENT"),
    tier(2, 5_000, "READ_UPDATES", "COMMENT", "SUGGEST"),
]


async def say(scene: Scene, who: str, text: str = "Well done!", **more: Any) -> dict[str, Any]:
    """Return what comes of writing in the room."""
    plain = {"campaign": scene.id, "text": text}
    done: dict[str, Any] = await scene[who].do(SAY, input=plain | more)
    return done


async def posted(scene: Scene, **more: Any) -> str:
    """Return the identifier of fresh news."""
    plain = {"campaign": scene.id, "title": "News", "text": "The panels have come."}
    id: str = (await scene["owner"].do(POST, input=plain | more))["id"]
    return id


async def room(person: Person, id: str, **sought: Any) -> set[str] | None:
    """Return what somebody reads in a room; None if they are not in it."""
    found = (await person.ask(ROOM, id=id, **sought))["campaign"]["comments"]
    if found is None:
        return None
    texts = {one["text"] for one in found["nodes"]}
    assert found["totalCount"] == len(texts)
    return texts


@pytest.fixture
async def scene(world: World) -> Scene:
    """A campaign that ana supports at its first level, bo at its second and cleo below both."""
    scene = await campaign(world, mode="KEEP_IT_ALL", tiers=TIERS)
    for who, amount in (("ana", 1_000), ("bo", 5_000), ("cleo", 500)):
        await scene.given(who, amount)
    return scene


async def test_who_writes_and_who_reads(scene: Scene) -> None:
    """Those whose level gives the right, and the team; moderators read what is written."""
    table = {
        "owner": ("Comment", "Comment", True),
        "mate": ("Comment", "Comment", True),
        "bo": ("Comment", "Comment", True),
        "ana": ("Comment", "NOT_ALLOWED", True),
        "cleo": ("NOT_ALLOWED", "NOT_ALLOWED", False),
        "moderator": ("NOT_ALLOWED", "NOT_ALLOWED", True),
        "operator": ("NOT_ALLOWED", "NOT_ALLOWED", True),
        "stranger": ("NOT_ALLOWED", "NOT_ALLOWED", False),
        "anonymous": ("NOT_SIGNED_IN", "NOT_SIGNED_IN", False),
    }
    made = ""
    for who, (comments, suggests, _) in table.items():
        done = await say(scene, who)
        made = done.get("id", made)
        assert done.get("code", done["__typename"]) == comments, who
        done = await say(scene, who, "A bench?", kind="SUGGESTION")
        assert done.get("code", done["__typename"]) == suggests, who
    for who, (_, _, reads) in table.items():
        expected = {"Well done!", "A bench?"} if reads else None
        found = (await scene[who].ask(ROOM, id=scene.id))["campaign"]["comments"]
        texts = None if found is None else {one["text"] for one in found["nodes"]}
        assert texts == expected, who
        assert ((await scene[who].ask(NODE, id=made))["node"] is not None) == reads, who
    why = await say(scene, "cleo")
    assert "level 1" in why["message"]


async def test_what_is_said_under_news_is_for_its_readers(scene: Scene) -> None:
    """Under news for a level only those write and read who read the news, and moderators read."""
    news = await posted(scene, audience="TIER", rank=2)
    under = await say(scene, "bo", "Under it", update=news)
    assert under["update"] == {"id": news}
    for who, sees in (("bo", True), ("moderator", True), ("ana", False), ("stranger", False)):
        assert ((await scene[who].ask(NODE, id=under["id"]))["node"] is not None) == sees, who
    await say(scene, "ana", "By itself", kind="COMMENT")
    hidden = await say(scene, "ana", update=news)
    assert hidden["code"] == "NOT_FOUND"
    assert await room(scene["bo"], scene.id) == {"Under it", "By itself"}
    assert await room(scene["bo"], scene.id, update=news) == {"Under it"}
    assert await room(scene["bo"], scene.id, kind="SUGGESTION") == set()
    assert await room(scene["ana"], scene.id) == {"By itself"}
    assert await room(scene["ana"], scene.id, update=news) == set()
    assert await room(scene["moderator"], scene.id) == {"Under it", "By itself"}
    elsewhere = await say(scene, "owner", update="upd_nothing")
    assert elsewhere["code"] == "NOT_FOUND"


async def test_the_room_follows_the_level_in_open_streams(scene: Scene) -> None:
    """Who gets money back is out of the room at that moment, live and on replay."""
    async with AsyncExitStack() as stack:
        hers = await follow(stack, scene["ana"], EVENTS, id=scene.id)
        theirs = await follow(stack, scene["moderator"], EVENTS, id=scene.id)
        outside = await follow(stack, scene["stranger"], EVENTS, id=scene.id)
        await say(scene, "bo", "one")
        assert (await hers.next())["comment"] == {"text": "one"}
        [id] = [
            one["_id"]
            for one in await scene.world.db["contributions"].find({"campaign": scene.id}).to_list()
            if one["supporter"] == scene["ana"].id
        ]
        await scene.refund("owner", id)
        await scene.world.engine.services.collecting.rest()
        await say(scene, "bo", "two")
        await posted(scene)
        heard = [*await hers.until("update.posted"), *await outside.until("update.posted")]
        assert "comment.written" not in {one["type"] for one in heard}
        said = [one["comment"] for one in await theirs.until("update.posted")]
        assert [one["text"] for one in said if one] == ["one", "two"]
    assert await room(scene["ana"], scene.id) is None
    assert (await say(scene, "ana"))["code"] == "NOT_ALLOWED"


async def test_the_room_stands_as_the_campaign_does(scene: Scene) -> None:
    """Suspended, nobody writes; failed, there is nothing left to suggest; reading stays."""
    await say(scene, "bo", "before")
    await scene.act("SUSPEND", "moderator")
    for who in ("owner", "bo"):
        done = await say(scene, who)
        assert (done["__typename"], done["found"]) == ("WrongState", "SUSPENDED")
    await scene.act("RESUME", "moderator")
    await scene.act("CANCEL")
    assert (await say(scene, "owner", "goodbye"))["__typename"] == "Comment"
    assert (await say(scene, "owner", kind="SUGGESTION"))["found"] == "CANCELLED"
    assert await room(scene["mate"], scene.id) == {"before", "goodbye"}


async def test_what_is_said_is_checked_and_said_once(scene: Scene) -> None:
    """An empty text is refused; the same key writes one comment."""
    empty = await say(scene, "bo", "  ")
    assert [one["path"] for one in empty["problems"]] == ["text"]
    first = await say(scene, "bo", "Once", idempotencyKey="k")
    assert await say(scene, "bo", "Once", idempotencyKey="k") == first
    assert (await say(scene, "bo", "Other", idempotencyKey="k"))["__typename"] == "Conflict"
    assert await room(scene["bo"], scene.id) == {"Once"}
