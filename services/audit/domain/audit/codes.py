"""The codes that commands about audits are given in."""

from __future__ import annotations

AUDIT_TYPES = frozenset(
    {
        "QA_ROUTINE",
        "TM_ROUTINE",
        "REGULAR_MASH",
        "REGULAR_PRIVATE_FOSTERING",
        "REGULAR_MARAC",
        "REGULAR_CSE",
        "REGULAR_CONTACTS",
        "REGULAR_CLA_IN_OUT",
        "THEMED",
        "MULTI_AGENCY",
        "DIP_SAMPLE",
        "RE_AUDIT",
        "EXTERNAL",
        "OBSERVATION",
    }
)

# The first four are conflicts of interest: who declines for one of them may not grade this audit any more.
DECLINE_REASONS = frozenset({"CONFLICT", "WORKED_WITH_CHILD", "SUPERVISES_WORKER", "KNOWS_FAMILY", "CAPACITY"})
REALLOCATION_REASONS = frozenset({"CONFLICT", "ABSENCE", "CAPACITY", "LEFT"})

FAMILY_FEEDBACK = frozenset({"YES", "DECLINED", "NOT_APPROPRIATE", "NOT_ATTEMPTED"})
AUDIT_QUALITY = frozenset({"THOROUGH", "ADEQUATE", "INSUFFICIENT"})
GRADE_SOURCES = frozenset({"RAW", "MODERATED", "CONSENSUS"})

REGRADE_REASONS = frozenset({"NEW_EVIDENCE", "LATE_MODERATION", "APPEAL", "ENTRY_ERROR", "EXTERNAL_REVIEW"})
WITHDRAWAL_REASONS = frozenset({"WRONG_CHILD", "DUPLICATE", "CASE_CLOSED", "CONFLICT", "LEGAL"})
