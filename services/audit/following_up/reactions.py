"""What follows from what happened without a person asking: re-audits, flags on actions, and dates that passed.

Each looks at how things stand now, not at how they stood when the commit was made: a commit that comes again, or late,
then decides on the truth, and nothing that was decided since is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

from services.audit.domain.audit.commands import NoteOverdueSafetyConcern
from services.audit.domain.audit.controlled_changes import WRONG_CHILD, note_preceded
from services.audit.domain.audit.events import Lineage
from services.audit.domain.audit.safety_concern import note_overdue_safety_concern
from services.audit.domain.audit.state import DECIDER as AUDIT
from services.audit.domain.audit.state import Audit
from services.audit.domain.re_audit import commands, decisions
from services.audit.domain.re_audit.codes import Trigger
from services.audit.domain.re_audit.events import ReAuditEvent
from services.audit.domain.re_audit.state import DECIDER as RE_AUDIT
from services.audit.domain.re_audit.state import ReAudit
from services.audit.domain.remedial_action.commands import FlagAction, NoteOverdueAction
from services.audit.domain.remedial_action.decisions import flag_action, note_overdue_action
from services.audit.domain.remedial_action.state import DECIDER as ACTION
from services.audit.following_up.re_audits import ReAudits, re_audit_id
from services.audit.register import Register
from services.audit.work import Work
from shared.calendar.clock import end_of, local_date
from shared.deciding.decider import Decider
from shared.deciding.refusal import Refused
from shared.event_store.following import Reaction
from shared.event_store.handling import Asked, Outcome, handle, load
from shared.event_store.store import Actor, Commit
from shared.event_store.unattended import attempt, once, unattended

FOLLOWING_UP = Actor(staff_ref="audit-following-up", role="SYSTEM")
REGRADED = "AuditRegraded.v1"
GRADED = frozenset({"AuditFinalised.v1", REGRADED})
ABOUT_RE_AUDITS = GRADED | {"AuditPlanned.v1", "AuditWithdrawn.v1"}
CHANGES_THE_ORDER = frozenset({"AuditFinalised.v1", "AuditWithdrawn.v1"})
LED_TO_AN_ACTION = frozenset({"RemedialActionAgreed.v1", "RemedialActionLinked.v1"})


def following_up(work: Work, register: Register) -> Reaction:
    """All of it together, so that the log is read once."""
    re_audits, flags, preceded = RequiredReAudits(work, register), ActionFlags(work, register), Preceded(work, register)

    async def react(commit: Commit) -> None:
        await re_audits.handle(commit)
        await flags.handle(commit)
        await preceded.handle(commit)

    return Reaction("following-up", react, before=register.catch_up)


def overdue_timer(work: Work, register: Register) -> Callable[[], Any]:
    return Overdue(work, register).look


class RequiredReAudits:
    """Grades call for re-audits, re-audits answer requirements, and what is withdrawn changes both."""

    def __init__(self, work: Work, register: Register) -> None:
        self._work = work
        self._register = register
        self._re_audits = ReAudits(work)

    async def handle(self, commit: Commit) -> None:
        kinds = {event.type for event in commit.events}
        category, _, id_ = commit.stream.partition("-")
        if category == AUDIT.category and kinds & ABOUT_RE_AUDITS:
            await self._about(commit, id_, kinds)
        elif category == ACTION.category and "RemedialActionVerificationFailed.v1" in kinds:
            await self._failed_action(commit)

    async def _about(self, commit: Commit, audit_id: str, kinds: set[str]) -> None:
        audit = await self._re_audits.audit(audit_id)
        if audit.planned is None:
            return
        line = audit.planned.re_audit_of
        if line is not None:
            await self._of_a_re_audit(commit, audit_id, audit, line)
        if audit.withdrawn is not None:
            gone = commands.NoteParentWithdrawn(local_date(commit.meta.occurred_at))
            await self._decide(commit, audit_id, "parent", lambda it: decisions.note_parent_withdrawn(gone, it))
        elif kinds & GRADED:
            await self._follow(commit, audit_id, audit)
            if REGRADED in kinds:
                await self._below(commit, audit_id)

    async def _below(self, commit: Commit, audit_id: str) -> None:
        """What is held against an audit that was regraded: its re-audits, and theirs against it as their root."""
        for id_, audit, line in await self._children(audit_id):
            if audit.result is not None:
                await self._complete(commit, id_, audit, line)
                await self._follow(commit, id_, audit)
            await self._below(commit, id_)

    async def _of_a_re_audit(self, commit: Commit, audit_id: str, audit: Audit, line: Lineage) -> None:
        """What this audit, itself a re-audit, means for what requires it."""
        parent_id = line.parent_audit_id
        if audit.withdrawn is not None:
            gone = commands.NoteReAuditWithdrawn(audit_id)
            await self._decide(
                commit, parent_id, f"withdrawn {audit_id}", lambda it: decisions.note_re_audit_withdrawn(gone, it)
            )
            await self._follow(commit, parent_id, await self._re_audits.audit(parent_id))
            return
        planned = commands.NotePlanned(audit_id, local_date(commit.meta.occurred_at))
        await self._decide(commit, parent_id, f"planned {audit_id}", lambda it: decisions.note_planned(planned, it))
        if audit.result is not None:
            await self._complete(commit, audit_id, audit, line)

    async def _complete(self, commit: Commit, audit_id: str, audit: Audit, line: Lineage) -> None:
        parent, root = [(await self._re_audits.audit(id_)).result for id_ in (line.parent_audit_id, line.root_audit_id)]
        if audit.result is None or parent is None:
            return
        template = await self._work.catalogue.version(audit.result.template_id, audit.result.template_version)
        done = commands.CompleteReAudit(
            audit_id, audit.result, parent, root or parent, template.scale, line.only_domains
        )
        await self._decide(
            commit, line.parent_audit_id, f"completed {audit_id}", lambda it: decisions.complete_re_audit(done, it)
        )

    async def _follow(self, commit: Commit, audit_id: str, audit: Audit) -> None:
        """What this audit's grades call for, counted from the day on which they were given.

        Its re-audit may be there already: partitions are followed one after the other, and other systems may tell late.
        """
        parent = await self._re_audits.parent(audit_id, audit)
        if parent is None:
            return
        regraded_on = audit.regraded.regraded_on if audit.regraded else None
        command = commands.FollowGrades(parent, regraded_on or parent.result.effective_date)
        policy = await self._work.policies.on(commit.meta.la_code, command.on)
        told = await self._decide(commit, audit_id, "grades", lambda it: decisions.follow_grades(command, it, policy))
        if told.events:
            await self._found_already(commit, audit_id)

    async def _found_already(self, commit: Commit, parent_id: str) -> None:
        for id_, audit, line in await self._children(parent_id):
            await self._of_a_re_audit(commit, id_, audit, line)

    async def _children(self, parent_id: str) -> list[tuple[str, Audit, Lineage]]:
        """The re-audits of this audit that were not withdrawn."""
        await self._register.catch_up()
        found = await self._register.kept.find({"re_audit_of": parent_id}, {"_id": 1}).sort("_id").to_list()
        ids = [document["_id"].partition("-")[2] for document in found]
        audits = [(id_, await self._re_audits.audit(id_)) for id_ in ids]
        return [
            (id_, audit, audit.planned.re_audit_of)
            for id_, audit in audits
            if audit.planned is not None and audit.planned.re_audit_of is not None and audit.withdrawn is None
        ]

    async def _failed_action(self, commit: Commit) -> None:
        """Whoever looked found that it was not done, and they or the policy want the case looked at again."""
        action = (await load(self._work.store, ACTION, commit.stream)).state
        if action.agreed is None or action.failed is None or not action.failed.re_audit:
            return
        audit = await self._re_audits.audit(action.agreed.audit_id)
        parent = await self._re_audits.parent(action.agreed.audit_id, audit)
        if parent is None:
            return  # not graded yet: whoever grades it knows
        domain = action.agreed.domain
        domains = (domain,) if domain is not None and domain in parent.result.domains else ()
        wanted = commands.RequireReAudit(parent, Trigger.ACTION_FAILED, action.failed.failed_on, domains)
        policy = await self._work.policies.on(commit.meta.la_code, wanted.on)
        try:
            await self._decide(
                commit, parent.audit_id, "failed", lambda it: decisions.require_re_audit(wanted, it, policy)
            )
        except Refused:
            return  # audited again already, or it cannot be

    async def _decide(
        self, commit: Commit, parent_id: str, what: str, decide: Callable[[ReAudit], Sequence[ReAuditEvent]]
    ) -> Outcome[ReAuditEvent]:
        stream = RE_AUDIT.stream(re_audit_id(parent_id))
        asked = await _because_of(self._work, commit, stream, what)
        return await handle(self._work.store, RE_AUDIT, stream, decide, asked)


class ActionFlags:
    """An audit of the wrong child flags its actions. Whichever of the two came last finds the other."""

    def __init__(self, work: Work, register: Register) -> None:
        self._work = work
        self._register = register

    async def handle(self, commit: Commit) -> None:
        kinds = {event.type for event in commit.events}
        category, _, id_ = commit.stream.partition("-")
        if category == AUDIT.category and "AuditWithdrawn.v1" in kinds:
            await self._register.catch_up()
            found = self._register.kept.find({"audits": id_, "kind": ACTION.category}, {"_id": 1})
            for document in await found.to_list():
                await self._flag(commit, document["_id"], id_)
        elif category == ACTION.category and kinds & LED_TO_AN_ACTION:
            action = (await load(self._work.store, ACTION, commit.stream)).state
            for audit_id in action.audits:
                await self._flag(commit, commit.stream, audit_id)

    async def _flag(self, commit: Commit, stream: str, audit_id: str) -> None:
        audit = (await load(self._work.store, AUDIT, AUDIT.stream(audit_id))).state
        if audit.withdrawn is None or audit.withdrawn.reason != WRONG_CHILD:
            return
        command = FlagAction(audit_id, WRONG_CHILD, local_date(commit.meta.occurred_at))
        asked = await _because_of(self._work, commit, stream, f"flag {audit_id}")
        await handle(self._work.store, ACTION, stream, lambda action: flag_action(command, action), asked)


class Preceded:
    """Which audit of a child came before which follows from all of them, whatever the order in which they were told.

    Whoever finalises an audit says it by what is known then: one that is entered late, is withdrawn, or comes at the
    same time as another makes it another one.
    """

    def __init__(self, work: Work, register: Register) -> None:
        self._work = work
        self._register = register

    async def handle(self, commit: Commit) -> None:
        if not any(event.type in CHANGES_THE_ORDER for event in commit.events):
            return
        for stream, day in await self._register.wrongly_preceded(commit.stream):
            before = date.fromisoformat(day) if day else None
            asked = await _because_of(self._work, commit, stream, "preceded")
            await handle(self._work.store, AUDIT, stream, partial(note_preceded, before), asked)


class Overdue:
    """Looks at the clock: actions that are due and not done, concerns that nobody confirmed. Once for each date."""

    def __init__(self, work: Work, register: Register) -> None:
        self._work = work
        self._register = register

    async def look(self) -> None:
        today = self._work.today
        for stream, la_code, due_on in await self._due(ACTION, "next", today):
            noting = partial(note_overdue_action, NoteOverdueAction(due_on, today))
            await self._note(ACTION, stream, la_code, due_on, noting)
        for stream, la_code, due_on in await self._due(AUDIT, "concern_due", today):
            noted = partial(note_overdue_safety_concern, NoteOverdueSafetyConcern(due_on, today))
            await self._note(AUDIT, stream, la_code, due_on, noted)

    async def _due(self, decider: Decider[Any, Any], field: str, today: date) -> list[tuple[str, str, date]]:
        """What was due before today and is not noticed: the longest overdue first."""
        query = {"kind": decider.category, field: {"$lt": today.isoformat()}}
        found = await self._register.kept.find(query, {"la_code": 1, field: 1}).sort(field).to_list()
        return [(one["_id"], one["la_code"], date.fromisoformat(one[field])) for one in found]

    async def _note(
        self, decider: Decider[Any, Any], stream: str, la_code: str, due_on: date, decide: Callable[[Any], Any]
    ) -> None:
        """It happened when the due date ended in London, whenever it is noticed."""
        moment = end_of(due_on)
        counts_on = local_date(moment)
        policy = await self._work.policies.on(la_code, counts_on)
        id_ = once(stream, "overdue", due_on.isoformat())
        asked = unattended(id_, FOLLOWING_UP, la_code, moment, counts_on, policy.version)
        await attempt(self._work.store, decider, stream, decide, asked)


async def _because_of(work: Work, commit: Commit, stream: str, what: str) -> Asked:
    meta = commit.meta
    policy = await work.policies.on(meta.la_code, meta.effective_date)
    return unattended(
        once(commit.id, what, stream),
        FOLLOWING_UP,
        meta.la_code,
        meta.occurred_at,
        meta.effective_date,
        policy.version,
        causation=commit.id,
    )
