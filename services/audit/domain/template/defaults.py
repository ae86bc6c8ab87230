"""The templates and scales that come with the service; an authority may publish others."""

from __future__ import annotations

from services.audit.domain.template.version import (
    NOT_APPLICABLE,
    NOT_EVIDENCED,
    UNGRADED,
    Domain,
    Grade,
    OverallRule,
    Scale,
    TemplateVersion,
)

FOUR_POINTS = (
    Grade(code="OUTSTANDING", rank=4),
    Grade(code="GOOD", rank=3),
    Grade(code="REQUIRES_IMPROVEMENT", rank=2),
    Grade(code="INADEQUATE", rank=1),
)
NON_GRADES = (NOT_APPLICABLE, NOT_EVIDENCED, UNGRADED)

OFSTED4 = Scale(id="OFSTED4", grades=FOUR_POINTS, non_grades=NON_GRADES)
# The inspectorate's own judgements have the same codes and another id: they must never be added to local audits.
OFSTED4E = Scale(id="OFSTED4E", grades=FOUR_POINTS, non_grades=NON_GRADES)
SCALES = {scale.id: scale for scale in (OFSTED4, OFSTED4E)}

EVERY_PLAN = ("CONTACT", "EH", "CIN", "CP", "CLA", "CL", "PF", "PLO", "SEND", "YJ")

PRACTICE_DOMAINS = (
    Domain(code="CHILD_VOICE", plan_types=EVERY_PLAN),
    Domain(code="ASSESSMENT", plan_types=("EH", "CIN", "CP", "CLA", "CL")),
    Domain(code="PLANNING", plan_types=("EH", "CIN", "CP", "CLA", "CL")),
    Domain(code="INTERVENTION", plan_types=("CIN", "CP", "CLA", "CL")),
    Domain(code="REVIEW", plan_types=("CIN", "CP", "CLA")),
    Domain(code="MANAGEMENT_OVERSIGHT", plan_types=EVERY_PLAN),
    Domain(code="SUPERVISION", plan_types=("CIN", "CP", "CLA", "CL")),
    Domain(code="MULTI_AGENCY", plan_types=EVERY_PLAN),
    Domain(code="IDENTITY_DIVERSITY", plan_types=EVERY_PLAN),
    Domain(code="CHRONOLOGY_RECORDING", plan_types=EVERY_PLAN),
    Domain(code="PERMANENCE_PATHWAY", plan_types=("CLA", "CL")),
    Domain(code="IMPACT_OUTCOMES", plan_types=EVERY_PLAN),
)

AT_THE_FRONT_DOOR = ("CONTACT", "EH", "CIN", "CP", "PF")
FRONT_DOOR_ONLY = (
    "THRESHOLD",
    "TIMELINESS",
    "CONSENT",
    "DECISION_RATIONALE",
    "PARTNER_CHECKS",
    "FEEDBACK_TO_REFERRER",
)
REPLACED_AT_THE_FRONT_DOOR = ("PLANNING", "INTERVENTION", "REVIEW")


def _front_door_domains() -> tuple[Domain, ...]:
    kept = (
        Domain(code=d.code, plan_types=tuple(p for p in d.plan_types if p in AT_THE_FRONT_DOOR))
        for d in PRACTICE_DOMAINS
        if d.code not in REPLACED_AT_THE_FRONT_DOOR
    )
    only = (Domain(code=code, plan_types=AT_THE_FRONT_DOOR) for code in FRONT_DOOR_ONLY)
    return (*only, *(domain for domain in kept if domain.plan_types))


def _capped_by(*domains: str) -> OverallRule:
    return OverallRule(
        capping_domains=domains,
        trigger="INADEQUATE",
        cap="REQUIRES_IMPROVEMENT",
        cap_when_unsafe="INADEQUATE",
    )


PRACTICE = TemplateVersion(
    template_id="practice",
    version=1,
    title="Practice audit",
    scale=OFSTED4,
    domains=PRACTICE_DOMAINS,
    plan_types=EVERY_PLAN,
    rule=_capped_by("ASSESSMENT", "INTERVENTION", "MANAGEMENT_OVERSIGHT"),
)

FRONT_DOOR = TemplateVersion(
    template_id="front-door",
    version=1,
    title="Front door audit",
    scale=OFSTED4,
    domains=_front_door_domains(),
    plan_types=AT_THE_FRONT_DOOR,
    rule=_capped_by("ASSESSMENT", "MANAGEMENT_OVERSIGHT"),
)

OFSTED_ILACS = TemplateVersion(
    template_id="ofsted-ilacs",
    version=1,
    title="Ofsted inspection of local authority children's services",
    scale=OFSTED4E,
    domains=(
        Domain(code="IMPACT_OF_LEADERS", plan_types=("ALL",)),
        Domain(code="HELP_AND_PROTECTION", plan_types=("ALL",)),
        Domain(code="CHILDREN_IN_CARE", plan_types=("ALL",)),
        # A judgement of its own only since 2023: older inspections have none.
        Domain(code="CARE_LEAVERS", plan_types=("ALL",), required=False),
    ),
    plan_types=("ALL",),
    external=True,
)

DEFAULTS = (PRACTICE, FRONT_DOOR, OFSTED_ILACS)
