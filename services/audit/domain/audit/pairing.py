"""An audit that is compared with another one: it joins a pair, hears what was agreed there, or leaves it again.

The pair itself decides whether two audits may be compared (`domain/pair`); here an audit is told of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.audit.domain.audit.decisions import standing
from services.audit.domain.audit.events import Agreed, AuditCompared, AuditEvent, AuditPaired, AuditUnpaired
from services.audit.domain.audit.state import Audit
from shared.deciding.refusal import Refused


@dataclass(frozen=True, slots=True)
class PairAudit:
    """`other` is the audit that it is compared with; `kind` PAIRED or COMPARED."""

    pair_id: str
    kind: str
    other: str


@dataclass(frozen=True, slots=True)
class CompareAudit:
    """The grades were compared; `agreed` is the consensus, if there is one on this audit's grades."""

    pair_id: str
    agreed: Agreed | None = None


@dataclass(frozen=True, slots=True)
class UnpairAudit:
    pair_id: str


def pair_audit(command: PairAudit, audit: Audit) -> list[AuditEvent]:
    standing(audit)
    if command.pair_id in audit.pairs:
        return []
    return [AuditPaired(pair_id=command.pair_id, kind=command.kind, other=command.other)]


def compare_audit(command: CompareAudit, audit: Audit) -> list[AuditEvent]:
    standing(audit)
    pairing = audit.pairs.get(command.pair_id)
    if pairing is None:
        raise Refused("this audit is in no such pair")
    return [AuditCompared(pair_id=command.pair_id, agreed=command.agreed)] if pairing.open else []


def unpair_audit(command: UnpairAudit, audit: Audit) -> list[AuditEvent]:
    standing(audit)
    pairing = audit.pairs.get(command.pair_id)
    return [AuditUnpaired(pair_id=command.pair_id)] if pairing is not None and pairing.open else []
