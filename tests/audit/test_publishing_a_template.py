"""Versions of templates are published in order, never change, and never mix scales."""

from __future__ import annotations

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from services.audit.domain.template.decisions import PublishTemplate, RetireTemplate, publish_template, retire_template
from services.audit.domain.template.defaults import DEFAULTS
from services.audit.domain.template.events import TemplatePublished
from services.audit.domain.template.state import DECIDER
from services.audit.domain.template.version import Domain, Grade, Scale
from tests.examples.a_template import (
    FRONT_DOOR,
    OFSTED_ILACS,
    PRACTICE,
    SHORT,
    publish_short,
    retire_short,
    short_published,
    short_retired,
)
from tests.specification import asked_in_turn, specification

template = specification(DECIDER)


def changed(**update):
    return PublishTemplate(SHORT.model_copy(update=update))


def test_publishing_a_template():
    template.given([]).when(publish_template, publish_short).then([short_published])


@pytest.mark.parametrize("default", DEFAULTS, ids=lambda d: d.template_id)
def test_the_templates_that_come_with_the_service_keep_its_rules(default):
    template.given([]).when(publish_template, PublishTemplate(default)).then([TemplatePublished(template=default)])


def test_a_published_version_never_changes():
    longer = changed(title="Another title")
    template.given([short_published]).when(publish_template, longer).then_refused("never changes", field="version")


def test_the_next_version_may_have_another_scale_with_another_id():
    ten = Scale(id="SCALING10", grades=tuple(Grade(code=f"POINT_{n}", rank=n) for n in range(11)), non_grades=())
    command = changed(version=2, scale=ten, rule=None)
    after = template.given([short_published]).when(publish_template, command).then_some(TemplatePublished)
    assert after.newest("short") == command.template


def test_the_next_version_may_not_use_an_old_scale_id_for_other_grades():
    other = Scale(id="OFSTED4", grades=(Grade(code="MET", rank=2), Grade(code="UNMET", rank=1)), non_grades=())
    command = changed(version=2, scale=other, rule=None)
    template.given([short_published]).when(publish_template, command).then_refused("id of its own", field="scale")


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ({"version": 2}, "without a gap"),
        ({"template_id": "Short"}, "lower-case"),
        ({"plan_types": ("CIN", "CP", "CL", "a.b")}, "capital letters"),
        ({"domains": ()}, "at least one domain"),
        ({"domains": (*SHORT.domains, SHORT.domains[0])}, "each of them once"),
        ({"domains": (Domain(code="X", plan_types=("EH",)),), "rule": None}, "plan types of its template"),
        ({"domains": SHORT.domains[:1]}, "only domains of the template can cap"),
        ({"rule": SHORT.rule.model_copy(update={"cap": "POOR"})}, "a cap is a grade"),
        ({"scale": Scale(id="S", grades=(), non_grades=())}, "a rank of its own"),
        ({"scale": Scale(id="S", grades=(Grade(code="A", rank=1), Grade(code="B", rank=1)), non_grades=())}, "rank"),
        ({"scale": Scale(id="S", grades=(Grade(code="A", rank=1),), non_grades=("A",))}, "never both"),
    ],
)
def test_a_template_that_contradicts_itself_is_refused(update, words):
    template.given([]).when(publish_template, changed(**update)).then_refused(words)


def test_no_other_template_may_use_a_scale_id_for_other_grades_either():
    met = Scale(id="MET2", grades=(Grade(code="MET", rank=2), Grade(code="UNMET", rank=1)), non_grades=())
    other = Scale(id="MET2", grades=(Grade(code="MET", rank=1),), non_grades=())
    first = TemplatePublished(template=SHORT.model_copy(update={"scale": met, "rule": None}))
    command = changed(template_id="other", scale=other, rule=None)
    template.given([first]).when(publish_template, command).then_refused("id of its own", field="scale")


def test_retiring_a_version():
    after = template.given([short_published]).when(retire_template, retire_short).then([short_retired])
    assert after.newest("short") is None


def test_only_a_published_version_can_be_retired():
    template.given([]).when(retire_template, retire_short).then_refused("only a published version")


def test_a_newer_version_is_used_once_published_and_the_older_when_it_is_retired():
    second = SHORT.model_copy(update={"version": 2})
    state = template.given([short_published, TemplatePublished(template=second)]).state
    assert state.newest("short") == second
    assert DECIDER.fold(retire_template(RetireTemplate("short", 2), state), state).newest("short") == SHORT


def test_the_practice_template_asks_for_what_applies_to_the_plan():
    assert len(PRACTICE.domains) == 12
    assert "PERMANENCE_PATHWAY" in PRACTICE.required("CL")
    assert "PERMANENCE_PATHWAY" not in PRACTICE.required("CIN")
    assert "REVIEW" not in PRACTICE.required("CL")


def test_the_front_door_has_its_own_domains_instead_of_planning_intervention_and_review():
    codes = {domain.code for domain in FRONT_DOOR.domains}
    assert {"THRESHOLD", "FEEDBACK_TO_REFERRER", "CHILD_VOICE"} <= codes
    assert not codes & {"PLANNING", "INTERVENTION", "REVIEW", "PERMANENCE_PATHWAY"}


def test_inspections_have_a_scale_apart_and_need_no_judgement_on_care_leavers():
    assert OFSTED_ILACS.scale.id != PRACTICE.scale.id
    assert "CARE_LEAVERS" not in OFSTED_ILACS.required("ALL")


versions = st.builds(
    lambda number, title: SHORT.model_copy(update={"version": number, "title": title}),
    st.integers(0, 4),
    st.sampled_from(["A", "B"]),
)
commands = st.one_of(
    versions.map(lambda v: lambda state: publish_template(PublishTemplate(v), state)),
    st.integers(0, 4).map(lambda n: lambda state: retire_template(RetireTemplate("short", n), state)),
)


@for_any(st.lists(commands, max_size=12))
def test_any_order_of_commands_keeps_the_promises(asked):
    asked_in_turn(DECIDER, asked)
