"""The failures that a careful caller can foresee and act on, named once for every room.

Anything else that is raised is a bug: it is logged with its trace and hidden from the client.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


class Failure(Exception):
    """An outcome that a caller can foresee and act on; its message is fit for a person."""

    code: ClassVar[str] = "FAILURE"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def extensions(self) -> dict[str, object]:
        """Return what goes under `errors[].extensions` where no union can carry the failure."""
        return {"code": self.code}


class NotFound(Failure):
    """There is no such thing, or the viewer may not see it: the two look alike on purpose."""

    code = "NOT_FOUND"


class NotSignedIn(Failure):
    """The deed asks for a person, and nobody is signed in, or the token is not valid any more."""

    code = "NOT_SIGNED_IN"


class NotAllowed(Failure):
    """The viewer may see the thing but not do this to it; `missing` says what would be needed."""

    code = "NOT_ALLOWED"

    def __init__(self, message: str, *, missing: str) -> None:
        super().__init__(message)
        self.missing = missing

    @property
    def extensions(self) -> dict[str, object]:
        """Return the code and what the viewer lacks."""
        return {"code": self.code, "missing": self.missing}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input: where (`observations.3.value`) and how to mend it."""

    path: str
    message: str


class InvalidInput(Failure):
    """The input cannot be taken; `problems` lists all that is wrong with it."""

    code = "INVALID_INPUT"

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.path}: {p.message}" for p in problems[:5]))
        self.problems = list(problems)

    @property
    def extensions(self) -> dict[str, object]:
        """Return the code and every problem by its path."""
        problems = [{"path": p.path, "message": p.message} for p in self.problems]
        return {"code": self.code, "problems": problems}


class Conflict(Failure):
    """The thing has moved on since the caller last saw it, or a key was used for another input.

    `paths` names what both have changed, where all else would have gone together.
    """

    code = "CONFLICT"

    def __init__(
        self, message: str, *, current_version: int | None = None, paths: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.current_version = current_version
        self.paths = paths

    @property
    def extensions(self) -> dict[str, object]:
        """Return the code and the version that the thing has now."""
        return {"code": self.code, "currentVersion": self.current_version}


class WrongState(Failure):
    """The thing is not in a state in which this can be done; `state` is the one that was found."""

    code = "WRONG_STATE"

    def __init__(self, message: str, *, state: str) -> None:
        super().__init__(message)
        self.state = state

    @property
    def extensions(self) -> dict[str, object]:
        """Return the code and the state that was found."""
        return {"code": self.code, "state": self.state}


class WrongDirection(NotAllowed):
    """Advice flows the other way here; `missing` says on which side one would have to be."""

    code = "WRONG_DIRECTION"


class RateLimited(Failure):
    """Too much was asked in too short a time; `retry_at` says when to come back."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_at: datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at

    @property
    def extensions(self) -> dict[str, object]:
        """Return the code and when to come back."""
        return {"code": self.code, "retryAt": self.retry_at.isoformat() + "Z"}


class WrongCredentials(Failure):
    """The e-mail address or the password is wrong; which of them is not said."""

    code = "WRONG_CREDENTIALS"


class Unavailable(Failure):
    """The database cannot be reached just now; the same request may be sent again."""

    code = "UNAVAILABLE"

    @property
    def extensions(self) -> dict[str, object]:
        """Return the code, and that trying again is right."""
        return {"code": self.code, "retryable": True}
