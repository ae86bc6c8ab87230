"""A learning point from two audits, whom it was told and what came of it: as commands and as events."""

from __future__ import annotations

from datetime import date

from services.audit.domain.learning_point.decisions import (
    DisseminateLearningPoint,
    RecordLearningPoint,
    ReviewLearningImpact,
)
from services.audit.domain.learning_point.events import (
    LearningImpactReviewed,
    LearningPointDisseminated,
    LearningPointRecorded,
)
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

DUTY = Place(service_area="duty", authority="902", regions=("E12000007",))


def sealed(words: str, nonce: str = "n") -> SealedText:
    return SealedText(key="learning-1", nonce=nonce, text=f"{nonce}:{words}", mark=words)


record = RecordLearningPoint(
    learning_id="learning-1",
    theme_code="FATHERS",
    source="AUDIT",
    place=DUTY,
    words=sealed("fathers are asked when somebody writes down that they were"),
    on=date(2026, 5, 13),
    by="qa-1",
    domain="ASSESSMENT",
    links=("audit-1", "audit-2"),
)
tell_teams = DisseminateLearningPoint(("TEAM", "MANAGERS"), "BRIEFING", date(2026, 5, 20))
review = ReviewLearningImpact("IMPROVED", "CASE_TRACKING", 12, date(2026, 9, 1), "qa-1", ("audit-9",))

recorded = LearningPointRecorded(
    learning_id="learning-1",
    theme_code="FATHERS",
    domain="ASSESSMENT",
    source="AUDIT",
    links=("audit-1", "audit-2"),
    theme_id=None,
    place=DUTY,
    recorded_on=date(2026, 5, 13),
    words=sealed("fathers are asked when somebody writes down that they were"),
    recorded_by="qa-1",
)
disseminated = LearningPointDisseminated(
    learning_id="learning-1", audience=("MANAGERS", "TEAM"), channel="BRIEFING", disseminated_on=date(2026, 5, 20)
)
reviewed = LearningImpactReviewed(
    learning_id="learning-1",
    result="IMPROVED",
    method="CASE_TRACKING",
    cases=12,
    linked_audits=("audit-9",),
    reviewed_on=date(2026, 9, 1),
    reviewed_by="qa-1",
)
