"""Which providers an installation has, and which settings are refused."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from app import doctor
from app.payments.port import Payment
from app.payments.providers import open_providers, pretends_in_public, webhook_secrets
from app.payments.signatures import read_secrets
from app.settings import Settings
from tests.payments.provider import SECRET, WEBHOOK_SECRET, Cashier

REMOTE: dict[str, Any] = {
    "payment_url": "https://pay.example/v1",
    "payment_secret": SECRET,
    "payment_webhook_secret": WEBHOOK_SECRET,
}


async def names(**settings: Any) -> list[str]:
    """Return the names of the providers that these settings open."""
    async with open_providers(Settings(**settings)) as providers:
        assert [provider.name for provider in providers.values()] == list(providers)
        return list(providers)


async def test_which_providers_there_are() -> None:
    """Both built-in ones unless it is said otherwise; the remote one, once it has an address."""
    assert await names() == ["TRANSFER", "DEVELOPMENT"]
    assert await names(payment_providers=()) == []
    assert await names(payment_providers=("TRANSFER",)) == ["TRANSFER"]
    assert await names(**REMOTE) == ["REMOTE", "TRANSFER", "DEVELOPMENT"]
    assert await names(**REMOTE, payment_name="ACME", payment_providers=()) == ["ACME"]


async def test_the_remote_one_is_asked(cashier: Cashier, payment: Payment) -> None:
    """It is reached where the settings say, with their secret."""
    async with open_providers(Settings(**cashier.settings)) as providers:
        assert (await providers["REMOTE"].authorise(payment)).outcome == "CONFIRMED"


async def test_where_transfers_go(payment: Payment) -> None:
    """Whoever transfers money is told the operator's account."""
    async with open_providers(Settings(transfer_account="AT00 0000")) as providers:
        said = providers["TRANSFER"].instructions(payment)
    assert said is not None
    assert said.account == "AT00 0000"


def test_who_may_send_webhooks() -> None:
    """The remote provider alone, by its name; with both secrets while one follows the other."""
    other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    both = REMOTE | {"payment_webhook_secret": f"{other} {WEBHOOK_SECRET}", "payment_name": "ACME"}
    assert webhook_secrets(Settings()) == {}
    assert webhook_secrets(Settings(**both)) == {"ACME": read_secrets(f"{other} {WEBHOOK_SECRET}")}


async def test_play_money_in_public_is_said_aloud() -> None:
    """At a public address it is an error in the log, and the doctor says how to mend it."""
    public = Settings(public_url="https://fivefold.example")
    with capture_logs() as lines:
        async with open_providers(public):
            pass
    assert [line["log_level"] for line in lines] == ["error"]
    [finding] = doctor._payments(public)
    assert not finding.ok
    assert finding.exit_code == 0
    assert "FIVEFOLD_PAYMENT_PROVIDERS" in finding.fix


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"public_url": "http://localhost:8000"},
        {"public_url": "https://fivefold.example", "payment_providers": ("TRANSFER",)},
    ],
)
def test_play_money_at_home(settings: dict[str, Any]) -> None:
    """Without a public address, or without play money, there is nothing to be said."""
    assert not pretends_in_public(Settings(**settings))
    assert list(doctor._payments(Settings(**settings))) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://pay.example",
        "https://pay.example:8443/v1/",
        "http://localhost:9000",
        "http://127.0.0.1:9000/v1",
        "http://[::1]:9000",
    ],
)
def test_addresses_that_are_taken(url: str) -> None:
    """HTTPS anywhere, and plain HTTP on this machine."""
    assert Settings(**REMOTE | {"payment_url": url}).payment_url == url


@pytest.mark.parametrize(
    "changed",
    [
        {"payment_url": "http://pay.example"},
        {"payment_url": "http://localhost.pay.example"},
        {"payment_url": "http://127.0.0.1.pay.example"},
        {"payment_url": "https://"},
        {"payment_url": "pay.example"},
        {"payment_url": "ftp://pay.example"},
        {"payment_url": "https://me:secret@pay.example"},
        {"payment_url": "https://pay.example/?a=b"},
        {"payment_url": "https://pay.example/#a"},
        {"payment_url": "https://pay.example/a b"},
        {"payment_url": "https://[pay.example"},
        {"payment_secret": None},
        {"payment_secret": "two words"},
        {"payment_secret": "grün"},
        {"payment_webhook_secret": None},
        {"payment_webhook_secret": " "},
        {"payment_webhook_secret": "whsec_c2hvcnQ="},
        {"payment_webhook_secret": WEBHOOK_SECRET.removeprefix("whsec_")},
        {"payment_webhook_secret": f"{WEBHOOK_SECRET} another"},
        {"payment_webhook_secret": "whsec_" + "A" * 100},
        {"payment_name": "DEVELOPMENT"},
        {"payment_name": "TRANSFER"},
        {"payment_name": "my provider"},
        {"payment_name": ""},
        {"payment_providers": ("PAYPAL",)},
    ],
)
def test_settings_that_are_refused(changed: dict[str, Any]) -> None:
    """What could not work, or would be overheard, is refused at the start; no secret is told."""
    with pytest.raises(ValidationError) as refused:
        Settings(**REMOTE | changed)
    assert SECRET not in str(refused.value)
    assert WEBHOOK_SECRET[6:] not in str(refused.value)


def test_secrets_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each secret may stand in a file, and is not printed."""
    for name in ("payment_secret", "payment_webhook_secret"):
        (tmp_path / name).write_text(f"{REMOTE[name]}\n")
        monkeypatch.setenv(f"FIVEFOLD_{name.upper()}_FILE", str(tmp_path / name))
    settings = Settings(payment_url=REMOTE["payment_url"])
    assert settings.payment_secret is not None
    assert settings.payment_secret.get_secret_value() == SECRET
    assert SECRET not in repr(settings)
    assert WEBHOOK_SECRET not in repr(settings)
