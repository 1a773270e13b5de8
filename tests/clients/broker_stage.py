"""Whom and what the knowledge broker's examples meet.

Ada asks, Rosa is a researcher, Mia a moderator, and Olga runs the server and owns the space. Ada's
case has an answer of Rosa's and Ada's consent; her older question waits for Rosa.
"""

from typing import Any

from tests.api import Person, World
from tests.clients.place import Stage
from tests.clinic import ASK, OPEN_CASE
from tests.consulting import DECLARE, SAY
from tests.giving import EXPORT, GIVE

SENDERS = {
    "broker-create-space": "olga",
    "broker-update-rules": "olga",
    "broker-join-group": "mia",
    "broker-assign-group": "mia",
    "broker-reply": "rosa",
    "broker-revise-reply": "rosa",
    "broker-invitations": "rosa",
    "broker-answer-invitation": "rosa",
    "broker-declare-expertise": "rosa",
    "broker-verify-expert": "olga",
    "broker-revoke-expertise": "mia",
    "broker-export": "rosa",
    "broker-record-use": "rosa",
}
FIRST = {
    "broker-reopen": ["broker-close"],
    "broker-undo-acceptance": ["broker-accept"],
    "broker-reputation": ["broker-vote", "broker-accept"],
    "broker-replies": ["broker-vote", "broker-accept"],
    "broker-expertise": ["broker-endorse-expert"],
    "broker-uses": ["broker-record-use"],
}
REFUSED = {"broker-wrong-direction": "NotAllowed"}

SPACE = {
    "name": "Long COVID: patients and researchers",
    "model": "KNOWLEDGE_BROKER",
    "domain": "SOCIAL",
    "openness": "OPEN",
}
CASE = {
    "subject": "fatigue",
    "title": "Exhausted for days after a short walk",
    "text": "Since the infection a walk of ten minutes costs me two days in bed.",
    "tags": ["exertion", "walking"],
    "facets": [
        {"name": "fatigue after exertion", "presence": "PRESENT", "onset": "2023-11-03T00:00:00Z"},
        {"name": "fever", "presence": "ABSENT"},
    ],
    "visibility": "SPACE",
}
QUESTION = {
    "subject": "fatigue",
    "title": "How long should a walk be when I am exhausted after each one?",
    "text": "Each walk leaves me exhausted for days. Is a shorter walk each day better?",
    "tags": ["exertion", "walking"],
    "visibility": "PUBLIC",
}
ADVICE = {
    "act": "ADVICE",
    "basis": "EXPERTISE",
    "text": "Stop well before you are tired, and write down what each day cost you.",
}
CREATE = (
    "mutation M($input: CreateSpaceInput!) { createSpace(input: $input) { ... on Node { id } } }"
)
INVITE = """
mutation M($input: InviteExpertInput!) { inviteExpert(input: $input) { ... on Node { id } } }
"""
FOLLOW = "mutation M($input: FollowInput!) { follow(input: $input) { ... on Node { id } } }"


async def furnish(world: World, stage: Stage) -> None:
    """Add a space of patients and researchers, its people and their threads."""
    for name in ("rosa", "mia"):
        stage.others[name] = await world.person(name)
    ada, rosa, mia, olga = (stage[name] for name in ("ada", "rosa", "mia", "olga"))
    space = stage.ids["spc"] = await _made(olga, CREATE, SPACE)
    seeker, expert = ("MEMBER", ["SEEKERS"]), ("MEMBER", ["EXPERTS"])
    await world.join(space, {ada: seeker, rosa: expert, mia: ("MODERATOR", [])})
    stage.ids["usr"] = rosa.id or ""
    stage.ids["thr_other"] = await _made(ada, ASK, {"space": space, **QUESTION})
    thread = stage.ids["thr"] = await _made(ada, OPEN_CASE, {"space": space, **CASE})
    knows = {"space": space, "subject": "fatigue", "statement": "Twelve years of physiology."}
    stage.ids["exp"] = await _made(rosa, DECLARE, knows)
    stage.ids["rpl"] = await _made(rosa, SAY, {"thread": thread, **ADVICE})
    asked = {"thread": stage.ids["thr_other"], "person": rosa.id}
    stage.ids["inv"] = await _made(ada, INVITE, asked)
    followed = {"kind": "TAG", "target": "exertion", "space": space}
    stage.ids["fol"] = await _made(ada, FOLLOW, followed)
    given = {"thread": thread, "purpose": "RESEARCH", "textVersion": 1}
    stage.ids["con"] = await _made(ada, GIVE, given)
    export = (await rosa.ask(EXPORT, space=space))["researchExport"]
    stage.ids["case"] = export["cases"]["nodes"][0]["pseudonym"]


async def happen(stage: Stage, _name: str) -> str:
    """Let Rosa ask back in Ada's case; return the identifier of her reply, which streams tell."""
    asked = {"thread": stage.ids["thr"], "act": "CLARIFY", "text": "How far did you walk before?"}
    return await _made(stage["rosa"], SAY, asked)


async def _made(person: Person, deed: str, given: dict[str, Any]) -> str:
    done = await person.do(deed, input=given)
    assert "id" in done, done
    id: str = done["id"]
    return id
