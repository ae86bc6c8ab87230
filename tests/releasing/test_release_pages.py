"""The pages of releases: what would leave is seen before it does, and two persons decide, as over the interface."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx2
import pytest

from shared.web.identity import COOKIE
from tests import http
from tests.releasing.a_service import APRIL, LEARNED, Service, a_service

ORIGIN = "http://goldenthread.test"
BROWSER = {"Accept": "text/html", "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def service(mongo_client, mongo_database) -> AsyncIterator[Service]:
    async with a_service(mongo_client, mongo_database.name) as made:
        yield made


class Person:
    """Somebody at a browser with one session. `send` fills in the form of a page that leads to `action`."""

    def __init__(self, service: Service, who: str) -> None:
        self._talking = service.talking
        self.session = {"Cookie": f"{COOKIE}={http.token(who)}", **BROWSER}

    async def get(self, path: str) -> httpx2.Response:
        return await self._talking.get(path, headers=self.session)

    async def post(self, path: str, form: Any, **headers: str) -> httpx2.Response:
        return await self._talking.post(path, data=form, headers={**self.session, **headers})

    async def send(self, page: str, action: str, **fields: str) -> httpx2.Response:
        return await self.post(action, {**hidden((await self.get(page)).text, action), **fields})


def hidden(html: str, action: str) -> dict[str, str]:
    """What stands hidden in the first form that leads there."""
    form = re.search(rf'action="{re.escape(action)}".*?</form>', html, re.S)
    assert form, f"no form to {action}"
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in found}


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


async def proposed(person: Person, what: str = "words", **fields: str) -> httpx2.Response:
    return await person.send(f"/releases/new?la_code=901&what={what}", "/releases", **fields)


WORDS = {name: value for name, value in LEARNED.items() if name != "la_code"}


async def test_figures_are_proposed_seen_as_they_leave_and_approved_by_a_second_person(service: Service):
    analyst, hqa = Person(service, "analyst"), Person(service, "hqa")
    answer = await proposed(analyst, "figures", period=APRIL)
    assert answer.status_code == 303
    path = answer.headers["location"].partition("?")[0]
    before = await hqa.get(path)
    assert "Proposed by analyst" in words(before.text)
    assert "What would leave" in before.text
    shown = (await service.get(f"/v1{path}")).json()["figures"]
    cells = [cell["display"] for one in shown for cell in one["cells"]]
    assert "c" in cells
    assert distribution(before.text) == cells
    done = await hqa.send(path, f"{path}/approval")
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?done=approved")
    after = await hqa.get(done.headers["location"])
    assert "Approved: it has been published." in after.text
    assert distribution(after.text) == cells
    assert (await service.get(f"/v1{path}")).json()["approved_by"] == "hqa"
    assert "Published" in (await analyst.get("/releases?la_code=901")).text


def distribution(html: str) -> list[str]:
    """What is shown of each grade, table by table."""
    rows = re.findall(r'<th scope="row"[^>]*>([^<]+)</th><td[^>]*numeric">([^<]*)</td>', html)
    return [shown for name, shown in rows if name != "Good or better"]


async def test_who_proposed_it_sees_why_they_may_not_approve_and_may_withdraw_it(service: Service):
    hqa, director = Person(service, "hqa"), Person(service, "director")
    path = (await proposed(hqa, **WORDS)).headers["location"].partition("?")[0]
    page = (await hqa.get(path)).text
    assert "You proposed this, so you cannot approve it" in page
    assert f"{path}/approval" not in page
    marks = hidden(page, f"{path}/rejection")
    forced = await hqa.post(f"{path}/approval", marks)
    assert forced.status_code == 422
    assert "A second person approves" in forced.text
    seen_by_the_director = (await director.get(path)).text
    assert (await hqa.send(path, f"{path}/rejection")).status_code == 303
    assert (await service.get(f"/v1{path}")).json()["status"] == "rejected"
    late = await director.post(f"{path}/approval", hidden(seen_by_the_director, f"{path}/approval"))
    assert (late.status_code, "This release was rejected already" in late.text) == (422, True)


async def test_who_has_not_the_right_is_told_so_and_cannot_force_it(service: Service):
    hqa, analyst = Person(service, "hqa"), Person(service, "analyst")
    path = (await proposed(hqa, **WORDS)).headers["location"].partition("?")[0]
    page = (await analyst.get(path)).text
    assert "Your role does not include approving this" in page
    marks = hidden(page, f"{path}/rejection")
    assert (await analyst.post(f"{path}/approval", marks)).status_code == 403
    for stranger in ("hqa-of-902", "partner", "lead-member"):
        assert (await Person(service, stranger).get(path)).status_code in (403, 404)


async def test_words_that_may_say_who_somebody_is_come_back_marked_and_are_kept_nowhere(service: Service):
    analyst = Person(service, "analyst")
    summary = "Fathers are asked.\r\nSince Okonjo <rang> 020 7946 0958, plans are better."
    answer = await proposed(analyst, **{**WORDS, "summary": summary})
    assert answer.status_code == 422
    assert "<mark>Okonjo</mark>" in answer.text
    assert "<mark>020 7946 0958</mark>" in answer.text
    assert "&lt;rang&gt;" in answer.text
    assert 'href="#summary"' in answer.text
    assert (await service.get("/v1/releases?la_code=901")).json()["items"] == []


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(service: Service):
    answer = await proposed(
        Person(service, "analyst"), kind="OFFER", period="2026-Q1", theme_code="neglect", summary="So."
    )
    assert answer.status_code == 422
    assert 'id="theme_code-error"' in answer.text
    assert 'value="neglect"' in answer.text
    assert "<title>Error: Propose words" in answer.text
    opened = await proposed(Person(service, "analyst"), "figures", period="2026-05")
    assert (opened.status_code, 'id="period-error"' in opened.text) == (422, True)
    assert "Figures are shared when their period is closed" in opened.text


async def test_what_was_published_is_retracted_with_a_reason_once(service: Service):
    analyst, hqa = Person(service, "analyst"), Person(service, "hqa")
    path = (await proposed(analyst, **WORDS)).headers["location"].partition("?")[0]
    await hqa.send(path, f"{path}/approval")
    without = await hqa.send(path, f"{path}/retraction")
    assert (without.status_code, "Reason is required" in without.text) == (422, True)
    assert (await hqa.send(path, f"{path}/retraction", reason="WRONG")).status_code == 303
    assert (await service.get(f"/v1{path}")).json()["events"][0]["retracted"] is True
    page = (await hqa.get(path)).text
    assert "Retracted" in page
    assert f"{path}/retraction" not in page


async def test_a_form_is_one_command_however_often_it_is_sent(service: Service):
    analyst = Person(service, "analyst")
    page = (await analyst.get("/releases/new?la_code=901&what=words")).text
    form = {**hidden(page, "/releases"), **WORDS}
    first, second = await analyst.post("/releases", form), await analyst.post("/releases", form)
    assert first.headers["location"] == second.headers["location"]
    other = await analyst.post("/releases", {**form, "summary": "Plans are better now."})
    assert (other.status_code, "This form was sent before" in other.text) == (422, True)
    assert len((await service.get("/v1/releases?la_code=901")).json()["items"]) == 1


async def test_no_other_site_and_no_other_session_can_send_a_form(service: Service):
    analyst, hqa = Person(service, "analyst"), Person(service, "hqa")
    page = (await analyst.get("/releases/new?la_code=901&what=words")).text
    form = {**hidden(page, "/releases"), **WORDS}
    assert (await analyst.post("/releases", form, Origin="https://evil.example")).status_code == 403
    assert (await analyst.post("/releases", {**form, "form_token": ""})).status_code == 403
    assert "This form has expired" in (await hqa.post("/releases", form)).text
    assert (await service.get("/v1/releases?la_code=901")).json()["items"] == []
