"""What is sent about partners and subscriptions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from services.reporting.domain.partner.events import Door
from shared.web.desk import CommandBody

PartnerId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Domain = Annotated[str, Field(max_length=200, pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]


class AddPartnerBody(CommandBody):
    """`endpoint_domains` are those in which the partner's webhooks may lie."""

    partner_id: PartnerId
    name: Annotated[str, Field(min_length=1, max_length=120)]
    la_code: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    endpoint_domains: Annotated[tuple[Domain, ...], Field(max_length=20)] = ()


class SubscribeBody(CommandBody):
    """As in the CloudEvents Subscriptions API. What `id` says is ignored; only an administrator names the partner."""

    id: str | None = None
    partner_id: PartnerId | None = None
    protocol: Door
    types: Annotated[tuple[str, ...], Field(min_length=1, max_length=50)]
    filters: Annotated[tuple[dict[str, Any], ...], Field(max_length=20)] = ()
    sink: Annotated[str, Field(max_length=2000)] | None = None


class NothingBody(CommandBody):
    """Nothing: what is asked stands in the address."""
