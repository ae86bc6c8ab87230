"""A theme of authority 902 for the first quarter of 2026/27, with ten cases to draw."""

from __future__ import annotations

from datetime import date

from services.audit.domain.theme.decisions import AddCase, CloseTheme, CommissionTheme, TakeSample
from services.audit.domain.theme.events import (
    Finding,
    ThemeAuditor,
    ThemeCaseAdded,
    ThemedAuditClosed,
    ThemedAuditCommissioned,
    ThemeSampled,
)
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

AUTHORITY = Place(authority="902", regions=("E12000007",))


def about_the_theme(words: str, nonce: str = "n") -> SealedText:
    return SealedText(key="theme-7", nonce=nonce, text=f"{nonce}:{words}", mark=words)


AUDITORS = (ThemeAuditor(staff_ref="qa-1", role="QA_OFFICER"), ThemeAuditor(staff_ref="iro-1", role="IRO"))

commission = CommissionTheme(
    theme_id="theme-7",
    theme_code="NEGLECT",
    title=about_the_theme("Neglect in early years"),
    quarter="2026-Q1",
    sample_size=10,
    auditors=AUDITORS,
    due_on=date(2026, 6, 30),
    multi_agency=False,
    place=AUTHORITY,
    rationale=about_the_theme("three re-audits in a row"),
)
take_seven = TakeSample("sample-1", 7)
add_case = AddCase("audit-21")
finding = Finding(kind="CONCERN", domain="CHILD_VOICE", words=about_the_theme("seldom seen alone"))
close = CloseTheme(date(2026, 7, 3), (finding,))

commissioned = ThemedAuditCommissioned(
    theme_id="theme-7",
    theme_code="NEGLECT",
    title=about_the_theme("Neglect in early years"),
    quarter="2026-Q1",
    rationale=about_the_theme("three re-audits in a row"),
    sample_size=10,
    auditors=AUDITORS,
    due_on=date(2026, 6, 30),
    multi_agency=False,
    place=AUTHORITY,
)
seven_drawn = ThemeSampled(sample_id="sample-1", n=7)
case_added = ThemeCaseAdded(audit_id="audit-21")
closed = ThemedAuditClosed(theme_id="theme-7", closed_on=date(2026, 7, 3), findings=(finding,))
