"""Templates that tests of audits speak of."""

from __future__ import annotations

from services.audit.domain.template.decisions import PublishTemplate, RetireTemplate
from services.audit.domain.template.defaults import FRONT_DOOR, OFSTED4, OFSTED_ILACS, PRACTICE
from services.audit.domain.template.events import TemplatePublished, TemplateRetired
from services.audit.domain.template.version import Domain, OverallRule, TemplateVersion

# Two domains, one of which does not apply to care leavers: small enough to fill in by hand.
SHORT = TemplateVersion(
    template_id="short",
    version=1,
    title="Short audit",
    scale=OFSTED4,
    domains=(
        Domain(code="CHILD_VOICE", plan_types=("CIN", "CP", "CL")),
        Domain(code="ASSESSMENT", plan_types=("CIN", "CP")),
        Domain(code="REVIEW", plan_types=("CIN", "CP"), required=False),
    ),
    plan_types=("CIN", "CP", "CL"),
    rule=OverallRule(
        capping_domains=("ASSESSMENT",),
        trigger="INADEQUATE",
        cap="REQUIRES_IMPROVEMENT",
        cap_when_unsafe="INADEQUATE",
    ),
)

short_published = TemplatePublished(template=SHORT)
short_retired = TemplateRetired(template_id="short", version=1)
publish_short = PublishTemplate(SHORT)
retire_short = RetireTemplate("short", 1)

__all__ = [
    "FRONT_DOOR",
    "OFSTED_ILACS",
    "PRACTICE",
    "SHORT",
    "publish_short",
    "retire_short",
    "short_published",
    "short_retired",
]
