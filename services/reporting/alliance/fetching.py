"""One page of another authority's feed, over HTTP: https, no redirects, no proxy, so many bytes and seconds at most."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import quote

import httpx2

from services.reporting.alliance.sources import Trouble
from services.reporting.domain.improvement_source.events import ImprovementSourceAdmitted
from shared.web import json_body
from shared.web.problems import Problem

LIMIT = 100
LARGEST = 8 * 2**20
SECONDS = 15.0


class NotRead(Exception):
    """The page could not be read; `trouble` says in one word why, and nothing of what was answered."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class Fetching(Protocol):
    async def page(self, source: ImprovementSourceAdmitted, token: str, after: int) -> Sequence[Any]:
        """The events behind this number, in order, as they came. Raises NotRead."""
        ...


class OverHttp:
    async def page(self, source: ImprovementSourceAdmitted, token: str, after: int) -> Sequence[Any]:
        address = f"{source.address}/v1/subscriptions/{quote(source.subscription_id, safe='')}/events"
        try:
            async with asyncio.timeout(SECONDS):
                raw = await _answer(address, token, {"after": str(after), "limit": str(LIMIT)})
        except (TimeoutError, httpx2.HTTPError):
            raise NotRead("UNREACHABLE") from None
        try:
            found = json_body.read(raw)
        except Problem:
            raise NotRead("MALFORMED") from None
        items = found.get("items") if isinstance(found, dict) else None
        if not isinstance(items, list):
            raise NotRead("MALFORMED")
        return items


async def _answer(address: str, token: str, asked: dict[str, str]) -> bytes:
    known = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    async with (
        httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream("GET", address, params=asked, headers=known) as answer,
    ):
        if answer.status_code == 410:
            raise NotRead("GONE")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise NotRead("UNREACHABLE")
        if answer.status_code != 200:
            raise NotRead("REFUSED")
        whole = bytearray()
        async for part in answer.aiter_bytes():
            whole += part
            if len(whole) > LARGEST:
                raise NotRead("MALFORMED")
        return bytes(whole)
