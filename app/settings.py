"""Settings: the one place that reads the environment.

Every variable begins with `FIVEFOLD_`; `FIVEFOLD_<NAME>_FILE` names a file that holds the value
(for secrets). `MONGODB_URI` keeps the name that everybody knows.
"""

import os
from base64 import b64decode
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "FIVEFOLD_"
BUILT_IN_PROVIDERS = ("DEVELOPMENT", "TRANSFER")
WEBHOOK_SECRET_BYTES = range(24, 65)


def default_data_dir() -> Path:
    """Return where the embedded database lives unless it is told otherwise."""
    base = os.environ.get("XDG_DATA_HOME")  # noqa: TID251
    return Path(base) / "fivefold" if base else Path.home() / ".local" / "share" / "fivefold"


def is_this_machine(url: str) -> bool:
    """Say whether an address is one of this machine itself."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_confidential(url: str) -> bool:
    """Say whether nobody on the way reads what goes to an address: HTTPS, or this machine."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(url))
    return is_plain and has_host and is_safe and "@" not in parts.netloc


class Settings(BaseSettings):
    """How this server runs. Each field is an environment variable in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(
        None, description="How browsers reach the server, if not by host and port."
    )
    allowed_origins: tuple[str, ...] = Field(
        (), description="Origins, besides the server's own, whose pages may use the API."
    )
    mongodb_uri: str | None = Field(
        None,
        validation_alias=AliasChoices("MONGODB_URI", "mongodb_uri"),
        description="MongoDB replica set to use instead of the embedded one (`MONGODB_URI`).",
    )
    database: str = Field("fivefold", description="Name of the database.")
    mongod: Path | None = Field(None, description="Path of a mongod program for embedded use.")
    mongo_driver: Literal["pymongo", "motor"] = Field(
        "pymongo", description="Driver: PyMongo's asynchronous API, or Motor (extra `motor`)."
    )
    data_dir: Path = Field(
        default_factory=default_data_dir, description="Folder of the embedded database."
    )
    sign_up: Literal["open", "closed"] = Field(
        "open", description="Whether anybody may sign up, or only the operator adds people."
    )
    session_idle_hours: PositiveFloat = Field(
        336, description="A session ends after so many hours without use."
    )
    session_absolute_hours: PositiveFloat = Field(
        2160, description="A session ends after so many hours in any case."
    )
    argon2_memory_kib: PositiveInt = Field(19456, description="Memory of a password hash, KiB.")
    argon2_time_cost: PositiveInt = Field(2, description="Rounds of a password hash.")
    argon2_threads: PositiveInt = Field(2, description="Password hashes computed at a time.")
    introspection: bool = Field(True, description="Whether clients may read the schema.")
    persisted_queries: Literal["apq", "allow_list", "off"] = Field(
        "apq", description="Automatic persisted queries, only a known list, or neither."
    )
    operations_dir: Path | None = Field(
        None, description="Folder of .graphql files that the allow-list takes."
    )
    compiled: bool = Field(
        True, description="Whether operations are compiled; if not, they are interpreted."
    )
    max_body_bytes: PositiveInt = Field(131_072, description="Greatest request body.")
    max_tokens: PositiveInt = Field(1_000, description="Most lexical tokens in a document.")
    max_depth: PositiveInt = Field(15, description="Deepest nesting of fields.")
    max_aliases: PositiveInt = Field(30, description="Most aliases in a document.")
    max_cost: PositiveInt = Field(5_000, description="Greatest cost of one operation.")
    operation_seconds: PositiveFloat = Field(10, description="Longest time for one operation.")
    matching_seconds: PositiveFloat = Field(
        60, description="Longest time for an operation that pairs a whole space."
    )
    rate_points: PositiveInt = Field(
        60_000, description="Cost that one user, address or key may use per minute."
    )
    max_subscriptions_per_socket: PositiveInt = Field(100, description="Live operations a socket.")
    connection_init_seconds: PositiveFloat = Field(
        5, description="Time that a socket has to send connection_init."
    )
    heartbeat_seconds: PositiveFloat = Field(12, description="Pause between SSE heartbeats.")
    shutdown_seconds: PositiveFloat = Field(5, description="Time to finish work when stopped.")
    tick_seconds: PositiveFloat = Field(1, description="Pause between looks at what is due.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What is logged."
    )
    payment_providers: tuple[Literal["DEVELOPMENT", "TRANSFER"], ...] = Field(
        ("DEVELOPMENT", "TRANSFER"),
        description="Built-in ways to pay: play money to try out, and transfers confirmed by hand.",
    )
    transfer_account: str | None = Field(
        None, max_length=500, description="Account for transfers, as supporters are to read it."
    )
    payment_name: str = Field(
        "REMOTE",
        pattern=r"^[A-Z][A-Z0-9_]{0,31}$",
        description="What a payment provider of one's own is called; its webhooks come to "
        "`/payments/<name>`.",
    )
    payment_secret: SecretStr | None = Field(
        None, description="Bearer token for requests to that provider."
    )
    payment_webhook_secret: SecretStr | None = Field(
        None,
        description="Secret of that provider's webhooks, `whsec_…`; two with a blank between while "
        "it changes.",
    )
    # After its secrets, without which it is refused.
    payment_url: str | None = Field(
        None, description="Address of that provider: HTTPS, or on this machine."
    )

    @field_validator("mongo_driver")
    @classmethod
    def _is_installed(cls, driver: str) -> str:
        if driver == "motor" and find_spec("motor") is None:
            raise ValueError(
                "Motor is not installed: install the extra `motor`, or choose pymongo."
            )
        return driver

    @field_validator("payment_name")
    @classmethod
    def _is_a_name_of_its_own(cls, name: str) -> str:
        if name in BUILT_IN_PROVIDERS:
            raise ValueError("This is the name of a built-in provider.")
        return name

    @field_validator("payment_secret")
    @classmethod
    def _is_a_bearer_token(cls, secret: SecretStr | None) -> SecretStr | None:
        text = secret.get_secret_value() if secret else ""
        if text.isascii() and text.isprintable() and " " not in text:
            return secret
        raise ValueError("Give letters, digits and signs of ASCII, without blanks.")

    @field_validator("payment_webhook_secret")
    @classmethod
    def _are_webhook_secrets(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is None or all(map(_is_webhook_secret, secret.get_secret_value().split() or "?")):
            return secret
        raise ValueError("Give `whsec_` and 24 to 64 bytes in base64; two with a blank between.")

    @field_validator("payment_url")
    @classmethod
    def _is_an_address_for_payments(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is None:
            return url
        if not is_confidential(url) or urlsplit(url).query or "#" in url:
            raise ValueError(
                "Give an address that begins with https:// (http:// for this machine only), "
                "without a password, `?` or `#`."
            )
        for name in ("payment_secret", "payment_webhook_secret"):
            if not info.data.get(name, "a wrong one, which is said by itself"):
                raise ValueError(f"{PREFIX}{name.upper()} is needed too.")
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read, in this order: arguments, the environment, `…_FILE`, then `.env`."""
        del file_secret_settings
        return init_settings, env_settings, _FromFiles(settings_cls), dotenv_settings


class _FromFiles(PydanticBaseSettingsSource):
    """Reads `FIVEFOLD_<NAME>_FILE` and `MONGODB_URI_FILE`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        stem = "MONGODB_URI" if field_name == "mongodb_uri" else PREFIX + field_name.upper()
        path = os.environ.get(stem + "_FILE")  # noqa: TID251
        return (Path(path).read_text().strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {
            n: self.get_field_value(f, n)[0] for n, f in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}


def _is_webhook_secret(text: str) -> bool:
    try:
        secret = b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        return False
    return text.startswith("whsec_") and len(secret) in WEBHOOK_SECRET_BYTES
