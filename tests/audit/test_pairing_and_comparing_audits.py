"""Two audits of one case are graded independently and then compared; two of different cases are only talked about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.audit.commands import Consensus
from services.audit.domain.audit.decisions import finalise_audit, moderate_audit, return_audit
from services.audit.domain.audit.events import (
    Agreed,
    AuditCompared,
    AuditFinalised,
    AuditModerated,
    AuditPaired,
    AuditReturned,
    AuditUnpaired,
    AuditWithdrawn,
)
from services.audit.domain.audit.pairing import (
    CompareAudit,
    PairAudit,
    UnpairAudit,
    compare_audit,
    pair_audit,
    unpair_audit,
)
from services.audit.domain.audit.state import DECIDER as AUDIT
from services.audit.domain.audit.state import Stage
from services.audit.domain.pair.decisions import (
    REASONS_TO_GIVE_UP,
    CompareGrades,
    GiveUpPair,
    PairAudits,
    compare_grades,
    give_up_pair,
    pair_audits,
)
from services.audit.domain.pair.events import AuditsPaired, Difference, GradesCompared
from services.audit.domain.pair.state import DECIDER
from services.audit.domain.template.version import Grade, Scale
from shared.published.audit_cycle import AuditsPairedV1, GradesComparedV1, PairGivenUpV1
from shared.published.place import Place
from tests.audit.telling import told
from tests.examples import a_pair as example
from tests.examples.a_pair import QA, TM, qa_blank, qa_done, tm_blank, tm_done
from tests.examples.a_template import SHORT
from tests.examples.an_audit import ALDER, after_submission, finalise, give_back, moderate, moderated, sealed
from tests.specification import asked_in_turn, specification

pair = specification(DECIDER)
audit = specification(AUDIT)
paired = example.paired
# The same templates after the summer: six points instead of four.
SIX_POINTS = Scale(id="SIX", grades=tuple(Grade(code=f"LEVEL_{n}", rank=n) for n in range(1, 7)), non_grades=())
SHORT_SIX = SHORT.model_copy(update={"version": 2, "scale": SIX_POINTS, "rule": None})


def test_pairing_two_audits_of_one_child():
    pair.given([]).when(pair_audits, example.pair, tm_blank, qa_blank).then([paired])


def test_the_team_managers_audit_comes_first_in_whatever_order_they_are_named():
    pair.given([]).when(pair_audits, example.pair, qa_blank, tm_blank).then([paired])
    pair.given([paired]).when(pair_audits, example.pair, qa_blank, tm_blank).then_nothing()


def test_audits_are_not_paired_twice_in_two_ways():
    other = PairAudits("pair-1", "COMPARED")
    pair.given([paired]).when(pair_audits, other, tm_blank, qa_blank).then_refused("in another way")


def another(**update):
    """A blank audit that differs from the QA Officer's in this."""
    return example.side("audit-x", example.planned_as("audit-x", **update))


FAR = Place(team="far", service_area="far", authority="903")


@pytest.mark.parametrize(
    ("other", "words", "field"),
    [
        (tm_blank, "with itself", "audit_b"),
        (another(child="child-2"), "of one child", "audit_b"),
        (another(child=None), "of one child", "audit_b"),
        (another(place=FAR), "of one authority", "audit_b"),
        (replace(qa_blank, template=SHORT_SIX), "on one scale", "audit_b"),
        (example.side(QA, example.planned_as(QA), example.joined(QA)), "one pair at a time", None),
        (example.side(QA, example.planned_as(QA), example.graded(QA, "GOOD", {})), "before either is graded", None),
        (
            example.side(
                QA,
                example.planned_as(QA),
                AuditWithdrawn(audit_id=QA, reason="DUPLICATE", approved_by="head-1", was_graded=False),
            ),
            "withdrawn",
            None,
        ),
        (example.side("audit-y"), "no such audit", None),
    ],
)
def test_what_is_not_paired(other, words, field):
    pair.given([]).when(pair_audits, example.pair, tm_blank, other).then_refused(words, field=field)


def test_two_audits_of_a_pair_have_two_auditors():
    one = example.side("audit-x", example.planned_as("audit-x"), example.allocated_to("qa-1", "QA_OFFICER"))
    other = example.side(QA, example.planned_as(QA), example.allocated_to("qa-1", "QA_OFFICER"))
    pair.given([]).when(pair_audits, example.pair, one, other).then_refused("different people", field="audit_b")


def test_pairing_is_of_a_known_kind():
    pair.given([]).when(pair_audits, replace(example.pair, kind="SIMILAR"), tm_blank, qa_blank).then_refused(
        "not one of those", field="kind"
    )


def test_audits_of_different_cases_are_compared_also_after_they_were_graded():
    other_case = example.side(TM, example.planned_as(TM, child="child-2"), example.graded(TM, "GOOD", {}))
    talk = PairAudits("pair-1", "COMPARED")
    after = pair.given([]).when(pair_audits, talk, other_case, qa_done).then_some(AuditsPaired)
    assert after.paired is not None
    assert after.paired.kind == "COMPARED"
    pair.given([]).when(pair_audits, talk, tm_done, qa_done).then_refused("are paired", field="kind")


@pytest.mark.parametrize(
    ("place", "around"),
    [
        (ALDER, ALDER),
        (ALDER.model_copy(update={"team": "team-birch"}), ALDER.model_copy(update={"team": None})),
        (
            ALDER.model_copy(update={"team": "team-elm", "service_area": "area-planning"}),
            ALDER.model_copy(update={"team": None, "service_area": None}),
        ),
    ],
    ids=["one team", "one service area", "one authority"],
)
def test_a_pair_counts_in_the_smallest_place_that_holds_both(place, around):
    other = example.side("audit-x", example.planned_as("audit-x", place=place, child="child-2"))
    after = pair.given([]).when(pair_audits, PairAudits("p", "COMPARED"), qa_blank, other).then_some(AuditsPaired)
    assert after.paired is not None
    assert after.paired.place == around


def test_template_changes_scale_mid_year():
    """Edge case 19: two series and no mixed figure, so no sample and no pair ever has grades of two scales.

    A sample names one template version (`test_a_sample_is_drawn_under_the_template_of_its_audits`).
    """
    late = replace(qa_blank, template=SHORT_SIX)
    for kind in ("PAIRED", "COMPARED"):
        pair.given([]).when(pair_audits, PairAudits("p", kind), tm_blank, late).then_refused("one scale")
    both_late = replace(tm_blank, template=SHORT_SIX)
    after = pair.given([]).when(pair_audits, example.pair, both_late, late).then_some(AuditsPaired)
    assert after.paired is not None
    assert after.paired.scale == "SIX"


def test_comparing_shows_where_two_raw_grades_differ():
    after = pair.given([paired]).when(compare_grades, example.compare, tm_done, qa_done).then_some(GradesCompared)
    compared = after.compared
    assert compared is not None
    assert (compared.a.role, compared.b.role, compared.agreed) == ("TEAM_MANAGER", "QA_OFFICER", None)
    assert compared.differences == (
        Difference(domain=None, a="GOOD", b="REQUIRES_IMPROVEMENT", steps=1),
        Difference(domain="ASSESSMENT", a="GOOD", b="INADEQUATE", steps=2),
        Difference(domain="REVIEW", a="NOT_EVIDENCED", b="GOOD", steps=None),
    )
    assert compared.graded_by_both == ("ASSESSMENT", "CHILD_VOICE")


def test_all_grades_identical_or_team_with_0_audits():
    """Edge case 17, in a comparison: two who agree in everything are compared like any others, with no difference."""
    same = example.side(QA, example.planned_as(QA), example.joined(QA), example.graded(QA, "GOOD", example.TM_GRADES))
    after = pair.given([paired]).when(compare_grades, example.compare, tm_done, same).then_some(GradesCompared)
    assert after.compared is not None
    assert after.compared.differences == ()
    tell = told(DECIDER, after.compared)
    assert (tell.overall_a, tell.overall_b, tell.domains_a == tell.domains_b) == ("GOOD", "GOOD", True)


def test_the_managers_grades_come_first_also_when_roles_were_given_out_after_pairing():
    turned = paired.model_copy(update={"audit_a": QA, "audit_b": TM})
    after = pair.given([turned]).when(compare_grades, example.compare, qa_done, tm_done).then_some(GradesCompared)
    assert after.compared is not None
    assert (after.compared.a.role, after.compared.a.overall) == ("TEAM_MANAGER", "GOOD")


@pytest.mark.parametrize(
    "other",
    [
        qa_blank,
        example.side(
            QA,
            example.planned_as(QA),
            example.joined(QA),
            example.graded(QA, "GOOD", {}),
            AuditReturned(reason=sealed("more"), returned_by="head-1"),
        ),
    ],
    ids=["not submitted", "returned"],
)
def test_grades_are_compared_once_both_stand(other):
    pair.given([paired]).when(compare_grades, example.compare, tm_done, other).then_refused("once both audits")


def test_an_audit_graded_before_it_joined_the_pair_is_no_independent_one():
    late = example.side(QA, example.planned_as(QA), example.graded(QA, "GOOD", {"REVIEW": "GOOD"}), example.joined(QA))
    never = example.side(QA, example.planned_as(QA), example.graded(QA, "GOOD", {}))
    for one in (late, never):
        pair.given([paired]).when(compare_grades, example.compare, tm_done, one).then_refused("before it was told")


def test_two_audits_graded_by_one_person_are_no_pair():
    who = example.graded(TM, "GOOD", {})  # reallocated to the Team Manager after pairing
    same = example.side(QA, example.planned_as(QA), example.joined(QA), who)
    pair.given([paired]).when(compare_grades, example.compare, tm_done, same).then_refused("different people")


def test_a_pair_agrees_on_grades_of_its_scale_and_domains_of_both_templates():
    agreed = pair.given([paired]).when(compare_grades, example.agree_on_good, tm_done, qa_done)
    after = agreed.then_some(GradesCompared)
    assert after.compared is not None
    assert after.compared.agreed == Agreed(overall="GOOD", domains={"ASSESSMENT": "GOOD"})
    for wrong in (Agreed(overall="FINE"), Agreed(overall="GOOD", domains={"THRESHOLD": "GOOD"})):
        command = replace(example.agree_on_good, agreed=wrong)
        pair.given([paired]).when(compare_grades, command, tm_done, qa_done).then_refused("", field="consensus")


def test_there_is_no_consensus_on_two_cases():
    talk = paired.model_copy(update={"kind": "COMPARED"})
    pair.given([talk]).when(compare_grades, example.agree_on_good, tm_done, qa_done).then_refused(
        "about one case", field="consensus"
    )


def test_a_pair_is_compared_once():
    (compared,) = compare_grades(example.compare, DECIDER.fold([paired]), tm_done, qa_done)
    history = pair.given([paired, compared])
    history.when(compare_grades, example.agree_on_good, tm_done, qa_done).then_refused("compared before")
    history.when(give_up_pair, example.give_up).then_refused("compared before")


def test_giving_a_pair_up():
    pair.given([paired]).when(give_up_pair, example.give_up).then([example.given_up])
    over = pair.given([paired, example.given_up])
    over.when(compare_grades, example.compare, tm_done, qa_done).then_refused("given up")
    over.when(give_up_pair, GiveUpPair("CONFLICT")).then_refused("given up")
    pair.given([paired]).when(give_up_pair, GiveUpPair("BORED")).then_refused("", field="reason")


def test_nothing_comes_of_a_pair_that_nobody_made():
    pair.given([]).when(compare_grades, example.compare, tm_done, qa_done).then_refused("no such pair")
    pair.given([]).when(give_up_pair, example.give_up).then_refused("no such pair")


def test_the_world_hears_both_raw_grades_and_what_was_agreed():
    assert told(DECIDER, paired) == AuditsPairedV1(pair_id="pair-1", kind="PAIRED", audit_a=TM, audit_b=QA, place=ALDER)
    (compared,) = compare_grades(example.agree_on_good, DECIDER.fold([paired]), tm_done, qa_done)
    assert told(DECIDER, compared) == GradesComparedV1(
        pair_id="pair-1",
        kind="PAIRED",
        scale="OFSTED4",
        role_a="TEAM_MANAGER",
        role_b="QA_OFFICER",
        overall_a="GOOD",
        overall_b="REQUIRES_IMPROVEMENT",
        domains_a={"ASSESSMENT": "GOOD", "CHILD_VOICE": "GOOD"},
        domains_b={"ASSESSMENT": "INADEQUATE", "CHILD_VOICE": "GOOD"},
        consensus="GOOD",
        place=ALDER,
        compared_on=date(2026, 4, 20),
    )
    assert told(DECIDER, example.given_up) == PairGivenUpV1(pair_id="pair-1", reason="ABSENCE")


# ---- the audit's side ------------------------------------------------------------------------------------------------

join = PairAudit("pair-1", "PAIRED", "audit-18")
joined = AuditPaired(pair_id="pair-1", kind="PAIRED", other="audit-18")
AGREED = Agreed(overall="INADEQUATE", domains={"ASSESSMENT": "INADEQUATE"})
compared = AuditCompared(pair_id="pair-1", agreed=AGREED)
in_a_pair = [after_submission[0], joined, *after_submission[1:]]


def test_an_audit_joins_a_pair_and_leaves_it():
    after = audit.given(after_submission[:1]).when(pair_audit, join).then([joined])
    assert after.paired_with == {"audit-18"}
    left = audit.given(in_a_pair).when(unpair_audit, UnpairAudit("pair-1")).then([AuditUnpaired(pair_id="pair-1")])
    assert left.paired_with == frozenset()
    audit.given([]).when(pair_audit, join).then_refused("no such audit")
    audit.given(after_submission).when(compare_audit, CompareAudit("pair-1")).then_refused("no such pair")
    audit.given(after_submission).when(unpair_audit, UnpairAudit("pair-1")).then_nothing()


def test_a_paired_audit_is_finalised_once_its_grades_were_compared():
    """Its final grade would be in reports before the other auditor is done."""
    audit.given(in_a_pair).when(finalise_audit, finalise, SHORT).then_refused("once its grades were compared")
    audit.given([*in_a_pair, AuditUnpaired(pair_id="pair-1")]).when(finalise_audit, finalise, SHORT).then_some(
        AuditFinalised
    )


def test_what_a_pair_agreed_on_becomes_the_final_grade():
    after = audit.given(in_a_pair).when(compare_audit, CompareAudit("pair-1", AGREED)).then([compared])
    assert (after.stage, after.paired_with) == (Stage.SUBMITTED, frozenset())
    result = audit.given([*in_a_pair, compared]).when(finalise_audit, finalise, SHORT).then_some(AuditFinalised).result
    assert result is not None
    assert (result.grade_source, result.overall, result.raw_overall) == ("CONSENSUS", "INADEQUATE", "GOOD")
    assert result.domains == {"CHILD_VOICE": "GOOD", "ASSESSMENT": "INADEQUATE"}


def test_a_pair_that_agreed_on_nothing_leaves_each_audit_its_own_grade():
    history = [*in_a_pair, AuditCompared(pair_id="pair-1")]
    result = audit.given(history).when(finalise_audit, finalise, SHORT).then_some(AuditFinalised).result
    assert result is not None
    assert (result.grade_source, result.overall) == ("RAW", "GOOD")


def final(*history):
    result = audit.given([*in_a_pair, *history]).when(finalise_audit, finalise, SHORT).then_some(AuditFinalised).result
    assert result is not None
    return result.grade_source, result.overall


def test_of_moderation_and_a_pairs_consensus_the_later_one_counts():
    assert final(compared, moderated) == ("MODERATED", "REQUIRES_IMPROVEMENT")
    assert final(moderated, compared) == ("CONSENSUS", "INADEQUATE")
    assert final(moderated, AuditCompared(pair_id="pair-1")) == ("MODERATED", "REQUIRES_IMPROVEMENT")


def test_what_is_agreed_with_the_moderator_comes_last_of_all():
    command = replace(finalise, consensus=Consensus("OUTSTANDING"))
    history = [*in_a_pair, compared, moderated]
    result = audit.given(history).when(finalise_audit, command, SHORT).then_some(AuditFinalised).result
    assert result is not None
    assert (result.grade_source, result.overall) == ("CONSENSUS", "OUTSTANDING")


def test_a_consensus_on_grades_that_are_given_again_holds_no_longer():
    after = audit.given([*in_a_pair, compared]).when(return_audit, give_back).then_some(AuditReturned)
    assert after.agreed is None
    after = audit.given([*in_a_pair, compared]).when(moderate_audit, moderate, SHORT).then_some(AuditModerated)
    assert after.agreed is None


grades = st.sampled_from(["GOOD", "INADEQUATE", "FINE"])
consensus = st.none() | st.builds(Agreed, overall=grades)
sides = st.sampled_from([tm_blank, qa_blank, tm_done, qa_done, another(child="child-2")])
commands = st.one_of(
    st.builds(
        lambda kind, one, other: lambda state: pair_audits(PairAudits("pair-1", kind), state, one, other),
        st.sampled_from(["PAIRED", "COMPARED", "OTHER"]),
        sides,
        sides,
    ),
    st.builds(
        lambda agreed, one, other: (
            lambda state: compare_grades(CompareGrades(date(2026, 4, 20), agreed), state, one, other)
        ),
        consensus,
        sides,
        sides,
    ),
    st.sampled_from([*sorted(REASONS_TO_GIVE_UP), "BORED"]).map(
        lambda reason: lambda state: give_up_pair(GiveUpPair(reason), state)
    ),
)


@given(st.lists(commands, max_size=12))
def test_whatever_is_asked_of_a_pair_nothing_happens_twice(asked):
    asked_in_turn(DECIDER, asked)
