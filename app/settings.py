"""Settings: the one place that reads the environment.

Every variable begins with `FIVEFOLD_`; `FIVEFOLD_<NAME>_FILE` names a file that holds the value
(for secrets). `MONGODB_URI` keeps the name that everybody knows.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, PositiveFloat, PositiveInt, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "FIVEFOLD_"


def default_data_dir() -> Path:
    """Return where the embedded database lives unless it is told otherwise."""
    base = os.environ.get("XDG_DATA_HOME")  # noqa: TID251
    return Path(base) / "fivefold" if base else Path.home() / ".local" / "share" / "fivefold"


class Settings(BaseSettings):
    """How this server runs. Each field is an environment variable in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, populate_by_name=True
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

    @field_validator("mongo_driver")
    @classmethod
    def _is_installed(cls, driver: str) -> str:
        if driver == "motor" and find_spec("motor") is None:
            raise ValueError(
                "Motor is not installed: install the extra `motor`, or choose pymongo."
            )
        return driver

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
