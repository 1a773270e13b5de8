"""Spaces, their members and their API keys, as the client sees them."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from app.resolvers import spaces
from app.schema.broking_enums import Side
from app.schema.broking_rules import BrokingRules, rules_if_broker
from app.schema.campaign_rules import CrowdsourcingRules, rules_if_crowdsourcing
from app.schema.context import Info
from app.schema.enums import Openness, Role, Scope
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    mutation,
)
from app.schema.matching_rules import MatchingRules, rules_if_matchmaker
from app.schema.nodes import Node, SpaceId, ThingId, reference
from app.schema.paging import After, Before, Connection, First, Last, pages_below, window
from app.schema.pool_rules import PoolRules, rules_if_pool
from app.schema.users import User


def value(name: str, description: str) -> Any:
    """Declare a value of an enum."""
    return strawberry.enum_value(name, description=description)


@strawberry.enum(description="By which model a platform governs how its users meet.")
class PlatformModel(Enum):
    MATCHMAKER = value("MATCHMAKER", "Needs and offers of two people who fit.")
    KNOWLEDGE_BROKER = value("KNOWLEDGE_BROKER", "Experience of one group for another.")
    POOL = value("POOL", "Dispersed information in one place, open to all.")
    CROWDSOURCING = value("CROWDSOURCING", "Support of many for projects.")
    ALERTER = value("ALERTER", "Signals when a threshold is passed or an event occurs.")


@strawberry.enum(description="Which kind of problem a space addresses.")
class ProblemDomain(Enum):
    SOCIAL = value("SOCIAL", "A social problem.")
    ENVIRONMENTAL = value("ENVIRONMENTAL", "An environmental problem.")
    BOTH = value("BOTH", "Both at once.")


@strawberry.type(description="One platform that this server hosts.")
class Space(Node):
    kind = "spaces"

    name: str = strawberry.field(description="What it is called.")
    model: PlatformModel = strawberry.field(description="Its primary model.")
    enabled_models: list[PlatformModel] = strawberry.field(
        description="Every model that is switched on in it, the primary one included."
    )
    problem: str = strawberry.field(description="The problem that it addresses.")
    domain: ProblemDomain = strawberry.field(description="Which kind of problem that is.")
    scope: str = strawberry.field(description="Whom or where it is for.")
    openness: Openness = strawberry.field(description="Who finds and reads it.")
    categories: list[str] = strawberry.field(description="Words by which its things are sorted.")
    direction: str | None = strawberry.field(description="From whom to whom things flow in it.")
    rules: str = strawberry.field(description="The rules that hold in it, for people to read.")
    sustainability: str = strawberry.field(description="How it keeps itself going.")
    created_at: datetime = strawberry.field(description="When it was opened.")
    closed_at: datetime | None = strawberry.field(
        description="When it was closed: since then it can only be read."
    )
    version: int = strawberry.field(description="Grows with each change; for `expectedVersion`.")

    @strawberry.field(
        graphql_type=Role | None,
        description="What you are in it, if a member.",
        metadata={"needs": ("_id",)},
    )
    async def my_role(self: Any, info: Info) -> Role | None:
        """Return the viewer's role."""
        return info.context.ctx.viewer.roles.get(self["_id"])

    broking_rules: BrokingRules | None = strawberry.field(
        resolver=rules_if_broker,
        graphql_type=BrokingRules | None,
        description="How its people ask and advise; null if KNOWLEDGE_BROKER is not switched on.",
        metadata={"needs": ("broking", "enabled_models")},
    )
    crowdsourcing_rules: CrowdsourcingRules | None = strawberry.field(
        resolver=rules_if_crowdsourcing,
        graphql_type=CrowdsourcingRules | None,
        description="How it lets campaigns be made; null if CROWDSOURCING is not switched on.",
        metadata={"needs": ("crowdsourcing", "enabled_models")},
    )
    matching_rules: MatchingRules | None = strawberry.field(
        resolver=rules_if_matchmaker,
        graphql_type=MatchingRules | None,
        description="How it matches needs and offers; null if MATCHMAKER is not switched on.",
        metadata={"needs": ("matching", "enabled_models")},
    )
    pool_rules: PoolRules | None = strawberry.field(
        resolver=rules_if_pool,
        graphql_type=PoolRules | None,
        description="What holds in its pool; null if POOL is not switched on.",
        metadata={"needs": ("enabled_models", "pool")},
    )
    members = pages_below(
        spaces.list_members,
        needs=("_id", "openness"),
        type=Connection["Membership"],
        description="Its members; for members to see.",
    )
    api_keys = pages_below(
        spaces.list_keys,
        needs=("_id", "openness"),
        type=Connection["ApiKey"],
        description="Its API keys; for its owners to see.",
    )


@strawberry.type(description="That a person belongs to a space.")
class Membership(Node):
    kind = "memberships"

    role: Role = strawberry.field(description="What the person is in the space.")
    groups: list[Side] = strawberry.field(
        resolver=lambda self: self.get("sides", []),
        graphql_type=list[Side],
        description="To which groups the person belongs where people ask each other.",
        metadata={"needs": ("sides",)},
    )
    created_at: datetime = strawberry.field(description="Since when.")
    user: User | None = reference("user", "users", type=User | None, description="The person.")
    space: Space | None = reference("space", "spaces", type=Space | None, description="The space.")


@strawberry.type(description="What a sensor or service signs in with.")
class ApiKey(Node):
    kind = "keys"

    name: str = strawberry.field(description="What it is called.")
    scopes: list[Scope] = strawberry.field(description="What it may be used for.")
    created_at: datetime = strawberry.field(description="When it was given out.")
    expires_at: datetime | None = strawberry.field(description="When it ends by itself.")
    used_at: datetime | None = strawberry.field(
        description="When it was last used, within 5 minutes."
    )


@strawberry.type(description="A fresh API key.")
class NewApiKey:
    token: str = strawberry.field(
        description="Send it as `Authorization: Bearer <token>`; it is shown this once."
    )
    key: ApiKey = strawberry.field(description="The key.")


@strawberry.type(description="An API key was taken back; it has ended everywhere.")
class RevokedApiKey:
    key: ApiKey = strawberry.field(description="The key as it was.")


@strawberry.input(description="A new space.")
class CreateSpaceInput:
    name: str = strawberry.field(description="What it is called, 1 to 100 characters.")
    model: PlatformModel = strawberry.field(description="Its primary model.")
    enabled_models: list[PlatformModel] = strawberry.field(
        default_factory=list, description="Further models that are switched on."
    )
    problem: str = strawberry.field(default="", description="The problem that it addresses.")
    domain: ProblemDomain = strawberry.field(description="Which kind of problem that is.")
    openness: Openness = strawberry.field(
        default=Openness.OPEN, description="Who finds and reads it."
    )
    scope: str = strawberry.field(default="", description="Whom or where it is for.")
    categories: list[str] = strawberry.field(
        default_factory=list, description="Words by which its things are sorted, at most 50."
    )
    direction: str | None = strawberry.field(
        default=None, description="From whom to whom things flow in it."
    )
    rules: str = strawberry.field(default="", description="The rules that hold in it.")
    sustainability: str = strawberry.field(default="", description="How it keeps itself going.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input give the same space, however often."
    )


@strawberry.input(description="What changes in a space; what is left out stays.")
class UpdateSpaceInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    name: str | None = strawberry.field(default=None, description="What it is called.")
    problem: str | None = strawberry.field(default=None, description="Its problem.")
    scope: str | None = strawberry.field(default=None, description="Whom or where it is for.")
    openness: Openness | None = strawberry.field(default=None, description="Who reads it.")
    categories: list[str] | None = strawberry.field(default=None, description="Its categories.")
    rules: str | None = strawberry.field(default=None, description="The rules that hold in it.")
    sustainability: str | None = strawberry.field(
        default=None, description="How it keeps itself going."
    )


@strawberry.input(description="Which space to close.")
class CloseSpaceInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    expected_version: int = strawberry.field(description="The version that you saw.")


@strawberry.input(description="Who is what in a space.")
class SetMemberRoleInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    user: strawberry.ID = strawberry.field(description="The person; is added if need be.")
    role: Role = strawberry.field(description="What they are from now on.")


@strawberry.input(description="A new API key.")
class CreateApiKeyInput:
    space: strawberry.ID = strawberry.field(description="The space that it is for.")
    name: str = strawberry.field(description="What it is called: a sensor, say.")
    scopes: list[Scope] = strawberry.field(description="What it may be used for.")
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends.")


SpaceResult = Annotated[
    Space | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict,
    strawberry.union("SpaceResult", description="The space as it is now, or why not."),
]
MembershipResult = Annotated[
    Membership | NotFound | NotAllowed | NotSignedIn,
    strawberry.union("MembershipResult", description="The membership as it is now, or why not."),
]
CreateApiKeyResult = Annotated[
    NewApiKey | NotFound | NotAllowed | NotSignedIn | InvalidInput,
    strawberry.union("CreateApiKeyResult", description="The key with its token, or why not."),
]
RevokeApiKeyResult = Annotated[
    RevokedApiKey | NotFound | NotAllowed | NotSignedIn,
    strawberry.union("RevokeApiKeyResult", description="What came of taking a key back."),
]


@strawberry.type
class SpaceQuery:
    """Reading spaces."""

    @strawberry.field(graphql_type=Space | None, description="A space that you may see.")
    async def space(self, info: Info, id: ThingId) -> Any:
        """Return a space."""
        return await info.context.ctx.find_space(id)

    @strawberry.field(
        graphql_type=Connection[Space], description="The spaces that you find, newest first."
    )
    async def spaces(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return spaces."""
        return await spaces.list_spaces(info.context.ctx, window(info, first, after, last, before))


@strawberry.type
class SpaceMutation:
    """What is done with spaces."""

    @mutation(result=SpaceResult, description="Open a space; for the operator.")
    async def create_space(self, info: Info, input: CreateSpaceInput) -> Any:
        """Create a space."""
        given = {
            "name": input.name,
            "model": input.model.value,
            "enabled_models": [model.value for model in input.enabled_models],
            "problem": input.problem,
            "domain": input.domain.value,
            "openness": input.openness.value,
            "scope": input.scope,
            "categories": input.categories,
            "direction": input.direction,
            "rules": input.rules,
            "sustainability": input.sustainability,
        }
        return await spaces.create_space(
            info.context.ctx, idempotency_key=input.idempotency_key, **given
        )

    @mutation(result=SpaceResult, description="Change a space; for its owners.")
    async def update_space(self, info: Info, input: UpdateSpaceInput) -> Any:
        """Update a space."""
        return await spaces.update_space(
            info.context.ctx,
            id=input.space,
            expected_version=input.expected_version,
            name=input.name,
            problem=input.problem,
            scope=input.scope,
            openness=input.openness.value if input.openness else None,
            categories=input.categories,
            rules=input.rules,
            sustainability=input.sustainability,
        )

    @mutation(
        result=SpaceResult,
        description="Close a space: it can still be read, and nothing changes; for the operator.",
    )
    async def close_space(self, info: Info, input: CloseSpaceInput) -> Any:
        """Close a space."""
        return await spaces.close_space(
            info.context.ctx, id=input.space, expected_version=input.expected_version
        )

    @mutation(result=MembershipResult, description="Become a member of an open space.")
    async def join_space(self, info: Info, space: SpaceId) -> Any:
        """Join a space."""
        return await spaces.join_space(info.context.ctx, id=space)

    @mutation(
        result=SpaceResult,
        description="Stop being a member of a space; what you seek and offer in it is taken back.",
    )
    async def leave_space(self, info: Info, space: SpaceId) -> Any:
        """Leave a space."""
        return await spaces.leave_space(info.context.ctx, id=space)

    @mutation(result=MembershipResult, description="Give a person a role; for owners.")
    async def set_member_role(self, info: Info, input: SetMemberRoleInput) -> Any:
        """Give a role."""
        return await spaces.set_role(
            info.context.ctx, space_id=input.space, user=input.user, role=input.role
        )

    @mutation(result=CreateApiKeyResult, description="Give out an API key; for owners.")
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> Any:
        """Create an API key."""
        done = await spaces.create_key(
            info.context.ctx,
            space_id=input.space,
            name=input.name,
            scopes=input.scopes,
            expires_at=input.expires_at,
        )
        return NewApiKey(token=done["token"], key=done["key"])  # type: ignore[arg-type]

    @mutation(result=RevokeApiKeyResult, description="Take an API key back; for owners.")
    async def revoke_api_key(self, info: Info, id: ThingId) -> Any:
        """Revoke an API key."""
        return RevokedApiKey(key=await spaces.revoke_key(info.context.ctx, id=id))  # type: ignore[arg-type]
