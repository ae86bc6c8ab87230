"""What leads to a command without a person asking: the start of the service, and what other systems tell it.

At the start the templates that come with the service are published where they are absent, through the same decision
as any other, under ids that make a second start harmless. What the service's own events and the clock lead to is in
the reactions of each area, and in `background.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from services.audit import requests as bodies
from services.audit.domain.audit.commands import PlanAudit, RegradeAudit, WithdrawAudit
from services.audit.domain.audit.controlled_changes import regrade_audit, withdraw_audit
from services.audit.domain.audit.elsewhere import RecordGradedElsewhere, continued, record_graded_elsewhere
from services.audit.domain.audit.events import AuditPlanned, Result
from services.audit.domain.audit.independence import Independence, independence
from services.audit.domain.audit.state import DECIDER as AUDIT_DECIDER
from services.audit.domain.closed_periods import Closing
from services.audit.domain.template.decisions import PublishTemplate, publish_template
from services.audit.domain.template.defaults import DEFAULTS
from services.audit.domain.template.events import TemplateEvent
from services.audit.domain.template.state import DECIDER, STREAM, Templates
from services.audit.domain.template.version import TemplateVersion
from services.audit.people import acting_role, auditor
from services.audit.programme.reactions import caseload_intake
from services.audit.work import Work
from shared.calendar.clock import Clock, local_date
from shared.deciding.refusal import NotFound, Refused
from shared.event_store.handling import Asked, Outcome, handle, load, unborn
from shared.event_store.store import Actor, EventStore, Meta
from shared.published.place import Place
from shared.web.cloud_events import CloudEvent
from shared.web.intake import IntakeType, placed
from shared.web.policy import AUDIT, Action
from shared.web.principal import Principal

EVERY_AUTHORITY = "*"


async def publish_default_templates(store: EventStore, clock: Clock) -> None:
    """An authority that published its own version under one of these ids keeps it."""
    for template in DEFAULTS:
        await handle(store, DECIDER, STREAM, partial(_if_absent, template), _asked(template, clock))


def _if_absent(template: TemplateVersion, known: Templates) -> list[TemplateEvent]:
    return [] if known.of(template.template_id) else publish_template(PublishTemplate(template), known)


def _asked(template: TemplateVersion, clock: Clock) -> Asked:
    moment = clock()
    name = f"default template {template.template_id} {template.version}"
    meta = Meta(
        actor=Actor(staff_ref="audit-service", role="SYSTEM"),
        la_code=EVERY_AUTHORITY,
        occurred_at=moment,
        effective_date=local_date(moment),
        correlation=name.replace(" ", "-"),
    )
    return Asked(sha256(name.encode()).hexdigest(), sha256(template.model_dump_json().encode()).hexdigest(), meta)


def audit_id(source: str, external_ref: str) -> str:
    """The id of an audit that another system knows as `external_ref`: the same whenever that system speaks of it."""
    return str(uuid5(uuid5(NAMESPACE_URL, source), external_ref))


def intake_types(work: Work) -> Mapping[str, IntakeType]:
    """The events of other systems that this service takes in."""

    async def graded(
        data: bodies.GradedElsewhere, event: CloudEvent, asked: Asked, principal: Principal
    ) -> Outcome[Any]:
        place = work.place_within_reach(data.team_id, data.la_code, data.effective_date, principal)
        work.check_may_plan(principal, place, None)
        template = await work.catalogue.version(data.template_id, data.template_version)
        id_ = audit_id(event.source, data.external_ref)
        asked = placed(await work.attributed(asked, place, principal), place.authority, data.effective_date)
        command = await _recording(work, id_, data, place, template)
        if data.re_audit_of is not None:
            parent_id = audit_id(event.source, data.re_audit_of)
            command = replace(command, plan=await _as_re_audit(work, command.plan, parent_id))
        return await work.decide(
            id_, asked, lambda audit: record_graded_elsewhere(command, audit, template), unborn(AUDIT_DECIDER)
        )

    async def regraded(
        data: bodies.RegradedElsewhere, event: CloudEvent, asked: Asked, principal: Principal
    ) -> Outcome[Any]:
        id_ = audit_id(event.source, data.external_ref)
        planned, result = await _known(work, id_, principal)
        template = await work.catalogue.version(planned.template_id, planned.template_version)
        closing, role = await _approval(work, planned.place, data.approved_by)
        command = RegradeAudit(data.overall, data.reason, data.approved_by, data.domains, approver_role=role)
        asked = await work.attributed(asked, planned.place, principal)
        if result is not None:
            asked = placed(asked, planned.place.authority, result.effective_date)
        return await work.decide(id_, asked, lambda audit: regrade_audit(command, audit, template, closing))

    async def withdrawn(
        data: bodies.WithdrawnElsewhere, event: CloudEvent, asked: Asked, principal: Principal
    ) -> Outcome[Any]:
        id_ = audit_id(event.source, data.external_ref)
        planned, _ = await _known(work, id_, principal)
        closing, role = await _approval(work, planned.place, data.approved_by)
        command = WithdrawAudit(id_, data.reason, data.approved_by, approver_role=role)
        asked = await work.attributed(asked, planned.place, principal)
        return await work.decide(id_, asked, lambda audit: withdraw_audit(command, audit, closing))

    return {
        **caseload_intake(work),
        "goldenthread.intake.audit_graded.v1": _type(bodies.GradedElsewhere, graded),
        "goldenthread.intake.audit_regraded.v1": _type(bodies.RegradedElsewhere, regraded),
        "goldenthread.intake.audit_withdrawn.v1": _type(bodies.WithdrawnElsewhere, withdrawn),
    }


def _type(data: Any, handler: Any) -> IntakeType:
    return IntakeType(data, handler, key=lambda told: told.external_ref, location="/v1/audits/{id}")


async def _known(work: Work, id_: str, principal: Principal) -> tuple[AuditPlanned, Result | None]:
    """An audit that this client may tell more about, and what it now counts as."""
    audit = (await load(work.store, AUDIT_DECIDER, AUDIT_DECIDER.stream(id_))).state
    if audit.planned is None or not work.policy.decide(principal, AUDIT, Action.C, audit.planned.place):
        raise NotFound
    return audit.planned, audit.result


async def _approval(work: Work, place: Place, approved_by: str) -> tuple[Closing, str | None]:
    """What is closed today, and the role in which somebody known here approved of a change."""
    held = work.directory.roles(approved_by, work.today)
    return await work.closing(place), acting_role(one.role for one in held) if held else None


async def _recording(
    work: Work, id_: str, data: bodies.GradedElsewhere, place: Place, template: TemplateVersion
) -> RecordGradedElsewhere:
    child, child_ref = await work.child(place, data.child_ref)
    return RecordGradedElsewhere(
        plan=PlanAudit(id_, data.audit_type, data.plan_type, place, data.period, child, child_ref),
        effective_date=data.effective_date,
        today=work.today,
        overall=data.overall,
        domains=data.domains,
        independence=data.independence or _independence(work, data, place, template),
        auditor_role=data.auditor_role,
        raw_overall=data.raw_overall,
        grade_source=data.grade_source,
        auditor_ref=data.auditor_ref,
        allocated_on=data.allocated_on,
        closed_periods=(await work.closing(place)).closed(data.effective_date),
        previous_on=await work.previous(child, data.effective_date, id_),
    )


async def _as_re_audit(work: Work, plan: PlanAudit, parent_id: str) -> PlanAudit:
    """Tied to the audit before it, which this source told of earlier. Whoever audited it elsewhere did so already."""
    parent = (await load(work.store, AUDIT_DECIDER, AUDIT_DECIDER.stream(parent_id))).state.planned
    if parent is None or parent.place.authority != plan.place.authority or parent.child != plan.child:
        raise Refused("this source told of no such audit of the child", field="re_audit_of")
    return replace(plan, re_audit_of=continued(parent_id, parent.re_audit_of))


def _independence(work: Work, data: bodies.GradedElsewhere, place: Place, template: TemplateVersion) -> str:
    """What can be known without being told: of an outside body always, of an auditor from the directory."""
    if template.external:
        return Independence.EXTERNAL
    if data.auditor_ref is None:
        raise Refused("without the auditor, how far from the case they stood must be said", field="independence")
    return independence(auditor(work.directory, data.auditor_ref, place, data.effective_date), place)
