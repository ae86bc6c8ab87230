"""A release of authority 901: who has to do with it, what is proposed, and what came of it."""

from __future__ import annotations

from dataclasses import replace

from services.reporting.domain.partner_release.decisions import ProposeRelease
from services.reporting.domain.partner_release.events import (
    Cell,
    Figures,
    ImprovementEventPublished,
    ImprovementEventRetracted,
    PartnerReleaseApproved,
    PartnerReleaseChecked,
    PartnerReleaseEvent,
    PartnerReleaseProposed,
    PartnerReleaseRejected,
    Words,
)

RELEASE = "release-1"
ANALYST, HEAD, DIRECTOR = "analyst", "hqa", "director"
LEARNED = Words(theme_code="FATHERS", summary="Fathers are asked earlier, and plans are better for it.")
ASKED = Words(
    theme_code="NEGLECT",
    summary="Who has reduced drift in neglect cases, and how?",
    contact_role_mailbox="quality.assurance@thornbury-cross.gov.uk",
)
propose = ProposeRelease("LEARNING", "901", "2026-Q1", LEARNED, ANALYST, frozenset({"I&P Elm"}))
proposed = PartnerReleaseProposed(kind="LEARNING", la_code="901", period="2026-Q1", words=LEARNED, proposed_by=ANALYST)
checked = PartnerReleaseChecked()
approved = PartnerReleaseApproved(approved_by=HEAD)
published = ImprovementEventPublished(
    event_id=RELEASE, kind="LEARNING", la_code="901", quarter="2026-Q1", words=LEARNED
)
rejected = PartnerReleaseRejected(rejected_by=HEAD, reason="NOT_USEFUL")
retracted = ImprovementEventRetracted(
    event_id=RELEASE, la_code="901", quarter="2026-Q1", reason="WRONG", retracted_by=HEAD
)
PROPOSED: list[PartnerReleaseEvent] = [proposed, checked]
PUBLISHED: list[PartnerReleaseEvent] = [*PROPOSED, approved, published]

OVERALL = Figures(
    domain=None,
    cells=tuple(Cell(code=code, display=display) for code, display in (("OUTSTANDING", "c"), ("GOOD", "47"))),
    numerator="c",
    denominator="108",
)
propose_figures = replace(propose, kind="GRADES", period="2026-04", words=Words(), figures=(OVERALL,))
proposed_figures = PartnerReleaseProposed(
    kind="GRADES", la_code="901", period="2026-04", words=Words(), proposed_by=ANALYST
)
