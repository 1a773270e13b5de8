"""How the demo comes by an operator, who alone may open spaces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.administration import temporary_operator
from app.demo.client import Client, DemoFailed, NotAdmitted
from app.demo.operations import ME, SIGN_IN, SIGN_OUT
from app.settings import Settings

CONFIGURATION = 2
NAME = "Fivefold demo"
HOW_TO_MEND = (
    "  On the machine of the server, `fivefold token create EMAIL` prints an operator's token\n"
    "  (`fivefold user add EMAIL --name NAME --operator` makes an operator).\n"
    "  Give it as --token, or in FIVEFOLD_OPERATOR_TOKEN."
)


@dataclass(frozen=True, slots=True)
class Admission:
    """What the demo was given: a token, or an address and a password, or the server's settings."""

    settings: Settings
    token: str | None = field(default=None, repr=False)
    email: str | None = None
    password: str | None = field(default=None, repr=False)


@asynccontextmanager
async def operator(client: Client, admission: Admission) -> AsyncIterator[str]:
    """Yield an operator's token for the time of the block.

    Raises:
        DemoFailed: there is no way to one; it says how to get one.
        DatabaseUnavailable, NewerDatabase: the database beside us cannot be used.

    """
    if admission.token:
        await _check(client, admission.token, f"The token is not valid.\n{HOW_TO_MEND}")
        yield admission.token
    elif admission.email:
        given = {"email": admission.email, "password": admission.password or "", "label": "demo"}
        signed_in = await client.do(SIGN_IN, input=given)
        yield signed_in["token"]
        await client.do(SIGN_OUT, signed_in["token"])
    else:
        where = _database_beside(client, admission.settings)
        async with temporary_operator(admission.settings, NAME) as token:
            await _check(
                client,
                token,
                f"The server at {client.urls[0]} does not use the database in {where}.\n"
                "  Give --data-dir, the folder that the server named when it started.\n"
                + HOW_TO_MEND,
            )
            yield token


def _database_beside(client: Client, settings: Settings) -> str:
    """Return where the database of a server on this machine is, if there is one."""
    if not client.is_local:
        raise DemoFailed(
            f"The demo needs an operator of {client.urls[0]}.\n{HOW_TO_MEND}", CONFIGURATION
        )
    if settings.mongodb_uri:
        return "MONGODB_URI"
    if not (settings.data_dir / "mongodb" / "state.json").exists():
        raise DemoFailed(
            f"The demo needs an operator, and finds no database of the server in "
            f"{settings.data_dir}.\n"
            "  Give --data-dir, the folder that the server named when it started.\n" + HOW_TO_MEND,
            CONFIGURATION,
        )
    return str(settings.data_dir)


async def _check(client: Client, token: str, otherwise: str) -> None:
    try:
        for _ in client.urls:
            await client.ask(ME, token)
    except NotAdmitted:
        raise DemoFailed(otherwise, CONFIGURATION) from None
