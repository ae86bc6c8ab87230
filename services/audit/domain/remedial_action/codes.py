"""The codes that commands about remedial actions are given in, and who may do what only some may."""

from __future__ import annotations

PRIORITIES = ("HIGH", "MEDIUM", "LOW")
RESCHEDULE_REASONS = frozenset(
    {"ABSENCE", "CAPACITY", "FAMILY_UNAVAILABLE", "WAITING_FOR_OTHERS", "COURT", "RESOURCES"}
)
CANCEL_REASONS = frozenset({"NO_LONGER_NEEDED", "CASE_CLOSED", "REPLACED", "AGREED_IN_ERROR", "WRONG_CHILD"})

# Who sees whether an action was done, and who moves its date for the first time.
VERIFIERS = frozenset({"QA_OFFICER", "HEAD_OF_SERVICE", "HEAD_OF_SAFEGUARDING_QA"})
MANAGERS = frozenset({"TEAM_MANAGER", "HEAD_OF_SERVICE", "HEAD_OF_SAFEGUARDING_QA"})
APPROVERS = frozenset({"HEAD_OF_SERVICE", "HEAD_OF_SAFEGUARDING_QA"})
