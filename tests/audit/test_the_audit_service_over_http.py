"""Audits over HTTP: the whole way, who may do what, conflicts, and what a reader is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.audit.publishing import DECIDERS, tell
from shared.event_store.handling import recorded
from shared.published.audit import AuditGradedV1, AuditWithdrawnV1
from tests import http
from tests.audit.service import Service, running

INADEQUATE = "INADEQUATE"


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running() as service:
        yield service


async def published(service: Service) -> list[AuditGradedV1 | AuditWithdrawnV1]:
    told = []
    for partition in range(service.foundations.store.partitions):
        for commit in await service.foundations.store.read_partition(partition, -1, 1000):
            told += [tell(one) for one in recorded(DECIDERS[commit.stream.split("-")[0]], commit)]
    return [one for one in told if one is not None]


async def test_an_inadequate_audit_from_planning_to_its_final_grade(service):
    audit = await service.submitted(INADEQUATE)
    version = (await service.get("head-1", audit)).json()["version"]
    refused = await service.post("head-1", f"{audit}/finalisation", {}, version)
    assert refused.status_code == 409
    assert "moderated before" in refused.json()["detail"]
    moderation = {"audit_quality": "THOROUGH", "overall": "REQUIRES_IMPROVEMENT", "discussion": "agreed on context"}
    version = await service.steps(audit, ("qa-2", "moderation", moderation))
    answered = await service.post("qa-2", f"{audit}/finalisation", {"effective_date": "2026-04-20"}, version)
    assert answered.status_code == 200
    assert answered.headers["golden-thread-position"].startswith("audit.")
    (graded,) = await published(service)
    assert (graded.overall, graded.raw_overall, graded.grade_source) == (
        "REQUIRES_IMPROVEMENT",
        INADEQUATE,
        "MODERATED",
    )
    assert (graded.place.service_area, graded.place.regions) == ("duty", ("E12000007",))
    assert (graded.independence, graded.auditor_role, graded.days_to_finalise) == ("LINKED", "QA_OFFICER", 0)


async def test_regrading_and_withdrawing_are_for_those_who_approve(service):
    audit = await service.submitted(INADEQUATE)
    version = await service.steps(
        audit,
        ("qa-2", "moderation", {"audit_quality": "ADEQUATE", "overall": INADEQUATE}),
        ("qa-2", "finalisation", {}),
    )
    regrade = {"overall": "GOOD", "reason": "NEW_EVIDENCE", "note": "a visit was found"}
    assert (await service.post("qa-1", f"{audit}/regrade", regrade, version)).status_code == 403
    version = await service.steps(audit, ("head-1", "regrade", regrade))
    version = await service.steps(audit, ("head-1", "withdrawal", {"reason": "DUPLICATE"}))
    again = await service.post("head-1", f"{audit}/regrade", {**regrade, "overall": INADEQUATE}, version)
    assert again.status_code == 409
    assert "nothing leaves Withdrawn" in again.json()["detail"]
    first, second, third = await published(service)
    assert (first.regrade, second.regrade, second.regrade_reason) == (False, True, "NEW_EVIDENCE")
    role = "HEAD_OF_SAFEGUARDING_QA"
    assert third == AuditWithdrawnV1(audit_id=audit.rpartition("/")[2], reason="DUPLICATE", approver_role=role)


async def test_two_people_grade_the_same_domain_at_once(service):
    """Edge case 14: the second gets a conflict with both values, no silent loss."""
    audit = await service.started()
    grade = {"domain": "THRESHOLD", "grade": "GOOD", "rationale": "clear"}
    seen = 3
    assert (await service.post("qa-1", f"{audit}/domain-grades", grade, seen)).status_code == 200
    second = await service.post("qa-2", f"{audit}/domain-grades", {**grade, "grade": INADEQUATE}, seen)
    assert second.status_code == 412
    assert second.headers["etag"] == '"4"'
    assert second.json()["conflict"] == {"domain": "THRESHOLD", "yours": INADEQUATE, "theirs": "GOOD"}
    assert "clear" not in second.text
    nonsense = await service.post("qa-2", f"{audit}/domain-grades", {**grade, "grade": "secret"}, seen)
    assert nonsense.status_code == 412
    assert "secret" not in nonsense.text


async def test_the_same_request_again_is_answered_alike_and_kept_once(service):
    headers = {"Idempotency-Key": '"once"'}
    first = await service.post("qa-1", "/v1/audits", service.plan, **headers)
    second = await service.post("qa-1", "/v1/audits", service.plan, **headers)
    assert first.json() == second.json()
    other = await service.post("qa-1", "/v1/audits", {**service.plan, "period": "2026-04"}, **headers)
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (422, "key-reused")


async def test_a_command_says_which_version_it_was_decided_on(service):
    audit = await service.planned()
    allocation = {"auditor_ref": "qa-1"}
    assert (await service.post("qa-1", f"{audit}/allocation", allocation)).status_code == 428
    assert (await service.post("qa-1", f"{audit}/allocation", allocation, 7)).status_code == 412


@pytest.mark.parametrize(
    ("update", "pointer"),
    [
        ({"team_id": "nowhere"}, "#/team_id"),
        ({"template_id": "unknown"}, "#/template_id"),
        ({"plan_type": "CLA"}, "#/plan_type"),
        ({"audit_type": "SECRET"}, "#/audit_type"),
        ({"la_code": "903"}, "#/team_id"),
        ({"effective_date": "2026-04-21"}, "#/effective_date"),
        ({"team_id": None, "la_code": "999"}, "#/la_code"),
    ],
)
async def test_a_plan_that_names_something_unknown_is_told_where(service, update, pointer):
    answered = await service.post("qa-1", "/v1/audits", {**service.plan, **update})
    assert answered.status_code == 422
    assert answered.json()["errors"][0]["pointer"] == pointer
    assert "SECRET" not in answered.text


async def test_what_is_out_of_reach_is_not_found(service):
    audit = await service.planned()
    assert (await service.get("far-1", audit)).status_code == 404
    assert (await service.get("qa-1", "/v1/audits/none")).status_code == 404
    assert (await service.post("far-1", "/v1/audits", service.plan)).status_code == 404
    assert (await service.post("sw-1", "/v1/audits", service.plan)).status_code == 403


async def test_the_worker_may_reflect_and_not_grade(service):
    audit = await service.started()
    version = await service.steps(audit, ("sw-1", "reflections", {"text": "I would visit earlier"}))
    grade = {"domain": "THRESHOLD", "grade": "GOOD", "rationale": "clear"}
    answered = await service.post("sw-1", f"{audit}/domain-grades", grade, version)
    assert answered.status_code == 409


async def test_nobody_acts_in_another_persons_name(service):
    audit = await service.started()
    body = {"domain": "THRESHOLD", "grade": "GOOD", "rationale": "clear", "on_behalf_of": "qa-1"}
    answered = await service.post("qa-2", f"{audit}/domain-grades", body, 3)
    assert answered.json()["errors"][0]["pointer"] == "#/on_behalf_of"


async def test_words_are_opened_for_those_who_may_know_and_every_look_is_on_record(service):
    audit = await service.started()
    grade = {"domain": "THRESHOLD", "grade": "GOOD", "rationale": "clear reasons", "strengths": ["swift"]}
    await service.steps(audit, ("qa-1", "domain-grades", grade))
    shown = (await service.get("qa-1", audit)).json()
    words = shown["narrative"]["words"]
    assert (words["domains/THRESHOLD/rationale"], words["domains/THRESHOLD/strengths/0"]) == ("clear reasons", "swift")
    assert words["child_ref"] == "case-4711"
    (access,) = service.foundations.access_log.kept[-1:]
    assert (access.staff_ref, access.ids) == ("qa-1", (audit.rpartition("/")[2],))
    assert "audit.rationale" in access.fields


@pytest.mark.parametrize("who", ["analyst-1", "head-1", "qa-2"])
async def test_others_in_reach_see_codes_and_no_words(service, who):
    audit = await service.started()
    before = len(service.foundations.access_log.kept)
    answered = await service.get(who, audit)
    assert answered.json()["narrative"] is None
    assert "case-4711" not in answered.text
    assert len(service.foundations.access_log.kept) == before


async def test_the_head_of_quality_assurance_gives_a_purpose(service):
    audit = await service.started()
    answered = await service.get("head-1", audit, **{"Golden-Thread-Purpose": "learning review"})
    assert answered.json()["narrative"]["words"]["child_ref"] == "case-4711"
    assert service.foundations.access_log.kept[-1].purpose == "learning review"


async def test_nothing_personal_is_shown_when_the_access_cannot_be_recorded(service):
    audit = await service.started()
    service.foundations.access_log.broken = True
    answered = await service.get("qa-1", audit)
    assert answered.status_code == 503
    assert "case-4711" not in answered.text


async def test_words_whose_key_is_destroyed_are_expired_and_grades_stay(service):
    audit = await service.started()
    await service.steps(
        audit, ("qa-1", "domain-grades", {"domain": "THRESHOLD", "grade": "GOOD", "rationale": "clear"})
    )
    child = (await service.get("qa-1", audit)).json()["narrative"]["child"]
    await service.foundations.keyring.destroy(child)
    shown = (await service.get("qa-1", audit)).json()
    assert set(shown["narrative"]["words"].values()) == {"expired"}
    assert shown["domains"]["THRESHOLD"]["grade"] == "GOOD"


async def test_the_store_holds_no_words_in_clear(service):
    audit = await service.started()
    await service.steps(audit, ("sw-1", "reflections", {"text": "I would visit earlier"}))
    for partition in range(service.foundations.store.partitions):
        commits = await service.foundations.store.read_partition(partition, -1, 1000)
        assert "visit earlier" not in repr(commits)
        assert "case-4711" not in repr(commits)


async def test_a_history_names_events_and_roles_and_says_no_words(service):
    audit = await service.started()
    lines = (await service.get("head-1", f"{audit}/history")).json()["events"]
    assert [(one["version"], one["type"], one["by_role"]) for one in lines] == [
        (1, "AuditPlanned.v1", "QA_OFFICER"),
        (2, "AuditAllocated.v1", "QA_OFFICER"),
        (3, "AuditStarted.v1", "QA_OFFICER"),
    ]
    assert all(set(one) == set(lines[0]) and one["policy_version"] == "2026-04" for one in lines)


async def test_the_templates_of_the_service_are_published_once(service):
    shown = (await service.get("qa-1", "/v1/templates")).json()["templates"]
    assert [(one["template_id"], one["version"], one["retired"]) for one in shown] == [
        ("practice", 1, False),
        ("front-door", 1, False),
        ("ofsted-ilacs", 1, False),
    ]


async def test_a_template_is_published_by_whoever_acts_for_all_authorities(service):
    template = (await service.get("qa-1", "/v1/templates")).json()["templates"][1]
    del template["retired"]
    body = {"template": {**template, "version": 2, "title": "Front door audit, shorter"}}
    everywhere = http.bearer("config", authorities=("*",))
    answered = await service.post("config", "/v1/templates", body, **everywhere)
    assert answered.status_code == 201
    audit = await service.planned()
    assert (await service.get("qa-1", audit)).json()["template_version"] == 2
    retired = await service.post("config", "/v1/templates/front-door/retirement", {"version": 2}, 4, **everywhere)
    assert retired.status_code == 200
    one_authority = http.bearer("config", authorities=("902",))
    assert (await service.post("config", "/v1/templates", body, **one_authority)).status_code == 404


async def test_other_steps_of_an_audit(service):
    audit = await service.planned()
    await service.steps(
        audit,
        ("qa-1", "allocation", {"auditor_ref": "qa-1"}),
        ("qa-1", "declination", {"conflict_reason": "CAPACITY"}),
        ("qa-1", "allocation", {"auditor_ref": "qa-1"}),
        ("qa-1", "reallocation", {"auditor_ref": "qa-2", "reason": "ABSENCE"}),
        ("qa-2", "start", {}),
        ("qa-2", "family-feedback", {"obtained": "NOT_APPROPRIATE", "reason_code": "UNSAFE"}),
        ("qa-2", "safety-concern", {"concern": "not seen for a month"}),
        ("tm-1", "safety-concern-confirmation", {}),
        ("qa-2", "safety-concern-clearance", {}),
    )
    shown = (await service.get("qa-2", audit)).json()
    assert (shown["stage"], shown["safety_concern_open"]) == ("IN_PROGRESS", False)
    assert shown["allocation"]["auditor_ref"] == "qa-2"


async def test_an_audit_can_be_returned(service):
    audit = await service.submitted()
    await service.steps(audit, ("qa-2", "return", {"reason": "more on impact"}))
    shown = (await service.get("qa-1", audit)).json()
    assert (shown["stage"], shown["narrative"]["words"]["return_reason"]) == ("RETURNED", "more on impact")


async def test_an_auditor_is_somebody_with_a_role_and_in_that_role(service):
    audit = await service.planned()
    nobody = await service.post("qa-1", f"{audit}/allocation", {"auditor_ref": "who"}, 1)
    assert nobody.json()["errors"][0]["pointer"] == "#/auditor_ref"
    other = await service.post("qa-1", f"{audit}/allocation", {"auditor_ref": "qa-1", "auditor_role": "IRO"}, 1)
    assert other.json()["errors"][0]["pointer"] == "#/auditor_role"


async def test_a_system_says_for_whom_it_acts(service):
    machine = http.bearer("forms", authorities=("902",))
    audit = await service.planned()
    await service.steps(audit, ("qa-1", "allocation", {"auditor_ref": "qa-1"}))
    silent = await service.post("forms", f"{audit}/start", {}, 2, **machine)
    assert silent.json()["errors"][0]["pointer"] == "#/on_behalf_of"
    answered = await service.post("forms", f"{audit}/start", {"on_behalf_of": "qa-1"}, 2, **machine)
    assert answered.status_code == 200, answered.text
    assert (await service.get("head-1", f"{audit}/history")).json()["events"][2]["by_role"] == "SYSTEM"


async def test_an_audit_does_not_count_on_a_day_when_its_team_was_not_open(service):
    audit = await service.submitted()
    version = (await service.get("qa-1", audit)).json()["version"]
    early = await service.post("qa-1", f"{audit}/finalisation", {"effective_date": "2019-01-01"}, version)
    assert early.json()["errors"][0]["pointer"] == "#/effective_date"


async def test_when_nobody_graded_the_domain_the_version_alone_is_the_conflict(service):
    audit = await service.started()
    grade = {"domain": "THRESHOLD", "grade": "GOOD", "rationale": "clear"}
    answered = await service.post("qa-1", f"{audit}/domain-grades", grade, 2)
    assert answered.status_code == 412
    assert "conflict" not in answered.json()
