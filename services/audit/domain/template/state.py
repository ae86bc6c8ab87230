"""A template with all its versions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.template.events import TemplateEvent, TemplatePublished, TemplateRetired
from services.audit.domain.template.version import TemplateVersion
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Template:
    versions: tuple[TemplateVersion, ...] = ()
    retired: frozenset[int] = frozenset()

    def version(self, number: int) -> TemplateVersion | None:
        return next((v for v in self.versions if v.version == number), None)

    @property
    def newest(self) -> TemplateVersion | None:
        """The version that a new audit is planned under, or None when all are retired."""
        usable = [v for v in self.versions if v.version not in self.retired]
        return usable[-1] if usable else None


def evolve(template: Template, event: TemplateEvent) -> Template:
    match event:
        case TemplatePublished():
            return replace(template, versions=(*template.versions, event.template))
        case TemplateRetired():
            return replace(template, retired=template.retired | {event.version})
        case _:
            assert_never(event)


DECIDER: Decider[Template, TemplateEvent] = Decider("template", Template(), evolve, TypeAdapter(TemplateEvent))
