"""In which threads somebody is interested: one, those of a space, or those that they follow."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from app.broking.words import Followed
from app.db.log import things_of
from app.db.thread_documents import Follow, Thread
from app.resolvers.thread_filter import ThreadFilter
from app.text import fold


class Interest(Protocol):
    """In which threads somebody is interested."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Which events may be about such a thread."""
        ...

    def query(self) -> dict[str, Any]:
        """Return the filter of all events that may be, as MongoDB takes it."""
        ...

    def wants(self, thread: Thread) -> bool:
        """Say whether a thread is one of them, as it stands."""
        ...


@dataclass(frozen=True, slots=True)
class InThread:
    """Interest in one thread."""

    thread: str

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the thread."""
        return (self.thread,)

    def query(self) -> dict[str, Any]:
        """Return the filter of its events."""
        return {"within": self.thread}

    def wants(self, thread: Thread) -> bool:
        """Say whether it is this one."""
        return thread["_id"] == self.thread


@dataclass(frozen=True, slots=True)
class InSpace:
    """Interest in the threads of a space that a filter names."""

    space: str
    filter: ThreadFilter

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the threads of the space."""
        return (things_of(self.space, "threads"),)

    def query(self) -> dict[str, Any]:
        """Return the filter of its events."""
        return {"space": self.space, "within": {"$exists": True}}

    def wants(self, thread: Thread) -> bool:
        """Say whether it lies there and is named."""
        return thread["space"] == self.space and self.filter.matches(thread)


@dataclass(frozen=True, slots=True)
class InFollowed:
    """Interest of a person in what they follow: threads, and tags and subjects of spaces."""

    person: str
    threads: frozenset[str]
    names: frozenset[tuple[str, str, str]]

    @classmethod
    def of(cls, person: str, follows: Collection[Follow]) -> "InFollowed":
        """Return a person's interest, given what they follow."""
        by_name = [one for one in follows if one["kind"] != Followed.THREAD]
        threads = (one["target"] for one in follows if one["kind"] == Followed.THREAD)
        names = ((one["space"], one["kind"], one["target"]) for one in by_name)
        return cls(person, frozenset(threads), frozenset(names))

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the person, who may follow something else; the threads; those of spaces."""
        named = [things_of(space, "threads") for space in self._spaces()]
        return (self.person, *sorted(self.threads), *named)

    def query(self) -> dict[str, Any]:
        """Return the filter of events in the threads and in the spaces of the rest."""
        threads = {"within": {"$in": sorted(self.threads)}}
        named = {"space": {"$in": self._spaces()}, "within": {"$exists": True}}
        return {"$or": [threads, named]}

    def wants(self, thread: Thread) -> bool:
        """Say whether it is followed: itself, one of its tags, or its subject."""
        tags = [(Followed.TAG, tag) for tag in thread["tags"]]
        named = [*tags, (Followed.SUBJECT, thread["subject"])]
        return thread["_id"] in self.threads or any(
            (thread["space"], kind, fold(name)) in self.names for kind, name in named
        )

    def _spaces(self) -> list[str]:
        return sorted({space for space, _, _ in self.names})
