"""Why a case is audited again, how much of it, and what may come of it; and who may ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Scope(StrEnum):
    FULL = "FULL"
    FAILED_DOMAINS = "FAILED_DOMAINS"


class Trigger(StrEnum):
    INADEQUATE_OVERALL = "INADEQUATE_OVERALL"
    INADEQUATE_DOMAIN = "INADEQUATE_DOMAIN"
    RI_DISCRETION = "RI_DISCRETION"
    ACTION_FAILED = "ACTION_FAILED"
    ALERT_LINKED = "ALERT_LINKED"
    DIRECTOR_REQUEST = "DIRECTOR_REQUEST"


# Those that follow from the grades alone, and fall away with them.
BY_GRADE = frozenset({Trigger.INADEQUATE_OVERALL, Trigger.INADEQUATE_DOMAIN})

_FOLLOWING_UP = frozenset({"QA_OFFICER", "HEAD_OF_SERVICE", "HEAD_OF_SAFEGUARDING_QA"})
DIRECTORS = frozenset({"OPERATIONAL_DIRECTOR", "DCS"})
MAY_ASK: Mapping[str, frozenset[str]] = {
    Trigger.RI_DISCRETION: frozenset({"HEAD_OF_SERVICE", "HEAD_OF_SAFEGUARDING_QA"}),
    Trigger.ACTION_FAILED: _FOLLOWING_UP,
    Trigger.ALERT_LINKED: _FOLLOWING_UP,
    Trigger.DIRECTOR_REQUEST: DIRECTORS,
}

NOT_POSSIBLE = frozenset({"CLOSED", "MOVED_LA", "TURNED_18", "DIED", "ADOPTED"})
DIRECTOR_DECISIONS = frozenset(
    {"RE_AUDIT_GOES_AHEAD", "EXTERNAL_AUDIT", "CASE_REVIEW", "CHANGE_OF_WORKER_OR_TEAM", "SERVICE_IMPROVEMENT"}
)
PARENT_REGRADED, PARENT_WITHDRAWN = "PARENT_REGRADED", "PARENT_WITHDRAWN"

INADEQUATE = "INADEQUATE"
