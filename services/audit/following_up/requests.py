"""What clients send about a child's safety, actions, re-audits and changes of a grade."""

from __future__ import annotations

from services.audit.requests import Code, Grades, PersonalBody, Ref, Words
from shared.web.desk import CommandBody


class RaiseSafetyConcernBody(PersonalBody):
    concern: Words


class ConfirmSafetyBody(PersonalBody):
    """The manager confirms that the child is safe."""


class ClearSafetyConcernBody(PersonalBody):
    pass


class RegradeAuditBody(CommandBody):
    """Approved by whoever sends it."""

    overall: Code
    reason: Code
    domains: Grades = {}
    note: Words | None = None


class WithdrawAuditBody(CommandBody):
    """Approved by whoever sends it."""

    reason: Code
    replacement_id: Ref | None = None


class DestroyAuditWordsBody(CommandBody):
    """Approved by whoever sends it."""
