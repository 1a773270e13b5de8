"""People, as the client sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.db.documents import User as UserDocument
from app.resolvers import contribution_lists, users
from app.schema.abilities import Ability, can_field
from app.schema.context import Info
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RateLimited,
    WrongCredentials,
    mutation,
)
from app.schema.nodes import Node, ThingId
from app.schema.paging import After, Before, Connection, First, Last, pages_below, window

# A mere name to the checker: people come before what they give.
LazyContribution: Any = Annotated["Contribution", strawberry.lazy("app.schema.contributions")]  # noqa: F821


def _private(key: str) -> Any:
    async def resolve(self: Any, info: Info) -> Any:
        return self[key] if users.sees_private(info.context.ctx, self["_id"]) else None

    return resolve


@strawberry.type(description="A person or organisation; one in all spaces of this server.")
class User(Node):
    kind = "users"

    name: str = strawberry.field(description="The name that they chose to be called by.")
    created_at: datetime = strawberry.field(description="When they signed up.")
    email: str | None = strawberry.field(
        resolver=_private("email"),
        graphql_type=str | None,
        description="Their e-mail address; shown to themselves and to the operator.",
        metadata={"needs": ("_id", "email")},
    )
    locale: str | None = strawberry.field(
        resolver=_private("locale"),
        graphql_type=str | None,
        description="Their language, such as `fr`; shown to themselves and to the operator.",
        metadata={"needs": ("_id", "locale")},
    )
    time_zone: str | None = strawberry.field(
        resolver=_private("time_zone"),
        graphql_type=str | None,
        description="Their IANA time zone; shown to themselves and to the operator.",
        metadata={"needs": ("_id", "time_zone")},
    )
    suspended_at: datetime | None = strawberry.field(
        resolver=_private("suspended_at"),
        graphql_type=datetime | None,
        description="Since when they are suspended; shown to themselves and to the operator.",
        metadata={"needs": ("_id", "suspended_at")},
    )
    is_operator: bool = strawberry.field(description="Whether they run this server.")
    can: Ability | None = can_field()
    contributions = pages_below(
        contribution_lists.list_mine,
        needs=("_id",),
        type=Connection[LazyContribution] | None,
        description="What you gave to campaigns, newest first; null on anybody but yourself.",
    )


@strawberry.type(description="One sign-in of yours.")
class Session(Node):
    kind = "sessions"

    label: str = strawberry.field(description="What it was called at sign-in: a device, say.")
    created_at: datetime = strawberry.field(description="When it began.")
    used_at: datetime = strawberry.field(description="When it was last used, within 5 minutes.")
    ends_at: datetime = strawberry.field(description="When it ends at the latest.")

    @strawberry.field(
        graphql_type=bool,
        description="Whether this request came with it.",
        metadata={"needs": ("_id",)},
    )
    async def current(self: Any, info: Info) -> bool:
        """Say whether the viewer came with this session."""
        return bool(self["_id"] == info.context.ctx.viewer.session)


@strawberry.type(description="You are signed in.")
class SignedIn:
    token: str = strawberry.field(
        description="Send it as `Authorization: Bearer <token>`; it is shown this once."
    )
    user: User = strawberry.field(description="Who you are.")
    session: Session = strawberry.field(description="The session that the token opens.")


@strawberry.type(description="The sign-up was taken; the answer is the same for a known address.")
class SignedUp:
    message: str = strawberry.field(description="What to do next.")


@strawberry.type(description="It is done.")
class Done:
    message: str = strawberry.field(description="What was done.")


@strawberry.input(description="A new account.")
class SignUpInput:
    email: str = strawberry.field(description="Their e-mail address.")
    password: str = strawberry.field(description="10 to 256 characters, of any kind.")
    name: str = strawberry.field(description="What they want to be called, 1 to 100 characters.")
    locale: str = strawberry.field(default="en", description="Their language, such as `fr`.")
    time_zone: str = strawberry.field(default="UTC", description="Their IANA time zone.")


@strawberry.input(description="Who signs in.")
class SignInInput:
    email: str = strawberry.field(description="Their e-mail address.")
    password: str = strawberry.field(description="Their password.")
    label: str = strawberry.field(default="", description="What to call the session.")


@strawberry.input(description="The first operator.")
class ClaimOperatorInput:
    token: str = strawberry.field(description="The one-time token that the server printed.")
    email: str = strawberry.field(description="The operator's e-mail address.")
    password: str = strawberry.field(description="10 to 256 characters, of any kind.")
    name: str = strawberry.field(description="What they want to be called.")


@strawberry.input(description="A new password.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="The password so far.")
    new_password: str = strawberry.field(description="10 to 256 characters, of any kind.")


@strawberry.input(description="Whom to suspend or to restore.")
class SuspendUserInput:
    user: strawberry.ID = strawberry.field(description="The person.")
    suspended: bool = strawberry.field(default=True, description="False to let them in again.")


SignUpResult = Annotated[
    SignedUp | InvalidInput | NotAllowed | RateLimited,
    strawberry.union("SignUpResult", description="What came of a sign-up."),
]
SignInResult = Annotated[
    SignedIn | WrongCredentials | InvalidInput | RateLimited,
    strawberry.union("SignInResult", description="What came of a sign-in."),
]
ClaimOperatorResult = Annotated[
    SignedIn | InvalidInput | NotAllowed | Conflict | RateLimited,
    strawberry.union("ClaimOperatorResult", description="What came of the one-time link."),
]
SignOutResult = Annotated[
    Done | NotSignedIn,
    strawberry.union("SignOutResult", description="What came of a sign-out."),
]
EndSessionResult = Annotated[
    Done | NotFound | NotSignedIn,
    strawberry.union("EndSessionResult", description="What came of ending a session."),
]
ChangePasswordResult = Annotated[
    Done | WrongCredentials | InvalidInput | NotSignedIn | RateLimited,
    strawberry.union("ChangePasswordResult", description="What came of a new password."),
]
SuspendUserResult = Annotated[
    User | NotFound | NotAllowed | NotSignedIn,
    strawberry.union("SuspendUserResult", description="What came of a suspension."),
]


@strawberry.type
class UserQuery:
    """Reading people."""

    @strawberry.field(graphql_type=User | None, description="You, or null if not signed in.")
    async def me(self, info: Info) -> UserDocument | None:
        """Return the viewer."""
        return await users.find_me(info.context.ctx)

    @strawberry.field(graphql_type=Connection[Session], description="Your sessions.")
    async def sessions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the viewer's sessions."""
        return await users.list_my_sessions(
            info.context.ctx, window(info, first, after, last, before)
        )


def _signed_in(done: users.SignedIn) -> SignedIn:
    return SignedIn(token=done["token"], user=done["user"], session=done["session"])  # type: ignore[arg-type]


@strawberry.type
class UserMutation:
    """What people do about themselves."""

    @mutation(result=SignUpResult, description="Make an account.")
    async def sign_up(self, info: Info, input: SignUpInput) -> Any:
        """Sign up."""
        await users.sign_up(
            info.context.ctx,
            email=input.email,
            password=input.password,
            name=input.name,
            locale=input.locale,
            time_zone=input.time_zone,
        )
        return SignedUp(message="If the address was free, the account is ready: sign in.")

    @mutation(result=SignInResult, description="Begin a session.")
    async def sign_in(self, info: Info, input: SignInInput) -> Any:
        """Sign in."""
        done = await users.sign_in(
            info.context.ctx, email=input.email, password=input.password, label=input.label
        )
        return _signed_in(done)

    @mutation(
        result=SignOutResult,
        description="End the session that you came with, on every process and socket.",
    )
    async def sign_out(self, info: Info) -> Any:
        """Sign out."""
        await users.sign_out(info.context.ctx)
        return Done(message="You are signed out.")

    @mutation(result=EndSessionResult, description="End one of your sessions.")
    async def end_session(self, info: Info, id: ThingId) -> Any:
        """End a session."""
        await users.end_session(info.context.ctx, id=id)
        return Done(message="The session is over.")

    @mutation(
        result=ChangePasswordResult,
        description="Change your password; your other sessions end.",
    )
    async def change_password(self, info: Info, input: ChangePasswordInput) -> Any:
        """Change the password."""
        await users.change_password(
            info.context.ctx, current=input.current_password, new=input.new_password
        )
        return Done(message="The password is changed; your other sessions are over.")

    @mutation(
        result=ClaimOperatorResult,
        description="Become the first operator, with the link that the server printed.",
    )
    async def claim_operator(self, info: Info, input: ClaimOperatorInput) -> Any:
        """Claim the operator's place."""
        done = await users.claim_operator(
            info.context.ctx,
            token=input.token,
            email=input.email,
            password=input.password,
            name=input.name,
        )
        return _signed_in(done)

    @mutation(
        result=SuspendUserResult,
        description="Suspend a person, which ends their sessions, or let them in again.",
    )
    async def suspend_user(self, info: Info, input: SuspendUserInput) -> Any:
        """Suspend or restore a person."""
        return await users.suspend_user(info.context.ctx, id=input.user, suspended=input.suspended)
