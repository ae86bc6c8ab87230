"""The codes that commands about 4R meetings are given in."""

from __future__ import annotations

# Who was there, by role: those of the organisation, and those who come from outside of it.
ATTENDEES = frozenset(
    {
        "DCS",
        "OPERATIONAL_DIRECTOR",
        "HEAD_OF_SAFEGUARDING_QA",
        "HEAD_OF_SERVICE",
        "TEAM_MANAGER",
        "QA_OFFICER",
        "IRO",
        "CP_CHAIR",
        "PRACTICE_DEVELOPMENT_WORKER",
        "SOCIAL_WORKER",
        "COMPLAINTS_MANAGER",
        "PERFORMANCE_ANALYST",
        "LEAD_MEMBER",
        "CHIEF_EXECUTIVE",
        "BSCP_CHAIR",
        "IMPROVEMENT_PARTNER",
        "PARTNER_AGENCY",
        "OTHER",
    }
)
CANCELLATION_REASONS = frozenset({"POSTPONED", "NOT_QUORATE", "NOT_NEEDED", "SCHEDULED_IN_ERROR"})
