"""A second judgement: of the practice, and apart from it of the audit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.audit.domain.audit.decisions import direction, moderate_audit, return_audit, submit_audit
from services.audit.domain.audit.events import AuditModerated, AuditReturned, GradeChange
from services.audit.domain.audit.state import DECIDER, Stage
from services.audit.domain.policy import AuditPolicy, sampled
from services.audit.domain.template.defaults import OFSTED4
from tests.examples.a_template import SHORT
from tests.examples.an_audit import (
    POLICY,
    WORKING_DAYS,
    after_finalising,
    after_moderation,
    after_submission,
    all_graded,
    give_back,
    moderate,
    moderated,
    overall_good,
    planned,
    sealed,
    submit,
)
from tests.specification import specification

audit = specification(DECIDER)
returned = AuditReturned(reason=sealed("more on impact"), returned_by="qa-2")


def test_moderating_an_audit():
    audit.given(after_submission).when(moderate_audit, moderate, SHORT).then([moderated])


def test_a_moderator_who_agrees_changes_nothing_and_is_on_record():
    agree = replace(moderate, overall="GOOD", domains={"ASSESSMENT": "GOOD"}, audit_quality="THOROUGH")
    after = audit.given(after_submission).when(moderate_audit, agree, SHORT).then_some(AuditModerated)
    assert (after.moderation.direction, after.moderation.domains) == ("UNCHANGED", {})


def test_a_domain_left_open_was_not_evidenced_before():
    review = replace(moderate, domains={"REVIEW": "GOOD"})
    after = audit.given(after_submission).when(moderate_audit, review, SHORT).then_some(AuditModerated)
    assert after.moderation.domains == {"REVIEW": GradeChange(from_grade="NOT_EVIDENCED", to_grade="GOOD")}


def test_nobody_moderates_their_own_audit():
    audit.given(after_submission).when(moderate_audit, replace(moderate, by="qa-1"), SHORT).then_refused("their own")


def test_who_graded_a_part_of_it_does_not_moderate_it_either():
    part = after_submission[3].model_copy(update={"graded_by": "qa-2"})
    history = [*after_submission[:3], part, *after_submission[4:]]
    audit.given(history).when(moderate_audit, moderate, SHORT).then_refused("their own audit")


@pytest.mark.parametrize("person", ["sw-1", "tm-1"])
def test_neither_the_worker_nor_the_supervisor_moderates(person):
    audit.given(after_submission).when(moderate_audit, replace(moderate, by=person), SHORT).then_refused("own case")


@pytest.mark.parametrize("history", [all_graded, after_finalising], ids=["in progress", "finalised"])
def test_only_a_submitted_audit_is_moderated(history):
    audit.given(history).when(moderate_audit, moderate, SHORT).then_refused("only a submitted audit")


def test_an_audit_is_moderated_once():
    other = replace(moderate, overall="INADEQUATE")
    audit.given(after_moderation).when(moderate_audit, other, SHORT).then_refused("moderated before")


def test_the_quality_of_the_audit_is_one_of_three_codes():
    vague = replace(moderate, audit_quality="FINE")
    audit.given(after_submission).when(moderate_audit, vague, SHORT).then_refused("", field="audit_quality")


def test_moderated_grades_are_of_the_template():
    given = audit.given(after_submission)
    given.when(moderate_audit, replace(moderate, overall="FINE"), SHORT).then_refused("scale", field="overall")
    given.when(moderate_audit, replace(moderate, domains={"X": "GOOD"}), SHORT).then_refused("", field="domains")
    given.when(moderate_audit, replace(moderate, domains={"REVIEW": "X"}), SHORT).then_refused("", field="domains")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("GOOD", "GOOD", "UNCHANGED"),
        ("GOOD", "INADEQUATE", "DOWN"),
        ("GOOD", "OUTSTANDING", "UP"),
        ("UNGRADED", "GOOD", "NOT_COMPARABLE"),
        ("GOOD", "NOT_EVIDENCED", "NOT_COMPARABLE"),
    ],
)
def test_the_direction_of_a_moderation(before, after, expected):
    assert direction(OFSTED4, before, after) == expected


def test_an_audit_can_be_returned_to_its_auditor_and_submitted_again():
    audit.given(after_submission).when(return_audit, give_back).then([returned])
    history = [*after_submission, returned]
    after = audit.given(history).when(submit_audit, submit, SHORT, POLICY, WORKING_DAYS).then([after_submission[-1]])
    assert after.stage is Stage.SUBMITTED


def test_a_moderated_audit_that_is_returned_is_moderated_anew():
    after = audit.given(after_moderation).when(return_audit, give_back).then([returned])
    assert after.moderation is None


def test_nobody_returns_their_own_audit_or_one_that_was_not_submitted():
    audit.given(after_submission).when(return_audit, replace(give_back, by="qa-1")).then_refused("their own audit")
    audit.given(all_graded).when(return_audit, give_back).then_refused("only a submitted audit")


@pytest.mark.parametrize("grade", ["INADEQUATE", "OUTSTANDING"])
def test_the_ends_of_the_scale_are_always_moderated(grade):
    overall = overall_good.model_copy(update={"given_grade": grade, "override_reason": sealed("because")})
    history = [*all_graded[:-1], overall]
    given = audit.given(history).when(submit_audit, submit, SHORT, POLICY, WORKING_DAYS)
    after = given.then_some(type(after_submission[-1]))
    assert after.submitted.moderation_required
    assert after.submitted.moderate_by.isoformat() == "2026-04-21"


def test_an_audit_in_the_sample_is_moderated_whatever_its_grade():
    history = [planned.model_copy(update={"audit_id": "audit-10"}), *all_graded[1:]]
    given = audit.given(history).when(submit_audit, submit, SHORT, POLICY, WORKING_DAYS)
    assert given.then_some(type(after_submission[-1])).submitted.moderation_required


def test_the_sample_is_a_fifth_of_all_and_the_same_every_time():
    drawn = [n for n in range(10_000) if sampled(f"id-{n}", 20)]
    assert 1_900 < len(drawn) < 2_100
    assert drawn == [n for n in range(10_000) if sampled(f"id-{n}", 20)]
    assert not AuditPolicy(moderate_sample_percent=0).requires_moderation("audit-10", "GOOD")
