"""One page of another authority's feed, over HTTP, from an address that the guard of outgoing requests allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import structlog

from services.reporting.alliance.sources import Trouble
from services.reporting.domain.improvement_source.events import ImprovementSourceAdmitted
from services.reporting.outgoing.guard import NotReached, Outgoing
from shared.deciding.refusal import Refused
from shared.web import json_body
from shared.web.problems import Problem

log = structlog.get_logger()

FIELD = "address"
LIMIT = 100
LARGEST = 8 * 2**20


class NotRead(Exception):
    """The page could not be read; `trouble` says in one word why, and nothing of what was answered."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class Fetching(Protocol):
    async def check(self, address: str) -> None:
        """Raises Refused for an address from which nothing would ever be read."""
        ...

    async def page(self, source: ImprovementSourceAdmitted, token: str, after: int) -> Sequence[Any]:
        """The events behind this number, in order, as they came. Raises NotRead."""
        ...


@dataclass(frozen=True, slots=True)
class OverHttp:
    """`domains` are those in which other authorities may be read. Refusals name the field that `outgoing` is told."""

    outgoing: Outgoing
    domains: Sequence[str]

    async def check(self, address: str) -> None:
        """Connects to nothing. A name that leads nowhere may lead somewhere when the source is read."""
        try:
            await self.outgoing.check(address, self.domains)
        except NotReached as failed:
            log.warning("address of a source not known", because=failed.reason)

    async def page(self, source: ImprovementSourceAdmitted, token: str, after: int) -> Sequence[Any]:
        events = f"{source.address}/v1/subscriptions/{quote(source.subscription_id, safe='')}/events"
        raw = await self._answer(f"{events}?after={after}&limit={LIMIT}", token)
        try:
            found = json_body.read(raw)
        except Problem:
            raise NotRead("MALFORMED") from None
        items = found.get("items") if isinstance(found, dict) else None
        if not isinstance(items, list) or len(items) > LIMIT:
            raise NotRead("MALFORMED")
        return items

    async def _answer(self, address: str, token: str) -> bytes:
        """A body that is larger than it may be is cut off, and then is no JSON."""
        known = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        try:
            answer = await self.outgoing.ask("GET", address, self.domains, known)
        except Refused:
            raise NotRead("FORBIDDEN") from None
        except NotReached:
            raise NotRead("UNREACHABLE") from None
        if answer.status == 410:
            raise NotRead("GONE")
        if answer.status >= 500 or answer.status == 429:
            raise NotRead("UNREACHABLE")
        if answer.status != 200:
            raise NotRead("REFUSED")
        return answer.body
