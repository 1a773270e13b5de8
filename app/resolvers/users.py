"""What people do about themselves: sign up, in and out, sessions, password; and the operator's."""

from datetime import datetime, timedelta
from typing import TypedDict, cast

from app.auth.permissions import allowed
from app.db import users as users_db
from app.db.documents import Session, User
from app.db.driver import DuplicateKeyError
from app.db.events import Draft
from app.db.guesses import claim_guess
from app.db.paging import Page, Window
from app.db.writing import Writing, write
from app.failures import (
    Conflict,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RateLimited,
    WrongCredentials,
)
from app.ids import fingerprint, new_id, new_token
from app.resolvers.context import Context
from app.resolvers.inputs import Checks


class SignedIn(TypedDict):
    """A fresh session, with the token that is shown this once."""

    token: str
    session: Session
    user: User


async def sign_up(
    ctx: Context, *, email: str, password: str, name: str, locale: str, time_zone: str
) -> None:
    """Make an account, unless the address has one: the answer and its time are the same.

    Raises:
        InvalidInput: something is wrong with the input.
        NotAllowed: this server takes no sign-ups.
        RateLimited: too many sign-ups from this address.

    """
    ctx.require("user.sign_up")
    if ctx.services.settings.sign_up == "closed":
        raise NotAllowed("This server takes no sign-ups.", missing="an account from the operator")
    user = await new_user(
        ctx, email=email, password=password, name=name, locale=locale, time_zone=time_zone
    )
    await _count_guess(ctx, f"sign-up:address:{ctx.address}", burst=30, per_seconds=20)
    if await users_db.find_user_by_email(ctx.db, user["email"]) is None:
        await insert_user(ctx, user)


async def new_user(
    ctx: Context,
    *,
    email: str,
    password: str,
    name: str,
    locale: str = "en",
    time_zone: str = "UTC",
) -> User:
    """Return a person that is not stored yet.

    Raises:
        InvalidInput: something is wrong with the input.

    """
    checks = Checks()
    email = checks.email("email", email)
    name = checks.text("name", name, least=1, most=100)
    checks.password("password", password, unlike=[email, email.split("@")[0], name])
    checks.locale("locale", locale)
    checks.time_zone("timeZone", time_zone)
    checks.done()
    return User(
        _id=new_id("users"),
        email=email,
        name=name,
        password_hash=await ctx.services.passwords.hash(password),
        locale=locale,
        time_zone=time_zone,
        is_operator=False,
        suspended_at=None,
        created_at=ctx.now,
        version=1,
    )


async def insert_user(ctx: Context, user: User) -> bool:
    """Store a person. Return whether the address was free."""

    async def work(writing: Writing) -> None:
        await writing.insert("users", user)
        await writing.append(_event(ctx, "user.signed_up", user["_id"], user["_id"]))

    try:
        await write(ctx.db, ctx.now, work)
    except DuplicateKeyError:
        return False
    return True


async def sign_in(ctx: Context, *, email: str, password: str, label: str) -> SignedIn:
    """Begin a session.

    Raises:
        WrongCredentials: the address or the password is wrong, or the account is suspended.
        RateLimited: too many guesses for this account or from this address.

    """
    ctx.require("user.sign_in")
    checks = Checks()
    email = checks.email("email", email)
    label = checks.text("label", label, most=200)
    if len(password) > 1024:  # noqa: PLR2004 - what is longer was never taken at sign-up
        checks.add("password", "This is too long to be a password of this server.")
    checks.done()
    # Counted per guess and before the check, in the database: aliases and sockets do not help.
    await _count_guess(ctx, f"sign-in:account:{fingerprint(email)}", burst=10, per_seconds=30)
    await _count_guess(ctx, f"sign-in:address:{ctx.address}", burst=60, per_seconds=5)
    user = await users_db.find_user_by_email(ctx.db, email)
    stored = user["password_hash"] if user else None
    right = await ctx.services.passwords.verify(stored, password)
    if user is None or not right or user["suspended_at"] is not None:
        raise WrongCredentials("The e-mail address or the password is wrong.")
    if ctx.services.passwords.outdated(user["password_hash"]):
        renewed = await ctx.services.passwords.hash(password)
        await users_db.update_password_hash(ctx.db, user["_id"], renewed)
    return await begin_session(ctx, user, label)


async def begin_session(ctx: Context, user: User, label: str) -> SignedIn:
    """Store a fresh session of a person and return it with its token."""
    token, settings = new_token(), ctx.services.settings
    session = Session(
        _id=new_id("sessions"),
        user=user["_id"],
        token_hash=fingerprint(token),
        label=label,
        created_at=ctx.now,
        used_at=ctx.now,
        idle_ends_at=ctx.now + timedelta(hours=settings.session_idle_hours),
        ends_at=ctx.now + timedelta(hours=settings.session_absolute_hours),
    )
    await users_db.insert_session(ctx.db, session)
    return SignedIn(token=token, session=session, user=user)


async def sign_out(ctx: Context) -> None:
    """End the session that the viewer came with, everywhere.

    Raises:
        NotSignedIn: nobody is signed in.

    """
    if ctx.viewer.session is None:
        raise NotSignedIn("Nobody is signed in.")
    await _end_sessions(ctx, cast("str", ctx.viewer.user), [ctx.viewer.session])


async def end_session(ctx: Context, *, id: str) -> None:
    """End one of the viewer's own sessions.

    Raises:
        NotFound: the viewer has no such session.

    """
    session = await users_db.find_session_by_id(ctx.db, id)
    ctx.require_own("session.end", session["user"] if session else None, "session")
    await _end_sessions(ctx, cast("str", ctx.viewer.user), [id])


async def change_password(ctx: Context, *, current: str, new: str) -> None:
    """Change the viewer's password, and end their other sessions.

    Raises:
        NotSignedIn: nobody is signed in.
        WrongCredentials: the current password is wrong.
        InvalidInput: the new password cannot be taken.
        RateLimited: too many guesses.

    """
    user = await _me(ctx)
    checks = Checks()
    checks.password("newPassword", new, unlike=[user["email"], user["name"]])
    checks.done()
    await _count_guess(
        ctx, f"sign-in:account:{fingerprint(user['email'])}", burst=10, per_seconds=30
    )
    if not await ctx.services.passwords.verify(user["password_hash"], current):
        raise WrongCredentials("The current password is wrong.")
    await users_db.update_password_hash(ctx.db, user["_id"], await ctx.services.passwords.hash(new))
    others = await users_db.list_other_sessions(ctx.db, user["_id"], ctx.viewer.session)
    await _end_sessions(ctx, user["_id"], others)


async def list_my_sessions(ctx: Context, window: Window) -> Page:
    """Return a page of the viewer's own sessions.

    Raises:
        NotSignedIn: nobody is signed in.

    """
    user = await _me(ctx)
    return await users_db.find_sessions(ctx.db, user["_id"], window)


async def find_my_sessions(ctx: Context, ids: list[str]) -> dict[str, Session]:
    """Return those of the sessions that are the viewer's own, by identifier."""
    found = await users_db.list_sessions(ctx.db, ids)
    return ctx.mine("session.list", found)


async def find_me(ctx: Context) -> User | None:
    """Return the person who asks, or None."""
    return await users_db.find_user(ctx.db, ctx.viewer.user) if ctx.viewer.user else None


async def find_users(ctx: Context, ids: list[str]) -> list[User]:
    """Return people by identifier; what is private in them is guarded field by field."""
    ctx.require("user.read_public")
    return await users_db.list_users(ctx.db, ids)


def sees_private(ctx: Context, user: str) -> bool:
    """Say whether the viewer may read what is private of a person."""
    return allowed("user.read_private", ctx.own(user))


async def suspend_user(ctx: Context, *, id: str, suspended: bool) -> User:
    """Suspend a person, which ends their sessions, or restore them.

    Raises:
        NotFound: there is no such person.
        NotAllowed: the viewer is not the operator, or means themselves.

    """
    ctx.require("user.suspend")
    user = await users_db.find_user(ctx.db, id)
    if user is None:
        raise NotFound("There is no such person.")
    if id == ctx.viewer.user:
        raise NotAllowed("You cannot suspend yourself.", missing="another operator")

    async def work(writing: Writing) -> None:
        await users_db.update_suspended(writing, id, ctx.now if suspended else None)
        draft = _event(ctx, "user.suspended", id, id)
        draft["after"] = {"suspended": suspended}
        await writing.append(draft)

    await write(ctx.db, ctx.now, work)
    return {**user, "suspended_at": ctx.now if suspended else None, "version": user["version"] + 1}


async def offer_operator_link(ctx: Context) -> str | None:
    """Return a one-time token for the first operator, or None when there is one already."""
    if await users_db.find_operator(ctx.db) is not None:
        return None
    token = new_token()
    await users_db.upsert_operator_link(ctx.db, fingerprint(token), ctx.now)
    return token


async def claim_operator(
    ctx: Context, *, token: str, email: str, password: str, name: str
) -> SignedIn:
    """Become the first operator with the one-time token, and sign in.

    Raises:
        NotAllowed: the link is wrong, or was used.
        InvalidInput: something is wrong with the input.
        Conflict: the address has an account already.
        RateLimited: too many tries from this address.

    """
    ctx.require("operator.claim")
    user = await new_user(ctx, email=email, password=password, name=name)
    user["is_operator"] = True
    await _count_guess(ctx, f"operator:address:{ctx.address}", burst=10, per_seconds=30)

    async def work(writing: Writing) -> None:
        if not await users_db.claim_operator_link(writing, fingerprint(token)):
            raise NotAllowed(
                "This link is not valid, or was used already. The server prints a new one at its "
                "start as long as there is no operator.",
                missing="the one-time link of the first operator",
            )
        await writing.insert("users", user)
        await writing.append(_event(ctx, "user.operator_claimed", user["_id"], user["_id"]))

    try:
        await write(ctx.db, ctx.now, work)
    except DuplicateKeyError:
        raise Conflict("This e-mail address has an account already; use another.") from None
    return await begin_session(ctx, user, "first operator")


async def _me(ctx: Context) -> User:
    user = await find_me(ctx)
    if user is None:
        raise NotSignedIn("Sign in first: send `Authorization: Bearer <token>`.")
    return user


async def _end_sessions(ctx: Context, user: str, ids: list[str]) -> None:
    if not ids:
        return

    async def work(writing: Writing) -> None:
        await users_db.delete_sessions(writing, ids)
        await writing.append(*(_event(ctx, "session.ended", id, user, to=[]) for id in ids))

    await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()


async def _count_guess(ctx: Context, key: str, *, burst: int, per_seconds: float) -> None:
    retry_at: datetime | None = await claim_guess(ctx.db, key, burst=burst, per_seconds=per_seconds)
    if retry_at is not None:
        raise RateLimited("Too many tries. Wait a little.", retry_at=retry_at)


def _event(
    ctx: Context, type: str, subject: str, user: str, *, to: list[str] | None = None
) -> Draft:
    return Draft(
        type=type,
        space=None,
        subject=subject,
        actor=user,
        at=ctx.now,
        to=[user] if to is None else to,
    )
