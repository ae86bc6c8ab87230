"""The pages of releases, put together: what leaves field by field, what the scan refused, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from services.reporting.domain import periods
from services.reporting.domain.partner_release.decisions import FIGURES, figures_event, words_event
from services.reporting.domain.partner_release.scanning import Finding
from services.reporting.domain.partner_release.state import PartnerRelease
from services.reporting.labels import label
from services.reporting.publishing import improvement_event
from shared.published.improvement import ImprovementEventPublishedV1, Measure

STATES: Mapping[str, tuple[str, str]] = {
    "proposed": ("Proposed", "Nothing has left. A second person approves or rejects it."),
    "rejected": ("Rejected", "Nothing has left, and nothing will."),
    "published": ("Published", "This left for partner authorities. It can be retracted, and released anew."),
}
DONE: Mapping[str, str] = {
    "proposed": "Proposed. Now a second person decides.",
    "checked": "Checked again. What may be shown stands below.",
    "approved": "Approved: it has been published.",
    "rejected": "Rejected. Nothing has left.",
    "retracted": "Retracted. Partners are told that it no longer stands.",
}
NAMES: Mapping[str, str] = {
    "event_id": "Event",
    "la_code": "Authority",
    "kind": "Kind",
    "quarter": "Quarter",
    "month": "Month",
    "theme_code": "Theme",
    "domain_code": "Domain",
    "summary": "Summary",
    "direction": "Direction",
    "evidence_level": "Evidence",
    "contact_role_mailbox": "Contact",
    "answers": "Answers the request",
    "supersedes": "Takes the place of",
}
FIELDS: Mapping[str, str] = {
    **{name: NAMES[name] for name in NAMES if name not in ("event_id", "la_code", "quarter", "month")},
    "period": "Period",
    "learning_point_id": "Learning point",
    "reason": "Reason",
}
"""What the fields of the forms are called."""
REJECTING: Mapping[str, str] = {
    "NOT_SAFE": "It is not safe: it may say who somebody is",
    "NOT_RIGHT": "It is not right",
    "NOT_USEFUL": "It is of no use to partners",
}
RETRACTING: Mapping[str, str] = {
    "WRONG": "It is wrong",
    "DISCLOSIVE": "It may say who somebody is",
    "WITHDRAWN": "It is withdrawn",
    "SUPERSEDED": "Another one has taken its place",
}
UNPUBLISHED = "to-come"
SYMBOLS = "c means hidden, z nothing to count."


@dataclass(frozen=True, slots=True)
class Leaving:
    """One improvement event: what it is about, every field of it, and its figures, as partners get them."""

    id: str
    title: str
    fields: Sequence[tuple[str, str]]
    measure: Measure | None
    retracted: bool

    @property
    def share(self) -> str:
        """Good or better, as it is shown."""
        one = self.measure
        if one is None:
            return ""
        said = f"{one.numerator_display} of {one.denominator_display}"
        if one.pct_display is None:
            return said
        between = f", 95% interval {one.interval[0]} to {one.interval[1]}" if one.interval else ""
        return f"{said} ({one.pct_display}%{between})"


def leaving(id_: str, release: PartnerRelease) -> list[Leaving]:
    """The improvement events of a release: those that were published, or would be."""
    if release.published:
        return [_leaving(improvement_event(one), name in release.retracted) for name, one in release.published.items()]
    proposed = replace(release, status="proposed")
    if release.proposal is not None and release.proposal.kind == FIGURES:
        would = [figures_event(proposed, one, UNPUBLISHED, None) for one in release.figures]
    else:
        would = [words_event(id_, proposed)]
    return [_leaving(improvement_event(one), False) for one in would]


def _leaving(event: ImprovementEventPublishedV1, retracted: bool) -> Leaving:
    said: dict[str, Any] = event.model_dump(mode="json", exclude_none=True, exclude={"measure"})
    if event.event_id == UNPUBLISHED:
        del said["event_id"]
    fields = [(NAMES[name], _shown(name, str(said[name]))) for name in NAMES if name in said]
    if event.kind == FIGURES:
        title = label(event.domain_code) if event.domain_code else "Overall"
    else:
        title = f"{label(event.kind)}: {label(event.theme_code or '')}"
    return Leaving(event.event_id, title, fields, event.measure, retracted)


def _shown(name: str, value: str) -> str:
    if name in ("kind", "theme_code", "domain_code", "direction", "evidence_level"):
        return f"{label(value)} ({value})"
    return periods.named(value).label if name in ("quarter", "month") else value


def title_of(kind: str, period: str) -> str:
    return f"{label(kind)}, {periods.named(period).label}"


def marked(text: str, findings: Sequence[Finding]) -> Markup:
    """The words with each place marked that may say who somebody is, and of what kind it is."""
    parts, at = [], 0
    for one in findings:
        kind = Markup('<span class="gt-mark__kind">{}</span>').format(label(one.kind))
        parts += [escape(text[at : one.start]), Markup("<mark>{}</mark>{}").format(text[one.start : one.end], kind)]
        at = one.end
    return Markup("").join([*parts, escape(text[at:])])
