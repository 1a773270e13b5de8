"""What a deed answers: with the level to which it has led, however it was sent."""

from typing import Any

import pytest
from orjson import loads

from app.ports import Credentials, GraphQLRequest
from tests.api import World
from tests.funding import Scene, campaign, goal, tier
from tests.supporting import verified

LEVEL = "campaign { myLevel { rank rights } }"
GIFT = f"... on Contribution {{ id {LEVEL} }}"
NAME = f"... on Signature {{ id {LEVEL} }}"
GIVE = f"mutation M($input: ContributeInput!) {{ contribute(input: $input) {{ {GIFT} }} }}"
CANCEL = f"""
mutation M($id: ID!) {{ cancelContribution(input: {{contribution: $id}}) {{ {GIFT} }} }}
"""
SIGN = f"mutation M($id: ID!) {{ signPetition(input: {{campaign: $id}}) {{ {NAME} }} }}"
WITHDRAW = f"mutation M($id: ID!) {{ withdrawSignature(id: $id) {{ {NAME} }} }}"
TWICE = f"""
mutation M($one: ContributeInput!, $two: ContributeInput!) {{
  one: contribute(input: $one) {{ {GIFT} }}
  two: contribute(input: $two) {{ {GIFT} }} }}
"""


@pytest.fixture
async def scene(world: World) -> Scene:
    """A campaign that seeks money and names, and has two levels."""
    scene = await campaign(
        world,
        rules={"validation": False},
        goals=[goal(), goal("SIGNATURE", 5)],
        tiers=[tier(1, 500, "READ_UPDATES"), tier(2, 1_000, "READ_UPDATES", "VOTE")],
    )
    await verified(scene, "ana")
    return scene


TELL = """
mutation M($id: ID!) {
  postUpdate(input: {campaign: $id, title: "News", text: "For you.", audience: SUPPORTERS}) {
    ... on Update { id } }
  comment(input: {campaign: $id, text: "Hello."}) { ... on Comment { id } }
  openPoll(input: {campaign: $id, question: "Which?", options: ["East", "West"]}) {
    ... on Poll { id } } }
"""
SEEN = "updates { nodes { title } } comments { nodes { text } } polls { nodes { question } }"


def gift(scene: Scene, amount: int) -> dict[str, Any]:
    """Return the input of a gift."""
    return {"campaign": scene.id, "amount": amount, "provider": "DEVELOPMENT"}


def rank(done: dict[str, Any]) -> int | None:
    """Return the rank in an answer, None where there is no level."""
    level = done["campaign"]["myLevel"]
    return None if level is None else level["rank"]


async def test_the_answer_has_the_new_level(scene: Scene) -> None:
    """Of giving, taking back, signing and withdrawing; and each deed of an operation its own."""
    ana = scene["ana"]
    done = await ana.do(GIVE, input=gift(scene, 600))
    assert rank(done) == 1
    assert rank(await ana.do(CANCEL, id=done["id"])) is None
    both = await ana.ask(TWICE, one=gift(scene, 700), two=gift(scene, 300))
    assert (rank(both["one"]), rank(both["two"])) == (1, 2)
    assert "VOTE" in both["two"]["campaign"]["myLevel"]["rights"]
    for which in ("one", "two"):
        done = await ana.do(CANCEL, id=both[which]["id"])
    assert rank(done) is None
    signed = await ana.do(SIGN, id=scene.id)
    assert rank(signed) == 0
    assert rank(await ana.do(WITHDRAW, id=signed["id"])) is None


async def test_the_answer_opens_what_the_new_level_opens(scene: Scene) -> None:
    """News, the room and polls, each by itself and all together."""
    assert all((await scene["owner"].ask(TELL, id=scene.id)).values())
    one = {"updates": "News", "comments": "Hello.", "polls": "Which?"}
    for asked in (*(f"{part} }} }}" for part in SEEN.split(" } } ")[:2]), SEEN):
        query = GIVE.replace(LEVEL, f"campaign {{ {asked} }}")
        done = await scene["ana"].do(query, input=gift(scene, 1_000))
        for name, wanted in one.items():
            if name in asked:
                [node] = done["campaign"][name]["nodes"]
                assert list(node.values()) == [wanted]
        await scene["ana"].do(CANCEL, id=done["id"])


async def test_over_a_socket_it_is_the_same(scene: Scene) -> None:
    """There rights follow the log, which is heard before the answer."""
    visitor = await scene.world.engine.admit(Credentials(scene["ana"].token, "", "req_socket"))
    assert visitor.ended is not None
    for amount, wanted in ((600, 1), (400, 2)):
        sent = GraphQLRequest(GIVE, {"input": gift(scene, amount)})
        answer = await (await visitor.prepare(sent)).run()
        assert rank(loads(answer.body)["data"]["contribute"]) == wanted
    await visitor.leave()


async def test_what_is_remembered_of_a_person_is_what_is_stored(scene: Scene) -> None:
    """After each deed, though the person's levels are not read again."""
    ana, engine = scene["ana"], scene.world.engine
    signed = await ana.do(SIGN, id=scene.id)
    ids = [(await ana.do(GIVE, input=gift(scene, amount)))["id"] for amount in (600, 700)]
    ranks = []
    for query, id in ((CANCEL, ids[0]), (CANCEL, ids[1]), (WITHDRAW, signed["id"])):
        await engine.services.log.caught_up()
        viewer = await engine.identities.find_viewer(ana.token or "")
        assert viewer
        stored = await scene.world.db["levels"].find({"user": ana.id}).to_list(None)
        assert {one["campaign"]: (one["rank"], frozenset(one["rights"])) for one in stored} == {
            campaign: (level.rank, level.rights) for campaign, level in viewer.levels.items()
        }
        ranks.append(viewer.levels[scene.id].rank)
        await ana.do(query, id=id)
    assert ranks == [2, 1, 0]
    await engine.services.log.caught_up()
    viewer = await engine.identities.find_viewer(ana.token or "")
    assert viewer
    assert not viewer.levels
