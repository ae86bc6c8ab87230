"""What other streams say about who may judge an audit, and about who may not see its grades yet."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from services.audit.domain.audit.independence import Barred
from services.audit.domain.audit.state import DECIDER, Audit
from services.audit.domain.involvement import state as involvement
from services.audit.domain.involvement.decisions import conflicts
from services.audit.domain.pair.decisions import submitted
from shared.event_store.handling import load
from shared.event_store.store import EventStore
from shared.web.principal import Principal

OTHER_AUDITOR = "two audits of a pair are judged by different people until they were compared"


def involvement_stream(child: str) -> str:
    """Where it is kept who worked with this child. Its name says nothing to who does not know the pseudonym."""
    return involvement.DECIDER.stream(sha256(f"involvement|{child}".encode()).hexdigest()[:32])


async def barred(store: EventStore, audit: Audit, on: date) -> Barred:
    """Who may not judge this audit from that day on, each with the rule: those who worked with the child, and whoever
    grades the audit that it is paired with."""
    found: dict[str, str] = {}
    for other in await _paired_with(store, audit):
        found |= dict.fromkeys(other.graders, OTHER_AUDITOR)
    if audit.planned is not None and audit.planned.child is not None:
        known = await load(store, involvement.DECIDER, involvement_stream(audit.planned.child))
        found |= conflicts(known.state, audit.planned.audit_type, on)
    return found


async def hides_grades(store: EventStore, audit: Audit, reader: Principal) -> bool:
    """Whether this person grades the audit that it is paired with, and not both were submitted yet.

    A machine may show what it reads to either auditor.
    """
    return any(
        (reader.is_machine or reader.subject in other.graders) and not (submitted(audit) and submitted(other))
        for other in await _paired_with(store, audit)
    )


async def graded_unseen(store: EventStore, audit: Audit) -> bool:
    """Whether somebody grades the same case who is not to know what this audit found yet."""
    return any(not (submitted(audit) and submitted(other)) for other in await _paired_with(store, audit))


async def _paired_with(store: EventStore, audit: Audit) -> list[Audit]:
    return [(await load(store, DECIDER, DECIDER.stream(id_))).state for id_ in sorted(audit.paired_with)]
