"""Providers: those that the settings name, opened together and closed together."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from app.payments.development import NAME as DEVELOPMENT
from app.payments.development import Development
from app.payments.port import Provider
from app.payments.signatures import read_secrets
from app.payments.transfer import NAME as TRANSFER
from app.payments.transfer import Transfer
from app.settings import Settings

Providers = Mapping[str, Provider]

logger = structlog.get_logger()


@asynccontextmanager
async def open_providers(settings: Settings) -> AsyncIterator[Providers]:
    """Yield the providers of an installation by name, in the order in which they are offered."""
    if pretends_in_public(settings):
        logger.error(
            "pledges are confirmed without any money: DEVELOPMENT is one of "
            "FIVEFOLD_PAYMENT_PROVIDERS",
            public_url=settings.public_url,
        )
    async with AsyncExitStack() as stack:
        opened: dict[str, Provider] = {}
        if settings.payment_url and settings.payment_secret:
            # The HTTP client takes its time to be imported, and most need none.
            from app.payments.remote import Remote

            secret = settings.payment_secret.get_secret_value()
            remote = Remote(settings.payment_name, settings.payment_url, secret)
            stack.push_async_callback(remote.close)
            opened[remote.name] = remote
        built_in: dict[str, Provider] = {
            TRANSFER: Transfer(settings.transfer_account),
            DEVELOPMENT: Development(),
        }
        names = settings.payment_providers
        opened |= {name: provider for name, provider in built_in.items() if name in names}
        yield opened


def webhook_secrets(settings: Settings) -> dict[str, tuple[bytes, ...]]:
    """Return what each provider signs its webhooks with; who is not in it may send none."""
    if not (settings.payment_url and settings.payment_webhook_secret):
        return {}
    text = settings.payment_webhook_secret.get_secret_value()
    return {settings.payment_name: read_secrets(text)}


def pretends_in_public(settings: Settings) -> bool:
    """Say whether play money is taken for real: DEVELOPMENT is on, and the address is public."""
    is_public = (settings.public_url or "").lower().startswith("https:")
    return is_public and DEVELOPMENT in settings.payment_providers
