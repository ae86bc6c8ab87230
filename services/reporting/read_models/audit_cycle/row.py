"""One thing of the audit cycle as reporting knows it: an expectation, an action, a re-audit, a meeting and so on."""

from __future__ import annotations

from collections.abc import Mapping

from services.reporting.read_models.audit_cycle.kind import Kind
from services.reporting.read_models.audit_cycle.kinds import KINDS
from shared.projecting.read_model import Row, Told
from shared.published.audit_cycle import AuditPolicySetV1, AuditProgrammeSetV1
from shared.published.envelope import Published

NOT_COUNTED = (AuditPolicySetV1, AuditProgrammeSetV1)
"""What is decided about the programme shows in what is expected, and counts there."""

_OF_EVENT: Mapping[type[Published], Kind] = {event: kind for kind in KINDS for event in kind.events}


def learn(row: Row | None, told: Told) -> Row | None:
    """A stream whose first event is not known has no place to count in, and stays unknown."""
    event = told.data
    if isinstance(event, NOT_COUNTED):
        return row and dict(row)
    kind = _OF_EVENT.get(type(event))
    if kind is None:
        raise TypeError(f"not an event of the audit cycle: {told.type}")
    if row is not None and row["kind"] != kind.name:
        return dict(row)  # each kind has streams of its own
    after = kind.learn(row, event, told.effective_date)
    return after and {**after, "kind": kind.name}
