"""Publishing and retiring versions of a template."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.audit.domain.template.defaults import SCALES
from services.audit.domain.template.events import TemplateEvent, TemplatePublished, TemplateRetired
from services.audit.domain.template.state import Templates
from services.audit.domain.template.version import Scale, TemplateVersion
from shared.deciding.refusal import Refused

# Codes become parts of the names of figures in reports; ids become parts of addresses.
CODE = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
ID = re.compile(r"[a-z][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True)
class PublishTemplate:
    template: TemplateVersion


@dataclass(frozen=True, slots=True)
class RetireTemplate:
    template_id: str
    version: int


def publish_template(command: PublishTemplate, templates: Templates) -> list[TemplateEvent]:
    version = command.template
    before = templates.version(version.template_id, version.version)
    if before == version:
        return []
    if before is not None:
        raise Refused("a published version never changes: publish the next one", field="version")
    if version.version != len(templates.of(version.template_id)) + 1:
        raise Refused("versions of a template are numbered 1, 2, 3 without a gap", field="version")
    _check_codes(version)
    _check_scale(version.scale, templates)
    _check_domains(version)
    _check_rule(version)
    return [TemplatePublished(template=version)]


def retire_template(command: RetireTemplate, templates: Templates) -> list[TemplateEvent]:
    if templates.version(command.template_id, command.version) is None:
        raise Refused("only a published version can be retired", field="version")
    if (command.template_id, command.version) in templates.retired:
        return []
    return [TemplateRetired(template_id=command.template_id, version=command.version)]


def _check_codes(version: TemplateVersion) -> None:
    if not ID.fullmatch(version.template_id):
        raise Refused("a template's id is lower-case letters, digits and hyphens", field="template_id")
    scale = version.scale
    codes = [scale.id, *(g.code for g in scale.grades), *scale.non_grades, *version.plan_types]
    if not all(CODE.fullmatch(code) for code in [*codes, *(d.code for d in version.domains)]):
        raise Refused("codes are capital letters, digits and underscores")


def _check_scale(scale: Scale, templates: Templates) -> None:
    if not scale.grades or len(set(scale.ranks().values())) != len(scale.grades):
        raise Refused("every grade of a scale has a rank of its own", field="scale")
    if set(scale.ranks()) & set(scale.non_grades):
        raise Refused("a code is a grade or a non-grade, never both", field="scale")
    known = {**SCALES, **{v.scale.id: v.scale for v in templates.versions}}
    if known.get(scale.id, scale) != scale:
        raise Refused("a scale with other grades needs an id of its own, or figures would be added up", field="scale")


def _check_domains(version: TemplateVersion) -> None:
    codes = [domain.code for domain in version.domains]
    if not codes or len(set(codes)) != len(codes):
        raise Refused("a template has at least one domain, and each of them once", field="domains")
    if any(set(domain.plan_types) - set(version.plan_types) for domain in version.domains):
        raise Refused("a domain applies to plan types of its template only", field="domains")


def _check_rule(version: TemplateVersion) -> None:
    rule = version.rule
    if rule is None:
        return
    if set(rule.capping_domains) - {domain.code for domain in version.domains}:
        raise Refused("only domains of the template can cap its overall grade", field="rule")
    if {rule.trigger, rule.cap, rule.cap_when_unsafe} - set(version.scale.ranks()):
        raise Refused("a cap is a grade of the template's scale", field="rule")
