"""An alert's life over HTTP: who may take which step, and who is shown what."""

from __future__ import annotations

import pytest

from tests import http
from tests.escalation.service import CHILD_REF, NARRATIVE, Service, concern, raise_alert, step

PLAN = "We have agreed a plan with the school."


@pytest.fixture
def service() -> Service:
    return Service()


async def test_from_raising_to_verified_impact(service: Service):
    async with service.person("staff-iro") as iro, service.person("staff-manager") as manager:
        address = await raise_alert(iro)
        taken = [
            await step(manager, f"{address}/acknowledgement", 1),
            await step(manager, f"{address}/response", 2, text=PLAN, actions=["Meet on Monday."]),
            await step(iro, f"{address}/rejection", 3, reason="This is not a plan."),
            await step(iro, f"{address}/escalation", 4, to_stage=2, reason="NOT_SATISFIED"),
        ]
        async with service.person("staff-hos") as head_of_service:
            taken.append(await step(head_of_service, f"{address}/response", 5, text=PLAN))
        taken += [
            await step(iro, f"{address}/acceptance", 6),
            await step(iro, f"{address}/resolution", 7, outcome="ACTION_AGREED_AND_DONE"),
            await step(iro, f"{address}/impact", 8, impact="IMPROVED", evidence="School every day."),
            await step(iro, f"{address}/reopening", 9, reason="It stopped again."),
            await step(iro, f"{address}/withdrawal", 10, reason="DUPLICATE"),
        ]
        shown = (await iro.get(address)).json()
        history = (await iro.get(f"{address}/history")).json()
    assert [answer.status_code for answer in taken] == [200] * 10
    assert (shown["status"], shown["stage"], shown["version"]) == ("WITHDRAWN", 2, 11)
    assert (shown["total_deadline"], shown["alert_type"]) == ("2026-03-31", "CONCERN")
    assert [line["by_role"] for line in history["events"]][:6] == [
        "IRO",
        "TEAM_MANAGER",
        "TEAM_MANAGER",
        "IRO",
        "IRO",
        "HEAD_OF_SERVICE",
    ]
    assert len(history["events"]) == 11


async def test_the_record_can_be_put_right(service: Service):
    async with service.person("staff-iro") as iro, service.person("staff-head") as head:
        address = await raise_alert(iro)
        categories = await step(iro, f"{address}/categories", 1, categories=["SAFETY_RISK"], reason="More is known.")
        backdated = await step(iro, f"{address}/raise-date", 2, raised_on="2026-02-26")
        reassigned = await step(head, f"{address}/holder", 3, to_holder="staff-iro-2", reason="She has left.")
        gone = await iro.get(address)
    async with service.person("staff-iro-2") as other:
        shown = (await other.get(address)).json()
    assert [one.status_code for one in (categories, backdated, reassigned, gone)] == [200, 200, 200, 404]
    assert (shown["held_by"], shown["categories"], shown["raised_on"]) == ("staff-iro-2", ["SAFETY_RISK"], "2026-02-26")
    assert (shown["stage_deadline"], shown["raised_by_role"]) == ("2026-03-05", "IRO")


async def test_good_practice_is_raised_and_shared(service: Service):
    async with service.person("staff-chair") as chair:
        address = await raise_alert(chair, alert_type="GOOD_PRACTICE", categories=["PARTICIPATION_ADVOCACY"])
        shared = await step(chair, f"{address}/sharing", 1, audience=["ALL_TEAMS"])
        shown = (await chair.get(address)).json()
    assert (shared.status_code, shown["alert_type"], shown["open"]) == (200, "GOOD_PRACTICE", False)
    assert (shown["stage"], shown["stage_deadline"], shown["shared_with"]) == (None, None, ["ALL_TEAMS"])


async def test_the_same_raise_sent_again_is_one_alert(service: Service):
    key = http.new_key()
    async with service.person("staff-iro") as iro:
        first = await iro.post("/v1/alerts", json=concern(), headers=key)
        again = await iro.post("/v1/alerts", json=concern(), headers=key)
        other = await iro.post("/v1/alerts", json=concern(risk="LOW"), headers=key)
        without = await iro.post("/v1/alerts", json=concern())
    assert (first.status_code, again.status_code, other.status_code, without.status_code) == (201, 201, 422, 400)
    assert first.json() == again.json()
    assert first.headers["golden-thread-position"] == again.headers["golden-thread-position"]


async def test_a_step_is_decided_on_the_version_its_sender_saw(service: Service):
    async with service.person("staff-iro") as iro, service.person("staff-manager") as manager:
        address = await raise_alert(iro)
        blind = await manager.post(f"{address}/response", json={"text": PLAN})
        await step(manager, f"{address}/acknowledgement", 1)
        stale = await step(manager, f"{address}/response", 1, text=PLAN)
    assert (blind.status_code, stale.status_code, stale.headers["etag"]) == (428, 412, '"2"')


@pytest.mark.parametrize("staff_ref", ["staff-manager", "staff-hos", "staff-head", "staff-worker", "staff-analyst"])
async def test_only_reviewing_officers_raise(service: Service, staff_ref: str):
    async with service.person(staff_ref) as client:
        answer = await client.post("/v1/alerts", json=concern(), headers=http.new_key())
    assert answer.status_code == 403


async def test_nobody_raises_or_sees_anything_in_another_authority(service: Service):
    async with service.person("staff-elsewhere") as elsewhere, service.person("staff-iro") as iro:
        raised = await elsewhere.post("/v1/alerts", json=concern(), headers=http.new_key())
        address = await raise_alert(iro)
        seen = await elsewhere.get(address)
        never = await elsewhere.get("/v1/alerts/00000000-0000-8000-8000-000000000000")
    assert (raised.status_code, seen.status_code, never.status_code) == (404, 404, 404)
    assert {**seen.json(), "instance": "", "trace_id": ""} == {**never.json(), "instance": "", "trace_id": ""}


@pytest.mark.parametrize(
    ("staff_ref", "status"),
    [
        ("staff-manager", 200),
        ("staff-hos", 409),
        ("staff-dcs", 409),
        ("staff-both", 409),  # manages another team: here only the head of the area
        ("staff-other-manager", 404),
        ("staff-worker", 409),
        ("staff-iro", 409),
        ("staff-iro-2", 404),
        ("staff-analyst", 403),
        ("staff-member", 403),
    ],
)
async def test_the_first_stage_is_answered_by_the_teams_own_manager(service: Service, staff_ref: str, status: int):
    async with service.person("staff-iro") as iro, service.person(staff_ref) as client:
        address = await raise_alert(iro)
        answer = await step(client, f"{address}/response", 1, text=PLAN)
    assert answer.status_code == status


@pytest.mark.parametrize(("stage", "staff_ref"), [(2, "staff-hos"), (3, "staff-od"), (4, "staff-dcs")])
async def test_every_stage_is_answered_by_its_own_manager(service: Service, stage: int, staff_ref: str):
    async with service.person("staff-iro") as iro, service.person(staff_ref) as client:
        address = await raise_alert(iro, start_stage=stage)
        answer = await step(client, f"{address}/response", 1, text=PLAN)
    assert answer.status_code == 200


async def test_a_role_that_is_not_held_cannot_be_claimed(service: Service):
    async with service.person("staff-iro") as iro, service.person("staff-hos") as head_of_service:
        address = await raise_alert(iro)
        claimed = await step(head_of_service, f"{address}/response", 1, text=PLAN, by_role="TEAM_MANAGER")
    assert claimed.status_code == 422
    assert claimed.json()["errors"][0]["pointer"] == "#/by_role"


@pytest.mark.parametrize("staff_ref", ["staff-manager", "staff-hos", "staff-dcs"])
async def test_managers_do_not_close_the_alerts_about_them(service: Service, staff_ref: str):
    async with service.person("staff-iro") as iro, service.person(staff_ref) as manager:
        address = await raise_alert(iro)
        closed = await step(manager, f"{address}/resolution", 1, outcome="NOT_UPHELD")
        up = await step(manager, f"{address}/escalation", 1, to_stage=2, reason="BYPASS_URGENT")
    assert (closed.status_code, up.status_code) == (409, 409)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"team_id": "team-canary"}, "#/team_id"),
        ({"categories": []}, "#/categories"),
        ({"categories": ["canary"]}, "#/categories"),
        ({"start_stage": 5}, "#/start_stage"),
        ({"effective_date": "2026-03-11"}, "#/effective_date"),
        ({"form_link": "javascript:canary"}, "#/form_link"),
    ],
)
async def test_what_is_wrong_is_named_and_never_repeated(service: Service, wrong: dict[str, object], pointer: str):
    async with service.person("staff-iro") as iro:
        answer = await iro.post("/v1/alerts", json=concern(**wrong), headers=http.new_key())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert "canary" not in answer.text


async def test_words_are_sealed_in_the_log_and_shown_to_those_who_know_the_child(service: Service):
    async with service.person("staff-iro") as iro, service.person("staff-manager") as manager:
        address = await raise_alert(iro, child_view="I want to stay.")
        await step(manager, f"{address}/response", 1, text=PLAN, actions=["Meet on Monday."])
        narrative = (await manager.get(address)).json()["narrative"]
    assert (narrative["narrative"], narrative["child_view"], narrative["child_ref"]) == (
        NARRATIVE,
        "I want to stay.",
        CHILD_REF,
    )
    assert (narrative["response"], narrative["action_1"]) == (PLAN, "Meet on Monday.")
    stored = await service.stored()
    assert not any(words in stored for words in (NARRATIVE, CHILD_REF, PLAN, "Meet on Monday.", "I want to stay."))


@pytest.mark.parametrize("staff_ref", ["staff-analyst", "staff-head", "staff-dcs"])
async def test_others_in_reach_see_codes_and_dates_only(service: Service, staff_ref: str):
    async with service.person("staff-iro") as iro, service.person(staff_ref) as reader:
        address = await raise_alert(iro)
        answers = [await reader.get(address), await reader.get(f"{address}/history")]
    assert answers[0].json()["categories"] == ["DRIFT_DELAY"]
    for answer in answers:
        assert "narrative" not in answer.json()
        assert not any(words in answer.text for words in (NARRATIVE, CHILD_REF, "staff-worker", "child", "mark"))


async def test_a_director_is_shown_words_when_they_say_what_for(service: Service):
    async with service.person("staff-iro") as iro, service.person("staff-dcs") as director:
        address = await raise_alert(iro)
        shown = await director.get(address, headers={"Golden-Thread-Purpose": "stage 4 decision"})
    assert shown.json()["narrative"]["narrative"] == NARRATIVE
    assert service.foundations.access_log.kept[-1].purpose == "stage 4 decision"


async def test_words_stay_inside_when_the_access_cannot_be_recorded(service: Service):
    async with service.person("staff-iro") as iro:
        address = await raise_alert(iro)
        service.foundations.access_log.broken = True
        answer = await iro.get(address)
    assert answer.status_code == 503
    assert NARRATIVE not in answer.text


async def test_when_the_childs_key_is_destroyed_the_dates_stay(service: Service):
    keyring = service.foundations.keyring
    async with service.person("staff-iro") as iro:
        address = await raise_alert(iro)
        await keyring.destroy(await keyring.pseudonym("901", CHILD_REF))
        shown = (await iro.get(address)).json()
    assert (shown["narrative"]["narrative"], shown["raised_on"]) == ("expired", "2026-03-03")


async def test_an_informal_attempt_is_recorded_and_reviewed(service: Service):
    body = {
        "categories": ["CORE_GROUP"],
        "child_ref": CHILD_REF,
        "plan_type": "CP",
        "team_id": "team-elm",
        "with_role": "TEAM_MANAGER",
        "settled": False,
        "concern": NARRATIVE,
        "effective_date": "2026-03-03",
    }
    async with service.person("staff-chair") as chair:
        recorded = await chair.post("/v1/informal-resolutions", json=body, headers=http.new_key())
        address = recorded.headers["location"]
        before = (await chair.get(address)).json()
        reviewed = await step(chair, f"{address}/review", 1, settled=True)
        after = (await chair.get(address)).json()
        history = (await chair.get(f"{address}/history")).json()
        alert = await raise_alert(chair, from_informal_id=before["id"])
        async with service.person("staff-iro") as other:
            assert (await other.get(address)).status_code == 404
        assert (await chair.get(alert)).json()["from_informal_id"] == before["id"]
    assert (recorded.status_code, reviewed.status_code) == (201, 200)
    assert (before["review_on"], before["narrative"]["concern"]) == ("2026-03-10", NARRATIVE)
    assert (after["settled"], len(history["events"])) == (True, 2)
    assert NARRATIVE not in await service.stored()


async def test_a_machine_client_says_whose_step_it_was(service: Service):
    async with service.system() as client:
        silent = await client.post("/v1/alerts", json=concern(), headers=http.new_key())
        nobody = await client.post("/v1/alerts", json=concern(by_role="IRO"), headers=http.new_key())
        address = await raise_alert(client, by_role="IRO", held_by="staff-iro")
    async with service.person("staff-iro") as iro:
        shown = (await iro.get(address)).json()
    assert [one.json()["errors"][0]["pointer"] for one in (silent, nobody)] == ["#/by_role", "#/held_by"]
    assert (shown["held_by"], shown["raised_by_role"]) == ("staff-iro", "IRO")
