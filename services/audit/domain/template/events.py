"""What happens to audit templates."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.audit.domain.template.version import TemplateVersion
from shared.deciding.events import StoredEvent


class TemplatePublished(StoredEvent):
    type: Literal["TemplatePublished.v1"] = "TemplatePublished.v1"
    template: TemplateVersion


class TemplateRetired(StoredEvent):
    """No new audit is planned under this version; those under way go on with it."""

    type: Literal["TemplateRetired.v1"] = "TemplateRetired.v1"
    template_id: str
    version: int


TemplateEvent = Annotated[TemplatePublished | TemplateRetired, Field(discriminator="type")]
