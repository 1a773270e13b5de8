"""The words of the pool, as the client sees them: each value with what it means."""

from app.pooling.states import Deed
from app.pooling.words import (
    Access,
    Cause,
    Change,
    Kind,
    State,
    Suitability,
    Tap,
    Verdict,
)
from app.schema.enums import declare

__all__ = [
    "Access",
    "Cause",
    "Change",
    "Deed",
    "Kind",
    "State",
    "Suitability",
    "Tap",
    "Verdict",
]

declare(
    Access,
    "For whom a pool is, among those who may read its space.",
    name="PoolOpenness",
    OPEN="Anyone reads it and signals in it, without an account.",
    REGISTERED="Whoever is signed in.",
    MEMBERS="The members of its space.",
)
declare(
    Kind,
    "What the values of a facet are.",
    name="FacetKind",
    SUITABILITY="Whether it suits a need: a word of `Suitability`.",
    CHOICE="One of the facet's choices.",
    NUMBER="A number, within the facet's bounds.",
    FLAG="True or false.",
    TEXT="A text of at most 500 characters.",
)
declare(
    Suitability,
    "Whether something suits a need.",
    SUITABLE="It does.",
    PARTLY="It does in part, or with help.",
    UNSUITABLE="It does not.",
    UNKNOWN="Nobody knows: that never means unsuitable.",
)
declare(
    State,
    "Where an entry stands.",
    name="EntryState",
    PUBLISHED="It is there, and nobody has confirmed or disputed it enough.",
    DISPUTED="Those who looked disagree on one of its facets.",
    VERIFIED="Enough independent people agree on one of its facets, and they dispute none.",
    STALE="One of its facets has not been looked at for too long.",
    GONE="What it is about is not there any more.",
    MERGED="It was merged into another, to which it leads.",
    HIDDEN="A moderator took it out of sight, or its import was undone.",
)
declare(
    Verdict,
    "What somebody says of a value that they went and looked at.",
    CONFIRM="It is so.",
    DISPUTE="It is not so.",
    CANNOT_TELL="They could not find out.",
)
declare(
    Tap,
    "What can be signalled with one tap.",
    name="SignalKind",
    SUITABLE="It suits the need.",
    UNSUITABLE="It does not suit the need.",
    CHANGED="Something about it has changed.",
    GONE="It is not there any more.",
)
declare(
    Cause,
    "What brought a version of an entry about.",
    name="RevisionCause",
    CONTRIBUTED="Somebody added the entry.",
    EDITED="Somebody changed what it says.",
    REVERTED="It went back to an earlier revision.",
    MERGED="It was merged into another, or another into it.",
    SIGNALLED="People signalled something.",
    CONFIRMED="Somebody who looked agreed or disagreed.",
    AGED="Time went by.",
    HIDDEN="It was taken out of sight.",
    RESTORED="It was shown again.",
    IMPORTED="It came with an import.",
)
declare(
    Change,
    "How an entry came to stand to a filter.",
    name="PoolChangeKind",
    ENTERED="It matches now, and did not before.",
    UPDATED="It matches as before, and something of it has changed.",
    LEFT="It does not match any more.",
)
declare(
    Deed,
    "What can be done with an entry.",
    name="EntryDeed",
    EDIT="Change what it says: `editEntry`.",
    REVERT="Set it back to an earlier revision: `revertEntry`.",
    CONFIRM="Agree or disagree with a value.",
    RENEW="Say that a value is still correct.",
    SIGNAL="Signal something with one tap.",
    SETTLE="Time and the rules do this.",
    AGE="Time does this.",
    MERGE="Merge it into another one: `mergeEntries`.",
    DECLARE_GONE="Say that it is gone.",
    RETURN="Say that it is back.",
    HIDE="Take it out of sight.",
    RESTORE="Show it again.",
    UNDO="Take it away with the import that brought it.",
)
