"""What an operator can set, each by an environment variable `HAITANG_…`; `docs/settings.md` explains every one."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core.addresses import origins_of


def _time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(f"{name!r} is no time zone of the IANA database.") from None


def _origins(listed: str) -> str:
    origins_of(listed)
    return listed


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="HAITANG_", frozen=True)

    # Hidden from the representation, since a PostgreSQL URL carries a password.
    database_url: str = Field(default="sqlite:///var/haitang.db", repr=False)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    guest_practice: bool = True
    secret: SecretStr | None = Field(default=None, min_length=32)
    writer_queue: int = Field(default=10_000, ge=1)
    writer_group: int = Field(default=256, ge=1)
    read_threads: int = Field(default=4, ge=1)
    body_limit: int = Field(default=262_144, ge=1_024)
    public_url: str | None = Field(default=None, pattern="^https?://[^/]+$")
    session_idle_hours: int = Field(default=7 * 24, ge=1)
    session_hours: int = Field(default=30 * 24, ge=1)
    private_origins: Annotated[str, AfterValidator(_origins)] | None = None
    lti_allow_loopback: bool = False
    lti_sender: bool = True
    lti_time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"
    webhook_sender: bool = True
