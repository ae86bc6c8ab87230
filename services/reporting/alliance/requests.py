"""What is sent about support and about sources."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from services.reporting.domain.support.events import Result
from shared.web.desk import CommandBody

LaCode = Annotated[str, Field(min_length=1, max_length=64)]
EventId = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
Code = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,59}$")]
Month = Annotated[str, Field(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")]
SourceId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class RequestSupportBody(CommandBody):
    """`event_id` is the released request in which the authority says what it needs."""

    la_code: LaCode
    event_id: EventId


class OfferSupportBody(CommandBody):
    """`event_id` is the released offer, if the authority wrote one."""

    la_code: LaCode
    event_id: EventId | None = None


class AcceptSupportBody(CommandBody):
    offering_la_code: LaCode


class PeerChallengeBody(CommandBody):
    """`la_code` is the authority that tells of it: one of the two that met."""

    la_code: LaCode
    held_in: Month
    theme_codes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]


class ImpactBody(CommandBody):
    result: Result
    event_id: EventId | None = None


class AdmitSourceBody(CommandBody):
    """Another authority's Golden Thread: its base address, our subscription there, and the token to read it with.

    The token is sealed, and never shown again. `la_codes` are the authorities for which it may speak.
    """

    source_id: SourceId
    address: Annotated[str, Field(min_length=1, max_length=500)]
    subscription_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    la_codes: Annotated[tuple[LaCode, ...], Field(min_length=1, max_length=200)]
    token: Annotated[SecretStr, Field(min_length=1, max_length=8192)]


class NothingBody(CommandBody):
    """Nothing: what is asked stands in the address."""
