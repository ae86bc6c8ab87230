"""Commissioning a theme, bringing cases to it, and closing it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from services.audit.domain.audit.same_words import says_the_same
from services.audit.domain.theme.events import (
    Finding,
    ThemeAuditor,
    ThemeCaseAdded,
    ThemedAuditClosed,
    ThemedAuditCommissioned,
    ThemeEvent,
    ThemeSampled,
)
from services.audit.domain.theme.state import Theme
from shared.deciding.refusal import Refused
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

CODE = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
QUARTER = re.compile(r"(20\d\d)-Q([1-4])")
MOST_CASES = 500
AUDITING_ROLES = frozenset({"QA_OFFICER", "IRO", "CP_CHAIR", "TEAM_MANAGER"})
PARTNERS = frozenset({"IMPROVEMENT_PARTNER"})
FINDINGS = frozenset({"STRENGTH", "CONCERN"})


@dataclass(frozen=True, slots=True)
class CommissionTheme:
    """`place` is the authority whose theme it is."""

    theme_id: str
    theme_code: str
    title: SealedText
    quarter: str
    sample_size: int
    auditors: tuple[ThemeAuditor, ...]
    due_on: date
    multi_agency: bool
    place: Place
    rationale: SealedText | None = None


@dataclass(frozen=True, slots=True)
class TakeSample:
    """`n` cases drawn at random come to the theme."""

    sample_id: str
    n: int


@dataclass(frozen=True, slots=True)
class AddCase:
    """The case of this audit was chosen for the theme by somebody."""

    audit_id: str


@dataclass(frozen=True, slots=True)
class CloseTheme:
    on: date
    findings: tuple[Finding, ...] = ()


def commission_theme(command: CommissionTheme, theme: Theme) -> list[ThemeEvent]:
    if not CODE.fullmatch(command.theme_code):
        raise Refused("a theme's code is capital letters, digits and underscores", field="theme_code")
    if not 1 <= command.sample_size <= MOST_CASES:
        raise Refused(f"a theme has a sample of 1 to {MOST_CASES} cases", field="sample_size")
    if command.due_on < first_day(command.quarter):
        raise Refused("a theme is not due before its quarter begins", field="due_on")
    _check_auditors(command)
    commissioned = ThemedAuditCommissioned(
        theme_id=command.theme_id,
        theme_code=command.theme_code,
        title=command.title,
        quarter=command.quarter,
        rationale=command.rationale,
        sample_size=command.sample_size,
        auditors=command.auditors,
        due_on=command.due_on,
        multi_agency=command.multi_agency,
        place=command.place,
    )
    if says_the_same(commissioned, theme.commissioned):
        return []
    if theme.commissioned is not None:
        raise Refused("this theme was commissioned before, in another way")
    return [commissioned]


def take_sample(command: TakeSample, theme: Theme) -> list[ThemeEvent]:
    commissioned = open_theme(theme)
    if command.sample_id in theme.samples:
        return []
    if command.n < 1:
        raise Refused("a sample has at least one case", field="n")
    # Otherwise one could draw again until the cases are to one's liking.
    if theme.drawn + command.n > commissioned.sample_size:
        raise Refused("no more cases are drawn than the theme was commissioned with", field="n")
    return [ThemeSampled(sample_id=command.sample_id, n=command.n)]


def add_case(command: AddCase, theme: Theme, random_share_percent: int) -> list[ThemeEvent]:
    open_theme(theme)
    if command.audit_id in theme.added:
        return []
    cases = theme.drawn + len(theme.added) + 1
    if theme.drawn * 100 < random_share_percent * cases:
        raise Refused(f"at least {random_share_percent} % of a theme's cases are drawn at random", field="theme_id")
    return [ThemeCaseAdded(audit_id=command.audit_id)]


def close_theme(command: CloseTheme, theme: Theme) -> list[ThemeEvent]:
    if theme.commissioned is None:
        raise Refused("there is no such theme")
    if any(finding.kind not in FINDINGS for finding in command.findings):
        raise Refused("a finding is a strength or a concern", field="findings")
    closed = ThemedAuditClosed(theme_id=theme.commissioned.theme_id, closed_on=command.on, findings=command.findings)
    if says_the_same(closed, theme.closed):
        return []
    open_theme(theme)
    return [closed]


def open_theme(theme: Theme) -> ThemedAuditCommissioned:
    """What was commissioned, unless it is over or never was."""
    if theme.commissioned is None:
        raise Refused("there is no such theme", field="theme_id")
    if theme.closed is not None:
        raise Refused("this theme is closed", field="theme_id")
    return theme.commissioned


def audit_type(commissioned: ThemedAuditCommissioned) -> str:
    """What the theme's audits are planned as: partners grade in those of several agencies."""
    return "MULTI_AGENCY" if commissioned.multi_agency else "THEMED"


def check_audit_of_theme(commissioned: ThemedAuditCommissioned, planned_as: str, place: Place) -> None:
    """An audit for a theme is of the theme's type, in the theme's authority: elsewhere there is no such theme."""
    if place.authority != commissioned.place.authority:
        raise Refused("there is no such theme", field="theme_id")
    if planned_as != audit_type(commissioned):
        raise Refused("an audit for this theme is of another type", field="audit_type")


def first_day(quarter: str) -> date:
    """The first day of a quarter of the financial year, which begins in April. Refused when it is none."""
    found = QUARTER.fullmatch(quarter)
    if found is None:
        raise Refused("a quarter looks like 2026-Q1", field="quarter")
    year, number = int(found[1]), int(found[2])
    return date(year + 1, 1, 1) if number == 4 else date(year, 1 + 3 * number, 1)


def _check_auditors(command: CommissionTheme) -> None:
    if not command.auditors or len({one.staff_ref for one in command.auditors}) != len(command.auditors):
        raise Refused("a theme has at least one auditor, and each of them once", field="auditors")
    allowed = AUDITING_ROLES | PARTNERS if command.multi_agency else AUDITING_ROLES
    if any(one.role not in allowed for one in command.auditors):
        raise Refused("nobody in that role audits for a theme of this kind", field="auditors")
