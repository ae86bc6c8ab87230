"""The templates as the service's edge reads them: a published version never changes, so it is read once."""

from __future__ import annotations

from services.audit.domain.template.state import DECIDER, STREAM, Templates
from services.audit.domain.template.version import TemplateVersion
from shared.deciding.refusal import Refused
from shared.event_store.handling import Loaded, recorded
from shared.event_store.store import EventStore


class Catalogue:
    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._known = Loaded(Templates(), 0)

    async def read(self) -> Loaded[Templates]:
        """All templates as they now stand."""
        for commit in await self._store.read(STREAM, self._known.version):
            # Somebody else may have read the same commits while we waited.
            if commit.first_version == self._known.version + 1:
                events = (told.event for told in recorded(DECIDER, commit))
                self._known = Loaded(DECIDER.fold(events, self._known.state), commit.version)
        return self._known

    async def version(self, template_id: str, number: int | None = None) -> TemplateVersion:
        """This version, or the newest in use. Refused when there is none."""
        known = self._known.state.version(template_id, number) if number is not None else None
        if known is not None:
            return known
        templates = (await self.read()).state
        found = templates.newest(template_id) if number is None else templates.version(template_id, number)
        if found is None:
            raise Refused("there is no such template", field="template_id")
        return found
