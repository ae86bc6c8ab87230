"""The catalogue of templates with all their versions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.template.events import TemplateEvent, TemplatePublished, TemplateRetired
from services.audit.domain.template.version import TemplateVersion
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Templates:
    """The catalogue: all templates are one aggregate, because a scale's id must mean the same in every one of them."""

    versions: tuple[TemplateVersion, ...] = ()
    retired: frozenset[tuple[str, int]] = frozenset()

    def of(self, template_id: str) -> tuple[TemplateVersion, ...]:
        """The template's versions, oldest first."""
        return tuple(v for v in self.versions if v.template_id == template_id)

    def version(self, template_id: str, number: int) -> TemplateVersion | None:
        return next((v for v in self.of(template_id) if v.version == number), None)

    def newest(self, template_id: str) -> TemplateVersion | None:
        """The version that a new audit is planned under, or None when there is none or all are retired."""
        usable = [v for v in self.of(template_id) if (template_id, v.version) not in self.retired]
        return usable[-1] if usable else None


def evolve(templates: Templates, event: TemplateEvent) -> Templates:
    match event:
        case TemplatePublished():
            return replace(templates, versions=(*templates.versions, event.template))
        case TemplateRetired():
            return replace(templates, retired=templates.retired | {(event.template_id, event.version)})
        case _:
            assert_never(event)


DECIDER: Decider[Templates, TemplateEvent] = Decider("template", Templates(), evolve, TypeAdapter(TemplateEvent))
STREAM = DECIDER.stream("catalogue")
