"""Feedback as other systems and people meet it: over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests import http
from tests.feedback.service import ANONYMOUS, CHILD_REF, SAID, Service, command, feedback, receive


@pytest.fixture
def service() -> Service:
    return Service()


async def test_feedback_is_taken_in_and_says_where_it_is(service: Service):
    async with service.system() as client:
        answer = await client.post("/v1/feedback", json=feedback(), headers=http.new_key())
        there = await client.get(answer.headers["location"])
    assert answer.status_code == 201
    assert answer.json() == {"id": answer.headers["location"].rpartition("/")[2], "version": 1}
    assert answer.headers["golden-thread-position"].startswith("feedback.")
    assert there.headers["etag"] == answer.headers["etag"] == '"1"'
    shown = there.json()
    assert (shown["channel"], shown["rating_position"], shown["received_on"]) == ("SURVEY", 2, "2026-04-14")
    assert shown["place"] == {
        "team": "team-elm",
        "service_area": "area-901",
        "authority": "901",
        "regions": ["region-north"],
    }


async def test_neither_words_nor_children_lie_in_the_log(service: Service):
    async with service.system() as client:
        await receive(client, channel="COMPLIMENT", praised="staff-ref-9")
    stored = await service.stored()
    assert "team-elm" in stored
    for private in (SAID, CHILD_REF, "staff-ref-9"):
        assert private not in stored


async def test_the_same_request_again_is_the_same_feedback(service: Service):
    key = http.new_key()
    async with service.system() as client:
        one, again = [await client.post("/v1/feedback", json=feedback(), headers=key) for _ in range(2)]
    assert one.json() == again.json()
    assert (await service.stored()).count("FeedbackReceived.v1") == 1


async def test_anonymous_feedback_is_sealed_under_a_key_of_its_own(service: Service):
    async with service.system() as client:
        address = await receive(client, **ANONYMOUS)
        shown = (await client.get(address)).json()
    assert shown["anonymous"]
    assert f"'key': 'feedback-{address.rpartition('/')[2]}'" in await service.stored()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"team_id": "team-unknown"}, "#/team_id"),
        ({"team_id": None, "la_code": "999"}, "#/la_code"),
        ({"received_on": "2026-06-16"}, "#/received_on"),
        ({"experienced_on": "2026-04-15"}, "#/experienced_on"),
        ({"rating": {"scale": "FFT", "value": "canary-value"}}, "#/rating/value"),
        ({"channel": "canary-channel"}, "#/channel"),
        ({"anonymous": True}, "#/child_ref"),
        ({"praised": "canary-worker"}, "#/praised"),
        ({"team_id": None}, "#"),
        ({"text": ""}, "#/text"),
    ],
)
async def test_a_wrong_field_is_named_and_its_value_is_not(service: Service, wrong: dict[str, Any], pointer: str):
    async with service.system() as client:
        answer = await client.post("/v1/feedback", json=feedback(**wrong), headers=http.new_key())
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert "canary" not in answer.text
    assert SAID not in answer.text


async def test_feedback_about_a_whole_authority_has_no_team(service: Service):
    async with service.system() as client:
        shown = (await client.get(await receive(client, team_id=None, la_code="901"))).json()
    assert (shown["place"]["team"], shown["place"]["authority"]) == (None, "901")


async def test_the_teams_manager_reads_the_words_and_it_is_on_record(service: Service):
    async with service.system() as client:
        address = await receive(client)
    async with service.person("staff-manager") as manager:
        shown = (await manager.get(address)).json()
    assert shown["narrative"] == {"text": SAID, "child_ref": CHILD_REF, "praised": None, "response": None}
    access = service.foundations.access_log.kept  # type: ignore[attr-defined]
    assert [(one.staff_ref, one.ids) for one in access] == [("staff-manager", (shown["id"],))]
    assert "feedback.text" in access[0].fields


@pytest.mark.parametrize("who", ["staff-analyst", "staff-pdw", "staff-head", "staff-complaints"])
async def test_others_in_reach_get_the_codes_without_a_word(service: Service, who: str):
    async with service.system() as client:
        address = await receive(client)
    async with service.person(who) as reader:
        answer = await reader.get(address)
    assert answer.status_code == 200
    assert "narrative" not in answer.json()
    for private in (SAID, CHILD_REF, "child"):
        assert private not in answer.text.replace("children", "")
    assert service.foundations.access_log.kept == []  # type: ignore[attr-defined]


async def test_a_machine_never_reads_the_words_back(service: Service):
    async with service.system() as client:
        assert "narrative" not in (await client.get(await receive(client))).json()


async def test_the_head_of_safeguarding_reads_the_words_on_need_and_says_why(service: Service):
    async with service.system() as client:
        address = await receive(client)
    async with service.person("staff-head") as head:
        shown = (await head.get(address, headers={"Golden-Thread-Purpose": "inquiry 12"})).json()
    assert shown["narrative"]["text"] == SAID
    assert service.foundations.access_log.kept[0].purpose == "inquiry 12"  # type: ignore[attr-defined]


async def test_the_complaints_manager_reads_complaints_only(service: Service):
    async with service.system() as client:
        complaint, survey = await receive(client, channel="COMPLAINT"), await receive(client)
    async with service.person("staff-qa") as officer:
        assert "narrative" not in (await officer.get(complaint)).json()
    async with service.person("staff-complaints") as reader:
        assert (await reader.get(complaint)).json()["narrative"]["text"] == SAID
        assert "narrative" not in (await reader.get(survey)).json()


async def test_outside_reach_and_not_there_look_the_same(service: Service):
    async with service.system() as client:
        address = await receive(client)
    async with service.person("staff-other-manager") as other, service.system("902") as elsewhere:
        hidden = [await other.get(address), await elsewhere.get(address), await other.get(f"{address}/history")]
        nothing = await other.get("/v1/feedback/0192a000-0000-7000-8000-00000000ffff")
        command_there = await command(elsewhere, f"{address}/acknowledgement", 1)
        command_nowhere = await elsewhere.post("/v1/feedback", json=feedback(), headers=http.new_key())
    answers = [*hidden, nothing, command_there, command_nowhere]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.json()["type"], answer.json()["title"]) for answer in answers}) == 1


async def test_members_have_no_way_in(service: Service):
    async with service.system() as client:
        address = await receive(client)
    async with service.person("staff-member") as member:
        assert (await member.get(address)).status_code == 403


async def test_words_that_cannot_be_put_on_record_are_not_shown(service: Service):
    async with service.system() as client:
        address = await receive(client)
    service.foundations.access_log.broken = True  # type: ignore[attr-defined]
    async with service.person("staff-manager") as manager:
        answer = await manager.get(address)
    assert answer.status_code == 503
    assert SAID not in answer.text


async def test_words_whose_key_was_destroyed_are_shown_as_expired(service: Service):
    async with service.system() as client:
        address, other = await receive(client), await receive(client, child_ref="MOSAIC-2")
        child = await service.foundations.keyring.pseudonym("901", CHILD_REF)
        before = (await client.get(address)).json()
        await service.foundations.keyring.destroy(child)
        assert (await client.get(address)).json() == before
        refused = await client.post("/v1/feedback", json=feedback(), headers=http.new_key())
    async with service.person("staff-manager") as manager:
        assert (await manager.get(address)).json()["narrative"] == {
            "text": "expired",
            "child_ref": "expired",
            "praised": None,
            "response": None,
        }
        assert (await manager.get(other)).json()["narrative"]["text"] == SAID
    assert (refused.status_code, "destroyed" in refused.text) == (409, True)


async def test_feedback_goes_the_whole_way(service: Service):
    async with service.system() as client:
        address = await receive(client)
        steps = [
            ("classification", {"themes": ["COMMUNICATION"], "sentiment": "NEGATIVE"}),
            ("acknowledgement", {"effective_date": "2026-04-16"}),
            ("response", {"effective_date": "2026-04-24", "text": "We are sorry."}),
            ("consent-withdrawal", {"scope": "PUBLISH"}),
        ]
        for version, (noun, body) in enumerate(steps, 1):
            answer = await command(client, f"{address}/{noun}", version, **body)
            assert (answer.status_code, answer.json()["version"]) == (200, version + 1), answer.text
        shown = (await client.get(address)).json()
    assert shown["classification"]["themes"] == ["COMMUNICATION"]
    assert (shown["acknowledged_on"], shown["responded_on"]) == ("2026-04-16", "2026-04-24")
    assert (shown["consent_withdrawn"], shown["quotable"]) == (["PUBLISH"], False)
    async with service.person("staff-manager") as manager:
        assert (await manager.get(address)).json()["narrative"]["response"] == "We are sorry."
    assert "We are sorry." not in await service.stored()


async def test_a_command_says_which_version_it_was_decided_on(service: Service):
    async with service.system() as client:
        address = await receive(client)
        blind = await client.post(f"{address}/acknowledgement", json={})
        stale = await command(client, f"{address}/acknowledgement", 7)
    assert (blind.status_code, stale.status_code, stale.headers["etag"]) == (428, 412, '"1"')


async def test_a_disclosure_of_harm_is_routed_and_kept_out_of_digests(service: Service):
    route = {
        "routed_to": "FRONT_DOOR",
        "found_at": "2026-04-14T15:30:00Z",
        "routed_at": "2026-04-14T16:10:00+00:00",
    }
    async with service.system() as client:
        address = await receive(client, **ANONYMOUS)
        answer = await command(client, f"{address}/safeguarding-route", 1, **route)
        shown = (await client.get(address)).json()
        history = (await client.get(f"{address}/history")).json()
    assert answer.status_code == 200, answer.text
    assert (shown["safeguarding_routes"], shown["in_digest"], shown["quotable"]) == (["FRONT_DOOR"], False, False)
    assert history["events"][1]["data"]["in_time"] is True


async def test_history_tells_what_happened_without_words_or_names(service: Service):
    async with service.system() as client:
        address = await receive(client)
        await command(client, f"{address}/response", 1, text="We are sorry.")
    async with service.person("staff-manager") as manager:
        answer = await manager.get(f"{address}/history")
    events = answer.json()["events"]
    assert [event["type"] for event in events] == ["FeedbackReceived.v1", "FeedbackResponded.v1"]
    assert [event["effective_date"] for event in events] == ["2026-04-14", "2026-06-15"]
    assert {event["policy_version"] for event in events} == {"2026-04"}
    child = await service.foundations.keyring.pseudonym("901", CHILD_REF)
    for private in (SAID, CHILD_REF, child, "client-901", "nonce", "We are sorry."):
        assert private not in answer.text


async def test_a_reviewing_officer_enters_an_evaluation_form_and_reads_it_back(service: Service):
    async with service.person("staff-iro") as iro:
        address = await receive(iro, channel="IRO_FORM")
        assert (await iro.get(address)).json()["narrative"]["text"] == SAID
        survey = await iro.post("/v1/feedback", json=feedback(), headers=http.new_key())
    assert (survey.status_code, survey.json()["errors"][0]["pointer"]) == (422, "#/channel")
    async with service.system() as client:
        other = await receive(client)
    async with service.person("staff-iro") as iro:
        assert (await iro.get(other)).status_code == 404
