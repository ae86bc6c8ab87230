"""The pages of releases and partners in a real browser, over real work: wide and narrow, under axe, by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from services.reporting.sharing.numbering import TYPES
from shared.web.identity import COOKIE
from tests import http
from tests.browser.test_pages_in_a_browser import AXE, LEVELS
from tests.chromium import LAUNCH_FLAGS, find_chromium
from tests.releasing.a_service import FIGURES, LEARNED, Service, a_service
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.browser

SCOPES = ("improvements:read", "subscriptions:write")
REFUSED = "Since Okonjo rang 020 7946 0958, fathers are asked earlier, and plans are better for it."


@dataclass
class Town:
    """A served town with releases of every state, and a partner with a webhook and a feed."""

    service: Service
    address: str
    browser: Browser
    paths: dict[str, tuple[str, str]]

    async def opened(self, who: str, path: str, width: int = 1280) -> Page:
        context = await self.browser.new_context(viewport={"width": width, "height": 900})
        token = http.issuer().mint("elm-client", SCOPES, partner="elm") if who == "elm" else http.token(who)
        await context.add_cookies([{"name": COOKIE, "value": token, "url": self.address}])
        page = await context.new_page()
        await page.goto(self.address + path)
        return page


@asynccontextmanager
async def a_town(mongo_client: Any, prefix: str) -> AsyncIterator[Town]:
    async with (
        Receiver() as receiver,
        a_service(mongo_client, prefix, webhook_loopback=(receiver.authority,)) as service,
        async_playwright() as playwright,
    ):
        await service.app.state.sharing.prepare()
        paths = {**await _released(service), **await _subscribed(service, receiver)}
        server = uvicorn.Server(
            uvicorn.Config(service.app, host="127.0.0.1", port=0, lifespan="off", log_level="error", log_config=None)
        )
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_FLAGS)
        try:
            yield Town(service, f"http://127.0.0.1:{port}", browser, paths)
        finally:
            await browser.close()
            server.should_exit = True
            await serving


async def _released(service: Service) -> dict[str, tuple[str, str]]:
    published = (await service.propose(LEARNED)).removeprefix("/v1")
    await service.ask(f"/v1{published}/approval")
    figures = (await service.propose(FIGURES)).removeprefix("/v1")
    return {
        "releases": ("hqa", "/releases"),
        "words-published": ("hqa", published),
        "figures-proposed": ("hqa", figures),
        "figures-own": ("analyst", figures),
        "propose-figures": ("analyst", "/releases/new?la_code=901&what=figures"),
        "propose-words": ("analyst", "/releases/new?la_code=901&what=words"),
    }


async def _subscribed(service: Service, receiver: Receiver) -> dict[str, tuple[str, str]]:
    headers = http.bearer("administrator", SCOPES, ["*"])
    partner = {"partner_id": "elm", "name": "Elm Council", "endpoint_domains": ["127.0.0.1"]}
    await service.talking.post("/v1/partners", json=partner, headers={**headers, **http.new_key()})
    found = []
    for way in ({"protocol": "FEED"}, {"protocol": "HTTP", "sink": f"http://{receiver.authority}/hook"}):
        body = {"partner_id": "elm", "types": sorted(TYPES), **way}
        made = await service.talking.post("/v1/subscriptions", json=body, headers={**headers, **http.new_key()})
        assert made.status_code == 201, made.text
        found.append(f"/partners/elm/subscriptions/{made.json()['id']}")
    await service.app.state.sharing.round()
    service.town.at += timedelta(seconds=10)
    await service.app.state.sharing.round()
    return {"partner": ("elm", "/partners/elm"), "feed": ("elm", found[0]), "webhook": ("elm", found[1])}


async def sideways(page: Page) -> Any:
    """How far the page scrolls sideways, with everything unfolded."""
    await page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
    return await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


async def what_is_wrong(page: Page) -> list[Any]:
    """What axe finds, and whether the page scrolls sideways."""
    wide = await sideways(page)
    await page.evaluate(AXE)
    rules = {"runOnly": LEVELS, "rules": {"target-size": {"enabled": True}}}
    found: dict[str, Any] = await page.evaluate("rules => axe.run(document, rules)", rules)
    said = [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found["violations"]]
    return [*said, *(["scrolls sideways", wide] if wide else [])]


async def test_axe_finds_nothing_and_no_page_scrolls_sideways(mongo_client: Any, mongo_database: Any) -> None:
    async with a_town(mongo_client, mongo_database.name) as town:
        for name, (who, path) in town.paths.items():
            page = await town.opened(who, path)
            assert (name, await what_is_wrong(page)) == (name, [])
            await page.set_viewport_size({"width": 320, "height": 900})
            assert (name, await sideways(page)) == (name, 0)
            await page.context.close()
        page = await town.opened("analyst", town.paths["propose-words"][1], 375)
        await page.get_by_label("Theme", exact=True).fill("FATHERS")
        await page.get_by_label("Summary").fill(REFUSED)
        await page.get_by_role("button", name="Propose").click()
        assert await page.locator("mark").all_text_contents() == ["Okonjo", "020 7946 0958"]
        assert await what_is_wrong(page) == []
        await page.get_by_label("Summary").fill(str(LEARNED["summary"]))
        await page.get_by_role("button", name="Propose").click()
        assert await page.get_by_text("You proposed this, so you cannot approve it").is_visible()
        page = await town.opened("hqa", town.paths["figures-proposed"][1])
        await page.get_by_role("button", name="Approve and publish").click()
        assert await page.get_by_text("Approved: it has been published.").is_visible()
        assert await what_is_wrong(page) == []
