"""How a thread finds its answer: experts are weighed for it, and time moves it on."""

from datetime import datetime
from typing import Any

from app.broking import experts as judge
from app.broking import routing
from app.broking.expertise import level_at
from app.broking.experts import Candidate, Suggestion
from app.broking.routing import Rung, Step
from app.broking.words import Level
from app.db import blocks as blocks_db
from app.db import expertise as expertise_db
from app.db import invitations as invitations_db
from app.db import routes as routes_db
from app.db import spaces as spaces_db
from app.db import threads as threads_db
from app.db.client import Database
from app.db.driver import Session
from app.db.events import Draft
from app.db.thread_documents import BrokingRules, Invitation, Thread
from app.db.writing import Writing
from app.ids import new_id
from app.resolvers.broking import BROKER, lead_on, rules_of, thread_event
from app.text import fold

MOST_CANDIDATES = 100
NOBODY = ""  # who invites, when time does


async def suggest(
    db: Database,
    thread: Thread,
    rules: BrokingRules,
    at: datetime,
    *,
    seen: dict[str, Any] | None = None,
    session: Session | None = None,
) -> list[Suggestion]:
    """Return the experts to ask for a thread, the best first.

    What they have done counts as far as it is `seen`, a filter of threads; None: all of it.
    """
    topic = fold(thread["subject"])
    topics = list({topic, *map(fold, thread["tags"])})
    known = await expertise_db.list_of_experts(db, thread["space"], topics, MOST_CANDIDATES)
    needed = rules["endorsements_needed"]
    levels: dict[str, dict[str, Level]] = {}
    for expertise in known:
        level = level_at(expertise, at, needed)
        if level is not None:
            levels.setdefault(expertise["person"], {})[expertise["subject"]] = level
    apart = await blocks_db.list_between(db, [(thread["asker"], person) for person in levels])
    people = sorted(levels.keys() - {person for _, person in apart})
    if not people:
        return []
    found = await routes_db.list_experts(db, thread["space"], people, topic, seen, session)
    candidates = [
        Candidate(
            person=expert["user"],
            levels=levels[expert["user"]],
            advised=expert["advised"],
            accepted=expert["accepted"],
            load=expert["load"],
            languages=(expert["locale"],) if expert.get("locale") else (),
        )
        for expert in found
    ]
    return judge.suggest(thread, candidates, rules)


async def route_on(writing: Writing, id: str) -> None:
    """Let a thread go on if nobody answered it in time: one step at most."""
    thread = await threads_db.find_thread(writing.db, id, writing.session)
    space = None if thread is None else await spaces_db.find_space(writing.db, thread["space"])
    if thread is None or space is None:
        return
    if space["closed_at"] is not None or BROKER not in space["enabled_models"]:
        await routes_db.update_due(writing, thread, None)
        return
    drafts = await go_on(writing, thread, rules_of(space))
    if drafts:
        await writing.append(*drafts)
    else:
        # The space's times have changed since the thread was last written.
        await routes_db.update_due(writing, thread, routing.due_at(thread, rules_of(space)))


async def go_on(writing: Writing, thread: Thread, rules: BrokingRules) -> list[Draft]:
    """Take the step of a thread that is due by now, and return its events; none if none is due."""
    due = routing.due_at(thread, rules)
    if due is None or due > writing.at:
        return []
    suggested = await suggest(writing.db, thread, rules, writing.at, session=writing.session)
    step = routing.next_step(thread, [one.person for one in suggested], rules, writing.at)
    if step is None:
        return []
    change: dict[str, Any] = {"state": step.state, "route": step.route}
    if step.rung is Rung.OPERATOR:
        change["escalated_at"] = step.at
    if step.expert is not None:
        change["invited"] = list(dict.fromkeys([*thread["invited"], step.expert]))
    await lead_on(writing, thread, change, rules)
    return await _events(writing, thread, step)


async def _events(writing: Writing, thread: Thread, step: Step) -> list[Draft]:
    after = {"state": step.state, "rung": step.rung}
    if step.rung is Rung.OPERATOR:
        to = await routes_db.list_operators(writing.db, writing.session)
        return [thread_event(thread, "thread.escalated", None, step.at, to=to, after=after)]
    if step.expert is None:
        return [thread_event(thread, "thread.routed", None, step.at, after=after)]
    to = [step.expert]
    drafts = [thread_event(thread, "thread.routed", None, step.at, to=to, after=after)]
    pending = await invitations_db.find_pending(
        writing.db, thread["_id"], step.expert, writing.session
    )
    if pending is None:
        invitation = new_invitation(thread, step.expert, NOBODY, "", step.at)
        await writing.insert("invitations", invitation)
        drafts.append(invited_event(thread, invitation, None))
    return drafts


def new_invitation(
    thread: Thread, expert: str, invited_by: str, message: str, at: datetime
) -> Invitation:
    """Return an invitation that is not stored yet."""
    return Invitation(
        _id=new_id("invitations"),
        space=thread["space"],
        thread=thread["_id"],
        expert=expert,
        invited_by=invited_by,
        message=message,
        state=invitations_db.PENDING,
        created_at=at,
        answered_at=None,
        version=1,
    )


def invited_event(thread: Thread, invitation: Invitation, by: str | None) -> Draft:
    """Return the event of an invitation; who is invited learns it, others that somebody is."""
    draft = thread_event(
        thread,
        "expert.invited",
        by,
        invitation["created_at"],
        to=[invitation["expert"]],
        after={"state": invitation["state"]},
    )
    return {**draft, "subject": invitation["_id"], "before": None}
