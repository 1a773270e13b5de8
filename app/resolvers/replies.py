"""What is done with replies: write them, revise them, read them with the marks that they bear."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

from app.broking.direction import Speaker, lacks, mark_of, side_in
from app.broking.states import Deed, State, next_state
from app.broking.visibility import Look, look
from app.broking.words import Act, Basis, Lack, Level
from app.db import expertise as expertise_db
from app.db import replies as replies_db
from app.db import revisions as revisions_db
from app.db import threads as threads_db
from app.db.documents import Space
from app.db.driver import Document
from app.db.paging import Page, Window
from app.db.thread_documents import Reply, Thread
from app.db.writing import Writing, write, write_once
from app.failures import Conflict, NotAllowed
from app.ids import new_id
from app.resolvers.broking import (
    lead_on,
    raise_lack,
    require_in_thread,
    rules_of,
    thread_event,
    visible_thread,
)
from app.resolvers.context import Context
from app.resolvers.saying import author_shown, thread_as_it_is, visible_reply
from app.resolvers.sight import onlooker, sees_thread
from app.resolvers.trust import points_in, speaker_in
from app.resolvers.wording import Words, checked_change, checked_words
from app.text import fold

DEEDS = {Act.ADVICE: Deed.ADVISE, Act.CLARIFY: Deed.CLARIFY}
CONTENT = ("text", "sources")
TOLD = {Act.ADVICE: "thread.answered", Act.CLARIFY: "thread.clarified"}


async def reply(
    ctx: Context, *, thread_id: str, words: Words, idempotency_key: str | None
) -> Reply:
    """Write in a thread: advise, or ask for or give what was unclear.

    Raises:
        NotFound: the viewer sees no such thread.
        NotSignedIn, NotAllowed: the viewer may not write so; says what is missing.
        WrongDirection: advice flows the other way.
        InvalidInput: something is wrong with the input.
        WrongState: the thread takes no such replies any more.
        Conflict: the idempotency key was used for another input.

    """
    seen, space, _ = await visible_thread(ctx, thread_id)
    require_in_thread(ctx, "thread.write", seen, space)
    words = checked_words(words, idempotency_key)
    points = await points_in(ctx, seen, space, words.act)
    id = new_id("replies")

    async def work(writing: Writing) -> Document:
        thread = await thread_as_it_is(ctx, thread_id, space, writing.session)
        if points and fold(thread["subject"]) != fold(seen["subject"]):
            raise Conflict("The thread is about something else by now.")
        speaker = await speaker_in(ctx, thread, space, words.subject, points, writing.session)
        lack = _lack(ctx, thread, space, speaker, words)
        if lack is not None:
            raise_lack(lack, thread["state"])
        written = _new_reply(ctx, id, thread, speaker, words)
        await writing.insert("replies", written)
        moved = await _move(writing, thread, space, written)
        after = {"state": moved["state"], "reply": id}
        by = speaker.person
        await writing.append(thread_event(thread, TOLD[words.act], by, ctx.now, after=after))
        return {"id": id}

    deed = ("reply", ctx.viewer.actor, {"thread": thread_id, **asdict(words)})
    async with ctx.db.turns.take([thread_id]):
        done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
    ctx.services.log.nudge()
    return cast("Reply", await replies_db.find_reply(ctx.db, done["id"]))


async def revise_reply(
    ctx: Context, *, id: str, expected_version: int, text: str | None, sources: list[str] | None
) -> Reply:
    """Say something better than before; what was said stays to be read.

    Raises:
        NotFound: the viewer sees no such reply.
        NotSignedIn, NotAllowed: it is not theirs, or they may not write in the thread any more.
        InvalidInput: something is wrong with the input.
        WrongState: the thread takes no changes any more.
        Conflict: the reply has moved on since the caller saw it.

    """
    seen, thread, space = await visible_reply(ctx, id)
    require_in_thread(ctx, "thread.write", thread, space)
    if seen["author"] != ctx.viewer.user:
        raise NotAllowed("Only its author revises a reply.", missing="the author of the reply")
    change = checked_change(text, sources)

    async def work(writing: Writing) -> Reply:
        current = await thread_as_it_is(ctx, thread["_id"], space, writing.session)
        await _insist_on_revising(ctx, current, space, writing)
        before = cast("Reply", await replies_db.find_reply(ctx.db, id, writing.session))
        if before["version"] != expected_version:
            raise Conflict("The reply has changed meanwhile.", current_version=before["version"])
        number = await revisions_db.insert_revision(writing, before, before["author"], CONTENT)
        updated = await replies_db.update_reply(
            writing, before, change | {"revisions": number, "updated_at": ctx.now}
        )
        draft = thread_event(current, "reply.revised", before["author"], ctx.now)
        draft["subject"] = id
        draft["after"] = {"fields": sorted(change), "version": updated["version"]}
        await writing.append(draft)
        return updated

    done = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return done


async def find_lack(ctx: Context, thread: Thread, space: Space, words: Words) -> Lack | None:
    """Return why the viewer cannot say such a thing in a thread now, None if they can.

    Raises:
        NotSignedIn, NotAllowed: they may not write there at all.

    """
    require_in_thread(ctx, "thread.write", thread, space)
    points = await points_in(ctx, thread, space, words.act)
    speaker = await speaker_in(ctx, thread, space, words.subject, points)
    return _lack(ctx, thread, space, speaker, words)


async def list_replies(ctx: Context, threads: list[Thread], window: Window) -> list[Page]:
    """Return for each thread, which the viewer sees, a page of its replies, oldest first."""
    ids = [thread["_id"] for thread in threads]
    found = await replies_db.find_replies(ctx.db, ids, window)
    return [found[id] for id in ids]


async def list_replies_of(ctx: Context, thread_id: str, window: Window) -> Page:
    """Return a page of the replies of a thread, oldest first.

    Raises:
        NotFound: the viewer sees no such thread.

    """
    thread, _, _ = await visible_thread(ctx, thread_id)
    [page] = await list_replies(ctx, [thread], window)
    return page


async def list_history(ctx: Context, replies: Sequence[Reply], window: Window) -> list[Page | None]:
    """Return for each reply what it said before, the latest first.

    There is none for who sees the thread by its pseudonym alone: what was mended may have told
    somebody's name.
    """
    window.check()
    threads, viewer = await threads_of(ctx, replies), onlooker(ctx)
    named = {id for id, thread in threads.items() if look(thread, viewer) is Look.NAME}
    ids = [reply["_id"] for reply in replies if reply["thread"] in named]
    found = await revisions_db.find_revisions(ctx.db, ids, window)
    return [found.get(reply["_id"]) for reply in replies]


async def find_visible_replies(ctx: Context, ids: list[str]) -> dict[str, Reply]:
    """Return those of the replies whose threads the viewer sees, by identifier."""
    found = await replies_db.list_replies(ctx.db, list(set(ids)))
    threads = await threads_of(ctx, found)
    return {reply["_id"]: reply for reply in found if reply["thread"] in threads}


async def threads_of(ctx: Context, replies: Sequence[Reply]) -> dict[str, Thread]:
    """Return the threads of replies that the viewer sees, by identifier."""
    wanted = list({reply["thread"] for reply in replies})
    found = await threads_db.list_threads(ctx.db, wanted)
    spaces = await ctx.services.spaces.find_many({thread["space"] for thread in found})
    return {
        thread["_id"]: thread
        for thread in found
        if sees_thread(ctx, thread, spaces.get(thread["space"]))
    }


async def marks_of(ctx: Context, replies: Sequence[Reply]) -> list[Level | None]:
    """Return the mark that each reply bears at this moment: the level of what it rests on."""
    ids = {reply["_id"]: _rests_on(reply) for reply in replies if reply["basis"] == Basis.EXPERTISE}
    found = await expertise_db.list_expertise(ctx.db, list(set(ids.values()))) if ids else []
    known = {expertise["_id"]: expertise for expertise in found}
    spaces = await ctx.services.spaces.find_many({reply["space"] for reply in replies})
    return [
        mark_of(
            Basis(reply["basis"]),
            known.get(ids.get(reply["_id"], "")),
            ctx.now,
            rules_of(spaces[reply["space"]])["endorsements_needed"],
        )
        for reply in replies
    ]


def authors_of(
    ctx: Context, replies: Sequence[Reply], threads: dict[str, Thread]
) -> list[str | None]:
    """Return who wrote each reply; None where the viewer knows the asker by pseudonym alone."""
    return [
        author_shown(ctx, reply, threads[reply["thread"]]) if reply["thread"] in threads else None
        for reply in replies
    ]


def _lack(
    ctx: Context, thread: Thread, space: Space, speaker: Speaker, words: Words
) -> Lack | None:
    lack = lacks(thread, words.act, words.basis, speaker, rules_of(space), ctx.now)
    if lack is not None:
        return lack
    after = next_state(thread, DEEDS[words.act])
    return after if isinstance(after, Lack) else None


def _rests_on(reply: Reply) -> str:
    return expertise_db.expertise_id(reply["space"], reply["author"], fold(reply["subject"]))


def _new_reply(ctx: Context, id: str, thread: Thread, speaker: Speaker, words: Words) -> Reply:
    rests_on = speaker.expertise if words.basis is Basis.EXPERTISE else None
    named = words.subject or (rests_on["subject"] if rests_on else None)
    return Reply(
        _id=id,
        space=thread["space"],
        thread=thread["_id"],
        author=speaker.person,
        side=str(side_in(thread, speaker)),
        act=words.act.value,
        basis=words.basis.value,
        subject=named or thread["subject"],
        sources=words.sources,
        text=words.text,
        votes_up=0,
        votes_down=0,
        revisions=0,
        created_at=ctx.now,
        updated_at=ctx.now,
        version=1,
    )


async def _move(writing: Writing, thread: Thread, space: Space, written: Reply) -> Thread:
    """Let the thread know of a reply: how it stands then.

    Every reply changes the thread, so of two at the same moment one is judged after the other.
    """
    act = Act(written["act"])
    change: Document = {
        "state": cast("State", next_state(thread, DEEDS[act])).value,
        "advised": thread["advised"] + (act is Act.ADVICE),
    }
    return await lead_on(writing, thread, change, rules_of(space))


async def _insist_on_revising(ctx: Context, thread: Thread, space: Space, writing: Writing) -> None:
    """Let a person revise who still has a side in a thread that still takes changes."""
    speaker = await speaker_in(ctx, thread, space, None, session=writing.session)
    lack = lacks(thread, Act.CLARIFY, Basis.EXPERIENCE, speaker, rules_of(space), ctx.now)
    if lack is not None:
        raise_lack(lack)
    after = next_state(thread, Deed.REVISE)
    if isinstance(after, Lack):
        raise_lack(after, thread["state"])
