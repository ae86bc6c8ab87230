"""A Team Manager and a QA Officer audit one case without seeing each other's grades, compare, and agree."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.audit.domain.pair.state import DECIDER as PAIR
from shared.event_store.handling import load
from shared.published.audit import AuditGradedV1
from shared.published.audit_cycle import AuditsPairedV1, GradesComparedV1, PairGivenUpV1
from tests import http
from tests.audit.a_larger_town import larger_town, round_, told
from tests.audit.sampling_in_town import away, shown
from tests.audit.service import Service

CHILD = {"child_ref": "case-7", "worker": "sw-9", "template_id": "front-door", "plan_type": "CONTACT"}
HIDDEN = ("domains", "overall", "suggested_overall", "submitted", "moderation", "agreed", "result")


@pytest.fixture
async def service(mongo_database: Any) -> AsyncIterator[Service]:
    async with larger_town(mongo_database) as service:
        yield service


async def allocated(service: Service, who: str, kind: str, **plan: Any) -> str:
    """The address of an audit of one child's case that was allocated to this person."""
    audit = await service.planned(**{**CHILD, "audit_type": kind, **plan})
    await service.steps(audit, ("head-1", "allocation", {"auditor_ref": who}))
    return audit


async def two_audits(service: Service, **plan: Any) -> tuple[str, str]:
    """The Team Manager's and the QA Officer's."""
    return await allocated(service, "tm-1", "TM_ROUTINE"), await allocated(service, "qa-1", "QA_ROUTINE", **plan)


def of(kind: str, one: str, other: str) -> dict[str, str]:
    return {"kind": kind, "audit_a": one.rpartition("/")[2], "audit_b": other.rpartition("/")[2]}


async def paired(service: Service, one: str, other: str, kind: str = "PAIRED") -> str:
    answered = await service.post("head-1", "/v1/pairs", of(kind, one, other))
    assert answered.status_code == 201, answered.text
    return str(answered.headers["location"])


async def graded(service: Service, who: str, audit: str, grade: str, submit: bool = True) -> None:
    required = (await shown(service, audit))["required_domains"]
    each = [(who, "domain-grades", {"domain": d, "grade": grade, "rationale": f"because of {who}"}) for d in required]
    last = [(who, "overall-grade", {"grade": grade}), *([(who, "submission", {})] if submit else [])]
    await service.steps(audit, (who, "start", {}), *each, *last)


async def test_a_pair_from_two_audits_to_one_final_grade(service: Service):
    tm, qa = await two_audits(service)
    pair = await paired(service, qa, tm)
    await graded(service, "tm-1", tm, "GOOD")
    await graded(service, "qa-1", qa, "REQUIRES_IMPROVEMENT")
    early = await service.post("head-1", f"{tm}/finalisation", {}, (await shown(service, tm))["version"])
    assert early.status_code == 409, early.text
    talk = {"discussion": "the plan was read as done", "consensus": {"overall": "REQUIRES_IMPROVEMENT"}}
    answered = await service.post("tm-1", f"{pair}/comparison", talk, 1)
    assert answered.status_code == 200, answered.text
    body = await shown(service, pair, "tm-1")
    assert (body["compared"]["a"]["role"], body["compared"]["differences"][0]) == (
        "TEAM_MANAGER",
        {"domain": None, "a": "GOOD", "b": "REQUIRES_IMPROVEMENT", "steps": 1},
    )
    for audit in (tm, qa):
        state = await shown(service, audit)
        assert (state["agreed"]["overall"], state["grades_hidden"]) == ("REQUIRES_IMPROVEMENT", False)
        if state["submitted"]["moderation_required"]:
            await service.steps(
                audit, ("qa-3", "moderation", {"audit_quality": "THOROUGH", "overall": "REQUIRES_IMPROVEMENT"})
            )
        await service.steps(audit, ("head-1", "finalisation", {}))
    published = await told(service)
    (made,) = [one for one in published if isinstance(one, AuditsPairedV1)]
    (compared,) = [one for one in published if isinstance(one, GradesComparedV1)]
    finals = [one for one in published if isinstance(one, AuditGradedV1)]
    assert (made.audit_a, made.audit_b, made.place.team) == (tm.rpartition("/")[2], qa.rpartition("/")[2], "alder")
    assert (compared.role_a, compared.overall_a, compared.overall_b, compared.consensus) == (
        "TEAM_MANAGER",
        "GOOD",
        "REQUIRES_IMPROVEMENT",
        "REQUIRES_IMPROVEMENT",
    )
    assert sorted((one.raw_overall, one.overall) for one in finals) == [
        ("GOOD", "REQUIRES_IMPROVEMENT"),
        ("REQUIRES_IMPROVEMENT", "REQUIRES_IMPROVEMENT"),
    ]
    assert {one.grade_source for one in finals} <= {"CONSENSUS", "MODERATED"}
    assert "read as done" not in "".join(one.model_dump_json() for one in published)


async def test_neither_auditor_sees_the_others_grades_before_both_are_submitted(service: Service):
    tm, qa = await two_audits(service)
    await paired(service, tm, qa)
    await graded(service, "qa-1", qa, "INADEQUATE", submit=False)
    for submitted in (False, True):
        if submitted:
            await service.steps(qa, ("qa-1", "submission", {}))
        seen = await service.get("tm-1", qa)
        body = seen.json()
        assert body["grades_hidden"]
        assert {name: body[name] for name in HIDDEN} == dict.fromkeys(HIDDEN)
        assert "INADEQUATE" not in seen.text
        assert "because of qa-1" not in seen.text
        assert body["narrative"]["words"] == {"child_ref": "case-7"}
        assert (await shown(service, qa, "qa-1"))["overall"]["given_grade"] == "INADEQUATE", "their own they see"
        assert (await shown(service, qa, "head-1"))["overall"]["given_grade"] == "INADEQUATE", "others see them"
    await graded(service, "tm-1", tm, "GOOD")
    for reader, audit, grade in (("tm-1", qa, "INADEQUATE"), ("qa-1", tm, "GOOD")):
        body = await shown(service, audit, reader)
        assert (body["grades_hidden"], body["overall"]["given_grade"]) == (False, grade)


async def test_a_reader_who_has_this_version_is_answered_all_the_same(service: Service):
    """The version of an audit does not change when the other one is submitted, and what is shown of it does."""
    tm, qa = await two_audits(service)
    await paired(service, tm, qa)
    await graded(service, "qa-1", qa, "GOOD")
    seen = await service.get("tm-1", qa)
    await graded(service, "tm-1", tm, "GOOD")
    again = await service.get("tm-1", qa, **{"If-None-Match": seen.headers["etag"]})
    assert (again.status_code, again.headers["etag"]) == (200, seen.headers["etag"])
    assert (seen.json()["grades_hidden"], again.json()["grades_hidden"]) == (True, False)


async def test_a_conflict_of_versions_tells_no_hidden_grade(service: Service):
    tm, qa = await two_audits(service)
    await paired(service, tm, qa)
    await graded(service, "qa-1", qa, "INADEQUATE", submit=False)
    sneaky = {"domain": "THRESHOLD", "grade": "GOOD", "rationale": "to see theirs"}
    answered = await service.post("tm-1", f"{qa}/domain-grades", sneaky, 2)
    assert answered.status_code == 412
    assert "INADEQUATE" not in answered.text


async def test_one_of_a_pair_does_not_audit_grade_or_moderate_the_other(service: Service):
    tm, qa = await two_audits(service)
    await paired(service, tm, qa)
    version = (await shown(service, qa))["version"]
    reallocation = {"auditor_ref": "tm-1", "reason": "ABSENCE"}
    refused = [await service.post("head-1", f"{qa}/reallocation", reallocation, version)]
    await graded(service, "tm-1", tm, "GOOD")
    version = (await shown(service, tm))["version"]
    judged = {"audit_quality": "THOROUGH", "overall": "GOOD"}
    refused.append(await service.post("qa-1", f"{tm}/moderation", judged, version))
    assert [one.status_code for one in refused] == [409, 409]
    assert all("different people" in one.text for one in refused)


async def test_a_pair_of_which_one_audit_is_withdrawn_is_given_up_in_the_next_round(service: Service):
    tm, qa = await two_audits(service)
    pair = await paired(service, tm, qa)
    await graded(service, "tm-1", tm, "GOOD")
    await service.steps(qa, ("head-1", "withdrawal", {"reason": "DUPLICATE"}))
    await round_(service)
    await round_(service)
    assert (await shown(service, pair))["given_up"] == "AUDIT_WITHDRAWN"
    body = await shown(service, tm)
    assert [one["open"] for one in body["pairs"].values()] == [False]
    if not body["submitted"]["moderation_required"]:
        await service.steps(tm, ("head-1", "finalisation", {}))


async def test_a_compared_pair_counts_no_more_when_one_of_its_audits_is_withdrawn(service: Service):
    tm, qa = await two_audits(service)
    pair = await paired(service, tm, qa)
    await graded(service, "tm-1", tm, "GOOD")
    await graded(service, "qa-1", qa, "GOOD")
    await service.steps(pair, ("tm-1", "comparison", {}))
    asked = await service.post("head-1", f"{pair}/giving-up", {"reason": "AUDIT_WITHDRAWN"}, 2)
    assert asked.status_code == 409, "nobody gives up what was compared"
    await service.steps(qa, ("head-1", "withdrawal", {"reason": "DUPLICATE"}))
    await round_(service)
    (given_up,) = [one for one in await told(service) if isinstance(one, PairGivenUpV1)]
    assert (given_up.pair_id, given_up.reason) == (pair.rpartition("/")[2], "AUDIT_WITHDRAWN")


async def test_a_pair_is_given_up_by_those_who_arrange_its_audits(service: Service):
    tm, qa = await two_audits(service)
    pair = await paired(service, tm, qa)
    assert (await service.post("far-1", f"{pair}/giving-up", {"reason": "ABSENCE"}, 1)).status_code == 404
    assert (await service.post("head-1", f"{pair}/giving-up", {"reason": "ABSENCE"}, 1)).status_code == 200
    assert not (await shown(service, qa, "tm-1"))["grades_hidden"]
    assert (await service.post("tm-1", f"{pair}/comparison", {}, 2)).status_code == 409


async def test_audits_are_told_of_their_pair_in_the_next_round_when_a_request_was_cut_off(service: Service):
    tm, qa = await two_audits(service)
    with away(service, "audit"):
        assert (await service.post("head-1", "/v1/pairs", of("PAIRED", tm, qa))).status_code == 503
    for known in (0, 1, 1):
        assert len((await shown(service, tm))["pairs"]) == len((await shown(service, qa))["pairs"]) == known
        await round_(service)


async def test_audits_of_two_cases_are_talked_about_and_what_is_said_goes_with_either_child(service: Service):
    tm, qa = await two_audits(service, child_ref="case-8")
    await graded(service, "tm-1", tm, "GOOD")
    await graded(service, "qa-1", qa, "REQUIRES_IMPROVEMENT")
    pair = await paired(service, tm, qa, "COMPARED")
    assert not (await shown(service, qa, "tm-1"))["grades_hidden"]
    refused = await service.post("tm-1", f"{pair}/comparison", {"consensus": {"overall": "GOOD"}}, 1)
    assert refused.json()["errors"][0]["pointer"] == "#/consensus"
    talk = {"discussion": "both plans named no date"}
    assert (await service.post("qa-1", f"{pair}/comparison", talk, 1)).status_code == 200
    assert (await shown(service, pair, "tm-1"))["discussion"] == "both plans named no date"
    assert (await shown(service, pair, "analyst-1"))["discussion"] is None
    access = service.foundations.access_log.kept[-1]
    assert (access.staff_ref, access.fields) == ("tm-1", ("audit.pair_discussion",))
    keyring = service.foundations.keyring
    await keyring.destroy(await keyring.pseudonym("902", "case-8"))
    assert (await shown(service, pair, "tm-1"))["discussion"] == "expired"


async def test_what_was_said_is_not_in_clear_in_the_store(service: Service):
    tm, qa = await two_audits(service)
    pair = await paired(service, tm, qa)
    await graded(service, "tm-1", tm, "GOOD")
    await graded(service, "qa-1", qa, "GOOD")
    assert (await service.post("tm-1", f"{pair}/comparison", {"discussion": "a word"}, 1)).status_code == 200
    store = service.foundations.store
    assert "a word" not in repr([await store.read_partition(p, -1, 1000) for p in range(store.partitions)])


async def test_pairs_are_made_and_seen_within_reach(service: Service):
    tm, qa = await two_audits(service)
    for who, status in (("far-1", 404), ("sw-1", 404), ("analyst-1", 404), ("dcs-1", 404)):
        assert (await service.post(who, "/v1/pairs", of("PAIRED", tm, qa))).status_code == status, who
    pair = await paired(service, tm, qa)
    for who, status in (("qa-1", 200), ("tm-1", 200), ("analyst-1", 200), ("tm-elm", 404), ("far-1", 404)):
        assert (await service.get(who, pair)).status_code == status, who
    assert (await service.post("analyst-1", f"{pair}/comparison", {}, 1)).status_code == 404
    assert (await service.get("head-1", "/v1/pairs/none")).status_code == 404


async def test_who_reaches_one_of_two_cases_only_sees_no_grade_of_the_other(service: Service):
    """Alder is in Duty and Elm in Planning: each Head of Service reaches one of the two audits."""
    tm = await allocated(service, "tm-1", "TM_ROUTINE")
    elm = {"team_id": "elm", "child_ref": "case-9"}
    machine = http.bearer("forms", authorities=("902",))
    planned = await service.post("forms", "/v1/audits", {**service.plan, **CHILD, **elm}, **machine)
    other = planned.headers["location"]
    await service.steps(other, ("head-1", "allocation", {"auditor_ref": "qa-3"}))
    pair = await paired(service, tm, other, "COMPARED")
    for who, status in (("head-1", 200), ("tm-1", 200), ("qa-3", 200), ("hos-duty", 404), ("hos-planning", 404)):
        assert (await service.get(who, pair)).status_code == status, who
    assert (await service.post("tm-elm", f"{pair}/comparison", {}, 1)).status_code == 404


async def test_a_pair_sent_twice_is_made_once(service: Service):
    tm, qa = await two_audits(service)
    once = {"Idempotency-Key": '"a pair"'}
    answers = [await service.post("head-1", "/v1/pairs", of("PAIRED", tm, qa), **once) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert (await load(service.foundations.store, PAIR, PAIR.stream(answers[0].json()["id"]))).version == 1
    second = await service.post("head-1", "/v1/pairs", of("PAIRED", tm, qa))
    assert (second.status_code, "one pair at a time" in second.text) == (409, True)


async def test_a_machine_compares_for_the_auditors(service: Service):
    tm, qa = await two_audits(service)
    pair = await paired(service, tm, qa)
    await graded(service, "tm-1", tm, "GOOD")
    await graded(service, "qa-1", qa, "GOOD")
    machine = http.bearer("forms", authorities=("902",))
    assert (await service.post("forms", f"{pair}/comparison", {}, 1, **machine)).status_code == 200


async def test_a_machine_sees_no_grade_of_a_pair_before_both_are_submitted(service: Service):
    tm, qa = await two_audits(service)
    await paired(service, tm, qa)
    await graded(service, "qa-1", qa, "INADEQUATE")
    machine = http.bearer("forms", authorities=("902",))
    seen = await service.talking.get(qa, headers=machine)
    assert (seen.json()["grades_hidden"], "INADEQUATE" in seen.text) == (True, False)
    await graded(service, "tm-1", tm, "GOOD")
    assert (await service.talking.get(qa, headers=machine)).json()["overall"]["given_grade"] == "INADEQUATE"


async def test_no_action_hints_at_a_grade_that_the_other_auditor_may_not_know(service: Service):
    tm, qa = await two_audits(service)
    await paired(service, tm, qa)
    await graded(service, "qa-1", qa, "INADEQUATE")
    asked = {"audit_id": qa.rpartition("/")[2], "text": "see the child", "owner": "sw-1", "priority": "HIGH"}
    early = await service.post("qa-1", "/v1/actions", asked)
    assert (early.status_code, "once both audits were submitted" in early.text) == (422, True)
    await graded(service, "tm-1", tm, "GOOD")
    assert (await service.post("qa-1", "/v1/actions", asked)).status_code == 201
