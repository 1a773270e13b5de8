"""The permission matrix: every deed, and who may do it. What is not listed is refused.

A standing is a word for how the viewer stands to the space or the thing. One list serves queries,
nested fields, mutations, live items and the texts of alerts alike.
"""

from collections.abc import Set as AbstractSet
from enum import StrEnum

from app.auth.roles import Openness, Role, Scope
from app.auth.viewer import Viewer
from app.failures import NotAllowed, NotFound, NotSignedIn


class Standing(StrEnum):
    """How a viewer can stand to a space, or to a thing in it."""

    ANYONE = "ANYONE"
    SIGNED_IN = "SIGNED_IN"
    FINDER = "FINDER"  # may find the space: anybody unless it is hidden, else its members
    READER = "READER"  # may read what is in it: anybody if it is open, else its members
    MEMBER = "MEMBER"
    MODERATOR = "MODERATOR"
    OWNER = "OWNER"
    OPERATOR = "OPERATOR"
    SELF = "SELF"  # the thing is the viewer's own
    TOLD = "TOLD"  # the alert was told to the viewer
    SIDE = "SIDE"  # the viewer is one of the two of a match
    TEAM = "TEAM"  # the viewer owns a campaign, or is of its team
    ENTITLED = "ENTITLED"  # the viewer's support of a campaign gives the right
    WRITE_KEY = "WRITE_KEY"
    READ_KEY = "READ_KEY"

    # An enum's own is a call into Python, and each request puts some of these into sets.
    __hash__ = str.__hash__


S = Standing

MATRIX: dict[str, frozenset[Standing]] = {
    # people
    "user.sign_up": frozenset({S.ANYONE}),
    "user.sign_in": frozenset({S.ANYONE}),
    "user.read_public": frozenset({S.ANYONE}),
    "user.read_private": frozenset({S.SELF, S.OPERATOR}),
    "user.suspend": frozenset({S.OPERATOR}),
    "session.list": frozenset({S.SELF}),
    "session.end": frozenset({S.SELF}),
    "operator.claim": frozenset({S.ANYONE}),  # with the one-time token
    # spaces
    "space.create": frozenset({S.OPERATOR}),
    "space.close": frozenset({S.OPERATOR}),
    "space.update": frozenset({S.OWNER, S.OPERATOR}),
    "space.read": frozenset({S.FINDER, S.WRITE_KEY, S.READ_KEY, S.OPERATOR}),
    "space.join": frozenset({S.SIGNED_IN}),
    "space.leave": frozenset({S.MEMBER}),
    "space.set_role": frozenset({S.OWNER, S.OPERATOR}),
    "members.list": frozenset({S.MEMBER, S.OPERATOR}),
    "key.create": frozenset({S.OWNER, S.OPERATOR}),
    "key.list": frozenset({S.OWNER, S.OPERATOR}),
    "key.revoke": frozenset({S.OWNER, S.OPERATOR}),
    # observations
    "series.read": frozenset({S.READER, S.WRITE_KEY, S.READ_KEY, S.OPERATOR}),
    "series.create": frozenset({S.MODERATOR, S.WRITE_KEY, S.OPERATOR}),
    "observations.record": frozenset({S.MODERATOR, S.WRITE_KEY, S.OPERATOR}),
    "observations.read": frozenset({S.READER, S.READ_KEY, S.OPERATOR}),
    # alerts
    "alert.read": frozenset({S.READER, S.OPERATOR}),
    "alert.acknowledge": frozenset({S.TOLD, S.MODERATOR, S.OPERATOR}),
    "instance.read": frozenset({S.READER, S.OPERATOR}),
    "subscription.create": frozenset({S.READER, S.OPERATOR}),
    "subscription.read": frozenset({S.SELF}),
    "subscription.change": frozenset({S.SELF}),
    "notice.read": frozenset({S.SELF}),
    "notice.mark": frozenset({S.SELF}),
    # the matchmaker
    "posting.read": frozenset({S.READER, S.OPERATOR}),
    "posting.create": frozenset({S.MEMBER, S.OPERATOR}),
    "posting.change": frozenset({S.SELF}),
    "posting.withdraw": frozenset({S.SELF, S.MODERATOR, S.OPERATOR}),
    "suggestion.read": frozenset({S.SELF}),
    "match.read": frozenset({S.SIDE, S.MODERATOR, S.OPERATOR}),  # the latter two if disputed
    "match.propose": frozenset({S.MEMBER, S.OPERATOR}),
    "match.act": frozenset({S.SIDE}),
    "message.read": frozenset({S.SIDE}),
    "match.resolve": frozenset({S.MODERATOR, S.OPERATOR}),
    "matching.run": frozenset({S.MODERATOR, S.OPERATOR}),
    "matching.rules": frozenset({S.OWNER, S.OPERATOR}),
    "member.verify": frozenset({S.MODERATOR, S.OPERATOR}),
    "review.write": frozenset({S.SIDE}),
    "review.read": frozenset({S.READER, S.OPERATOR}),
    "reputation.read": frozenset({S.READER, S.OPERATOR}),
    "report.list": frozenset({S.MODERATOR, S.OPERATOR}),
    "block.change": frozenset({S.SELF}),
    # the knowledge broker; app.broking says more: who sees a thread, and whose deed it is
    "thread.read": frozenset({S.READER, S.OPERATOR}),
    "thread.ask": frozenset({S.MEMBER}),
    "thread.write": frozenset({S.MEMBER}),
    "thread.steer": frozenset({S.SELF, S.MEMBER, S.OPERATOR}),  # the asker's, though they left
    "group.join": frozenset({S.MEMBER}),
    "group.assign": frozenset({S.MODERATOR, S.OPERATOR}),
    "broking.rules": frozenset({S.OWNER, S.OPERATOR}),
    "expertise.declare": frozenset({S.MEMBER}),
    "expertise.endorse": frozenset({S.MEMBER}),
    "expertise.verify": frozenset({S.OPERATOR}),
    "expertise.revoke": frozenset({S.SELF, S.MODERATOR, S.OPERATOR}),
    "expertise.read": frozenset({S.READER, S.OPERATOR}),
    "invitation.read": frozenset({S.SELF}),
    "follow.change": frozenset({S.SELF}),
    "consent.change": frozenset({S.SELF}),
    "consent.read": frozenset({S.SELF}),
    "research.export": frozenset({S.MEMBER, S.OPERATOR}),  # of the members, the experts
    # the pool; who reads it is narrowed by what the pool itself says (app/resolvers/pooling.py)
    "entry.read": frozenset({S.READER, S.OPERATOR}),
    "entry.read_hidden": frozenset({S.MODERATOR, S.OPERATOR}),
    "entry.read_exactly": frozenset({S.SELF, S.MODERATOR, S.OPERATOR}),
    "entry.signal": frozenset({S.READER}),
    "entry.contribute": frozenset({S.SIGNED_IN}),  # who reads the pool, and is somebody
    "entry.merge": frozenset({S.MEMBER, S.OPERATOR}),
    "entry.patrol": frozenset({S.MODERATOR, S.OPERATOR}),
    "entry.hide": frozenset({S.MODERATOR, S.OPERATOR}),
    "pool.import": frozenset({S.MODERATOR, S.OPERATOR}),
    "pool.rules": frozenset({S.OWNER, S.OPERATOR}),
    "area.change": frozenset({S.SELF}),
    # crowdsourcing
    "campaign.read": frozenset({S.READER, S.OPERATOR}),
    "campaign.read_draft": frozenset({S.TEAM, S.MODERATOR, S.OPERATOR}),
    "campaign.create": frozenset({S.MEMBER, S.OPERATOR}),
    "campaign.change": frozenset({S.TEAM}),
    "campaign.review": frozenset({S.MODERATOR, S.OPERATOR}),
    "campaign.return": frozenset({S.TEAM, S.MODERATOR, S.OPERATOR}),
    "campaign.cancel": frozenset({S.TEAM, S.MODERATOR, S.OPERATOR}),
    "campaign.suspend": frozenset({S.MODERATOR, S.OPERATOR}),
    "campaign.respond": frozenset({S.MODERATOR, S.OPERATOR}),
    "crowdsourcing.rules": frozenset({S.OWNER, S.OPERATOR}),
    "contribution.make": frozenset({S.SIGNED_IN}),
    "contribution.read": frozenset({S.SELF, S.TEAM, S.OPERATOR}),
    "contribution.cancel": frozenset({S.SELF}),
    "contribution.receive": frozenset({S.TEAM, S.MODERATOR, S.OPERATOR}),
    "contribution.refund": frozenset({S.TEAM, S.MODERATOR, S.OPERATOR}),
    "support.answer": frozenset({S.TEAM}),  # of offers: accept, decline, deny, thank
    "support.deliver": frozenset({S.SELF, S.TEAM}),
    "signature.sign": frozenset({S.SIGNED_IN}),
    "signature.withdraw": frozenset({S.SELF}),
    "signature.validate": frozenset({S.MODERATOR, S.OPERATOR}),
    "update.post": frozenset({S.TEAM}),
    "update.read": frozenset({S.TEAM, S.ENTITLED}),
    "room.read": frozenset({S.TEAM, S.ENTITLED, S.MODERATOR, S.OPERATOR}),
    "room.write": frozenset({S.TEAM, S.ENTITLED}),
    "poll.open": frozenset({S.TEAM}),
    "poll.vote": frozenset({S.ENTITLED}),
    "expense.record": frozenset({S.TEAM}),
    "expense.approve": frozenset({S.TEAM, S.MODERATOR, S.OPERATOR}),  # not by who recorded it
    "ledger.read": frozenset({S.READER, S.OPERATOR}),
    # the log
    "event.read": frozenset({S.READER, S.OPERATOR}),
    "event.read_personal": frozenset({S.SELF}),
}

READING = frozenset({"space.read", "series.read", "observations.read", "alert.read"})
_RANKS = {Role.MEMBER: 1, Role.MODERATOR: 2, Role.OWNER: 3}
_AT_LEAST = {1: S.MEMBER, 2: S.MODERATOR, 3: S.OWNER}
_MISSING = {
    S.SIGNED_IN: "a signed-in person",
    S.MEMBER: "membership of the space",
    S.FINDER: "membership of the space",
    S.READER: "membership of the space",
    S.MODERATOR: "the role of moderator in the space",
    S.OWNER: "the role of owner of the space",
    S.OPERATOR: "the operator of the server",
    S.SELF: "the person whose own it is",
    S.TOLD: "somebody who was told of the alert",
    S.SIDE: "one of the two of the match",
    S.TEAM: "the campaign's owner or team",
    S.ENTITLED: "a level of support that gives the right",
    S.WRITE_KEY: "an API key of the space with OBSERVATIONS_WRITE",
    S.READ_KEY: "an API key of the space with OBSERVATIONS_READ",
}


def standings(viewer: Viewer, space: str | None = None, openness: str | None = None) -> set[S]:
    """Return every standing that the viewer has: to the server, and to a space if one is given."""
    found = {S.ANYONE}
    if viewer.user:
        found.add(S.SIGNED_IN)
    if viewer.is_operator:
        found.add(S.OPERATOR)
    if space is None:
        return found
    rank = _RANKS.get(viewer.roles[space], 0) if space in viewer.roles else 0
    found.update(_AT_LEAST[n] for n in range(1, rank + 1))
    if rank or openness != Openness.HIDDEN:
        found.add(S.FINDER)
    if rank or openness == Openness.OPEN:
        found.add(S.READER)
    if viewer.key_space == space:
        if Scope.OBSERVATIONS_WRITE in viewer.scopes:
            found.add(S.WRITE_KEY)
        if Scope.OBSERVATIONS_READ in viewer.scopes:
            found.add(S.READ_KEY)
    return found


def allowed(deed: str, found: AbstractSet[S]) -> bool:
    """Say whether somebody with these standings may do the deed (a key of `MATRIX`)."""
    return not MATRIX[deed].isdisjoint(found)


def require(deed: str, viewer: Viewer, found: AbstractSet[S]) -> None:
    """Let the deed pass, or say what is missing.

    Raises:
        NotSignedIn: nobody is signed in, and a signed-in person might be allowed.
        NotAllowed: the viewer lacks what the deed asks for.

    """
    if allowed(deed, found):
        return
    wanted = " or ".join(_MISSING[s] for s in Standing if s in MATRIX[deed])
    if viewer.actor is None:
        raise NotSignedIn("Sign in first: send `Authorization: Bearer <token>`.")
    raise NotAllowed(f"This asks for {wanted}.", missing=wanted)


def require_visible(deed: str, found: AbstractSet[S], what: str) -> None:
    """Let a reading deed pass; otherwise the thing looks absent.

    Raises:
        NotFound: the viewer may not see it.

    """
    if not allowed(deed, found):
        raise NotFound(f"There is no such {what}.")
