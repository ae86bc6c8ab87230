"""Re-audits over HTTP, and what the service requires, notes and compares of its own accord."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.event_store.mongo import MongoEventStore
from shared.published.audit import AuditGradedV1
from shared.published.audit_cycle import (
    DirectorReviewRecordedV1,
    ReAuditCancelledV1,
    ReAuditCompletedV1,
    ReAuditNotPossibleV1,
    ReAuditRequiredV1,
)
from tests import http
from tests.audit.following import HEAD, OTHER_HEAD, PURPOSE, WORKER, Town, id_of, town
from tests.audit.test_taking_in_audits_of_other_systems import GRADED, event, send

pytestmark = pytest.mark.connected
POOR = "INADEQUATE"


@pytest.fixture
async def service(mongo_database: Any) -> AsyncIterator[Town]:
    async with town(mongo_database) as service:
        yield service


async def planned(service: Town, audit: str, **more: Any) -> str:
    """The address of an audit that was planned as the re-audit of this one."""
    required = await service.re_audit_of(audit)
    assert required is not None
    answered = await service.post("qa-1", f"/v1/re-audits/{required['id']}/audit", {"worker": WORKER, **more})
    assert answered.status_code == 201, answered.text
    await service.round()
    return str(answered.headers["location"])


async def listed(service: Town, who: str = HEAD, **asked: str) -> list[str]:
    answered = await service.talking.get("/v1/re-audits", params=asked, headers=http.bearer(who))
    assert answered.status_code == 200, answered.text
    return [one["parent_audit_id"] for one in answered.json()["items"]]


async def test_an_inadequate_audit_is_audited_again_by_somebody_else_and_compared(service: Town):
    audit = await service.finalised(POOR, ASSESSMENT=POOR)
    await service.rounds(2)
    required = await service.re_audit_of(audit)
    assert (required["trigger"], required["scope"], required["due_on"]) == ("INADEQUATE_OVERALL", "FULL", "2026-07-13")
    again = await planned(service, audit)
    shown = (await service.get(HEAD, again)).json()
    assert (shown["audit_type"], shown["re_audit_of"]["generation"]) == ("RE_AUDIT", 1)
    assert (await service.re_audit_of(audit))["stage"] == "PLANNED"
    same = await service.do(HEAD, f"{again}/allocation", {"auditor_ref": "qa-1"})
    assert (same.status_code, "audit before it" in same.json()["detail"]) == (409, True)
    await service.graded(again, "GOOD", auditor="qa-2")
    await service.rounds(2)
    done = await service.re_audit_of(audit)
    assert (done["stage"], done["completed"]["outcome"], done["completed"]["delta"]) == ("COMPLETED", "IMPROVED", 2)
    assert (await service.re_audit_of(again)) is None, "a good re-audit requires no other"
    (told,) = await service.told(ReAuditCompletedV1)
    assert (told.audit_id, told.outcome, told.still_inadequate) == (id_of(again), "IMPROVED", ())
    assert [one.generation for one in await service.told(AuditGradedV1) if one.audit_id == id_of(again)] == [1]


async def test_the_child_of_a_re_audit_is_the_parents_without_anybody_typing_it_again(service: Town):
    audit = await service.finalised(POOR)
    await service.rounds(2)
    again = await planned(service, audit)
    await service.steps(again, (HEAD, "allocation", {"auditor_ref": "qa-2"}))
    before = (await service.get("qa-1", audit)).json()["narrative"]
    after = (await service.get("qa-2", again)).json()["narrative"]
    assert (after["child"], after["words"]["child_ref"]) == (before["child"], "case-4711")


async def test_a_failed_domain_alone_is_looked_at_again_alone(service: Town):
    audit = await service.finalised("REQUIRES_IMPROVEMENT", CHILD_VOICE=POOR)
    await service.rounds(2)
    required = await service.re_audit_of(audit)
    assert (required["scope"], required["domains"]) == ("FAILED_DOMAINS", ["CHILD_VOICE"])
    again = await planned(service, audit)
    assert (await service.get(HEAD, again)).json()["required_domains"] == ["CHILD_VOICE"]
    await service.graded(again, "REQUIRES_IMPROVEMENT", auditor="qa-2")
    await service.rounds(2)
    done = (await service.re_audit_of(audit))["completed"]
    assert (done["outcome"], done["declined_domains"], done["still_inadequate"]) == ("SAME", [], [])


async def test_a_re_audit_of_a_re_audit(service: Town):
    """Edge case 5: generation 2, the root kept; a director reviews at generation 2."""
    audit = await service.finalised(POOR)
    await service.rounds(2)
    again = await service.graded(await planned(service, audit), POOR, auditor="qa-2")
    await service.rounds(2)
    second = await service.re_audit_of(again)
    assert (second["generation"], second["root_audit_id"], second["parent_audit_id"]) == (
        2,
        id_of(audit),
        id_of(again),
    )
    assert second["director_review"]
    first = await service.re_audit_of(audit)
    assert (first["completed"]["outcome"], first["director_review"]) == ("SAME", False)
    assert await listed(service, state="TO_REVIEW") == [id_of(again)]
    path = f"/v1/re-audits/{second['id']}/director-review"
    decision = {"decision": "CASE_REVIEW", "note": "meet the family first"}
    assert (await service.do(HEAD, path, decision)).status_code == 409
    assert (await service.do("member-1", path, decision)).status_code == 403
    await service.done("dcs-1", path, decision)
    await service.round()
    assert await listed(service, state="TO_REVIEW") == []
    (review,) = await service.told(DirectorReviewRecordedV1)
    assert review.decision == "CASE_REVIEW"
    words = await service.get(HEAD, f"/v1/re-audits/{second['id']}", **PURPOSE)
    assert words.json()["narrative"] == {"review_note": "meet the family first"}
    assert (await service.get("analyst-1", f"/v1/re-audits/{second['id']}")).json()["narrative"] is None
    third = await service.graded(await planned(service, again), "GOOD", auditor="qa-1")
    await service.rounds(2)
    done = await service.re_audit_of(again)
    assert (done["completed"]["delta"], done["completed"]["root_delta"]) == (2, 2)
    assert (await service.get(HEAD, third)).json()["re_audit_of"]["root_audit_id"] == id_of(audit)


async def test_a_regraded_root_is_what_its_re_audits_are_held_against(service: Town):
    root = await service.finalised(POOR)
    await service.rounds(2)
    again = await service.graded(await planned(service, root), POOR, auditor="qa-2")
    await service.rounds(2)
    third = await service.graded(await planned(service, again), "GOOD", auditor="qa-1")
    await service.rounds(2)
    await service.done(HEAD, f"{root}/regrade", {"overall": "REQUIRES_IMPROVEMENT", "reason": "APPEAL"})
    await service.rounds(2)
    first, second = await service.re_audit_of(root), await service.re_audit_of(again)
    assert (first["completed"]["outcome"], first["completed"]["delta"]) == ("DECLINED", -1)
    assert (second["completed"]["delta"], second["completed"]["root_delta"]) == (2, 1)
    assert (second["completed"]["parent_overall"], second["completed"]["root_overall"]) == (
        POOR,
        "REQUIRES_IMPROVEMENT",
    )
    assert (await service.get(HEAD, third)).json()["result"]["overall"] == "GOOD"


async def test_a_re_audit_improves_overall_but_one_domain_falls(service: Town):
    """Edge case 6: improved overall, with the decline of the domain listed; never hidden."""
    audit = await service.finalised(POOR, ASSESSMENT=POOR)
    await service.rounds(2)
    again = await planned(service, audit)
    await service.graded(again, "GOOD", auditor="qa-2", CONSENT="REQUIRES_IMPROVEMENT")
    await service.rounds(2)
    (told,) = await service.told(ReAuditCompletedV1)
    assert (told.outcome, told.declined_domains) == ("IMPROVED", ("CONSENT",))


async def test_a_parent_regraded_to_good_or_withdrawn_ends_what_it_called_for(service: Town):
    first, second = [await service.finalised(POOR) for _ in range(2)]
    await service.rounds(2)
    await service.done(OTHER_HEAD, f"{first}/regrade", {"overall": "GOOD", "reason": "APPEAL"})
    await service.done(OTHER_HEAD, f"{second}/withdrawal", {"reason": "DUPLICATE"})
    await service.rounds(2)
    reasons = {one.re_audit_id: one.reason for one in await service.told(ReAuditCancelledV1)}
    ids = [(await service.re_audit_of(audit))["id"] for audit in (first, second)]
    assert reasons == {ids[0]: "PARENT_REGRADED", ids[1]: "PARENT_WITHDRAWN"}
    assert sorted(await listed(service, state="CANCELLED")) == sorted([id_of(first), id_of(second)])
    await service.done(OTHER_HEAD, f"{first}/regrade", {"overall": POOR, "reason": "NEW_EVIDENCE"})
    await service.rounds(2)
    assert (await service.re_audit_of(first))["stage"] == "REQUIRED"


async def test_a_regrade_to_inadequate_requires_a_re_audit_from_the_day_of_the_change(service: Town):
    audit = await service.finalised()
    await service.rounds(2)
    assert await service.re_audit_of(audit) is None
    service.clock.move_to("2026-05-12")
    answered = await service.done(OTHER_HEAD, f"{audit}/regrade", {"overall": POOR, "reason": "NEW_EVIDENCE"})
    await service.rounds(2)
    required = await service.re_audit_of(audit)
    assert (required["required_on"], required["due_on"]) == ("2026-05-12", "2026-08-04")
    assert answered["closed_periods_affected"] == ["2026-04"]


async def test_a_re_audit_that_is_withdrawn_leaves_the_requirement_open_again(service: Town):
    audit = await service.finalised(POOR)
    await service.rounds(2)
    before = await service.re_audit_of(audit)
    dropped = await planned(service, audit)
    await service.done(OTHER_HEAD, f"{dropped}/withdrawal", {"reason": "CONFLICT"})
    await service.rounds(2)
    assert (await service.re_audit_of(audit))["stage"] == "REQUIRED"
    again = await service.graded(await planned(service, audit), "GOOD", auditor="qa-2")
    await service.rounds(2)
    assert (await service.re_audit_of(audit))["stage"] == "COMPLETED"
    await service.done(OTHER_HEAD, f"{again}/withdrawal", {"reason": "WRONG_CHILD"})
    await service.rounds(2)
    after = await service.re_audit_of(audit)
    assert (after["stage"], after["completed"], after["due_on"]) == ("REQUIRED", None, before["due_on"])
    told = [one for one in await service.told(ReAuditRequiredV1) if one.re_audit_id == before["id"]]
    assert len(told) == 2, "told again, so that whoever counts knows that it is open"


async def test_people_ask_for_re_audits_in_their_roles(service: Town):
    audit = await service.finalised("REQUIRES_IMPROVEMENT")
    body = {"parent_audit_id": id_of(audit), "trigger": "RI_DISCRETION"}
    assert (await service.post("qa-1", "/v1/re-audits", body)).status_code == 422
    assert (await service.post("hos-planning", "/v1/re-audits", body)).status_code == 404
    asked = await service.post("hos-duty", "/v1/re-audits", {**body, "domains": ["CONSENT"]})
    assert asked.status_code == 201, asked.text
    shown = (await service.get("hos-duty", asked.headers["location"])).json()
    assert (shown["trigger"], shown["required_by"], shown["due_on"]) == ("RI_DISCRETION", "hos-duty", "2026-10-19")
    director = {**body, "trigger": "DIRECTOR_REQUEST", "due_on": "2026-06-01"}
    wider = await service.post("dcs-1", "/v1/re-audits", director)
    assert wider.headers["location"] == asked.headers["location"]
    shown = (await service.get("hos-duty", asked.headers["location"])).json()
    assert (shown["trigger"], shown["scope"], shown["due_on"]) == ("DIRECTOR_REQUEST", "FULL", "2026-06-01")
    early = await service.post("hos-duty", "/v1/re-audits", {**body, "parent_audit_id": id_of(await service.planned())})
    assert early.json()["errors"][0]["pointer"] == "#/parent_audit_id"


async def test_a_failed_action_may_lead_to_a_re_audit_of_its_domain(service: Town):
    audit = await service.finalised("REQUIRES_IMPROVEMENT")
    for text, wanted in (("one", False), ("two", True)):
        body = {"audit_id": id_of(audit), "text": text, "owner": WORKER, "priority": "HIGH", "domain": "CONSENT"}
        action = (await service.post("qa-1", "/v1/actions", body)).headers["location"]
        await service.done(WORKER, f"{action}/completion", {"evidence_ref": "note-1"})
        failing = {"reason": "nothing on file", "re_audit": wanted}
        await service.done("qa-1", f"{action}/failed-verification", failing)
        await service.rounds(2)
        required = await service.re_audit_of(audit)
        assert (required is not None) == wanted
    assert (required["trigger"], required["scope"], required["domains"]) == (
        "ACTION_FAILED",
        "FAILED_DOMAINS",
        ["CONSENT"],
    )


async def test_a_re_audit_that_cannot_be_done_says_why(service: Town):
    audit = await service.finalised(POOR)
    await service.rounds(2)
    path = f"/v1/re-audits/{(await service.re_audit_of(audit))['id']}"
    own = await service.do(WORKER, f"{path}/impossibility", {"reason": "CLOSED"})
    assert (own.status_code, "somebody else" in own.json()["detail"]) == (409, True)
    await service.done("tm-1", f"{path}/impossibility", {"reason": "MOVED_LA"})
    (told,) = await service.told(ReAuditNotPossibleV1)
    assert told.reason == "MOVED_LA"
    refused = await service.post("qa-1", f"{path}/audit", {})
    assert (refused.status_code, "no re-audit" in refused.json()["detail"]) == (409, True)
    lines = (await service.get(HEAD, f"{path}/history")).json()["events"]
    assert [one["type"] for one in lines] == ["ReAuditRequired.v1", "ReAuditNotPossible.v1"]


async def test_what_is_due_and_overdue_is_listed_the_first_due_on_top(service: Town):
    full = await service.finalised(POOR)
    sooner = await service.finalised("REQUIRES_IMPROVEMENT")
    asked = {"parent_audit_id": id_of(sooner), "trigger": "DIRECTOR_REQUEST", "due_on": "2026-05-01"}
    await service.post("dcs-1", "/v1/re-audits", asked)
    await service.rounds(2)
    assert await listed(service, state="DUE") == [id_of(sooner), id_of(full)]
    assert await listed(service, state="OVERDUE") == []
    service.clock.move_to("2026-05-02")
    assert await listed(service, state="OVERDUE", team="alder") == [id_of(sooner)]
    assert await listed(service, "tm-birch") == []
    first = (await service.get(HEAD, "/v1/re-audits?limit=1")).json()
    second = (await service.get(HEAD, f"/v1/re-audits?limit=1&after={first['next']}")).json()
    assert [one["parent_audit_id"] for one in first["items"] + second["items"]] == [id_of(sooner), id_of(full)]
    assert second["next"] is None


async def test_the_plan_of_a_re_audit_is_checked(service: Town):
    audit = await service.finalised(POOR)
    await service.rounds(2)
    path = f"/v1/re-audits/{(await service.re_audit_of(audit))['id']}/audit"
    direct = await service.post("qa-1", "/v1/audits", {**service.plan, "audit_type": "RE_AUDIT"})
    assert direct.json()["errors"][0]["pointer"] == "#/audit_type"
    elsewhere = await service.post("far-1", path, {"team_id": "far-team"})
    assert elsewhere.status_code == 404
    scale = await service.post("qa-1", path, {"template_id": "ofsted-ilacs", "plan_type": "ALL"})
    assert scale.json()["errors"][0]["pointer"] == "#/template_id"
    key = {"Idempotency-Key": '"once"'}
    first = await service.post("qa-1", path, {}, **key)
    await service.rounds(1)
    second = await service.post("qa-1", path, {}, **key)
    assert (second.status_code, second.json()) == (201, first.json())
    twice = await service.post("qa-1", path, {})
    assert "planned already" in twice.json()["errors"][0]["detail"]


async def test_a_reviewing_officer_plans_no_re_audit_of_what_they_audited(service: Town):
    audit = await service.planned()
    await service.graded(audit, POOR, auditor="iro-1")
    await service.rounds(2)
    path = f"/v1/re-audits/{(await service.re_audit_of(audit))['id']}/audit"
    refused = await service.post("iro-1", path, {})
    assert (refused.status_code, "for a theme only" in refused.text) == (422, True)
    assert (await service.post("qa-1", path, {})).status_code == 201


async def test_doing_everything_twice_changes_nothing(service: Town):
    """All cursors are lost and every commit comes again: nothing new happens."""
    audit = await service.finalised(POOR)
    await service.rounds(2)
    again = await service.graded(await planned(service, audit), POOR, auditor="qa-2")
    await service.rounds(2)
    await service.done(OTHER_HEAD, f"{again}/regrade", {"overall": "GOOD", "reason": "APPEAL"})
    other = await service.finalised(POOR)
    await service.rounds(2)
    await service.done(OTHER_HEAD, f"{other}/withdrawal", {"reason": "WRONG_CHILD"})
    await service.rounds(2)
    before = [await service.re_audit_of(one) for one in (audit, again, other)]
    assert [one["stage"] for one in before] == ["COMPLETED", "CANCELLED", "CANCELLED"]
    lost = await service.database["cursors"].delete_many({"_id": {"$regex": "^following-up/"}})
    assert lost.deleted_count > 0
    await service.rounds(2)
    assert [await service.re_audit_of(one) for one in (audit, again, other)] == before


async def test_an_inadequate_audit_of_another_system_is_audited_again_too(service: Town):
    told = event({**GRADED, "overall": POOR, "raw_overall": POOR, "team_id": "alder", "external_ref": "7"}, "7")
    answered = await send(service, [told])
    assert answered.json()["items"][0]["status"] == 201, answered.text
    await service.rounds(2)
    (required,) = await service.told(ReAuditRequiredV1)
    assert (required.trigger, required.generation) == ("INADEQUATE_OVERALL", 1)


async def test_a_re_audit_of_another_system_answers_what_its_parent_called_for(service: Town):
    poor = {**GRADED, "overall": POOR, "raw_overall": POOR, "team_id": "alder", "domains": {"CHILD_VOICE": POOR}}
    first = event({**poor, "external_ref": "7"}, "7")
    good = {**GRADED, "team_id": "alder", "audit_type": "RE_AUDIT", "external_ref": "8", "re_audit_of": "7"}
    second = event({**good, "domains": {"CHILD_VOICE": "GOOD"}}, "8")
    unknown = event({**good, "external_ref": "9", "re_audit_of": "none"}, "9")
    mistaken = event({**good, "external_ref": "10", "audit_type": "QA_ROUTINE"}, "10")
    statuses = [(await send(service, [one])).json()["items"][0]["status"] for one in (first, second, unknown, mistaken)]
    assert statuses == [201, 201, 422, 422]
    await service.rounds(2)
    (done,) = await service.told(ReAuditCompletedV1)
    assert (done.outcome, done.overall, done.still_inadequate) == ("IMPROVED", "GOOD", ())
    assert [one.generation for one in await service.told(AuditGradedV1)].count(1) == 1


async def test_the_same_on_the_real_store(mongo_database: Any):
    store = MongoEventStore(mongo_database)
    await store.prepare()
    async with town(mongo_database, store) as service:
        audit = await service.finalised(POOR)
        await service.rounds(2)
        await service.graded(await planned(service, audit), "GOOD", auditor="qa-2")
        await service.rounds(2)
        assert (await service.re_audit_of(audit))["completed"]["outcome"] == "IMPROVED"
        assert await listed(service, state="COMPLETED") == [id_of(audit)]
    await store.close()
