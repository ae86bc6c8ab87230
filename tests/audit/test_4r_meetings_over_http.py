"""4R meetings over HTTP: about audits of several teams, who may hold and read them, and what a reader is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.audit.domain.remedial_action.state import DECIDER as ACTION
from shared.event_store.handling import handle
from shared.event_store.store import Actor
from shared.event_store.unattended import unattended
from shared.published.audit_cycle import FourRMeetingCancelledV1, FourRMeetingHeldV1, FourRMeetingScheduledV1
from shared.published.place import Place
from tests import http
from tests.audit.a_larger_town import an_audit, larger_town, round_, told
from tests.audit.service import Service, clock
from tests.examples.an_action import agreed

MEETINGS = "/v1/four-r-meetings"
HELD = {
    "attendees": ["QA_OFFICER", "TEAM_MANAGER", "TEAM_MANAGER"],
    "prompts": {"r1": "plans drift after a worker leaves", "r3": "handover visits together"},
    "decisions": ["a rota for cover", "a note in every file"],
    "action_ids": [],
    "next_on": "2026-05-18",
}


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with larger_town() as service:
        yield service


async def scheduled(service: Service, *teams: str, who: str = "qa-3", **more: Any) -> str:
    """The address of a meeting about an audit of each of these teams."""
    audits = [await an_audit(service, team) for team in teams]
    body = {"planned_on": "2026-04-20", "linked_audits": audits, **more}
    answered = await service.post(who, MEETINGS, body)
    assert answered.status_code == 201, answered.text
    return str(answered.headers["location"])


async def held(service: Service, *teams: str, **more: Any) -> str:
    meeting = await scheduled(service, *teams)
    answered = await service.post("qa-3", f"{meeting}/holding", {**HELD, **more}, 1)
    assert answered.status_code == 200, answered.text
    return meeting


async def test_a_4r_meeting_held_about_three_audits_in_different_teams(service: Service):
    """Edge case 28: one meeting, three team rows, footer counts 1."""
    meeting = await held(service, "alder", "birch", "elm")
    scheduling, holding = [one for one in await told(service) if hasattr(one, "meeting_id")]
    assert isinstance(scheduling, FourRMeetingScheduledV1)
    assert isinstance(holding, FourRMeetingHeldV1)
    assert scheduling.meeting_id == holding.meeting_id == meeting.rpartition("/")[2]
    assert [(team.team, team.service_area) for team in holding.teams] == [
        ("alder", "duty"),
        ("birch", "duty"),
        ("elm", "planning"),
    ]
    assert (holding.place.team, holding.place.service_area, holding.place.authority) == (None, None, "902")
    assert holding.place.regions == ("E12000007",)
    assert (holding.roles, holding.decisions) == (("QA_OFFICER", "TEAM_MANAGER"), 2)
    assert "rota" not in holding.model_dump_json()


@pytest.mark.parametrize(
    ("teams", "place"),
    [
        (("alder",), ("alder", "duty")),
        (("alder", "alder"), ("alder", "duty")),
        (("alder", "birch"), (None, "duty")),
    ],
)
async def test_a_meeting_counts_in_the_smallest_unit_of_its_audits(service: Service, teams, place):
    meeting = await scheduled(service, *teams)
    shown = (await service.get("qa-3", meeting)).json()
    assert (shown["place"]["team"], shown["place"]["service_area"]) == place


async def test_a_team_that_moves_before_the_meeting_is_held_is_where_it_then_is(service: Service):
    early = await scheduled(service, "gorse", planned_on="2026-04-02")
    assert (await service.get("qa-3", early)).json()["place"]["service_area"] == "duty"
    answered = await service.post("qa-3", f"{early}/holding", {**HELD, "effective_date": "2026-04-14"}, 1)
    assert answered.status_code == 200
    shown = (await service.get("qa-3", early)).json()
    assert (shown["place"]["service_area"], shown["held"]["on"]) == ("planning", "2026-04-14")


async def test_a_meeting_without_audits_names_its_teams(service: Service):
    body = {"planned_on": "2026-04-20", "linked_alerts": ["alert-1"]}
    nothing = await service.post("qa-3", MEETINGS, body)
    assert nothing.json()["errors"][0]["pointer"] == "#/linked_audits"
    unknown = await service.post("qa-3", MEETINGS, {**body, "team_ids": ["nowhere"]})
    assert unknown.json()["errors"][0]["pointer"] == "#/team_ids"
    far = await service.post("qa-3", MEETINGS, {**body, "team_ids": ["far-team"]})
    assert far.status_code == 404
    named = await service.post("qa-3", MEETINGS, {**body, "team_ids": ["alder", "birch"]})
    assert named.status_code == 201
    answered = await service.post("qa-3", f"{named.headers['location']}/holding", HELD, 1)
    assert answered.status_code == 200
    shown = (await service.get("qa-3", named.headers["location"])).json()
    assert (shown["place"]["service_area"], shown["linked_alerts"]) == ("duty", ["alert-1"])


async def test_what_a_meeting_turned_out_to_be_about_may_be_said_when_it_was_held(service: Service):
    meeting = await scheduled(service, "alder", "elm")
    other = await an_audit(service, "birch")
    answered = await service.post("qa-3", f"{meeting}/holding", {**HELD, "linked_audits": [other]}, 1)
    assert answered.status_code == 200, answered.text
    shown = (await service.get("qa-3", meeting)).json()
    assert (shown["place"]["team"], shown["linked_audits"]) == ("birch", [other])


@pytest.mark.parametrize("who", ["qa-1", "qa-2", "tm-1", "head-1", "forms"])
async def test_whoever_may_audit_or_moderate_there_schedules_and_holds(service: Service, who: str):
    more = http.bearer("forms", authorities=("902",)) if who == "forms" else {}
    for_whom = {"on_behalf_of": "qa-1"} if who == "forms" else {}
    body = {"planned_on": "2026-04-20", "linked_audits": [await an_audit(service, "alder")], **for_whom}
    answered = await service.post(who, MEETINGS, body, **more)
    assert answered.status_code == 201, answered.text
    holding = f"{answered.headers['location']}/holding"
    assert (await service.post(who, holding, {**HELD, **for_whom}, 1, **more)).status_code == 200


@pytest.mark.parametrize(
    ("who", "status"),
    [("hos-duty", 404), ("analyst-1", 404), ("sw-1", 422), ("iro-1", 422), ("far-1", 422), ("member-1", 403)],
)
async def test_others_do_not(service: Service, who: str, status: int):
    body = {"planned_on": "2026-04-20", "linked_audits": [await an_audit(service, "alder")]}
    answered = await service.post(who, MEETINGS, body)
    assert answered.status_code == status, answered.text
    meeting = await scheduled(service, "alder")
    assert (await service.post(who, f"{meeting}/holding", HELD, 1)).status_code in (403, 404)
    assert (await service.post(who, f"{meeting}/cancellation", {"reason": "POSTPONED"}, 1)).status_code in (403, 404)


async def test_a_reviewing_officer_who_audited_holds_a_meeting_about_it(service: Service):
    audit = await an_audit(service, "alder")
    await service.steps(f"/v1/audits/{audit}", ("head-1", "allocation", {"auditor_ref": "iro-1"}))
    meeting = await scheduled(service, who="iro-1", linked_audits=[audit])
    assert (await service.post("iro-1", f"{meeting}/holding", HELD, 1)).status_code == 200
    assert (await service.get("iro-1", meeting)).json()["narrative"]["decisions/0"] == "a rota for cover"


async def test_an_audit_out_of_reach_is_as_if_there_were_none(service: Service):
    birch = await an_audit(service, "birch")
    body = {"planned_on": "2026-04-20", "linked_audits": [birch]}
    out_of_reach = await service.post("tm-1", MEETINGS, body)
    nowhere = await service.post("tm-1", MEETINGS, {**body, "linked_audits": ["none"]})
    assert out_of_reach.status_code == nowhere.status_code == 422
    assert out_of_reach.json()["errors"] == nowhere.json()["errors"]
    assert out_of_reach.json()["errors"][0]["pointer"] == "#/linked_audits"


@pytest.mark.parametrize(
    ("who", "reads"),
    [
        ("tm-1", True),
        ("tm-birch", True),
        ("tm-elm", False),
        ("hos-duty", True),
        ("hos-planning", False),
        ("pdw-1", True),
        ("head-1", True),
        ("analyst-1", True),
        ("sw-1", False),
        ("far-1", False),
    ],
)
async def test_a_meeting_is_read_by_whoever_reaches_any_of_its_teams(service: Service, who: str, reads: bool):
    meeting = await held(service, "alder", "birch")
    assert (await service.get(who, meeting)).status_code == (200 if reads else 404)
    assert (await service.get(who, f"{meeting}/history")).status_code == (200 if reads else 404)


@pytest.mark.parametrize("who", ["tm-1", "tm-birch", "analyst-1", "pdw-1", "head-1", "qa-2"])
async def test_what_was_said_is_not_for_everybody_who_knows_of_the_meeting(service: Service, who: str):
    meeting = await held(service, "alder", "birch")
    before = len(service.foundations.access_log.kept)
    answered = await service.get(who, meeting)
    assert (answered.status_code, answered.json()["narrative"]) == (200, None)
    assert "drift" not in answered.text
    assert len(service.foundations.access_log.kept) == before


@pytest.mark.parametrize(("who", "purpose"), [("qa-3", None), ("hos-duty", None), ("head-1", "learning review")])
async def test_what_was_said_is_for_those_who_held_it_and_those_responsible_for_all_of_its_teams(
    service: Service, who: str, purpose: str | None
):
    meeting = await held(service, "alder", "birch")
    shown = (await service.get(who, meeting, **({"Golden-Thread-Purpose": purpose} if purpose else {}))).json()
    assert shown["narrative"] == {
        "prompts/r1": "plans drift after a worker leaves",
        "prompts/r3": "handover visits together",
        "decisions/0": "a rota for cover",
        "decisions/1": "a note in every file",
    }
    access = service.foundations.access_log.kept[-1]
    assert (access.staff_ref, access.ids, access.purpose) == (who, (meeting.rpartition("/")[2],), purpose)
    assert access.fields == ("four_r_meeting.decision", "four_r_meeting.prompt")


async def test_nothing_said_is_shown_when_the_access_cannot_be_recorded(service: Service):
    meeting = await held(service, "alder")
    service.foundations.access_log.broken = True
    answered = await service.get("qa-3", meeting)
    assert answered.status_code == 503
    assert "drift" not in answered.text


async def test_what_was_said_can_be_made_unreadable_and_the_meeting_still_counts(service: Service):
    meeting = await held(service, "alder")
    await service.foundations.keyring.destroy(meeting.rpartition("/")[2])
    shown = (await service.get("qa-3", meeting)).json()
    assert set(shown["narrative"].values()) == {"expired"}
    assert shown["held"]["decisions"] == 2


async def test_the_agenda_is_labelled_as_the_authority_calls_it(service: Service):
    meeting = await held(service, "alder")
    prompts = (await service.get("qa-3", meeting)).json()["held"]["prompts"]
    assert prompts == [{"code": "r1", "label": "What we saw"}, {"code": "r3", "label": "What we will do"}]
    limits = {"four_r_prompts": ["Reflect", "Review", "Respond", "Result"]}
    policy = {"policy_version": "2026-spring", "from_date": "2026-04-20", "limits": limits}
    answered = await service.post("head-1", "/v1/audit-policies/902", policy, 0)
    assert answered.status_code == 200, answered.text
    later = await held(service, "alder")
    prompts = (await service.get("qa-3", later)).json()["held"]["prompts"]
    assert [one["label"] for one in prompts] == ["Reflect", "Respond"]
    assert (await service.get("qa-3", meeting)).json()["held"]["prompts"][0]["label"] == "What we saw"


async def test_the_store_holds_nothing_that_was_said_in_clear(service: Service):
    await held(service, "alder")
    for partition in range(service.foundations.store.partitions):
        assert "drift" not in repr(await service.foundations.store.read_partition(partition, -1, 1000))


async def test_a_meeting_is_cancelled_and_told(service: Service):
    meeting = await scheduled(service, "alder")
    answered = await service.post("tm-1", f"{meeting}/cancellation", {"reason": "NOT_QUORATE"}, 1)
    assert answered.status_code == 200
    assert [one.reason for one in await told(service) if isinstance(one, FourRMeetingCancelledV1)] == ["NOT_QUORATE"]
    again = await service.post("qa-3", f"{meeting}/holding", HELD, 2)
    assert (again.status_code, "was cancelled" in again.json()["detail"]) == (409, True)
    assert (await service.get("tm-1", meeting)).json()["cancelled"] == {"reason": "NOT_QUORATE", "on": "2026-04-20"}


async def test_a_history_says_no_words(service: Service):
    meeting = await held(service, "alder")
    lines = (await service.get("head-1", f"{meeting}/history")).json()["events"]
    assert [(one["type"], one["by_role"]) for one in lines] == [
        ("FourRMeetingScheduled.v1", "QA_OFFICER"),
        ("FourRMeetingHeld.v1", "QA_OFFICER"),
    ]


async def an_action(service: Service, id_: str, audit_id: str, place: Place) -> str:
    """A remedial action of this audit, as the log has it; answers its id."""
    event = agreed.model_copy(update={"action_id": id_, "audit_id": audit_id, "place": place})
    kept = unattended(id_, Actor(staff_ref="qa-3", role="QA_OFFICER"), place.authority, clock(), clock().date())
    await handle(service.foundations.store, ACTION, ACTION.stream(id_), lambda _: [event], kept)
    return id_


async def test_actions_that_were_agreed_in_a_meeting_are_about_its_audits(service: Service):
    meeting = await scheduled(service, "alder")
    (audit,) = (await service.get("qa-3", meeting)).json()["linked_audits"]
    alder = service.foundations.directory.place("alder", clock().date())
    assert alder is not None
    theirs = await an_action(service, "action-1", audit, alder)
    others = await an_action(service, "action-2", "another-audit", alder)
    for wrong in (others, "none"):
        answered = await service.post("qa-3", f"{meeting}/holding", {**HELD, "action_ids": [theirs, wrong]}, 1)
        assert (answered.status_code, answered.json()["errors"][0]["pointer"]) == (422, "#/action_ids")
    answered = await service.post("qa-3", f"{meeting}/holding", {**HELD, "action_ids": [theirs]}, 1)
    assert answered.status_code == 200, answered.text
    assert [one.actions for one in await told(service) if isinstance(one, FourRMeetingHeldV1)] == [(theirs,)]


@pytest.mark.parametrize(
    ("update", "pointer"),
    [
        ({"attendees": ["Jane Smith"]}, "#/attendees/0"),
        ({"attendees": ["JANE_SMITH"]}, "#/attendees"),
        ({"next_on": "2026-04-20"}, "#/next_on"),
        ({"effective_date": "2026-04-21"}, "#/effective_date"),
        ({"prompts": {"r5": "SECRET"}}, "#/prompts"),
        ({"linked_audits": ["none"]}, "#/linked_audits"),
    ],
)
async def test_what_cannot_be_so_is_told_where_and_not_repeated(service: Service, update, pointer):
    meeting = await scheduled(service, "alder")
    answered = await service.post("qa-3", f"{meeting}/holding", {**HELD, **update}, 1)
    assert answered.status_code == 422
    assert answered.json()["errors"][0]["pointer"] == pointer
    assert "Smith" not in answered.text
    assert "SECRET" not in answered.text


async def test_the_list_shows_meetings_within_reach_the_newest_on_top(mongo_database: Any):
    async with larger_town(mongo_database) as service:
        first = await scheduled(service, "alder", "birch", planned_on="2026-04-01")
        second = await held(service, "elm")
        third = await scheduled(service, "birch", planned_on="2026-05-04")
        await round_(service)

        async def listed(who: str, **query: Any) -> Any:
            answered = await service.talking.get(MEETINGS, params=query, headers=http.bearer(who))
            assert answered.status_code == 200, answered.text
            return answered.json()

        def addresses(page: Any) -> list[str]:
            return [f"{MEETINGS}/{one['id']}" for one in page["items"]]

        assert addresses(await listed("head-1")) == [third, second, first]
        assert addresses(await listed("tm-1")) == [first]
        assert addresses(await listed("tm-birch")) == [third, first]
        assert addresses(await listed("hos-planning")) == [second]
        assert addresses(await listed("far-1")) == addresses(await listed("sw-1")) == []
        assert addresses(await listed("head-1", stage="HELD")) == [second]
        page = await listed("head-1", limit=2)
        rest = await listed("head-1", limit=2, after=page["next"])
        assert (addresses(page), addresses(rest), rest["next"]) == ([third, second], [first], None)
        shown = page["items"][1]
        assert (shown["on"], shown["stage"], shown["decisions"]) == ("2026-04-20", "HELD", 2)
        forged = await service.talking.get(MEETINGS, params={"after": "WzEsMl0"}, headers=http.bearer("head-1"))
        assert forged.status_code == 400
        assert not {"la_code", "by"} & shown.keys()


async def test_whoever_is_listed_a_meeting_may_read_it_and_nobody_else(mongo_database: Any):
    async with larger_town(mongo_database) as service:
        audit = await an_audit(service, "elm")
        await service.steps(f"/v1/audits/{audit}", ("head-1", "allocation", {"auditor_ref": "iro-1"}))
        meetings = [
            await scheduled(service, "alder"),
            await scheduled(service, "alder", "birch"),
            await scheduled(service, "birch", "elm"),
            await scheduled(service, "gorse", planned_on="2026-04-02"),
            await held(service, "gorse"),
            await scheduled(service, who="iro-1", linked_audits=[audit]),
        ]
        await round_(service)
        everybody = ("qa-1", "qa-2", "qa-3", "tm-1", "tm-elm", "hos-duty", "hos-planning", "pdw-1", "iro-1", "head-1")
        for who in everybody:
            items = (await service.get(who, MEETINGS)).json()["items"]
            listed = {f"{MEETINGS}/{one['id']}" for one in items}
            readable = {one for one in meetings if (await service.get(who, one)).status_code == 200}
            assert listed == readable, who
