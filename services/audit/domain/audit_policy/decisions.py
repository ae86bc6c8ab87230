"""Setting an authority's audit policy from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from services.audit.domain.audit_policy.events import AuditPolicyEvent, AuditPolicySet
from services.audit.domain.audit_policy.state import AuditPolicies
from services.audit.domain.policy import AuditLimits, AuditPolicy
from shared.deciding.dated_policy import PolicyVersion, is_new
from shared.deciding.refusal import Refused
from shared.published.place import Place

RETROACTIVE_REASONS = frozenset({"AGREED_EARLIER", "CORRECTION", "CHANGE_OF_LAW"})


@dataclass(frozen=True, slots=True)
class SetAuditPolicy:
    """`limits` are those that change; the others stay as they are on `from_date`."""

    place: Place
    policy_version: str
    from_date: date
    limits: Mapping[str, Any]
    retroactive_reason: str | None = None


def set_audit_policy(command: SetAuditPolicy, policies: AuditPolicies, today: date) -> list[AuditPolicyEvent]:
    if command.retroactive_reason not in (None, *RETROACTIVE_REASONS):
        raise Refused("this code is not one of those that may stand here", field="retroactive_reason")
    before = policies.on(command.from_date).value
    limits = _changed(before, command.limits)
    policy = limits.under(command.policy_version)
    version = PolicyVersion(command.policy_version, command.from_date, policy, command.retroactive_reason)
    if not is_new(version, policies, today):
        return []
    _check_windows(before, policy, command.from_date, today)
    if following := policies.after(command.from_date):
        _check_windows(policy, following.value, following.from_date, today)
    return [
        AuditPolicySet(
            place=command.place,
            policy_version=command.policy_version,
            from_date=command.from_date,
            limits=limits,
            retroactive_reason=command.retroactive_reason,
        )
    ]


def _changed(before: AuditLimits, changes: Mapping[str, Any]) -> AuditLimits:
    try:
        return AuditLimits.model_validate({**before.limits().model_dump(), **changes})
    except ValidationError as failed:
        raise Refused("these limits do not go together", field="limits") from failed


def _check_windows(before: AuditPolicy, after: AuditPolicy, from_date: date, today: date) -> None:
    """Windows of two lengths must not overlap, or the same audit would be expected twice."""
    if before.team_manager_windows == after.team_manager_windows:
        return
    if from_date < today:
        raise Refused("the Team Managers' windows are not changed for the past", field="from_date")
    if not before.team_manager_windows.begins_on(from_date) or not after.team_manager_windows.begins_on(from_date):
        raise Refused("other windows begin where one ends, in the old count and in the new", field="from_date")
