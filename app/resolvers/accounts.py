"""What is done to accounts at the machine itself, by whoever runs it: no session is asked for.

Only the command line leads here; no field of the schema may.
"""

import secrets
from typing import cast

from app.db import users as users_db
from app.db.documents import User
from app.db.events import Draft
from app.db.writing import Writing, write
from app.failures import Conflict, NotAllowed, NotFound
from app.ids import derived_id, new_token
from app.resolvers.context import Context
from app.resolvers.inputs import Checks
from app.resolvers.users import SignedIn, begin_session, insert_user, new_user


async def add_account(
    ctx: Context, *, email: str, password: str, name: str, is_operator: bool
) -> User:
    """Make an account, also where nobody may sign up.

    Raises:
        InvalidInput: something is wrong with the input.
        Conflict: the address has an account already.

    """
    user = await new_user(ctx, email=email, password=password, name=name)
    user["is_operator"] = is_operator
    if not await insert_user(ctx, user):
        raise Conflict(f"{user['email']} has an account already.")
    return user


async def find_account(ctx: Context, email: str) -> User:
    """Return the person of an e-mail address.

    Raises:
        InvalidInput: this is no e-mail address.
        NotFound: nobody has an account of this address.

    """
    checks = Checks()
    email = checks.email("email", email)
    checks.done()
    user = await users_db.find_user_by_email(ctx.db, email)
    if user is None:
        raise NotFound(f"Nobody has an account of the address {email}.")
    return user


async def find_or_add_program(ctx: Context, name: str) -> User:
    """Return the account under which a program of this machine acts.

    It is known by its identifier: whoever signed up under its address would else become it.
    """
    id = derived_id("users", "program", name)
    email = f"{secrets.token_hex(16)}@fivefold.invalid"
    known = await users_db.find_user(ctx.db, id)
    if known is None:
        fresh = await new_user(ctx, email=email, password=new_token(), name=name)
        fresh["_id"] = id
        await insert_user(ctx, fresh)
        known = await users_db.find_user(ctx.db, id)
    return cast("User", known)


async def begin_session_of(ctx: Context, user: User, label: str) -> SignedIn:
    """Begin a session for a person without their password.

    Raises:
        NotAllowed: the account is suspended.

    """
    if user["suspended_at"] is not None:
        message = f"The account of {user['email']} is suspended."
        raise NotAllowed(message, missing="an account that is not suspended")
    return await begin_session(ctx, user, label)


async def set_operator(ctx: Context, user: User, *, is_operator: bool) -> None:
    """Let a person run the server, or no longer; every process learns of it by the event."""

    async def work(writing: Writing) -> None:
        await users_db.update_operator(writing, user["_id"], is_operator=is_operator)
        await writing.append(
            Draft(
                type="user.operator_claimed",
                space=None,
                subject=user["_id"],
                actor=ctx.viewer.actor,
                at=ctx.now,
                after={"is_operator": is_operator},
                to=[user["_id"]],
            )
        )

    await write(ctx.db, ctx.now, work)
