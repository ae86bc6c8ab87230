"""When a case is audited again, how much of it, what came of it, and what a lineage of audits says together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.audit.domain.audit.codes import AUDIT_TYPES
from services.audit.domain.audit.decisions import allocate_audit, finalise_audit, plan_audit, submit_audit
from services.audit.domain.audit.events import AuditFinalised, AuditSubmitted, Lineage, OverallGraded
from services.audit.domain.audit.state import DECIDER as AUDIT
from services.audit.domain.policy import AuditPolicy
from services.audit.domain.re_audit.commands import NoteParentWithdrawn, NoteReAuditWithdrawn
from services.audit.domain.re_audit.decisions import (
    complete_re_audit,
    follow_grades,
    lineage,
    note_parent_withdrawn,
    note_planned,
    note_re_audit_withdrawn,
    record_director_review,
    require_re_audit,
)
from services.audit.domain.re_audit.decisions import (
    find_not_possible as not_possible_found,
)
from services.audit.domain.re_audit.events import (
    DirectorReviewRecorded,
    ReAuditCancelled,
    ReAuditCompleted,
    ReAuditNotPossible,
    ReAuditPlanDropped,
    ReAuditRequired,
)
from services.audit.domain.re_audit.state import DECIDER, Stage
from services.audit.domain.template.defaults import OFSTED_ILACS
from shared.deciding.refusal import Refused
from tests.audit.telling import told
from tests.examples import an_audit
from tests.examples.a_re_audit import (
    FAIR,
    GOOD,
    HEAD_OF_SERVICE,
    INADEQUATE,
    ONE_DOMAIN,
    complete,
    completed,
    find_not_possible,
    follow,
    graded,
    not_possible,
    of_one_domain,
    parent,
    plan,
    planned,
    require,
    required,
    review,
    reviewed,
    second,
)
from tests.examples.a_template import SHORT
from tests.examples.an_audit import ALDER, POLICY, WORKING_DAYS
from tests.specification import specification

re_audit = specification(DECIDER)
audit = specification(AUDIT)
REGRADED_ON = date(2026, 5, 11)


# -- what grades call for -------------------------------------------------------------------------------------------


def test_an_inadequate_audit_calls_for_a_full_one_within_twelve_weeks():
    re_audit.given([]).when(follow_grades, follow, POLICY).then([required])


def test_an_inadequate_domain_calls_for_one_of_that_domain():
    one = replace(follow, parent=parent(ONE_DOMAIN))
    expected = of_one_domain.model_copy(update={"root_overall": "REQUIRES_IMPROVEMENT"})
    re_audit.given([]).when(follow_grades, one, POLICY).then([expected])


@pytest.mark.parametrize("found", [FAIR, GOOD, graded("NOT_EVIDENCED", ASSESSMENT="NOT_EVIDENCED")])
def test_other_grades_call_for_nothing(found):
    re_audit.given([]).when(follow_grades, replace(follow, parent=parent(found)), POLICY).then_nothing()


def test_an_inspection_is_of_no_one_case():
    inspection = INADEQUATE.model_copy(update={"external": True})
    re_audit.given([]).when(follow_grades, replace(follow, parent=parent(inspection)), POLICY).then_nothing()
    asked = replace(require, parent=parent(inspection))
    re_audit.given([]).when(require_re_audit, asked, POLICY).then_refused("inspection")


def test_the_authority_sets_the_weeks():
    sooner = AuditPolicy(reaudit_full_weeks=6, reaudit_domain_weeks=2)
    full = re_audit.given([]).when(follow_grades, follow, sooner).then_some(ReAuditRequired)
    part = re_audit.given([]).when(follow_grades, replace(follow, parent=parent(ONE_DOMAIN)), sooner)
    assert full.required.due_on == date(2026, 6, 1)
    assert part.then_some(ReAuditRequired).required.due_on == date(2026, 5, 4)


def test_a_parent_regraded_to_inadequate_makes_more_of_the_requirement_and_no_more_time():
    worse = replace(follow, parent=parent(INADEQUATE), on=REGRADED_ON)
    after = re_audit.given([of_one_domain]).when(follow_grades, worse, POLICY).then_some(ReAuditRequired)
    assert (after.required.scope, after.required.trigger) == ("FULL", "INADEQUATE_OVERALL")
    assert (after.required.required_on, after.required.due_on) == (of_one_domain.required_on, of_one_domain.due_on)
    assert after.required.overall == "INADEQUATE"


def test_a_requirement_whose_parent_is_regraded_to_good_is_cancelled_unless_it_is_planned_or_was_asked_for():
    better = replace(follow, parent=parent(GOOD), on=REGRADED_ON)
    cancelled = ReAuditCancelled(re_audit_id="again-17", reason="PARENT_REGRADED", cancelled_on=REGRADED_ON)
    re_audit.given([required]).when(follow_grades, better, POLICY).then([cancelled])
    stands = required.model_copy(update={"overall": "GOOD", "root_overall": "GOOD"})
    after = re_audit.given([required, planned]).when(follow_grades, better, POLICY).then([stands])
    assert (after.stage, after.audit_id) == (Stage.PLANNED, "audit-30")
    asked = required.model_copy(update={"trigger": "DIRECTOR_REQUEST", "required_by": "dcs-1"})
    re_audit.given([asked]).when(follow_grades, better, POLICY).then_some(ReAuditRequired)


def test_what_was_cancelled_may_be_required_again():
    cancelled = ReAuditCancelled(re_audit_id="again-17", reason="PARENT_REGRADED", cancelled_on=REGRADED_ON)
    again = replace(follow, on=date(2026, 6, 1))
    after = re_audit.given([required, cancelled]).when(follow_grades, again, POLICY).then_some(ReAuditRequired)
    assert (after.stage, after.required.due_on) == (Stage.REQUIRED, date(2026, 8, 24))


def test_a_requirement_whose_parent_is_withdrawn_is_cancelled_even_when_it_was_fulfilled():
    gone = NoteParentWithdrawn(REGRADED_ON)
    cancelled = ReAuditCancelled(re_audit_id="again-17", reason="PARENT_WITHDRAWN", cancelled_on=REGRADED_ON)
    for history in ([required], [required, planned], [required, completed]):
        re_audit.given(history).when(note_parent_withdrawn, gone).then([cancelled])
    for history in ([], [required, not_possible]):
        re_audit.given(history).when(note_parent_withdrawn, gone).then_nothing()
    re_audit.given([required, cancelled]).when(complete_re_audit, complete).then_nothing()


# -- what people ask for --------------------------------------------------------------------------------------------


def test_a_head_of_service_may_ask_for_one_within_six_months():
    after = re_audit.given([]).when(require_re_audit, require, POLICY).then_some(ReAuditRequired)
    assert (after.required.scope, after.required.due_on) == ("FULL", date(2026, 10, 21))
    assert after.required.required_by == "hos-1"
    some = replace(require, domains=("CHILD_VOICE",), due_on=date(2026, 6, 1))
    partly = re_audit.given([]).when(require_re_audit, some, POLICY).then_some(ReAuditRequired)
    assert (partly.required.scope, partly.required.domains) == ("FAILED_DOMAINS", ("CHILD_VOICE",))


@pytest.mark.parametrize(
    ("trigger", "role"),
    [
        ("RI_DISCRETION", "QA_OFFICER"),
        ("DIRECTOR_REQUEST", "HEAD_OF_SERVICE"),
        ("ALERT_LINKED", "TEAM_MANAGER"),
        ("ACTION_FAILED", "SOCIAL_WORKER"),
    ],
)
def test_each_ground_is_for_some_roles(trigger, role):
    other = replace(require, trigger=trigger, roles=frozenset({role}))
    re_audit.given([]).when(require_re_audit, other, POLICY).then_refused("another role", field="trigger")


def test_what_nobody_can_ask_for():
    given = re_audit.given([])
    by_grade = replace(require, trigger="INADEQUATE_OVERALL")
    given.when(require_re_audit, by_grade, POLICY).then_refused("", field="trigger")
    late = replace(require, due_on=date(2026, 10, 22))
    given.when(require_re_audit, late, POLICY).then_refused("sooner", field="due_on")
    unknown = replace(require, domains=("THRESHOLD",))
    given.when(require_re_audit, unknown, POLICY).then_refused("graded in that audit", field="domains")
    for over in (completed, not_possible):
        re_audit.given([required, over]).when(require_re_audit, require, POLICY).then_refused("newest one")


def test_asking_for_what_is_required_already_is_nothing():
    same = replace(require, parent=parent(INADEQUATE), trigger="ALERT_LINKED")
    re_audit.given([required]).when(require_re_audit, same, POLICY).then_nothing()


# -- planning and doing it ------------------------------------------------------------------------------------------


def test_a_re_audit_is_tied_to_its_parent_and_not_done_by_the_same_auditor():
    tied = lineage(re_audit.given([required]).state, "qa-1", SHORT, POLICY)
    assert tied == Lineage(parent_audit_id="audit-17", root_audit_id="audit-17", generation=1, not_by=("qa-1",))
    history = audit.given(plan_of(tied))
    history.when(allocate_audit, an_audit.allocate, POLICY, WORKING_DAYS).then_refused("the audit before it")
    other = replace(an_audit.allocate, auditor=an_audit.OTHER_QA)
    assert allocate_audit(other, history.state, POLICY, WORKING_DAYS)
    anybody = lineage(re_audit.given([required]).state, "qa-1", SHORT, AuditPolicy(reaudit_by_another_auditor=False))
    assert anybody.not_by == ()


def plan_of(tied: Lineage):
    command = replace(an_audit.plan, audit_type="RE_AUDIT", re_audit_of=tied)
    return plan_audit(command, AUDIT.initial, SHORT)


def test_what_is_no_re_audit_is_of_no_other_audit():
    tied = lineage(re_audit.given([required]).state, "qa-1", SHORT, POLICY)
    assert "RE_AUDIT" in AUDIT_TYPES
    command = replace(an_audit.plan, re_audit_of=tied)
    audit.given([]).when(plan_audit, command, SHORT).then_refused("a re-audit", field="audit_type")


@pytest.mark.parametrize("history", [[], [required, completed], [required, not_possible]])
def test_a_re_audit_is_planned_when_one_is_due(history):
    with pytest.raises(Refused, match="no re-audit"):
        lineage(re_audit.given(history).state, "qa-1", SHORT, POLICY)


def test_it_is_planned_once_on_the_same_scale_and_with_the_domains_that_failed():
    for history, template, words in [
        ([required, planned], SHORT, "planned already"),
        ([required], OFSTED_ILACS, "scale"),
        ([of_one_domain.model_copy(update={"domains": ("SUPERVISION",)})], SHORT, "not all of the domains"),
    ]:
        with pytest.raises(Refused, match=words):
            lineage(re_audit.given(history).state, "qa-1", template, POLICY)


def test_only_the_failed_domains_need_a_grade():
    tied = lineage(re_audit.given([of_one_domain]).state, "qa-9", SHORT, POLICY)
    assert tied.only_domains == ("ASSESSMENT",)
    overall = OverallGraded(derived_grade="GOOD", given_grade="GOOD", graded_by="qa-1")
    history = [*plan_of(tied), an_audit.allocated, an_audit.started, an_audit.assessment_good, overall]
    after = (
        audit.given(history).when(submit_audit, an_audit.submit, SHORT, POLICY, WORKING_DAYS).then_some(AuditSubmitted)
    )
    assert after.submitted.raw_domains == {"ASSESSMENT": "GOOD"}
    final = audit.given([*history, after.submitted]).when(finalise_audit, an_audit.finalise, SHORT)
    state = final.then_some(AuditFinalised)
    assert (state.result.domains, state.result.generation) == ({"ASSESSMENT": "GOOD"}, 1)
    told_so = told(AUDIT, AuditFinalised(audit_id="audit-17", result=state.result))
    assert (told_so.generation, told_so.domains) == (1, {"ASSESSMENT": "GOOD"})
    none = [*plan_of(tied), an_audit.allocated, an_audit.started, an_audit.voice_good, overall]
    audit.given(none).when(submit_audit, an_audit.submit, SHORT, POLICY, WORKING_DAYS).then_refused("ASSESSMENT")


def test_the_first_audit_that_is_planned_as_the_re_audit_is_it():
    re_audit.given([required]).when(note_planned, plan).then([planned])
    re_audit.given([required, planned]).when(note_planned, replace(plan, audit_id="audit-31")).then_nothing()
    re_audit.given([]).when(note_planned, plan).then_nothing()


def test_a_re_audit_that_is_withdrawn_leaves_the_requirement_as_it_was():
    gone = NoteReAuditWithdrawn("audit-30")
    dropped = ReAuditPlanDropped(re_audit_id="again-17", audit_id="audit-30")
    re_audit.given([required, planned]).when(note_re_audit_withdrawn, gone).then([dropped])
    after = re_audit.given([required, planned, completed]).when(note_re_audit_withdrawn, gone).then([required])
    assert (after.stage, after.completed) == (Stage.REQUIRED, None)
    other = NoteReAuditWithdrawn("audit-31")
    re_audit.given([required, planned]).when(note_re_audit_withdrawn, other).then_nothing()


# -- what came of it ------------------------------------------------------------------------------------------------


def test_a_re_audit_is_compared_with_its_parent():
    re_audit.given([required, planned]).when(complete_re_audit, complete).then([completed])


@pytest.mark.parametrize(
    ("now", "before", "outcome", "delta"),
    [
        (GOOD, INADEQUATE, "IMPROVED", 2),
        (FAIR, FAIR, "SAME", 0),
        (INADEQUATE, FAIR, "DECLINED", -1),
        (graded("UNGRADED"), FAIR, "NOT_COMPARABLE", 0),
        (GOOD, INADEQUATE.model_copy(update={"scale": "OTHER"}), "NOT_COMPARABLE", 0),
    ],
)
def test_the_outcome_goes_by_the_overall_grade(now, before, outcome, delta):
    command = replace(complete, now=now, parent=before)
    after = re_audit.given([required]).when(complete_re_audit, command).then_some(ReAuditCompleted)
    assert (after.completed.outcome, after.completed.delta) == (outcome, delta)


def test_a_re_audit_improves_overall_but_one_domain_falls():
    """Edge case 6: improved overall, with the decline of the domain listed; never hidden."""
    now = graded("GOOD", CHILD_VOICE="INADEQUATE")
    command = replace(complete, now=now)
    after = re_audit.given([required]).when(complete_re_audit, command).then_some(ReAuditCompleted)
    assert after.completed.outcome == "IMPROVED"
    assert after.completed.declined_domains == ("CHILD_VOICE",)
    assert after.completed.still_inadequate == ("CHILD_VOICE",)
    assert told(DECIDER, after.completed).declined_domains == ("CHILD_VOICE",)


def test_a_re_audit_of_a_re_audit():
    """Edge case 5: generation 2, the root kept, a director reviews; compared with the parent, the root shown too."""
    poor = graded("INADEQUATE")
    still = replace(parent(poor, generation=1, root_overall="REQUIRES_IMPROVEMENT"), audit_id="audit-30")
    again = replace(still, re_audit_id="again-30", root_audit_id="audit-17")
    after = re_audit.given([]).when(follow_grades, replace(follow, parent=again), POLICY).then_some(ReAuditRequired)
    made = after.required
    assert (made.generation, made.parent_audit_id, made.root_audit_id) == (2, "audit-30", "audit-17")
    assert (made.director_review, made.root_overall) == (True, "REQUIRES_IMPROVEMENT")
    found = replace(complete, audit_id="audit-40", now=GOOD, parent=poor, root=FAIR)
    done = re_audit.given([made]).when(complete_re_audit, found).then_some(ReAuditCompleted)
    assert (done.completed.outcome, done.completed.delta, done.completed.root_delta) == ("IMPROVED", 2, 1)
    assert told(DECIDER, made).director_review
    later = AuditPolicy(director_review_generation=3)
    not_yet = re_audit.given([]).when(follow_grades, replace(follow, parent=again), later)
    assert not not_yet.then_some(ReAuditRequired).required.director_review


def test_a_re_audit_that_was_regraded_is_compared_again():
    worse = replace(complete, now=complete.now.model_copy(update={"overall": "INADEQUATE"}))
    done = [required, planned, completed]
    after = re_audit.given(done).when(complete_re_audit, worse).then_some(ReAuditCompleted)
    assert (after.completed.outcome, after.completed.overall) == ("SAME", "INADEQUATE")
    re_audit.given(done).when(complete_re_audit, replace(worse, audit_id="audit-31")).then_nothing()


def test_a_re_audit_of_some_domains_does_not_do_for_a_full_one():
    partly = replace(complete, only_domains=("ASSESSMENT",))
    dropped = ReAuditPlanDropped(re_audit_id="again-17", audit_id="audit-30")
    re_audit.given([required, planned]).when(complete_re_audit, partly).then([dropped])
    re_audit.given([of_one_domain, planned]).when(complete_re_audit, partly).then_some(ReAuditCompleted)
    re_audit.given([required]).when(complete_re_audit, partly).then_nothing()


def test_a_re_audit_that_was_done_although_it_was_thought_impossible_was_done():
    after = re_audit.given([required, not_possible]).when(complete_re_audit, complete).then_some(ReAuditCompleted)
    assert after.stage is Stage.COMPLETED


@pytest.mark.parametrize("reason", ["CLOSED", "MOVED_LA", "TURNED_18", "DIED", "ADOPTED"])
def test_a_re_audit_may_not_be_possible(reason):
    command = replace(find_not_possible, reason=reason)
    re_audit.given([required]).when(not_possible_found, command).then_some(ReAuditNotPossible)


def test_a_re_audit_is_not_impossible_for_any_reason_or_after_it_was_done():
    given = re_audit.given([required])
    given.when(not_possible_found, replace(find_not_possible, reason="BUSY")).then_refused("", field="reason")
    early = replace(find_not_possible, on=date(2026, 4, 19))
    given.when(not_possible_found, early).then_refused("", field="effective_date")
    re_audit.given([required, completed]).when(not_possible_found, find_not_possible).then_refused("no re-audit")
    own = replace(find_not_possible, by="sw-1", worker="sw-1")
    given.when(not_possible_found, own).then_refused("somebody else")
    other = replace(find_not_possible, reason="DIED")
    re_audit.given([required, not_possible]).when(not_possible_found, other).then_refused("another reason")


# -- the director ---------------------------------------------------------------------------------------------------


def test_a_director_reviews_a_lineage_that_goes_on():
    re_audit.given([second]).when(record_director_review, review).then([reviewed])
    after = replace(review, decision="EXTERNAL_AUDIT")
    re_audit.given([second, reviewed]).when(record_director_review, after).then_some(DirectorReviewRecorded)


def test_nobody_else_reviews_nor_before_it_has_come_to_that():
    given = re_audit.given([second])
    given.when(record_director_review, replace(review, roles=HEAD_OF_SERVICE)).then_refused("a director")
    given.when(record_director_review, replace(review, decision="WAIT")).then_refused("", field="decision")
    early = replace(review, on=date(2026, 4, 19))
    given.when(record_director_review, early).then_refused("", field="effective_date")
    re_audit.given([required]).when(record_director_review, review).then_refused("has not come")
    re_audit.given([]).when(record_director_review, review).then_refused("no such")


def test_the_review_stands_when_the_requirement_changes():
    grown = second.model_copy(update={"due_on": date(2026, 6, 1)})
    assert re_audit.given([second, reviewed, grown]).state.review == reviewed


def test_the_world_is_told_grades_and_dates_and_nobodys_name():
    assert told(DECIDER, planned) is None
    said = [told(DECIDER, event) for event in (required, completed, not_possible, reviewed)]
    first = said[0]
    assert (first.place, first.due_on, first.domains, first.scale) == (
        ALDER,
        date(2026, 7, 13),
        ("ASSESSMENT",),
        "OFSTED4",
    )
    text = "".join(one.model_dump_json() for one in said)
    assert not any(who in text for who in ("qa-1", "dcs-1", "hos-1"))
