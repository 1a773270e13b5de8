"""The words of the knowledge broker, as the client sees them: each value with what it means."""

from app.broking.reputation import Merit, Value
from app.broking.routing import Rung
from app.broking.states import Deed, State
from app.broking.words import (
    Act,
    Basis,
    Behalf,
    Direction,
    Followed,
    Joining,
    Kind,
    Level,
    Presence,
    Purpose,
    Side,
    Tier,
)
from app.resolvers.abilities import Action
from app.schema.enums import declare

__all__ = [
    "Act",
    "Action",
    "Basis",
    "Behalf",
    "Deed",
    "Direction",
    "Followed",
    "Joining",
    "Kind",
    "Level",
    "Merit",
    "Presence",
    "Purpose",
    "Rung",
    "Side",
    "State",
    "Tier",
    "Value",
]


declare(
    Side,
    "The two groups of a space in which people ask each other; in a thread, everybody has one.",
    name="ThreadSide",
    SEEKERS="They ask.",
    EXPERTS="They advise.",
)
declare(
    Direction,
    "Which way advice flows.",
    name="AdviceDirection",
    SEEKERS_TO_EXPERTS="Seekers ask, and experts alone advise.",
    MUTUAL="Everybody may advise everybody.",
)
declare(
    Joining,
    "How somebody becomes one of the experts of a space.",
    name="ExpertsJoin",
    FREELY="Every member may join them.",
    BY_MODERATOR="A moderator assigns them.",
)
declare(
    Level,
    "How well founded somebody's expertise is, the least first.",
    name="ExpertiseLevel",
    SELF_DECLARED="They say so themselves.",
    ENDORSED="As many people vouch for it as the space asks for.",
    VERIFIED="An operator verified it.",
)
declare(
    Purpose,
    "What consent is given for.",
    name="ConsentPurpose",
    RESEARCH="The case is used in research.",
    TEACHING="The case is used in teaching.",
    PUBLICATION="The case is published.",
)
declare(
    Merit,
    "What gives or takes points of reputation.",
    ADVICE_ACCEPTED="The asker accepted your advice.",
    ADVICE_UP="Somebody voted your advice up.",
    ADVICE_DOWN="Somebody voted your advice down.",
    CLARIFY_UP="Somebody voted your clarification up.",
    CLARIFY_DOWN="Somebody voted your clarification down.",
    ACCEPTED_ADVICE="You accepted somebody's advice.",
    EXPERTISE_ENDORSED="Somebody vouched for what you know.",
)
declare(
    Kind,
    "What is asked.",
    name="ThreadKind",
    QUESTION="Something that many could ask.",
    CASE="Somebody's own case, with its traits.",
)
declare(
    Behalf,
    "On whose behalf somebody asks.",
    name="AskedFor",
    SELF="For themselves.",
    RELATIVE="For somebody of their family.",
    OTHER="For somebody else.",
)
declare(
    Presence,
    "Whether a trait of a case is there.",
    name="FacetPresence",
    PRESENT="It is there.",
    ABSENT="It is not there, which was looked at.",
    UNKNOWN="Nobody knows.",
)
declare(
    Tier,
    "Who sees a thread, the widest first; nobody sees more of it than of its space.",
    name="ThreadVisibility",
    PUBLIC="Everybody; but for experts and moderators, under the pseudonym.",
    SPACE="The members of its space; those who seek, under the pseudonym.",
    EXPERTS_ONLY="The experts of its space, and the asker.",
    PAIR="The asker and the one expert who was invited.",
)
declare(
    State,
    "How a thread stands.",
    name="ThreadState",
    OPEN="It was asked, and nobody has been pointed to it.",
    ROUTED="It went to an expert, or to all of them.",
    ANSWERED="Somebody has advised.",
    ACCEPTED="The asker accepted a reply.",
    CLOSED="It is over.",
    REOPENED="It was over and is open again.",
    ESCALATED="Nobody answered, and it went to the operator.",
    DUPLICATE="It asks what another thread asked before.",
    WITHDRAWN="The asker took it back, and nobody else sees it.",
)
declare(
    Deed,
    "What can be done to a thread.",
    name="ThreadDeed",
    ROUTE="Send it to an expert, or to all of them.",
    ESCALATE="Send it to the operator.",
    INVITE="Ask an expert to look at it.",
    ADVISE="Reply with advice.",
    CLARIFY="Ask for what is unclear, or give it.",
    VOTE="Vote on a reply.",
    REVISE="Change what it says.",
    ACCEPT="Accept a reply.",
    UNDO_ACCEPT="Take the acceptance of a reply back.",
    CLOSE="Close it.",
    REOPEN="Open it again.",
    MARK_DUPLICATE="Say which other thread asked the same before.",
    WITHDRAW="Take it back, for good.",
)
declare(
    Rung,
    "Whom a thread that nobody answers goes to, in this order.",
    name="ThreadRung",
    EXPERT="An expert whom it suits.",
    GROUP="All experts of the space.",
    OPERATOR="The operator of the server.",
)
declare(
    Followed,
    "What you can follow.",
    name="FollowKind",
    THREAD="One thread.",
    TAG="All threads of a space with a tag.",
    SUBJECT="All threads of a space about a subject.",
)
declare(
    Act,
    "What a reply does.",
    name="ReplyAct",
    ADVICE="It advises.",
    CLARIFY="It asks for what is unclear, or gives it.",
)
declare(
    Basis,
    "What a reply rests on.",
    name="ReplyBasis",
    EXPERIENCE="What its author has lived through.",
    EXPERTISE="What its author has declared to know; then it bears a mark.",
)
declare(
    Value,
    "What a vote says.",
    name="VoteValue",
    UP="It helps.",
    DOWN="It does not help.",
)
declare(
    Action,
    "What somebody wants to do where people ask each other.",
    name="ThreadAction",
    ASK="Ask a question, or open a case.",
    ADVISE="Reply with advice.",
    CLARIFY="Ask for what is unclear, or give it.",
    VOTE="Vote on the replies of others.",
    ENDORSE="Vouch for what others know.",
)
