"""What happens to a theme: it is commissioned for a quarter, cases come to it, and it is closed with its findings."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import Part, StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class ThemeAuditor(Part):
    """One of those to whom the theme's audits are allocated, in this role."""

    staff_ref: str
    role: str


class ThemedAuditCommissioned(StoredEvent):
    """`quarter` is of the financial year: 2026-Q1 begins in April 2026. `sample_size` cases may be drawn for it.

    Title and rationale are sealed under the theme's own key: they are about no child, and may name one all the same.
    """

    type: Literal["ThemedAuditCommissioned.v1"] = "ThemedAuditCommissioned.v1"
    theme_id: str
    theme_code: str
    title: SealedText
    quarter: str
    rationale: SealedText | None = None
    sample_size: int
    auditors: tuple[ThemeAuditor, ...]
    due_on: date
    multi_agency: bool
    place: Place


class ThemeSampled(StoredEvent):
    """`n` cases were drawn for the theme, by chance."""

    type: Literal["ThemeSampled.v1"] = "ThemeSampled.v1"
    sample_id: str
    n: int


class ThemeCaseAdded(StoredEvent):
    """Somebody chose a case for the theme: it counts against the share that chance must have."""

    type: Literal["ThemeCaseAdded.v1"] = "ThemeCaseAdded.v1"
    audit_id: str


class Finding(Part):
    """What the theme's audits showed. `kind` is STRENGTH or CONCERN; the words are sealed under the theme's own key."""

    kind: str
    domain: str | None = None
    words: SealedText


class ThemedAuditClosed(StoredEvent):
    type: Literal["ThemedAuditClosed.v1"] = "ThemedAuditClosed.v1"
    theme_id: str
    closed_on: date
    findings: tuple[Finding, ...]


ThemeEvent = Annotated[
    ThemedAuditCommissioned | ThemeSampled | ThemeCaseAdded | ThemedAuditClosed, Field(discriminator="type")
]
