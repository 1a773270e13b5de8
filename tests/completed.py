"""Completed matches, as the tests of what comes after them need them: reviews and what they say."""

from datetime import timedelta
from typing import Any

from app.db.match_documents import Match
from app.ids import derived_id, new_id
from tests.api import Person, World
from tests.matching.postings import match

REVIEW = """
mutation M($input: ReviewMatchInput!) {
  reviewMatch(input: $input) {
    __typename
    ... on Review { id rating text privateNote shownAt writtenAt category
      reviewer { id } subject { id } }
    ... on Error { message code }
    ... on WrongState { found }
    ... on NotAllowed { missing }
    ... on InvalidInput { problems { path message } }
  }
}
"""
VIEWERS = ("writer", "other", "stranger", "member", "moderator", "owner", "operator", "anonymous")


class Stage:
    """A space of Olga's with a moderator, and matches that take place in it."""

    def __init__(self, world: World, owner: Person, moderator: Person, space: str) -> None:
        self.world = world
        self.owner = owner
        self.moderator = moderator
        self.space = space

    async def completed(self, seeker: Person, giver: Person, **changes: Any) -> str:
        """Return a match of two people that was completed just now, or is as `changes` say."""
        held: dict[str, Any] = {
            "space": self.space,
            "need": new_id("needs"),
            "offer": new_id("offers"),
            "need_owner": seeker.id,
            "offer_owner": giver.id,
            "state": "COMPLETED",
            "accepted_by": ["NEED", "OFFER"],
            "window": None,
            "answer_by": None,
            "confirmed_at": self.world.clock() - timedelta(hours=2),
            "ended_at": self.world.clock(),
            "due_at": None,
        }
        made = match(new_id("matches"), **(held | changes))
        await self.world.db["matches"].insert_one(dict(made))
        return made["_id"]

    async def match(self, id: str) -> Match:
        """Return a match as it is stored."""
        found: Any = await self.world.db["matches"].find_one({"_id": id})
        return found  # type: ignore[no-any-return]

    async def praise(self, writer: Person, about: Person, rating: int = 5, **changes: Any) -> None:
        """Let one review the other after a match of theirs, and the other say something, too."""
        id = await self.completed(writer, about, **changes)
        for person, said in ((writer, rating), (about, 3)):
            written = await review(person, id, said)
            assert written["__typename"] == "Review", written


class Scene:
    """A completed match of Nia, who writes, and Otto, and everybody who might learn of it."""

    def __init__(self, stage: Stage, match: str, viewers: dict[str, Person]) -> None:
        self.world = stage.world
        self.stage = stage
        self.match = match
        self.viewers = viewers
        self.nia, self.otto = viewers["writer"], viewers["other"]
        self.standing = derived_id("standings", stage.space, self.otto.id)


async def set_the_stage(world: World, openness: str = "OPEN") -> Stage:
    """Return a fresh space with an owner and a moderator."""
    owner, moderator = await world.person("olga"), await world.person("max")
    space = await world.space(owner, openness=openness)
    await world.role(owner, space, moderator, "MODERATOR")
    return Stage(world, owner, moderator, space)


async def review(person: Person, match: str, rating: int = 4, **more: Any) -> dict[str, Any]:
    """Review the other side of a match; return the review, or the error."""
    written: dict[str, Any] = await person.do(
        REVIEW, input={"match": match, "rating": rating, **more}
    )
    return written


async def a_completed_match(world: World) -> Scene:
    """Return a match that was just completed, in an open space with one viewer of each kind."""
    stage = await set_the_stage(world)
    viewers = {"moderator": stage.moderator, "owner": stage.owner, "anonymous": world.anonymous}
    for name, called in (("writer", "nia"), ("other", "otto"), ("stranger", "x"), ("member", "y")):
        viewers[name] = await world.person(called)
    for name in ("writer", "other", "member"):
        await world.role(stage.owner, stage.space, viewers[name], "MEMBER")
    viewers["operator"] = await world.person("mo", operator=True)
    match = await stage.completed(viewers["writer"], viewers["other"])
    return Scene(stage, match, {name: viewers[name] for name in VIEWERS})
