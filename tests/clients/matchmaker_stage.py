"""Whom and what the matchmaker's examples meet."""

from typing import Any

from app.ids import new_id
from tests.api import Person, World
from tests.clients.place import Stage
from tests.completed import REVIEW
from tests.market import act, propose
from tests.posted import CREATE

TO_DO = ["matchmaker-accept", "matchmaker-start"]
DONE = [*TO_DO, "matchmaker-complete"]

SENDERS: dict[str, str] = {
    "matchmaker-create-need": "ben",
    "matchmaker-update-need": "ben",
    "matchmaker-withdraw-need": "ben",
    "matchmaker-offers": "ben",
    "matchmaker-suggest": "ben",
    "matchmaker-explain": "ben",
    "matchmaker-withdraw": "ben",
    "matchmaker-accept-agreement": "ben",
    "matchmaker-disputes": "mia",
    "matchmaker-resolve": "mia",
    "matchmaker-verify": "mia",
    "matchmaker-reports": "mia",
    "matchmaker-try-run": "mia",
    "matchmaker-run": "mia",
    "matchmaker-rules": "stranger",
    "matchmaker-update-rules": "olga",
}
FIRST: dict[str, list[str]] = {
    "matchmaker-match": ["matchmaker-accept"],
    "matchmaker-cancel": ["matchmaker-accept"],
    "matchmaker-start": ["matchmaker-accept"],
    "matchmaker-no-show": ["matchmaker-accept"],
    "matchmaker-complete": TO_DO,
    "matchmaker-dispute": DONE,
    "matchmaker-disputes": [*DONE, "matchmaker-dispute"],
    "matchmaker-resolve": [*DONE, "matchmaker-dispute"],
    "matchmaker-review": DONE,
    "matchmaker-reviews": [*DONE, "matchmaker-review"],
    "matchmaker-accept-agreement": ["matchmaker-write-agreement"],
    "matchmaker-messages": ["matchmaker-send-message"],
    "matchmaker-unblock": ["matchmaker-block"],
    "matchmaker-blocks": ["matchmaker-block"],
}
REFUSED: dict[str, str] = {}

OPEN = """
mutation M($key: String!) { createSpace(input: {
  name: "Neighbours of Strasbourg", model: MATCHMAKER, domain: SOCIAL, openness: OPEN
  categories: ["languages", "repairs", "moving", "company"], idempotencyKey: $key
}) { ... on Space { id } ... on Error { message } } }
"""
JOIN = "mutation M($space: ID!) { joinSpace(space: $space) { __typename } }"
WRITE = """
mutation M($input: SendMessageInput!) {
  sendMessage(input: $input) { ... on Message { id } ... on Error { message } } }
"""
NEUDORF = {"longitude": 7.7640, "latitude": 48.5660}
KRUTENAU = {"longitude": 7.7590, "latitude": 48.5800}
MAY = {"startsAt": "2030-05-04T06:00:00Z", "endsAt": "2030-05-04T12:00:00Z"}
LETTERS = {"category": "languages/french", "skills": ["French"], "languages": ["en", "fr"]}
SAID = "Shall I bring straps?"


async def furnish(world: World, stage: Stage) -> None:
    """Let Ben need what Ada offers, in a space that Olga owns and Mia moderates.

    Of the first need and offer there is no match yet. Of others one waits for Ada's answer, and
    one is over; Ada was not content with it.
    """
    ada, ben = stage.ada, stage.ben
    mia, stranger = await world.person("mia"), await world.person("stranger")
    stage.others |= {"mia": mia, "stranger": stranger}
    space = (await stage.olga.do(OPEN, key=new_id("spaces")))["id"]
    for person in (ada, ben):
        await person.do(JOIN, space=space)
    await world.join(space, {mia: ("MODERATOR", [])})
    stage.ids["spc"] = space
    plain: dict[str, Any] = LETTERS | {"radiusM": 5000, "windows": [MAY]}
    stage.ids["ned"] = await _post(
        space, ben, "Need", "Read letters with me", **plain, place=NEUDORF
    )
    stage.ids["off"] = await _post(
        space, ada, "Offer", "French, read and written", **plain, place=KRUTENAU
    )
    stage.ids["mat"] = await _match(stage, "A washing machine, up the stairs", "Strong arms")
    over = await _match(stage, "A wardrobe, down the stairs", "Strong arms again")
    for deed in ("ACCEPT", "START", "COMPLETE"):
        await act(ada, deed, over)
    await _review(ben, over, 5, "Strong arms, and a good eye for corners.")
    await _review(ada, over, 1, "It was two wardrobes.", privateNote="And he laughed about it.")


async def happen(stage: Stage, name: str) -> str:
    """Let Ben write to Ada; return what he writes."""
    assert name == "matchmaker-watch"
    sent = await stage.ben.do(WRITE, input={"match": stage.ids["mat"], "text": SAID})
    assert "id" in sent, sent
    return SAID


async def _post(space: str, owner: Person, noun: str, title: str, **more: Any) -> str:
    plain = {"space": space, "title": title, "category": "moving", "kind": "SERVICE"}
    made = await owner.do(CREATE % (noun, noun), input=plain | more)
    id: str = made["id"]
    return id


async def _match(stage: Stage, need: str, offer: str) -> str:
    """Return a match that Ben has proposed to Ada."""
    space = stage.ids["spc"]
    needed = await _post(space, stage.ben, "Need", need, place=NEUDORF)
    offered = await _post(space, stage.ada, "Offer", offer, place=KRUTENAU)
    proposed = await propose(stage.ben, needed, offered)
    id: str = proposed["id"]
    return id


async def _review(writer: Person, match: str, rating: int, text: str, **more: Any) -> None:
    given = {"match": match, "rating": rating, "text": text, **more}
    written = await writer.do(REVIEW, input=given)
    assert written["__typename"] == "Review", written
