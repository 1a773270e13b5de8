"""What clients see, and nothing that decides: the one place that lists every part of the schema."""

import strawberry
from graphql import get_named_type
from strawberry.schema.config import StrawberryConfig

from app import __version__
from app.schema.alert_deeds import AlertLive, AlertMutation
from app.schema.alerts import Alert, AlertInstance, AlertQuery, AlertSubscription, Notice
from app.schema.blocks import Block, BlockMutation, BlockQuery
from app.schema.campaign_deeds import CampaignMutation
from app.schema.campaign_live import CampaignLive
from app.schema.campaign_search import CampaignQuery
from app.schema.campaigns import Campaign
from app.schema.clusters import MapQuery
from app.schema.confirmation_deeds import ConfirmationMutation, ConfirmationQuery
from app.schema.consents import Consent, ConsentMutation, ConsentQuery
from app.schema.contribution_deeds import ContributionMutation
from app.schema.contributions import Contribution, ContributionQuery
from app.schema.events import EventLive, EventQuery
from app.schema.expenses import Expense, ExpenseMutation
from app.schema.expertise import Expertise, ExpertiseMutation, ExpertiseQuery
from app.schema.follows import Follow, FollowMutation, FollowQuery
from app.schema.groups import GroupMutation
from app.schema.imports import Import, ImportMutation, ImportQuery
from app.schema.invitations import Invitation, InvitationMutation, InvitationQuery
from app.schema.match_deeds import MatchMutation
from app.schema.match_events import MatchLive
from app.schema.matches import Match, MatchQuery
from app.schema.messages import Message, MessageMutation, MessageQuery
from app.schema.nodes import NodeQuery
from app.schema.pairing import PairingMutation
from app.schema.patrol import PatrolMutation, PatrolQuery
from app.schema.polls import Poll, PollMutation
from app.schema.pool import EntryRevision, PoolEntry, PoolQuery
from app.schema.pool_changes import PoolLive
from app.schema.pool_deeds import EntryMutation
from app.schema.pool_entries import PoolEntriesQuery
from app.schema.posting_deeds import PostingMutation
from app.schema.postings import Need, Offer, PostingQuery
from app.schema.replies import Reply, ReplyQuery
from app.schema.reply_deeds import ReplyMutation
from app.schema.reports import Report, ReportQuery
from app.schema.reputation import MemberStanding, ReputationMutation, ReputationQuery
from app.schema.research import ResearchMutation, ResearchQuery, ResearchUse
from app.schema.reviews import Review, ReviewMutation, ReviewQuery
from app.schema.room import Comment, RoomMutation
from app.schema.scalars import SCALARS
from app.schema.series import Observation, Series, SeriesMutation, SeriesQuery
from app.schema.signatures import Signature, SignatureMutation, SignatureQuery
from app.schema.similar import SimilarQuery
from app.schema.sources import read_field
from app.schema.spaces import Space, SpaceMutation, SpaceQuery
from app.schema.subject_reputation import SubjectReputationQuery
from app.schema.suggestions import SuggestionQuery
from app.schema.supports import SupportMutation
from app.schema.thread_deeds import ThreadMutation
from app.schema.thread_events import ThreadLive
from app.schema.threads import Thread, ThreadQuery
from app.schema.updates import Update, UpdateMutation
from app.schema.users import User, UserMutation, UserQuery
from app.schema.watched_areas import WatchedArea, WatchedAreaMutation, WatchedAreaQuery


@strawberry.type(description="What can be read.")
class Query(
    NodeQuery,
    UserQuery,
    SpaceQuery,
    SeriesQuery,
    AlertQuery,
    EventQuery,
    PostingQuery,
    SuggestionQuery,
    MatchQuery,
    MessageQuery,
    BlockQuery,
    ReviewQuery,
    ReputationQuery,
    ReportQuery,
    ThreadQuery,
    InvitationQuery,
    SimilarQuery,
    ConsentQuery,
    ResearchQuery,
    ReplyQuery,
    ExpertiseQuery,
    SubjectReputationQuery,
    FollowQuery,
    CampaignQuery,
    ContributionQuery,
    SignatureQuery,
    PoolQuery,
    PoolEntriesQuery,
    ImportQuery,
    MapQuery,
    WatchedAreaQuery,
    ConfirmationQuery,
    PatrolQuery,
):
    @strawberry.field(graphql_type=str, description="The version of this server.")
    async def version(self) -> str:
        """Return the version."""
        return __version__


@strawberry.type(description="What can be done.")
class Mutation(
    UserMutation,
    SpaceMutation,
    SeriesMutation,
    AlertMutation,
    PostingMutation,
    MatchMutation,
    MessageMutation,
    BlockMutation,
    PairingMutation,
    ReviewMutation,
    ReputationMutation,
    GroupMutation,
    ThreadMutation,
    InvitationMutation,
    ConsentMutation,
    ResearchMutation,
    ReplyMutation,
    ExpertiseMutation,
    FollowMutation,
    CampaignMutation,
    ContributionMutation,
    SupportMutation,
    SignatureMutation,
    UpdateMutation,
    RoomMutation,
    PollMutation,
    ExpenseMutation,
    EntryMutation,
    ImportMutation,
    WatchedAreaMutation,
    ConfirmationMutation,
    PatrolMutation,
):
    pass


@strawberry.type(description="What can be watched. Each stream resumes after a cursor, loss-free.")
class Subscription(
    AlertLive,
    EventLive,
    MatchLive,
    ThreadLive,
    PoolLive,
    CampaignLive,
):
    pass


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[
        User,
        Space,
        Series,
        Observation,
        Alert,
        AlertInstance,
        AlertSubscription,
        Notice,
        Need,
        Offer,
        Match,
        Message,
        Block,
        Review,
        MemberStanding,
        Report,
        Thread,
        Invitation,
        Consent,
        ResearchUse,
        Reply,
        Expertise,
        Follow,
        Campaign,
        Contribution,
        Signature,
        Update,
        Comment,
        Poll,
        Expense,
        PoolEntry,
        Import,
        WatchedArea,
        EntryRevision,
    ],
    config=StrawberryConfig(default_resolver=read_field, scalar_map=SCALARS),
)


def _describe_inputs() -> None:
    """Let each argument `input` say what its type says."""
    for field in schema._schema.mutation_type.fields.values():  # type: ignore[union-attr]  # noqa: SLF001
        given = field.args.get("input")
        if given is not None:
            given.description = get_named_type(given.type).description


_describe_inputs()


def sdl() -> str:
    """Return the schema in the schema definition language, as it is committed."""
    return schema.as_str() + "\n"
