"""The JSON of platforms: bodies (`…Request`, `…Change`) and what is sent (`…Out`)."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field

from app.core.json_body import Body
from app.courses.fields import Change, Uuid, line

Identifier: TypeAlias = Annotated[str, line(255, 1)]
Url: TypeAlias = Annotated[str, line(2000, 1), Field(json_schema_extra={"format": "uri"})]
Name: TypeAlias = Annotated[str, line(200, 1)]
ProductCode: TypeAlias = Annotated[str, line(64)]


class PlatformRequest(Body):
    """A registration, with what the platform shows after this service was registered there."""

    name: Name
    product: ProductCode = Field(default="", description="the product's family code, such as moodle or canvas")
    issuer: Identifier
    client_id: Identifier
    authorization_url: Url
    token_url: Url
    token_audience: Url | None = Field(default=None, description="where it is not `token_url`")
    keyset_url: Url
    deployments: Annotated[list[Identifier], Field(max_length=100)] = Field(default_factory=list)


class PlatformChange(Change):
    """What is left out stays. Issuer and client id can't change once somebody has come from the platform."""

    name: Name = ""
    product: ProductCode = ""
    issuer: Identifier = ""
    client_id: Identifier = ""
    authorization_url: Url = ""
    token_url: Url = ""
    token_audience: Url | None = None
    keyset_url: Url = ""
    disabled: bool = False


class DeploymentRequest(Body):
    """A deployment from which the platform may launch."""

    deployment_id: Identifier


class DeploymentOut(BaseModel):
    id: Uuid
    deployment_id: str = Field(description="the platform's own name of it")


class PlatformOut(BaseModel):
    id: Uuid
    name: str
    product: str
    issuer: str
    client_id: str
    authorization_url: str
    token_url: str
    token_audience: str | None
    keyset_url: str
    deployments: list[DeploymentOut]
    last_launch_at: datetime | None
    created_at: datetime
    disabled_at: datetime | None


class PlatformPage(BaseModel):
    items: list[PlatformOut]
    next_cursor: str | None


class InvitationOut(BaseModel):
    """An address for one dynamic registration, shown this once."""

    url: str
    expires_at: datetime


class ToolOut(BaseModel):
    """The addresses to type into a platform."""

    login_url: str
    launch_url: str
    redirect_urls: list[str]
    deep_linking_url: str
    keyset_url: str
    icon_url: str
    canvas: dict[str, Any] = Field(description="what Canvas takes by “Paste JSON”")


class CheckOut(BaseModel):
    """One thing that was looked at, in a sentence of both languages."""

    name: str
    state: Literal["ok", "warning", "fault"]
    detail: str
    detail_zh: str


class SelfTestOut(BaseModel):
    healthy: bool = Field(description="nothing is at fault; warnings may be left")
    checks: list[CheckOut]
