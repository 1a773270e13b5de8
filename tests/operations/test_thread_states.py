"""The life of a thread, from the client's side: every state and deed, and whose deed it is."""

import asyncio
from typing import Any

import pytest

from app.ids import new_id
from tests.api import Person, World
from tests.clinic import FAILURES, THREAD, Clinic, open_clinic

ANSWER = f"{{ {THREAD} {FAILURES} }}"
DEEDS = {
    "REVISE": f"""mutation M($id: ID!, $version: Int!) {{ reviseThread(input: {{
      thread: $id, expectedVersion: $version, text: "Something else."}}) {ANSWER} }}""",
    "CLOSE": f"mutation M($id: ID!) {{ closeThread(input: {{thread: $id}}) {ANSWER} }}",
    "REOPEN": f"mutation M($id: ID!) {{ reopenThread(input: {{thread: $id}}) {ANSWER} }}",
    "MARK_DUPLICATE": f"""mutation M($id: ID!, $of: ID!) {{
      markDuplicate(input: {{thread: $id, of: $of}}) {ANSWER} }}""",
    "WITHDRAW": f"mutation M($id: ID!) {{ withdrawThread(input: {{thread: $id}}) {ANSWER} }}",
}
REFUSED = "{ __typename ... on Error { message code } ... on WrongState { found } }"
OTHERS = {
    "INVITE": f"""mutation M($id: ID!, $person: ID!) {{
      inviteExpert(input: {{thread: $id, person: $person}}) {REFUSED} }}""",
    "ADVISE": f"""mutation M($id: ID!) {{
      reply(input: {{thread: $id, act: ADVICE, text: "Rest."}}) {REFUSED} }}""",
    "CLARIFY": f"""mutation M($id: ID!) {{
      reply(input: {{thread: $id, act: CLARIFY, text: "When?"}}) {REFUSED} }}""",
    "VOTE": f"""mutation M($reply: ID!) {{
      vote(input: {{reply: $reply, value: UP}}) {REFUSED} }}""",
    "ACCEPT": f"mutation M($reply: ID!) {{ acceptReply(id: $reply) {REFUSED} }}",
    "UNDO_ACCEPT": f"""mutation M($reply: ID!) {{
      undoAcceptance(id: $reply) {REFUSED} }}""",
}
BY = {"ADVISE": "emil", "CLARIFY": "emil", "VOTE": "sam"}
# What follows: `=` where the thread stays what it is, a dot where the deed is refused with the
# state that was found, `gone` where whoever would do it does not see the thread any more.
LIFE = """
          INVITE ADVISE   CLARIFY VOTE REVISE ACCEPT   UNDO_ACCEPT CLOSE  REOPEN   MARK_DUPLICATE
OPEN      ROUTED ANSWERED =       =    =      .        .           CLOSED .        DUPLICATE
ROUTED    ROUTED ANSWERED =       =    =      ACCEPTED =           CLOSED .        DUPLICATE
ANSWERED  =      =        =       =    =      ACCEPTED =           CLOSED .        DUPLICATE
ACCEPTED  =      =        =       =    =      .        ANSWERED    CLOSED .        .
CLOSED    .      .        .       =    .      .        .           .      REOPENED .
REOPENED  ROUTED ANSWERED =       =    =      ACCEPTED =           CLOSED .        DUPLICATE
ESCALATED ROUTED ANSWERED =       =    =      ACCEPTED =           CLOSED .        DUPLICATE
DUPLICATE .      .        .       =    .      .        .           .      REOPENED .
WITHDRAWN .      gone     gone    gone .      .        .           .      .        .
"""
WITHDRAWN = """
          WITHDRAW
OPEN      WITHDRAWN
ROUTED    WITHDRAWN
ANSWERED  WITHDRAWN
ACCEPTED  WITHDRAWN
CLOSED    WITHDRAWN
REOPENED  WITHDRAWN
ESCALATED WITHDRAWN
DUPLICATE WITHDRAWN
WITHDRAWN .
"""
# yes: may do it; no: is told what they lack; dot: there is no such thread for them.
WHO = """
           REVISE CLOSE REOPEN MARK_DUPLICATE WITHDRAW   EXPERTS_ONLY
ana        yes    yes   yes    yes            yes        yes
sam        no     no    no     no             no         .
mia        no     no    no     no             no         .
eva        no     no    no     no             no         no
bo         no     no    no     no             no         no
max        no     yes   yes    yes            no         .
olga       no     yes   yes    yes            no         .
mo         no     yes   yes    yes            no         .
stranger   .      .     .      .              .          .
anonymous  .      .     .      .              .          .
"""
EVENTS = """
query Q($id: ID!) { events(filter: {subject: $id}) { nodes { type actor } } }
"""
OPEN_TO = {"REOPEN": "CLOSED"}


def table(text: str) -> dict[tuple[str, str], str]:
    """Return the cells of a table by row and column."""
    head, *rows = (row.split() for row in text.strip().splitlines())
    return {
        (row, column): cell
        for row, *cells in rows
        for column, cell in zip(head, cells, strict=True)
    }


@pytest.fixture
async def clinic(world: World) -> Clinic:
    """An open space with people of every standing."""
    return await open_clinic(world)


async def do(person: Person, deed: str, id: str, of: str | None = None) -> dict[str, Any]:
    """Return what comes of a deed on a thread, which has its first version."""
    given: dict[str, Any] = {"id": id}
    if deed == "REVISE":
        given["version"] = 1
    if deed == "MARK_DUPLICATE":
        given["of"] = of
    done: dict[str, Any] = await person.do(DEEDS[deed], **given)
    return done


class Copies:
    """Copies of a thread of Ana's in which Eva has advised, in any state."""

    def __init__(self, clinic: Clinic, thread: Any, reply: Any) -> None:
        self._clinic = clinic
        self._pattern = thread, reply

    async def stand(self, state: str, *, accepted: bool) -> tuple[str, str]:
        """Return the identifiers of a fresh thread in this state, and of its reply."""
        thread, reply = (pattern | {"_id": new_id(kind)} for pattern, kind in self._kinds())
        thread |= {"state": state, "accepted_reply": reply["_id"] if accepted else None}
        await self._clinic.world.db["threads"].insert_one(thread)
        await self._clinic.world.db["replies"].insert_one(reply | {"thread": thread["_id"]})
        return thread["_id"], reply["_id"]

    def _kinds(self) -> list[tuple[Any, str]]:
        return list(zip(self._pattern, ("threads", "replies"), strict=True))


async def answered(clinic: Clinic) -> Copies:
    """Return copies of a thread with one reply."""
    id = await clinic.asked()
    advised = await clinic["eva"].do(OTHERS["ADVISE"], id=id)
    assert advised["__typename"] == "Reply", advised
    reply = await clinic.world.db["replies"].find_one({"thread": id})
    return Copies(clinic, await clinic.stored(id), reply)


async def test_every_deed_in_every_state(clinic: Clinic) -> None:
    """A deed leads on as the table says, or names the state that stands in its way."""
    copies, original = await answered(clinic), await clinic.asked("sam")
    wrong = []
    for (state, deed), cell in (table(LIFE) | table(WITHDRAWN)).items():
        accepted = "ACCEPT" in state or deed == "UNDO_ACCEPT"
        id, reply = await copies.stand(state, accepted=accepted)
        person = clinic[BY.get(deed, "ana")]
        known = {"id": id, "reply": reply, "version": 2, "of": original}
        known["person"] = clinic["emil"].id
        query = (DEEDS | OTHERS)[deed]
        possible = ((await clinic.read(person.name, id)) or {"possible": []})["possible"]
        given = {name: value for name, value in known.items() if f"${name}:" in query}
        done = await person.do(query, **given)
        after = (await clinic.stored(id))["state"]
        code = {".": "WRONG_STATE", "gone": "NOT_FOUND"}.get(cell)
        found = state if cell == "." else None
        right = (done.get("code"), done.get("found")) == (code, found)
        right = right and after == (state if cell in {"=", ".", "gone"} else cell)
        if not right or (deed in possible) != (code is None):
            wrong.append((state, deed, cell, done, after, possible))
    assert wrong == []


async def test_whose_deed_it_is(clinic: Clinic) -> None:
    """Others are told who may; and for whom there is no such thread, there is none for deeds."""
    original = await clinic.asked("sam", visibility="PUBLIC")
    wrong = []
    for (who, deed), expected in table(WHO).items():
        secret = deed == "EXPERTS_ONLY"
        tried = "CLOSE" if secret else deed
        state = OPEN_TO.get(tried, "OPEN")
        id = await clinic.asked(visibility="EXPERTS_ONLY" if secret else "SPACE", state=state)
        done = await do(clinic[who], tried, id, original)
        found = {"Thread": "yes", "NotAllowed": "no", "NotFound": "."}[done["__typename"]]
        if found != expected or (found == "no" and "the person who asked" not in done["missing"]):
            wrong.append((who, deed, done))
    assert wrong == []


async def test_in_a_public_thread_passers_by_are_told_to_come_in(clinic: Clinic) -> None:
    """They see it, and lack membership or a session."""
    id = await clinic.asked(visibility="PUBLIC")
    refused = await do(clinic["stranger"], "CLOSE", id)
    assert refused["code"] == "NOT_ALLOWED"
    assert "membership of the space" in refused["missing"]
    assert (await do(clinic["anonymous"], "CLOSE", id))["code"] == "NOT_SIGNED_IN"


async def test_an_asker_who_left_can_still_take_back(clinic: Clinic) -> None:
    """A case remains its asker's, though they are no member any more."""
    id = await clinic.asked(visibility="PUBLIC")
    leave = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"
    await clinic["ana"].do(leave, space=clinic.space)
    await clinic.world.engine.services.log.caught_up()
    assert (await do(clinic["ana"], "WITHDRAW", id))["state"] == "WITHDRAWN"


async def test_an_asker_who_left_a_closed_circle_takes_back_and_no_more(world: World) -> None:
    """Where only members read, the thread is gone for them, and still theirs to withdraw."""
    clinic = await open_clinic(world, "MEMBERS")
    id, other = await clinic.asked(), await clinic.asked("sam")
    leave = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"
    await clinic["ana"].do(leave, space=clinic.space)
    await world.engine.services.log.caught_up()
    assert (await do(clinic["ana"], "CLOSE", id))["code"] == "NOT_FOUND"
    assert (await do(clinic["ana"], "WITHDRAW", other))["code"] == "NOT_FOUND"
    assert (await do(clinic["ana"], "WITHDRAW", id))["state"] == "WITHDRAWN"
    assert await clinic.read("eva", id) is None


async def test_what_is_possible_can_be_done(clinic: Clinic) -> None:
    """Neither what only time does, nor words of somebody who has left the space."""
    id = await clinic.asked(visibility="PUBLIC")
    for who in ("mo", "max"):
        seen = await clinic.read(who, id) or {}
        assert seen["possible"] == ["INVITE", "CLOSE", "MARK_DUPLICATE"]
    leave = "mutation M($space: ID!) { leaveSpace(space: $space) { __typename } }"
    await clinic["ana"].do(leave, space=clinic.space)
    await clinic.world.engine.services.log.caught_up()
    seen = await clinic.read("ana", id) or {}
    assert seen["possible"] == ["INVITE", "REVISE", "CLOSE", "MARK_DUPLICATE", "WITHDRAW"]


async def test_the_operator_to_whom_a_thread_came_deals_with_it(clinic: Clinic) -> None:
    """They see it by its pseudonym; other threads for experts are not there for them."""
    came = await clinic.asked(
        visibility="EXPERTS_ONLY", state="ESCALATED", escalated_at=clinic.world.clock()
    )
    seen = await clinic.read("mo", came)
    assert seen is not None
    assert seen["asker"] is None
    assert seen["possible"] == ["INVITE", "CLOSE", "MARK_DUPLICATE"]
    assert (await do(clinic["mo"], "CLOSE", came))["state"] == "CLOSED"


async def test_what_is_withdrawn_is_there_for_its_asker_alone(clinic: Clinic) -> None:
    """Gone for all others: from `thread`, lists and counts, searches and the log."""
    id = await clinic.asked(visibility="PUBLIC", invited=[clinic["emil"].id])
    assert (await do(clinic["ana"], "WITHDRAW", id))["possible"] == []
    everywhere = """query Q($id: ID!, $space: ID!) {
      thread(id: $id) { state }
      threads(space: $space) { totalCount }
      searchThreads(space: $space, text: "zigzags") { totalCount }
      events(filter: {subject: $id}) { nodes { type } } }"""
    seen = await clinic["ana"].ask(everywhere, id=id, space=clinic.space)
    assert seen["thread"] == {"state": "WITHDRAWN"}
    assert seen["threads"]["totalCount"] == seen["searchThreads"]["totalCount"] == 1
    assert [event["type"] for event in seen["events"]["nodes"]] == [
        "thread.asked",
        "thread.withdrawn",
    ]
    for who in ("sam", "eva", "emil", "max", "olga", "mo", "stranger", "anonymous"):
        assert await clinic[who].ask(everywhere, id=id, space=clinic.space) == {
            "thread": None,
            "threads": {"totalCount": 0},
            "searchThreads": {"totalCount": 0},
            "events": {"nodes": []},
        }, who


async def test_a_thread_that_is_over_does_not_go_on(clinic: Clinic) -> None:
    """Its search for an answer ends with it, and begins anew when it is reopened."""
    clock: Any = clinic.world.clock
    id = await clinic.asked()
    clock.turn(3600)
    assert (await do(clinic["ana"], "CLOSE", id))["route"]["dueAt"] is None
    clock.turn(3600)
    reopened = (await do(clinic["max"], "REOPEN", id))["route"]
    assert reopened["since"] == "2026-03-01T14:00:00.000Z"
    assert reopened["dueAt"] == "2026-03-02T02:00:00.000Z"
    assert (await clinic.stored(id))["route"]["asked"] == []


async def test_a_duplicate_names_its_original_to_those_who_see_that(clinic: Clinic) -> None:
    """To others the reference is empty; reopening takes it away."""
    original = await clinic.asked(visibility="EXPERTS_ONLY")
    id = await clinic.asked(visibility="PUBLIC")
    marked = await do(clinic["ana"], "MARK_DUPLICATE", id, original)
    assert marked["duplicateOf"] == {"id": original}
    for who, sees in (("eva", True), ("sam", False), ("max", False), ("anonymous", False)):
        seen = await clinic.read(who, id)
        assert seen is not None
        assert (seen["duplicateOf"] is not None) == sees
    assert (await do(clinic["ana"], "REOPEN", id))["duplicateOf"] is None


async def test_an_original_must_be_one(clinic: Clinic) -> None:
    """Not itself, not another duplicate, not what is elsewhere, and nothing that is not seen."""
    id, hidden = await clinic.asked(), await clinic.asked("sam", visibility="PAIR")
    duplicate = await clinic.asked("sam", state="DUPLICATE")
    elsewhere = await clinic.asked("sam", visibility="PUBLIC", space="spc_elsewhere")
    for of, code in ((id, "CONFLICT"), (duplicate, "CONFLICT"), (hidden, "NOT_FOUND")):
        assert (await do(clinic["ana"], "MARK_DUPLICATE", id, of))["code"] == code
    for of in (elsewhere, "thr_none"):
        assert (await do(clinic["ana"], "MARK_DUPLICATE", id, of))["code"] == "NOT_FOUND"
    assert (await clinic.stored(id))["state"] == "OPEN"


async def test_two_are_not_each_others_duplicates(clinic: Clinic) -> None:
    """Of two that are marked so at the same moment, one stays an original."""
    for _ in range(5):
        one, other = await clinic.asked(), await clinic.asked()
        marked = await asyncio.gather(
            do(clinic["ana"], "MARK_DUPLICATE", one, other),
            do(clinic["max"], "MARK_DUPLICATE", other, one),
        )
        assert sorted(done["__typename"] for done in marked) == ["Conflict", "Thread"]


async def test_a_deed_is_done_once(clinic: Clinic) -> None:
    """Of many who close a thread at the same moment, one does, and one event tells of it."""
    id = await clinic.asked()
    done = await asyncio.gather(*(do(clinic["max"], "CLOSE", id) for _ in range(8)))
    assert sorted(one["__typename"] for one in done) == ["Thread"] + 7 * ["WrongState"]
    events = (await clinic["sam"].ask(EVENTS, id=id))["events"]["nodes"]
    assert [event["type"] for event in events] == ["thread.asked", "thread.closed"]


async def test_every_step_is_an_event(clinic: Clinic) -> None:
    """With who took it, unless it was the asker; and with the state, never with a word of it."""
    original, id = await clinic.asked("sam"), await clinic.asked()
    ana, max_ = clinic["ana"], clinic["max"]
    for person, deed in (
        (ana, "REVISE"),
        (max_, "CLOSE"),
        (ana, "REOPEN"),
        (max_, "MARK_DUPLICATE"),
    ):
        assert (await do(person, deed, id, original))["__typename"] == "Thread"
    events = (await clinic["eva"].ask(EVENTS, id=id))["events"]["nodes"]
    assert [(event["type"], event["actor"]) for event in events] == [
        ("thread.asked", None),
        ("thread.revised", None),
        ("thread.closed", max_.id),
        ("thread.reopened", None),
        ("thread.marked_duplicate", max_.id),
    ]
    stored = [one async for one in clinic.world.db["events"].find({"subject": id}).sort("_id", 1)]
    assert [one["after"] for one in stored] == [
        {"state": "OPEN"},
        {"fields": ["text"]},
        {"state": "CLOSED"},
        {"state": "REOPENED"},
        {"state": "DUPLICATE"},
    ]
    assert all(one["to"] == [ana.id] and one["within"] == id for one in stored)


async def test_a_closed_space_changes_no_thread(clinic: Clinic) -> None:
    """What was asked in it can still be read."""
    id = await clinic.asked()
    space: Any = await clinic.world.db["spaces"].find_one({"_id": clinic.space})
    close = """mutation M($space: ID!, $version: Int!) {
      closeSpace(input: {space: $space, expectedVersion: $version}) { __typename } }"""
    await clinic["mo"].do(close, space=clinic.space, version=space["version"])
    refused = await do(clinic["ana"], "WITHDRAW", id)
    assert refused["missing"] == "a space that is open for changes"
    assert ((await clinic.read("ana", id)) or {})["possible"] == []
