"""What every deed on a reply asks first: is it there for the viewer, and who may be named."""

from app.broking.visibility import asker_shown
from app.db import replies as replies_db
from app.db import threads as threads_db
from app.db.documents import Space
from app.db.driver import Session
from app.db.thread_documents import Reply, Thread
from app.failures import NotFound
from app.resolvers.broking import visible_thread
from app.resolvers.context import Context
from app.resolvers.sight import onlooker, sees_thread


async def visible_reply(ctx: Context, id: str) -> tuple[Reply, Thread, Space]:
    """Return a reply in a thread that the viewer sees, the thread, and its space.

    Raises:
        NotFound: there is none.

    """
    reply = await replies_db.find_reply(ctx.db, id)
    if reply is None:
        raise NotFound("There is no such reply.")
    try:
        thread, space, _ = await visible_thread(ctx, reply["thread"])
    except NotFound:
        raise NotFound("There is no such reply.") from None
    return reply, thread, space


async def thread_as_it_is(ctx: Context, id: str, space: Space, session: Session) -> Thread:
    """Return a thread as a transaction finds it, if the viewer sees it still.

    Raises:
        NotFound: they do not.

    """
    thread = await threads_db.find_thread(ctx.db, id, session)
    if thread is None or not sees_thread(ctx, thread, space):
        raise NotFound("There is no such thread.")
    return thread


def author_shown(ctx: Context, reply: Reply, thread: Thread) -> str | None:
    """Return who wrote a reply; None if that is the asker, whom the viewer knows by pseudonym."""
    if reply["author"] == thread["asker"]:
        return asker_shown(thread, onlooker(ctx))
    return reply["author"]
