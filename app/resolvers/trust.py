"""How far somebody is trusted in a subject: what they earned there, and what they are known for."""

from datetime import datetime

from app.broking.direction import LEVELS, Speaker
from app.broking.expertise import level_at
from app.broking.reputation import Merit, Standing, standing_of_days
from app.broking.words import Act, Level, Side
from app.db import credits as credits_db
from app.db import expertise as expertise_db
from app.db import replies as replies_db
from app.db.client import Database
from app.db.documents import Space
from app.db.driver import Document, Session
from app.db.thread_documents import Credit, Expertise, Thread
from app.resolvers.broking import rules_of
from app.resolvers.context import Context
from app.text import fold


async def standings_in(
    db: Database,
    space: Space,
    subject: str,
    people: list[str],
    *,
    seen: Document | None = None,
) -> dict[str, Standing]:
    """Return how people stand in a subject of a space, by person, with one command.

    Without `seen` all that they earned counts: to judge by, and for themselves to see. To others
    only that is shown which they earned in threads that these see (`seen_in`), and nothing that
    they earned by asking: else a count would tell of what is hidden, or who asked.
    """
    tallies = await credits_db.list_tallies(db, space["_id"], fold(subject), people, seen=seen)
    table = rules_of(space)["reputation"]
    return {
        person: standing_of_days(
            {(day, Merit(act)): count for (day, act), count in tally.counts.items()},
            len(tally.givers),
            table,
        )
        for person, tally in tallies.items()
    }


async def points_in(ctx: Context, thread: Thread, space: Space, act: Act) -> float:
    """Return the viewer's points in what a thread is about, as far as the act asks for any.

    Their evidence may be much: ask before a transaction, which it would make long.
    """
    rules, person = rules_of(space), ctx.person()
    if act is not Act.ADVICE or rules["least_trust"]["score"] <= 0:
        return 0.0
    topic = fold(thread["subject"])
    counts = await credits_db.count_merits(ctx.db, space["_id"], topic, person)
    merits = {(day, Merit(act)): count for (day, act), count in counts.items()}
    return standing_of_days(merits, 0, rules["reputation"]).score


async def speaker_in(
    ctx: Context,
    thread: Thread,
    space: Space,
    subject: str | None,
    points: float = 0.0,
    session: Session | None = None,
) -> Speaker:
    """Return the viewer as somebody who wants to write in a thread, with so many points.

    Their expertise is the one in the subject that they name; if they name none, the best founded
    one in what the thread is about.
    """
    person = ctx.person()
    about = (thread["subject"], *thread["tags"]) if subject is None else (subject,)
    topics = list(dict.fromkeys(map(fold, about)))
    ids = [expertise_db.expertise_id(space["_id"], person, topic) for topic in topics]
    found = await expertise_db.list_expertise(ctx.db, ids, session)
    sides = await replies_db.list_sides(ctx.db, [thread["_id"]], person, session)
    return Speaker(
        person=person,
        groups=frozenset(map(Side, ctx.viewer.sides.get(space["_id"], ()))),
        score=points,
        expertise=_best(ctx, space, sorted(found, key=lambda one: ids.index(one["_id"]))),
        taken=Side(sides[thread["_id"]]) if sides else None,
    )


def credit_in(
    thread: Thread, person: str, merit: Merit, cause: str, by: str, at: datetime
) -> Credit:
    """Return what somebody earns in a thread's subject, because of a reply or a vote, by whom."""
    return Credit(
        _id=credits_db.credit_id(merit, cause, by),
        space=thread["space"],
        person=person,
        subject=fold(thread["subject"]),
        act=merit.value,
        cause=cause,
        by=by,
        thread=thread["_id"],
        as_asker=person == thread["asker"],
        at=at,
        undone_at=None,
    )


def credit_for(expertise: Expertise, by: str, at: datetime) -> Credit:
    """Return what an endorsement gives."""
    merit = Merit.EXPERTISE_ENDORSED
    return Credit(
        _id=credits_db.credit_id(merit, expertise["_id"], by),
        space=expertise["space"],
        person=expertise["person"],
        subject=expertise["subject_folded"],
        act=merit.value,
        cause=expertise["_id"],
        by=by,
        thread=None,
        as_asker=False,
        at=at,
        undone_at=None,
    )


def levels_of(ctx: Context, space: Space, found: list[Expertise]) -> list[Level | None]:
    """Return the level that each expertise has at this moment, None for what does not stand."""
    needed = rules_of(space)["endorsements_needed"]
    return [level_at(expertise, ctx.now, needed) for expertise in found]


def _best(ctx: Context, space: Space, found: list[Expertise]) -> Expertise | None:
    """Return the best founded expertise, of equals the first; None if none was declared."""
    ranked = zip(found, levels_of(ctx, space, found), strict=True)
    best = max(ranked, key=lambda pair: _rank(pair[1]), default=None)
    return None if best is None else best[0]


def _rank(level: Level | None) -> int:
    return -1 if level is None else LEVELS.index(level)
