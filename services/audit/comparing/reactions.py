"""What follows from a pair: both audits are told of it, and a pair of which one audit was withdrawn is given up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import structlog

from services.audit.domain.audit.events import AuditEvent, AuditWithdrawn
from services.audit.domain.audit.pairing import (
    CompareAudit,
    PairAudit,
    UnpairAudit,
    compare_audit,
    pair_audit,
    unpair_audit,
)
from services.audit.domain.audit.state import DECIDER as AUDIT
from services.audit.domain.audit.state import Audit
from services.audit.domain.pair.decisions import GiveUpPair, give_up_pair
from services.audit.domain.pair.state import DECIDER
from services.audit.register import Register
from services.audit.work import Work
from shared.calendar.clock import local_date
from shared.deciding.refusal import Refused
from shared.event_store.following import Reaction
from shared.event_store.handling import Asked, handle, load
from shared.event_store.store import Actor, Commit
from shared.event_store.unattended import once, unattended

log = structlog.get_logger()

PAIRING = Actor(staff_ref="audit-pairing", role="SYSTEM")
WITHDRAWN = AuditWithdrawn.model_fields["type"].default


def paired_audits(work: Work, register: Register) -> Reaction:
    """Tells both audits what a request did not live to tell them, and gives up pairs of withdrawn audits."""

    async def on(commit: Commit) -> None:
        category, _, id_ = commit.stream.partition("-")
        if category == DECIDER.category:
            await tell_audits(work, id_)
        elif category == AUDIT.category and any(event.type == WITHDRAWN for event in commit.events):
            await _give_up_pairs(work, id_, commit)

    return Reaction("paired-audits", on)


async def tell_audits(work: Work, pair_id: str) -> None:
    """Bring both audits in step with their pair, as often as one likes."""
    pair = (await load(work.store, DECIDER, DECIDER.stream(pair_id))).state
    if pair.paired is None:
        return
    a, b, kind = pair.paired.audit_a, pair.paired.audit_b, pair.paired.kind
    for audit_id, other in ((a, b), (b, a)):
        await _told(work, pair_id, audit_id, "joined", partial(pair_audit, PairAudit(pair_id, kind, other)))
        if pair.compared is not None:
            comparing = CompareAudit(pair_id, pair.compared.agreed)
            await _told(work, pair_id, audit_id, "compared", partial(compare_audit, comparing))
        if pair.given_up is not None:
            await _told(work, pair_id, audit_id, "given up", partial(unpair_audit, UnpairAudit(pair_id)))


async def _told(
    work: Work, pair_id: str, audit_id: str, what: str, decide: Callable[[Audit], Sequence[AuditEvent]]
) -> None:
    loaded = await load(work.store, AUDIT, AUDIT.stream(audit_id))
    planned = loaded.state.planned
    if planned is None:
        return
    asked = await _asked(work, planned.place.authority, once("pair", pair_id, audit_id, what))
    try:
        await handle(work.store, AUDIT, AUDIT.stream(audit_id), decide, asked)
    except Refused as refused:  # withdrawn meanwhile
        log.info("a paired audit stays as it is", audit_id=audit_id, rule=refused.rule)


async def _give_up_pairs(work: Work, audit_id: str, commit: Commit) -> None:
    audit = (await load(work.store, AUDIT, AUDIT.stream(audit_id))).state
    for pair_id in audit.pairs:
        asked = await _asked(work, commit.meta.la_code, once("pair", pair_id, "withdrawn"))
        giving_up = partial(give_up_pair, GiveUpPair("AUDIT_WITHDRAWN", withdrawn=True))
        try:
            await handle(work.store, DECIDER, DECIDER.stream(pair_id), giving_up, asked)
        except Refused as refused:  # it was given up before, for another reason
            log.info("a pair stays as it is", pair_id=pair_id, rule=refused.rule)


async def _asked(work: Work, la_code: str, id_: str) -> Asked:
    moment = work.clock()
    policy = await work.policies.on(la_code, local_date(moment))
    return unattended(id_, PAIRING, la_code, moment, local_date(moment), policy.version)
