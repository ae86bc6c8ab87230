"""What happens to two audits that are compared: they are paired, their grades are compared, or the pair is given up."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.audit.domain.audit.events import Agreed
from shared.deciding.events import Part, StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class AuditsPaired(StoredEvent):
    """`kind` is PAIRED (one case, graded independently by two) or COMPARED (two cases, a talk about learning).

    `audit_a` is the audit whose auditor the pair asks about: the Team Manager's, where the other is not one too. Both
    are graded on one `scale`.
    """

    type: Literal["AuditsPaired.v1"] = "AuditsPaired.v1"
    pair_id: str
    kind: str
    audit_a: str
    audit_b: str
    scale: str
    place: Place


class Graded(Part):
    """One audit's side of a comparison: its raw grades, and the role in which they were given."""

    role: str
    overall: str
    domains: dict[str, str]


class Difference(Part):
    """Where they differ; `domain` is None for the overall grade. `steps` is a minus b: None beside a non-grade."""

    domain: str | None
    a: str
    b: str
    steps: int | None


class GradesCompared(StoredEvent):
    """All raw grades of both, where they differ, and what was agreed (PAIRED only).

    `graded_by_both` are the domains that have a grade, and not a reason for none, on both sides.

    `discussion` is readable as long as the words of both audits are.
    """

    type: Literal["GradesCompared.v1"] = "GradesCompared.v1"
    pair_id: str
    kind: str
    scale: str
    a: Graded
    b: Graded
    graded_by_both: tuple[str, ...]
    differences: tuple[Difference, ...]
    discussion: SealedText | None = None
    agreed: Agreed | None = None
    place: Place
    compared_on: date


class PairGivenUp(StoredEvent):
    """The audits will not be compared after all; or they were, and one was withdrawn since."""

    type: Literal["PairGivenUp.v1"] = "PairGivenUp.v1"
    pair_id: str
    reason: str


PairEvent = Annotated[AuditsPaired | GradesCompared | PairGivenUp, Field(discriminator="type")]
