"""Proposing a release, and the second person's word on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.reporting.domain import periods
from services.reporting.domain.partner_release.events import (
    Figures,
    ImprovementEventPublished,
    ImprovementEventRetracted,
    Kind,
    PartnerReleaseApproved,
    PartnerReleaseChecked,
    PartnerReleaseEvent,
    PartnerReleaseProposed,
    PartnerReleaseRejected,
    RejectionReason,
    RetractionReason,
    Words,
)
from services.reporting.domain.partner_release.mailbox import is_role_mailbox
from services.reporting.domain.partner_release.scanning import Finding, scan
from services.reporting.domain.partner_release.state import PartnerRelease
from shared.deciding.refusal import NotFound, Refused

FIGURES: Kind = "GRADES"
LONGEST = 600
CODE = re.compile(r"[A-Z][A-Z0-9_]{0,59}")


class Identifying(Refused):
    """Words that may say who somebody is. `findings` are the places; the words themselves are never repeated."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        places = ", ".join(f"{one.kind} at {one.start} to {one.end}" for one in findings[:20])
        super().__init__(f"this may say who somebody is: {places}", field=first.field)
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class ProposeRelease:
    """`unit_names` are names of teams and service areas, which are never shared."""

    kind: Kind
    la_code: str
    period: str
    words: Words
    by: str
    unit_names: frozenset[str] = frozenset()
    figures: tuple[Figures, ...] = ()


def propose_release(command: ProposeRelease, release: PartnerRelease) -> list[PartnerReleaseEvent]:
    """Raises Identifying with the places marked, and Refused."""
    if release.status != "none":
        return []
    _check_words(command)
    proposed = PartnerReleaseProposed(
        kind=command.kind,
        la_code=command.la_code,
        period=command.period,
        words=command.words,
        proposed_by=command.by,
    )
    return [proposed, PartnerReleaseChecked(figures=command.figures)]


def check_again(figures: tuple[Figures, ...], release: PartnerRelease) -> list[PartnerReleaseEvent]:
    """What was released since may have changed what can be shown."""
    _check_proposed(release)
    return [] if figures == release.figures else [PartnerReleaseChecked(figures=figures)]


def check_may_approve(by: str, release: PartnerRelease) -> PartnerReleaseProposed:
    """What was proposed. Raises Refused unless a second person may publish it now."""
    proposal = _check_proposed(release)
    if proposal.proposed_by == by:
        raise Refused("a second person approves: not the one who proposed it")
    return proposal


def approve_release(
    by: str, events: Sequence[ImprovementEventPublished], release: PartnerRelease
) -> list[PartnerReleaseEvent]:
    """`events` are what leaves: see `words_event` and `figures_event`."""
    if release.status == "published":
        return []
    check_may_approve(by, release)
    if not events:
        raise Refused("nothing of this may be shown, so there is nothing to publish")
    return [PartnerReleaseApproved(approved_by=by), *events]


def reject_release(by: str, reason: RejectionReason, release: PartnerRelease) -> list[PartnerReleaseEvent]:
    """By a second person; whoever proposed it may only withdraw it."""
    if release.status == "rejected":
        return []
    proposal = _check_proposed(release)
    if (proposal.proposed_by == by) != (reason == "WITHDRAWN"):
        raise Refused("who proposed it withdraws it, a second person gives another reason", field="reason")
    return [PartnerReleaseRejected(rejected_by=by, reason=reason)]


def retract_event(
    event_id: str, reason: RetractionReason, by: str, release: PartnerRelease
) -> list[PartnerReleaseEvent]:
    """Once, and for good: what is right again is released again."""
    known = release.published.get(event_id)
    if known is None:
        raise NotFound
    if event_id in release.retracted:
        return []
    return [
        ImprovementEventRetracted(
            event_id=event_id, la_code=known.la_code, quarter=known.quarter, reason=reason, retracted_by=by
        )
    ]


def words_event(release_id: str, release: PartnerRelease) -> ImprovementEventPublished:
    """The improvement event of a release that is no figures."""
    proposal = _check_proposed(release)
    return ImprovementEventPublished(
        event_id=release_id,
        kind=proposal.kind,
        la_code=proposal.la_code,
        quarter=proposal.period,
        words=proposal.words,
        supersedes=proposal.words.supersedes,
    )


def figures_event(
    release: PartnerRelease, figures: Figures, event_id: str, supersedes: str | None
) -> ImprovementEventPublished:
    """The improvement event of one table."""
    proposal = _check_proposed(release)
    span = periods.named(proposal.period)
    return ImprovementEventPublished(
        event_id=event_id,
        kind=FIGURES,
        la_code=proposal.la_code,
        quarter=periods.quarter(span.months[0]),
        month=span.key if span.kind == "month" else None,
        words=Words(domain_code=figures.domain, evidence_level="AUDITED"),
        figures=figures,
        supersedes=supersedes,
    )


def _check_proposed(release: PartnerRelease) -> PartnerReleaseProposed:
    if release.proposal is None:
        raise NotFound
    if release.status != "proposed":
        raise Refused(f"this release was {release.status} already")
    return release.proposal


def _check_words(command: ProposeRelease) -> None:
    words = command.words
    if command.kind == FIGURES:
        if words != Words():
            raise Refused("figures speak for themselves: they have no words", field="words")
        return
    if periods.named(command.period).kind != "quarter":
        raise Refused("what is shared is about a quarter", field="period")
    if not words.summary or len(words.summary) > LONGEST:
        raise Refused(f"a summary has 1 to {LONGEST} characters", field="summary")
    for name in ("theme_code", "domain_code"):
        code = getattr(words, name)
        if code is not None and not CODE.fullmatch(code):
            raise Refused("a code is written in capitals, such as NEGLECT", field=name)
    if words.theme_code is None:
        raise Refused("what is shared names its theme", field="theme_code")
    _check_mailbox(command.kind, words.contact_role_mailbox)
    if command.kind == "OFFER" and words.answers is None:
        raise Refused("an offer names the request that it answers", field="answers")
    check_says_nobody(words, command.unit_names)


def check_says_nobody(words: Words, unit_names: frozenset[str]) -> None:
    """Raises Identifying. Asked once more when the words leave: teams may have got names since."""
    if findings := scan(words.summary or "", "summary", unit_names):
        raise Identifying(findings)


def _check_mailbox(kind: Kind, mailbox: str | None) -> None:
    if mailbox is None:
        if kind in ("OFFER", "REQUEST"):
            raise Refused("whoever offers or asks says where to answer", field="contact_role_mailbox")
        return
    if not is_role_mailbox(mailbox):
        raise Refused(
            "partners write to the mailbox of a role at an authority (gov.uk, in lower case), and to nobody's own",
            field="contact_role_mailbox",
        )
