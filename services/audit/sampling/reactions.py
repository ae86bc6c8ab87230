"""What follows from a sample: its audits are planned, and that of a case which left it is withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import NAMESPACE_URL, uuid5

import structlog

from services.audit.domain.audit import decisions as audits
from services.audit.domain.audit.commands import PlanAudit, WithdrawAudit
from services.audit.domain.audit.controlled_changes import withdraw_audit
from services.audit.domain.audit.events import AuditEvent
from services.audit.domain.audit.state import DECIDER as AUDIT
from services.audit.domain.audit.state import Audit
from services.audit.domain.audit_sample.events import AuditCaseEliminated, AuditSampleDrawn, SampledCase
from services.audit.domain.audit_sample.state import DECIDER, AuditSample
from services.audit.register import Register
from services.audit.work import Work
from shared.calendar.clock import local_date
from shared.deciding.refusal import Refused
from shared.event_store.following import Reaction
from shared.event_store.handling import Asked, handle, load
from shared.event_store.store import Actor, Commit
from shared.event_store.unattended import once, unattended

log = structlog.get_logger()

SAMPLER = Actor(staff_ref="audit-sampler", role="SYSTEM")
# Why an audit that was planned for the case is withdrawn: what the sample knows in more detail than the audit needs.
WITHDRAWN_FOR = {"CONFLICT": "CONFLICT", "DUPLICATE": "DUPLICATE", "LEGAL": "LEGAL"}


def audit_id(sample_id: str, child: str) -> str:
    """The id of the audit of this case of the sample."""
    return str(uuid5(uuid5(NAMESPACE_URL, f"sample/{sample_id}"), child))


def sample_audits(work: Work, register: Register) -> Reaction:
    """Carries out whatever a sample decided and a request did not live to do."""

    async def on(commit: Commit) -> None:
        category, _, id_ = commit.stream.partition("-")
        if category == DECIDER.category:
            await carry_out(work, id_)

    return Reaction("sample-audits", on)


async def carry_out(work: Work, sample_id: str) -> None:
    """Bring the audits of a sample in step with it, as often as one likes."""
    sample = (await load(work.store, DECIDER, DECIDER.stream(sample_id))).state
    if sample.drawn is None or sample.planned is None:
        return
    for case in sample.cases:
        await _plan(work, sample, sample.drawn, case)
    for left in sample.eliminated.values():
        await _withdraw(work, sample.drawn, left)


async def _plan(work: Work, sample: AuditSample, drawn: AuditSampleDrawn, case: SampledCase) -> None:
    template = await work.catalogue.version(drawn.template_id, drawn.template_version)
    id_ = audit_id(drawn.sample_id, case.child)
    command = PlanAudit(
        audit_id=id_,
        audit_type=drawn.audit_type,
        plan_type=case.plan_type,
        place=case.place,
        period=sample.planned.period if sample.planned else None,
        child=case.child,
        child_ref=case.child_ref,
        case_ref=case.case_ref,
        worker=case.worker,
        supervisor=case.supervisor,
        theme_id=drawn.theme_id,
        family_group=case.family_group,
    )
    asked = await _asked(work, drawn, once("sample", drawn.sample_id, case.child, "plan"))
    await _kept(work, id_, asked, lambda audit: audits.plan_audit(command, audit, template))


async def _withdraw(work: Work, drawn: AuditSampleDrawn, left: AuditCaseEliminated) -> None:
    id_ = audit_id(drawn.sample_id, left.child)
    reason = WITHDRAWN_FOR.get(left.reason, "CASE_CLOSED")
    command = WithdrawAudit(id_, reason, SAMPLER.staff_ref, approver_role=SAMPLER.role)
    closing = await work.closing(drawn.place)
    asked = await _asked(work, drawn, once("sample", drawn.sample_id, left.child, "withdraw"))
    await _kept(
        work,
        id_,
        asked,
        lambda audit: [] if audit.planned is None or audit.graded else withdraw_audit(command, audit, closing),
    )


async def _kept(work: Work, id_: str, asked: Asked, decide: Callable[[Audit], Sequence[AuditEvent]]) -> None:
    try:
        await handle(work.store, AUDIT, AUDIT.stream(id_), decide, asked)
    except Refused as refused:
        log.info("a sample's audit stays as it is", audit_id=id_, rule=refused.rule)


async def _asked(work: Work, drawn: AuditSampleDrawn, id_: str) -> Asked:
    moment = work.clock()
    policy = await work.policies.on(drawn.place.authority, local_date(moment))
    return unattended(id_, SAMPLER, drawn.place.authority, moment, local_date(moment), policy.version)
