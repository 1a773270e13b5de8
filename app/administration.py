"""Administration: what whoever runs the machine does beside the server, with the same database."""

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from app.auth.passwords import Passwords
from app.auth.viewer import ANONYMOUS, Viewer
from app.clock import now
from app.db.client import Database
from app.db.log import EventLog
from app.db.migrations import migrate
from app.resolvers import accounts, users
from app.resolvers.auditing import Audit, audit
from app.resolvers.collecting import Collecting
from app.resolvers.context import Context, Services, Spaces
from app.resolvers.folding import Folding
from app.resolvers.workers import Workers
from app.server import database
from app.settings import Settings


async def add_user(
    settings: Settings, *, email: str, name: str, password: str, operator: bool
) -> str:
    """Make an account, and say so.

    Raises:
        InvalidInput: something is wrong with the input.
        Conflict: the address has an account already.
        DatabaseUnavailable, NewerDatabase: there is no database that can be used.

    """
    async with _services(settings) as services:
        user = await accounts.add_account(
            Context(services, ANONYMOUS),
            email=email,
            password=password,
            name=name,
            is_operator=operator,
        )
    what = "an operator" if operator else "an account"
    return f"{user['name']} <{user['email']}> is {what} now."


async def create_token(settings: Settings, *, email: str) -> str:
    """Return the token of a fresh session of a person.

    Raises:
        InvalidInput, NotFound: nobody has an account of the address.
        NotAllowed: the account is suspended.
        DatabaseUnavailable, NewerDatabase: there is no database that can be used.

    """
    async with _services(settings) as services:
        ctx = Context(services, ANONYMOUS)
        user = await accounts.find_account(ctx, email)
        signed_in = await accounts.begin_session_of(ctx, user, "command line")
    return signed_in["token"]


async def check_ledger(settings: Settings) -> Audit:
    """Work out every figure of crowdsourcing anew, and return what differs; nothing is changed.

    Raises:
        DatabaseUnavailable, NewerDatabase: there is no database that can be used.

    """
    async with _services(settings) as services:
        return await audit(services.db)


@asynccontextmanager
async def temporary_operator(settings: Settings, name: str) -> AsyncIterator[str]:
    """Yield a token of a program's account that runs the server for the time of the block.

    If it stayed operator, no link would be offered to the first person any more. What it has
    opened stays its own.

    Raises:
        NotAllowed: the account is suspended.
        DatabaseUnavailable, NewerDatabase: there is no database that can be used.

    """
    async with _services(settings) as services:
        ctx = Context(services, ANONYMOUS)
        user = await accounts.find_or_add_program(ctx, name)
        signed_in = await accounts.begin_session_of(ctx, user, "temporary operator")
        mine = Viewer(user=user["_id"], session=signed_in["session"]["_id"])
        await accounts.set_operator(ctx, user, is_operator=True)
        try:
            yield signed_in["token"]
        finally:
            await accounts.set_operator(Context(services, mine), user, is_operator=False)
            await users.sign_out(Context(services, mine))


@asynccontextmanager
async def _services(settings: Settings) -> AsyncIterator[Services]:
    """Yield what deeds need, on the server's database; nothing runs on its own here."""
    owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        uri, _ = await stack.enter_async_context(database(settings))
        db = Database(uri, settings.database, settings.mongo_driver)
        stack.push_async_callback(db.close)
        await migrate(db, owner)
        passwords = Passwords(settings)
        stack.callback(passwords.close)
        log = EventLog(db, now)
        folding = Folding(db, log, now)
        collecting = Collecting(db, log, now, {}, folding)
        yield Services(
            settings, db, log, passwords, now, Spaces(db), Workers(), folding, collecting, {}
        )
