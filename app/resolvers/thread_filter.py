"""Which threads are wanted: the same in lists, in searches and in streams."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.broking.states import NEXT, Deed, State
from app.db.thread_documents import Thread
from app.resolvers.inputs import Checks
from app.text import fold

MOST_TAGS, LONGEST_NAME = 10, 100
# Advice would answer these.
WAITING = frozenset(state for state, deed in NEXT if deed is Deed.ADVISE) - {
    State.ANSWERED,
    State.ACCEPTED,
}


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """Which threads are wanted; every part that is given must hold.

    Attributes:
        kind: of this kind.
        subject: about this, however it is spelled.
        tags: with each of these, however they are spelled.
        states: in one of these.
        visibility: for one of these circles.
        asker: asked by this person, who must be the viewer.
        waiting: that advice would answer.
        since: asked at this instant or later.
        until: asked before this instant.

    """

    kind: str | None = None
    subject: str | None = None
    tags: tuple[str, ...] = ()
    states: tuple[str, ...] | None = None
    visibility: tuple[str, ...] | None = None
    asker: str | None = None
    waiting: bool = False
    since: datetime | None = None
    until: datetime | None = None

    def matches(self, thread: Thread) -> bool:
        """Say whether a thread is wanted; means the same as `query`."""
        return (
            (self.kind is None or thread["kind"] == self.kind)
            and (self.subject is None or fold(thread["subject"]) == fold(self.subject))
            and set(map(fold, self.tags)) <= set(map(fold, thread["tags"]))
            and (self.states is None or thread["state"] in self.states)
            and (self.visibility is None or thread["visibility"] in self.visibility)
            and (self.asker is None or thread["asker"] == self.asker)
            and (not self.waiting or thread["state"] in WAITING)
            and (self.since is None or thread["created_at"] >= self.since)
            and (self.until is None or thread["created_at"] < self.until)
        )

    def query(self) -> dict[str, Any]:
        """Return the filter as MongoDB takes it."""
        parts: list[dict[str, Any]] = []
        if self.kind is not None:
            parts.append({"kind": self.kind})
        if self.subject is not None:
            parts.append({"subject_folded": fold(self.subject)})
        parts += [{"tags_folded": fold(tag)} for tag in self.tags]
        if self.states is not None:
            parts.append({"state": {"$in": list(self.states)}})
        if self.visibility is not None:
            parts.append({"visibility": {"$in": list(self.visibility)}})
        if self.asker is not None:
            parts.append({"asker": self.asker})
        if self.waiting:
            parts.append({"state": {"$in": sorted(state.value for state in WAITING)}})
        if self.since is not None:
            parts.append({"created_at": {"$gte": self.since}})
        if self.until is not None:
            parts.append({"created_at": {"$lt": self.until}})
        return {"$and": parts} if parts else {}

    def check(self) -> None:
        """Refuse what is too much to look for.

        Raises:
            InvalidInput: with every problem.

        """
        checks = Checks()
        if self.subject is not None:
            checks.text("filter.subject", self.subject, least=1, most=LONGEST_NAME)
        checks.texts("filter.tags", self.tags, most=MOST_TAGS, longest=LONGEST_NAME)
        checks.done()
