"""Domains, the overall grade and what belongs to an audit in progress."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.audit.domain.audit.commands import AddPractitionerReflection, SeekFamilyFeedback
from services.audit.domain.audit.decisions import (
    add_practitioner_reflection,
    give_overall_grade,
    grade_domain,
    seek_family_feedback,
    submit_audit,
)
from services.audit.domain.audit.events import (
    AuditSubmitted,
    DomainGraded,
    FamilyFeedbackSought,
    OverallGraded,
    PractitionerReflectionAdded,
)
from services.audit.domain.audit.state import DECIDER
from tests.examples.a_template import SHORT
from tests.examples.an_audit import (
    POLICY,
    WORKING_DAYS,
    after_finalising,
    after_submission,
    all_graded,
    allocated,
    assessment_good,
    assessment_inadequate,
    cleared,
    concern,
    confirmed,
    give_good,
    grade_assessment,
    grade_voice,
    in_progress,
    overall_good,
    planned,
    sealed,
    submit,
    submitted,
    voice_good,
    withdrawn,
)
from tests.specification import specification

audit = specification(DECIDER)
graded = [*in_progress, voice_good, assessment_good]


def test_grading_a_domain():
    audit.given(in_progress).when(grade_domain, grade_voice, SHORT).then([voice_good])


def test_the_same_grade_in_words_sealed_anew_is_nothing_new():
    again = replace(grade_voice, rationale=sealed("seen alone", "m"), strengths=(sealed("words used", "m"),))
    audit.given([*in_progress, voice_good]).when(grade_domain, again, SHORT).then_nothing()


def test_a_domain_may_be_graded_again_with_other_words():
    again = replace(grade_voice, rationale=sealed("seen once"))
    audit.given([*in_progress, voice_good]).when(grade_domain, again, SHORT).then_some(DomainGraded)


@pytest.mark.parametrize("history", [[planned], [planned, allocated], after_submission, after_finalising])
def test_only_an_audit_in_progress_is_graded(history):
    audit.given(history).when(grade_domain, grade_voice, SHORT).then_refused("in progress")
    audit.given(history).when(give_overall_grade, give_good, SHORT).then_refused("in progress")


def test_a_grade_is_one_of_the_scale_and_a_domain_one_of_the_template():
    given = audit.given(in_progress)
    given.when(grade_domain, replace(grade_voice, grade="FINE"), SHORT).then_refused("scale", field="grade")
    given.when(grade_domain, replace(grade_voice, domain="THRESHOLD"), SHORT).then_refused("", field="domain")
    given.when(give_overall_grade, replace(give_good, grade="FINE"), SHORT).then_refused("scale", field="grade")


def test_each_grade_needs_a_written_analysis_and_a_non_grade_does_not():
    given = audit.given(in_progress)
    given.when(grade_domain, replace(grade_voice, rationale=None), SHORT).then_refused("analysis", field="rationale")
    not_evidenced = replace(grade_voice, grade="NOT_EVIDENCED", rationale=None)
    given.when(grade_domain, not_evidenced, SHORT).then_some(DomainGraded)


def test_a_domain_that_does_not_apply_to_the_plan_is_not_applicable_at_most():
    leaver = [planned.model_copy(update={"plan_type": "CL"}), *in_progress[1:]]
    audit.given(leaver).when(grade_domain, grade_assessment, SHORT).then_refused("does not apply", field="grade")
    not_applicable = replace(grade_assessment, grade="NOT_APPLICABLE")
    audit.given(leaver).when(grade_domain, not_applicable, SHORT).then_some(DomainGraded)


def test_a_partner_may_grade_a_domain_but_the_worker_and_their_supervisor_may_not():
    given = audit.given(in_progress)
    given.when(grade_domain, replace(grade_voice, by="partner-1"), SHORT).then_some(DomainGraded)
    given.when(grade_domain, replace(grade_voice, by="sw-1"), SHORT).then_refused("their own case")
    given.when(grade_domain, replace(grade_voice, by="tm-1"), SHORT).then_refused("supervisor")
    given.when(give_overall_grade, replace(give_good, by="tm-1"), SHORT).then_refused("supervisor")


def test_giving_the_suggested_overall_grade():
    audit.given(graded).when(give_overall_grade, give_good, SHORT).then([overall_good])


def test_another_grade_than_the_suggested_one_needs_a_reason():
    better = replace(give_good, grade="OUTSTANDING")
    audit.given(graded).when(give_overall_grade, better, SHORT).then_refused("reason", field="override_reason")
    with_reason = replace(better, override_reason=sealed("exceptional direct work"))
    after = audit.given(graded).when(give_overall_grade, with_reason, SHORT).then_some(OverallGraded)
    assert (after.overall.derived_grade, after.overall.given_grade) == ("GOOD", "OUTSTANDING")


def test_an_open_safety_concern_lowers_the_suggestion_until_it_is_cleared():
    inadequate = [*in_progress, voice_good, assessment_inadequate]
    fair = replace(give_good, grade="REQUIRES_IMPROVEMENT")
    audit.given([*inadequate, concern]).when(give_overall_grade, fair, SHORT).then_refused("reason")
    audit.given([*inadequate, concern, confirmed, cleared]).when(give_overall_grade, fair, SHORT).then_some(
        OverallGraded
    )


def test_the_worker_does_not_answer_for_the_family():
    asked = SeekFamilyFeedback("YES", "sw-1")
    audit.given(in_progress).when(seek_family_feedback, asked).then_refused("their own case")


def test_recording_whether_the_family_was_asked():
    asked = FamilyFeedbackSought(obtained="DECLINED")
    audit.given(in_progress).when(seek_family_feedback, SeekFamilyFeedback("DECLINED", "qa-1")).then([asked])


def test_not_asking_the_family_needs_a_reason():
    given = audit.given(in_progress)
    given.when(seek_family_feedback, SeekFamilyFeedback("NOT_APPROPRIATE", "qa-1")).then_refused(
        "", field="reason_code"
    )
    with_reason = SeekFamilyFeedback("NOT_APPROPRIATE", "qa-1", "UNSAFE")
    given.when(seek_family_feedback, with_reason).then_some(FamilyFeedbackSought)


def test_family_feedback_belongs_to_an_audit_in_progress():
    asked, unsure = SeekFamilyFeedback("YES", "qa-1"), SeekFamilyFeedback("PERHAPS", "qa-1")
    audit.given(after_submission).when(seek_family_feedback, asked).then_refused("in progress")
    audit.given(in_progress).when(seek_family_feedback, unsure).then_refused("not one of those", field="obtained")


def test_the_practitioner_reflects_even_after_the_grades():
    reflect = AddPractitionerReflection("sw-1", sealed("I would visit earlier"))
    added = PractitionerReflectionAdded(staff_ref="sw-1", text=sealed("I would visit earlier"))
    audit.given(after_finalising).when(add_practitioner_reflection, reflect).then([added])


def test_nobody_reflects_for_the_practitioner_or_before_the_start():
    reflect = AddPractitionerReflection("qa-1", sealed("they should visit earlier"))
    audit.given(in_progress).when(add_practitioner_reflection, reflect).then_refused("whose case it is")
    own = replace(reflect, by="sw-1")
    audit.given([planned]).when(add_practitioner_reflection, own).then_refused("has started")


def test_submitting_an_audit():
    audit.given(all_graded).when(submit_audit, submit, SHORT, POLICY, WORKING_DAYS).then([submitted])


def test_every_required_domain_is_graded_before_submission():
    history = [*in_progress, voice_good, overall_good]
    audit.given(history).when(submit_audit, submit, SHORT, POLICY, WORKING_DAYS).then_refused("missing: ASSESSMENT")


def test_a_non_grade_counts_as_graded():
    none = assessment_good.model_copy(update={"grade": "NOT_EVIDENCED", "rationale": None})
    history = [*in_progress, voice_good, none, overall_good]
    audit.given(history).when(submit_audit, submit, SHORT, POLICY, WORKING_DAYS).then_some(AuditSubmitted)


def test_the_overall_grade_is_given_before_submission():
    audit.given(graded).when(submit_audit, submit, SHORT, POLICY, WORKING_DAYS).then_refused("overall grade is given")


def test_a_suggestion_that_changed_after_the_overall_grade_is_looked_at_again():
    history = [*all_graded, assessment_inadequate]
    audit.given(history).when(submit_audit, submit, SHORT, POLICY, WORKING_DAYS).then_refused("give it again")


def test_only_the_auditor_submits():
    other = replace(submit, by="qa-2")
    audit.given(all_graded).when(submit_audit, other, SHORT, POLICY, WORKING_DAYS).then_refused("only the auditor")


def test_nothing_leaves_withdrawn():
    for decision, command, *rest in [
        (grade_domain, grade_voice, SHORT),
        (give_overall_grade, give_good, SHORT),
        (submit_audit, submit, SHORT, POLICY, WORKING_DAYS),
        (seek_family_feedback, SeekFamilyFeedback("YES", "qa-1")),
        (add_practitioner_reflection, AddPractitionerReflection("sw-1", sealed("late"))),
    ]:
        audit.given([*all_graded, withdrawn]).when(decision, command, *rest).then_refused("nothing leaves Withdrawn")
