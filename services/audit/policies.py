"""The policies as the service's edge reads them: which one is in force for an authority on a day."""

from __future__ import annotations

from datetime import date

from services.audit.domain.policy import AuditPolicy

DEFAULT = AuditPolicy()


class Policies:
    async def on(self, la_code: str, day: date) -> AuditPolicy:
        """The policy in force for the authority on that day: the one that comes with the service until it sets one."""
        return DEFAULT
