"""Alerts that the case system tells of as facts, some of them long after they happened."""

from __future__ import annotations

from typing import Any

import pytest

from services.escalation.intake import ANSWERED, ESCALATED, RAISED, RESOLVED, WITHDRAWN
from services.escalation.requests import AlertRaisedData
from tests.escalation.service import CHILD_REF, NARRATIVE, Service, fact, send


@pytest.fixture
def service() -> Service:
    return Service()


def raised(id_: str = "e1", **other: Any) -> dict[str, Any]:
    known = {
        "by_role": "IRO",
        "held_by": "staff-iro",
        "raised_on": "2026-02-05",
        "categories": ["DRIFT_DELAY", "PLACEMENT"],
        "child_ref": CHILD_REF,
        "plan_type": "CLA",
        "team_id": "team-elm",
        "narrative": NARRATIVE,
    }
    return fact(id_, RAISED, **{**known, **other})


def story() -> list[dict[str, Any]]:
    return [
        raised(),
        fact("e2", ANSWERED, by_role="TEAM_MANAGER", answered_on="2026-02-10", text="A plan."),
        fact("e3", ESCALATED, by_role="IRO", escalated_on="2026-02-12", to_stage=3, reason="NOT_SATISFIED"),
        fact("e4", ANSWERED, by_role="OPERATIONAL_DIRECTOR", answered_on="2026-02-23"),
        fact("e5", RESOLVED, by_role="IRO", resolved_on="2026-02-24", outcome="ACTION_AGREED_AND_DONE"),
    ]


async def test_a_whole_story_in_one_batch_with_its_own_dates(service: Service):
    async with service.system() as client, service.person("staff-iro") as iro:
        answer = await send(client, story())
        items = answer.json()["items"]
        shown = await iro.get(f"/v1/alerts/{AlertRaisedData(**raised()['data']).alert_id}")
        history = (await iro.get(f"/v1/alerts/{shown.json()['id']}/history")).json()["events"]
    assert [item["status"] for item in items] == [201] * 5
    assert (shown.json()["status"], shown.json()["stage"]) == ("RESOLVED", 3)
    assert shown.json()["resolution"]["elapsed_working_days"] == 13
    assert [line["type"].partition(".")[0] for line in history] == [
        "PracticeAlertRaised",
        "AlertResponseSubmitted",
        "AlertEscalated",
        "AlertStageDeadlineMissed",  # the director answered two working days late, and no timer had run
        "AlertResponseSubmitted",
        "AlertResolved",
    ]
    assert history[0]["effective_date"] == "2026-02-05"
    assert [line["by_role"] for line in history][:3] == ["IRO", "TEAM_MANAGER", "IRO"]


async def test_the_same_facts_again_change_nothing(service: Service):
    async with service.system() as client:
        await send(client, story())
        before = await service.stored()
        again = (await send(client, story())).json()["items"]
    assert [item["status"] for item in again] == [200] * 5
    assert await service.stored() == before


async def test_the_same_alert_told_under_another_event_id_is_still_one_alert(service: Service):
    async with service.system() as client:
        await send(client, raised())
        again = await send(client, raised("e9"))
    assert again.status_code == 200
    assert (await service.stored()).count("PracticeAlertRaised.v1") == 1


async def test_another_authoritys_alert_of_the_same_number_is_another_alert(service: Service):
    async with service.system("901", "902") as client:
        one = await send(client, raised())
        other = await send(client, raised("e2", la_code="902", team_id="team-oak"))
    assert one.headers["location"] != other.headers["location"]


async def test_the_team_must_be_in_the_authority_that_tells(service: Service):
    async with service.system("901", "902") as client:
        answer = await send(client, raised(la_code="902"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/data/la_code")


async def test_a_wrong_date_is_named_as_the_event_spells_it(service: Service):
    async with service.system() as client:
        await send(client, raised())
        early = fact("e2", ANSWERED, by_role="TEAM_MANAGER", answered_on="2026-02-04")
        future = fact("e3", ANSWERED, by_role="TEAM_MANAGER", answered_on="2126-02-04")
        answers = [await send(client, one) for one in (early, future)]
    assert [(a.status_code, a.json()["errors"][0]["pointer"]) for a in answers] == [(422, "#/data/answered_on")] * 2


async def test_a_client_tells_of_its_own_authorities_only(service: Service):
    async with service.system("902") as client:
        assert (await send(client, raised())).status_code == 404
    async with service.system() as client:
        assert (await send(client, raised())).status_code == 201
    async with service.system("902") as client:
        gone = fact("e2", WITHDRAWN, by_role="IRO", withdrawn_on="2026-02-06", reason="DUPLICATE")
        assert (await send(client, gone)).status_code == 404


async def test_an_answer_to_an_alert_that_is_not_there_yet_may_be_sent_again_later(service: Service):
    answer = story()[1]
    async with service.system() as client:
        early = await send(client, answer)
        await send(client, raised())
        later = await send(client, answer)
    assert (early.status_code, later.status_code) == (404, 201)


async def test_the_rules_hold_for_facts_as_well(service: Service):
    wrong_role = fact("e2", ANSWERED, by_role="DCS", answered_on="2026-02-10")
    future = fact("e3", ANSWERED, by_role="TEAM_MANAGER", answered_on="2026-03-11")
    before = fact("e4", ANSWERED, by_role="TEAM_MANAGER", answered_on="2026-02-04")
    async with service.system() as client:
        answers = await send(client, [raised(), wrong_role, future, before])
    assert [item["status"] for item in answers.json()["items"]] == [201, 409, 422, 422]


async def test_an_alert_raised_in_error_is_withdrawn(service: Service):
    gone = fact("e2", WITHDRAWN, by_role="IRO", withdrawn_on="2026-02-06", reason="RAISED_IN_ERROR")
    async with service.system() as client:
        answers = await send(client, [raised(), gone])
    assert [item["status"] for item in answers.json()["items"]] == [201, 201]


async def test_good_practice_is_told_like_any_alert(service: Service):
    async with service.system() as client, service.person("staff-iro") as iro:
        answer = await send(client, raised(alert_type="GOOD_PRACTICE"))
        shown = (await iro.get(answer.headers["location"])).json()
    assert (shown["alert_type"], shown["total_deadline"]) == ("GOOD_PRACTICE", None)


async def test_words_are_sealed_before_they_are_kept(service: Service):
    async with service.system() as client:
        await send(client, story())
    stored = await service.stored()
    assert NARRATIVE not in stored
    assert CHILD_REF not in stored
