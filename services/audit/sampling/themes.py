"""What planning an audit has to do with the theme that it is for."""

from __future__ import annotations

from dataclasses import replace

from services.audit.domain.audit.commands import PlanAudit
from services.audit.domain.theme.decisions import AddCase, add_case, check_audit_of_theme, open_theme
from services.audit.domain.theme.state import DECIDER
from shared.event_store.handling import Asked, handle, load
from shared.event_store.store import EventStore
from shared.event_store.unattended import once


async def add_to_theme(
    store: EventStore, theme_id: str, command: PlanAudit, random_share_percent: int, asked: Asked
) -> None:
    """The theme takes the case that somebody chose, before its audit is planned. Refused when it may not."""
    theme = (await load(store, DECIDER, DECIDER.stream(theme_id))).state
    check_audit_of_theme(open_theme(theme), command.audit_type, command.place)
    added = AddCase(command.audit_id)
    taking = replace(asked, id=once(asked.id, "theme"), if_version=None)
    await handle(
        store, DECIDER, DECIDER.stream(theme_id), lambda known: add_case(added, known, random_share_percent), taking
    )
