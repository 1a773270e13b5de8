"""A clinic in which threads of every circle are hidden from some, and viewers of every kind."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from app.db.follows import follow_id
from tests.api import Person, World
from tests.asking import invite
from tests.clinic import ASSIGN_GROUP, Clinic, open_clinic
from tests.consulting import decide, voted
from tests.consulting import said as replied

TIERS = ("PUBLIC", "SPACE", "EXPERTS_ONLY", "PAIR")
COURSES = ("ORDINARY", "ESCALATED", "WITHDRAWN")
CONSENT = """
mutation M($id: ID!) {
  giveConsent(input: {thread: $id, purpose: RESEARCH, textVersion: 1, withFreeText: true}) {
    __typename } }
"""
WITHDRAW = "mutation M($id: ID!) { withdrawThread(input: {thread: $id}) { __typename } }"


@dataclass
class Target:
    """A thread that some must not see, with all that would tell of it.

    Attributes:
        tier: its circle.
        course: what became of it.
        asker: who asked it, and nothing else.
        word: stands in its title, its text and its replies, and nowhere else.
        id: the thread.
        pseudonym: what its asker is called in it.
        replies: an expert's advice, and what the asker said to it.
        pointer: a thread for all to see that names this one as its original.

    """

    tier: str
    course: str
    asker: Person
    word: str
    id: str = ""
    pseudonym: str = ""
    replies: list[str] = field(default_factory=list)
    pointer: str = ""

    def traces(self) -> list[str]:
        """Return what tells of the thread."""
        return [self.id, self.word, self.pseudonym, *self.replies]

    def names(self) -> list[str]:
        """Return what tells who asked."""
        return [str(self.asker.id), self.asker.name]


@dataclass
class Hideout:
    """The clinic, its targets, and who looks: the word of a viewer is a row of the table."""

    clinic: Clinic
    openness: str
    targets: list[Target]
    viewers: dict[str, Person]
    beacon: str  # a thread that everybody sees who reads in the space

    def row(self, viewer: str, target: Target) -> str:
        """Return the row of the table that says how a viewer sees a target."""
        if viewer == "operator" and target.course == "ESCALATED":
            return "called operator"
        if not viewer.startswith("asker"):
            return viewer
        return "asker" if self.viewers[viewer] is target.asker else "seeker"

    def pairs(self) -> Iterator[tuple[str, Target]]:
        """Yield each viewer with each target; of the askers, each with their own."""
        for viewer, target in product(self.viewers, self.targets):
            if self.row(viewer, target) == "asker" or not viewer.startswith("asker"):
                yield viewer, target


async def hide_all(world: World, openness: str) -> Hideout:
    """Return a clinic with a target of each circle and course, and a viewer of each kind."""
    clinic = await open_clinic(world, openness)
    await decide(clinic, mostLoad=1000)
    former = await _member(clinic, "former", "EXPERTS")
    targets = [
        Target(tier, course, await _member(clinic, f"zoe{n}q", "SEEKERS"), f"quagga{n}x")
        for n, (tier, course) in enumerate(product(TIERS, COURSES))
    ]
    await world.engine.services.log.caught_up()
    for target in targets:
        await _ask(clinic, target, former)
    given = {"space": clinic.space, "user": former.id, "sides": ["SEEKERS"]}
    await clinic["max"].do(ASSIGN_GROUP, **given)
    beacon = await clinic.asked("bo", visibility="PUBLIC", title="Zigzags like the others")
    viewers = await _viewers(clinic, former)
    askers = {one.tier + one.course: one.asker for one in targets if one.course != "ESCALATED"}
    viewers |= {f"asker of {what}": asker for what, asker in askers.items()}
    await _follow_all(clinic, viewers, targets)
    await world.engine.services.log.caught_up()
    return Hideout(clinic, openness, targets, viewers, beacon)


async def _member(clinic: Clinic, name: str, side: str) -> Person:
    person = clinic.people[name] = await clinic.world.person(name)
    await clinic.world.role(clinic["olga"], clinic.space, person, "MEMBER")
    given = {"space": clinic.space, "user": person.id, "sides": [side]}
    assert await clinic["olga"].do(ASSIGN_GROUP, **given) == {"__typename": "Membership"}
    return person


async def _ask(clinic: Clinic, target: Target, former: Person) -> None:
    """Let a target be asked, answered, talked about and given to research, and take its course."""
    asker, word = target.asker, target.word
    target.id = await clinic.asked(
        asker.name, visibility=target.tier, title=f"Zigzags {word}", text=f"I see {word}."
    )
    made = await invite(asker, target.id, clinic["emil"], message=f"About {word}.")
    assert made["__typename"] == "Invitation", made
    target.replies = [
        await replied(clinic["emil"], target.id, text=f"Look at {word}."),
        await replied(asker, target.id, "CLARIFY", text=f"I did look at {word}."),
    ]
    await voted(clinic["emil"], target.replies[1], "UP")
    assert await asker.do(CONSENT, id=target.id) == {"__typename": "Consent"}
    stored = await clinic.stored(target.id)
    target.pseudonym = f"{stored['pseudonym']} {word}"
    past: dict[str, Any] = {"pseudonym": target.pseudonym}
    if target.course == "ESCALATED":
        past |= {"state": "ESCALATED", "escalated_at": clinic.world.clock()}
    threads = clinic.world.db["threads"]
    await threads.update_one(
        {"_id": target.id}, {"$set": past, "$push": {"invited": str(former.id)}}
    )
    if target.course == "WITHDRAWN":
        assert await asker.do(WITHDRAW, id=target.id) == {"__typename": "Thread"}
    target.pointer = await clinic.asked(
        "bo",
        visibility="PUBLIC",
        subject="knee",
        tags=[],
        title="My knee hurts",
        text="On stairs.",
        duplicate_of=target.id,
        state="DUPLICATE",
    )


async def _viewers(clinic: Clinic, former: Person) -> dict[str, Person]:
    """Return the viewers who have asked nothing, by the rows of the table."""
    elsewhere = await open_clinic(clinic.world)
    return {
        "anonymous": clinic["anonymous"],
        "stranger": clinic["stranger"],
        "expert elsewhere": elsewhere["eva"],
        "owner elsewhere": elsewhere["olga"],
        "key": await clinic.world.key(clinic["olga"], clinic.space, "OBSERVATIONS_READ"),
        "member": clinic["mia"],
        "seeker": clinic["sam"],
        "former expert": former,
        "expert": clinic["eva"],
        "invited expert": clinic["emil"],
        "moderator": clinic["max"],
        "owner": clinic["olga"],
        "operator": clinic["mo"],
    }


async def _follow_all(clinic: Clinic, viewers: dict[str, Person], targets: list[Target]) -> None:
    """Let each viewer follow every target, as if they had seen it once, and all of its names."""
    wanted = [("THREAD", one.id) for one in targets]
    wanted += [("TAG", "aura"), ("SUBJECT", "migraine")]
    await clinic.world.db["follows"].insert_many(
        [
            {
                "_id": follow_id(viewer.id, clinic.space, kind, target),
                "space": clinic.space,
                "person": viewer.id,
                "kind": kind,
                "target": target,
                "name": "" if kind == "THREAD" else target,
                "created_at": clinic.world.clock(),
            }
            for viewer in viewers.values()
            if viewer.id is not None
            for kind, target in wanted
        ]
    )
