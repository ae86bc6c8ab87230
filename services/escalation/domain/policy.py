"""The limits of the escalation protocol: dated, so that a change of policy is a new version and not an edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

REVIEWING_OFFICERS = frozenset({"IRO", "CP_CHAIR"})
HEAD_OF_QUALITY = "HEAD_OF_SAFEGUARDING_QA"

FIRST_STAGE = 1
LAST_STAGE = 4

_RESPONSIBLE = {1: "TEAM_MANAGER", 2: "HEAD_OF_SERVICE", 3: "OPERATIONAL_DIRECTOR", 4: "DCS"}
_STAGE_DAYS = {1: 5, 2: 5, 3: 5, 4: 5}


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """All limits are working days; the day after the start is day 1.

    `total_days` covers all formal stages together, whatever the stage at which the alert began (IRO Handbook).
    `continue_days`: an alert reopened within them goes on with its first clock.
    """

    version: str = "2026-04"
    informal_days: int = 5
    stage_days: Mapping[int, int] = field(default_factory=lambda: MappingProxyType(_STAGE_DAYS))
    total_days: int = 20
    continue_days: int = 10
    responsible: Mapping[int, str] = field(default_factory=lambda: MappingProxyType(_RESPONSIBLE))
