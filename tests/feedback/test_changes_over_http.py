"""From what people said to what they are told was done, over HTTP."""

from __future__ import annotations

import httpx2
import pytest

from shared.web.desk import POSITION
from tests import http
from tests.feedback.service import Service, command, receive

WORDS = {"you_said": "Nobody tells us.", "we_did": "A letter goes out two weeks before.", "audience": "CHILDREN"}
INSIDE = "Team managers send letters."


@pytest.fixture
def service() -> Service:
    return Service()


async def decide(client: httpx2.AsyncClient, said: list[str], **other: str) -> httpx2.Response:
    body = {
        "team_id": "team-elm",
        "themes": ["COMMUNICATION"],
        "feedback": said,
        "text": INSIDE,
        "effective_date": "2026-05-05",
        **other,
    }
    return await client.post("/v1/changes", json=body, headers=http.new_key())


async def said_by(client: httpx2.AsyncClient, **other: object) -> str:
    return (await receive(client, **other)).rpartition("/")[2]


async def test_you_said_we_did(service: Service):
    async with service.system() as client, service.person("staff-head") as head:
        said = await said_by(client)
        address = (await decide(client, [said])).headers["location"]
        made = await command(client, f"{address}/making", 1, effective_date="2026-06-01")
        drafted = await command(client, f"{address}/you-said-we-did", 2, **WORDS, quoted=[said])
        published = await command(head, f"{address}/publication", 3, effective_date="2026-06-10")
        checked = await command(client, f"{address}/check", 4, result="BETTER", asked=12)
        assert {one.status_code for one in (made, drafted, published, checked)} == {200}, published.text
        shown = (await head.get(address)).json()
    assert (shown["made_on"], shown["told_on"], shown["approved_by"]) == ("2026-06-01", "2026-06-10", "staff-head")
    assert shown["told"]["we_did"] == WORDS["we_did"]
    assert shown["checks"] == [{"checked_on": "2026-06-15", "result": "BETTER", "asked": 12}]
    assert [POSITION in one.headers for one in (drafted, published, checked)] == [
        False,
        True,
        True,
    ]  # a draft is told to nobody
    assert INSIDE not in await service.stored()


@pytest.mark.parametrize("who", ["staff-manager", "staff-analyst", "staff-complaints"])
async def test_only_who_signs_off_reports_approves_words_for_everybody(service: Service, who: str):
    async with service.system() as client, service.person(who) as other:
        address = (await decide(client, [await said_by(client)])).headers["location"]
        for one in (client, other):
            assert (await command(one, f"{address}/publication", 1)).status_code == 403


async def test_words_that_lead_to_a_person_are_refused_without_being_repeated(service: Service):
    async with service.system() as client:
        address = (await decide(client, [await said_by(client)])).headers["location"]
        answer = await command(client, f"{address}/you-said-we-did", 1, **{**WORDS, "we_did": "Ring 020 7946 0123"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/we_did")
    assert "7946" not in answer.text
    assert "7946" not in await service.stored()


async def test_consent_is_asked_again_when_words_are_published(service: Service):
    async with service.system() as client, service.person("staff-head") as head:
        said = await said_by(client)
        address = (await decide(client, [said])).headers["location"]
        await command(client, f"{address}/making", 1, effective_date="2026-06-01")
        await command(client, f"{address}/you-said-we-did", 2, **WORDS, quoted=[said])
        await command(client, f"/v1/feedback/{said}/consent-withdrawal", 1, scope="PUBLISH")
        answer = await command(head, f"{address}/publication", 3)
    assert (answer.status_code, "consent" in answer.text) == (422, True)


async def test_feedback_of_another_authority_leads_to_no_change_here(service: Service):
    async with service.system("902") as other, service.system() as client:
        elsewhere = await said_by(other, team_id="team-oak")
        answers = [await decide(client, [elsewhere]), await decide(client, ["0192a000-0000-7000-8000-00000000ffff"])]
    assert {(one.status_code, one.json()["errors"][0]["pointer"]) for one in answers} == {(422, "#/feedback")}


async def test_a_change_elsewhere_is_not_there(service: Service):
    async with service.system() as client, service.system("902") as other:
        address = (await decide(client, [await said_by(client)])).headers["location"]
        assert (await other.get(address)).status_code == 404
        assert (await other.get(f"{address}/history")).status_code == 404
        assert (await decide(other, [])).status_code == 404


async def test_what_is_planned_inside_is_read_by_those_who_may(service: Service):
    async with service.system() as client, service.person("staff-manager") as manager:
        address = (await decide(client, [await said_by(client)])).headers["location"]
        assert (await manager.get(address)).json()["narrative"] == {"text": INSIDE}
        assert "narrative" not in (await client.get(address)).json()
        history = await manager.get(f"{address}/history")
    assert INSIDE not in history.text
    assert [event["type"] for event in history.json()["events"]] == ["ChangeDecided.v1"]
