"""The life of a thread as a table: from state and deed to the next state; and whose deed it is."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum

from app.broking.tables import cells
from app.broking.words import Code, Lack, conflict
from app.db.thread_documents import Thread


class State(StrEnum):
    """How a thread stands."""

    OPEN = "OPEN"
    ROUTED = "ROUTED"
    ANSWERED = "ANSWERED"
    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"
    ESCALATED = "ESCALATED"
    DUPLICATE = "DUPLICATE"
    WITHDRAWN = "WITHDRAWN"


class Deed(StrEnum):
    """What can be done to a thread."""

    ROUTE = "ROUTE"
    ESCALATE = "ESCALATE"
    INVITE = "INVITE"
    ADVISE = "ADVISE"
    CLARIFY = "CLARIFY"
    VOTE = "VOTE"
    REVISE = "REVISE"
    ACCEPT = "ACCEPT"
    UNDO_ACCEPT = "UNDO_ACCEPT"
    CLOSE = "CLOSE"
    REOPEN = "REOPEN"
    MARK_DUPLICATE = "MARK_DUPLICATE"
    WITHDRAW = "WITHDRAW"


class Party(StrEnum):
    """How somebody stands to a thread; a person can be several."""

    ASKER = "ASKER"
    SEEKER = "SEEKER"
    EXPERT = "EXPERT"
    MODERATOR = "MODERATOR"
    OPERATOR = "OPERATOR"
    CLOCK = "CLOCK"


S, D, P = State, Deed, Party

# A cell is empty where the deed is refused. `same` leaves the thread where it is.
TABLE = """
           | ROUTE  | ESCALATE  | INVITE | ADVISE   | CLARIFY | VOTE | REVISE
OPEN       | ROUTED | ESCALATED | ROUTED | ANSWERED | same    | same | same
ROUTED     | ROUTED | ESCALATED | ROUTED | ANSWERED | same    | same | same
ANSWERED   |        |           | same   | same     | same    | same | same
ACCEPTED   |        |           | same   | same     | same    | same | same
CLOSED     |        |           |        |          |         | same |
REOPENED   | ROUTED | ESCALATED | ROUTED | ANSWERED | same    | same | same
ESCALATED  |        |           | ROUTED | ANSWERED | same    | same | same
DUPLICATE  |        |           |        |          |         | same |
WITHDRAWN  |        |           |        |          |         |      |

           | ACCEPT   | UNDO_ACCEPT | CLOSE  | REOPEN   | MARK_DUPLICATE | WITHDRAW
OPEN       |          |             | CLOSED |          | DUPLICATE      | WITHDRAWN
ROUTED     | ACCEPTED | same        | CLOSED |          | DUPLICATE      | WITHDRAWN
ANSWERED   | ACCEPTED | same        | CLOSED |          | DUPLICATE      | WITHDRAWN
ACCEPTED   |          | ANSWERED    | CLOSED |          |                | WITHDRAWN
CLOSED     |          |             |        | REOPENED |                | WITHDRAWN
REOPENED   | ACCEPTED | same        | CLOSED |          | DUPLICATE      | WITHDRAWN
ESCALATED  | ACCEPTED | same        | CLOSED |          | DUPLICATE      | WITHDRAWN
DUPLICATE  |          |             |        | REOPENED |                | WITHDRAWN
WITHDRAWN  |          |             |        |          |                |
"""


NEXT: Mapping[tuple[State, Deed], State] = {
    (State(row), Deed(deed)): State(row if after == "same" else after)
    for row, deed, after in cells(TABLE)
}

# Who sees the thread at all is the business of `visibility`; who may advise, of `direction`.
WHO: Mapping[Deed, frozenset[Party]] = {
    D.ROUTE: frozenset({P.CLOCK, P.OPERATOR}),
    D.ESCALATE: frozenset({P.CLOCK, P.MODERATOR, P.OPERATOR}),
    D.INVITE: frozenset({P.ASKER, P.MODERATOR, P.OPERATOR}),
    D.ADVISE: frozenset({P.SEEKER, P.EXPERT}),
    D.CLARIFY: frozenset({P.ASKER, P.SEEKER, P.EXPERT}),
    D.VOTE: frozenset({P.ASKER, P.SEEKER, P.EXPERT}),
    D.REVISE: frozenset({P.ASKER}),
    D.ACCEPT: frozenset({P.ASKER}),
    D.UNDO_ACCEPT: frozenset({P.ASKER}),
    D.CLOSE: frozenset({P.ASKER, P.MODERATOR, P.OPERATOR}),
    D.REOPEN: frozenset({P.ASKER, P.MODERATOR, P.OPERATOR}),
    D.MARK_DUPLICATE: frozenset({P.ASKER, P.MODERATOR, P.OPERATOR}),
    D.WITHDRAW: frozenset({P.ASKER}),
}
_NAMED = {
    P.ASKER: "the person who asked",
    P.SEEKER: "membership of the seekers",
    P.EXPERT: "membership of the experts",
    P.MODERATOR: "the role of moderator in the space",
    P.OPERATOR: "the operator of the server",
    P.CLOCK: "the space's time to run out",
}


def next_state(thread: Thread, deed: Deed) -> State | Lack:
    """Return the state that a deed leads to, or why it cannot be done in the state found.

    Besides the table: what is accepted must be taken back before another reply is accepted, and
    nothing can be accepted while nobody has advised.
    """
    found = State(thread["state"])
    after = NEXT.get((found, deed))
    if after is None:
        possible = ", ".join(one for one in Deed if (found, one) in NEXT) or "nothing"
        return conflict(f"The thread is {found}: {deed} is not possible; {possible} is.")
    accepted = thread["accepted_reply"] is not None
    if deed is D.ACCEPT and accepted:
        return conflict(f"The thread is {found} and a reply is accepted: undo that first.")
    if deed is D.ACCEPT and not thread["advised"]:
        return conflict(f"The thread is {found} and nobody has advised yet.")
    if deed is D.UNDO_ACCEPT and not accepted:
        return conflict(f"The thread is {found} and no reply is accepted.")
    return after


def not_theirs(deed: Deed, parties: AbstractSet[Party]) -> Lack | None:
    """Return what somebody who stands so to a thread lacks for a deed; None if it is theirs."""
    if not WHO[deed].isdisjoint(parties):
        return None
    wanted = " or ".join(_NAMED[party] for party in Party if party in WHO[deed])
    return Lack(Code.NOT_ALLOWED, f"This asks for {wanted}.", wanted)


def not_duplicate(thread: Thread, original: Thread) -> Lack | None:
    """Return why a thread cannot be marked as a duplicate of another, None if it can."""
    if thread["_id"] == original["_id"]:
        return conflict("A thread is no duplicate of itself.")
    if thread["space"] != original["space"]:
        return conflict("The other thread belongs to another space.")
    if original["state"] in {S.DUPLICATE, S.WITHDRAWN}:
        return conflict(f"The other thread is {original['state']}: name one that can be read.")
    return None
