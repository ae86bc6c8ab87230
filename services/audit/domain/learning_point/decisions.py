"""Recording what was learned, telling it to those who need it, and looking whether it changed anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.audit.domain.audit.decisions import check_code
from services.audit.domain.audit.same_words import says_the_same
from services.audit.domain.learning_point import codes
from services.audit.domain.learning_point.events import (
    LearningImpactReviewed,
    LearningPointDisseminated,
    LearningPointEvent,
    LearningPointRecorded,
)
from services.audit.domain.learning_point.state import LearningPoint
from shared.deciding.refusal import Refused
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

# Whoever learned from one of these can name it.
LINKED = frozenset({"AUDIT", "FOUR_R"})


@dataclass(frozen=True, slots=True)
class RecordLearningPoint:
    """`domain` is one of some template's; that and the links are looked up by who asks."""

    learning_id: str
    theme_code: str
    source: str
    place: Place
    words: SealedText
    on: date
    by: str
    domain: str | None = None
    links: tuple[str, ...] = ()
    theme_id: str | None = None


@dataclass(frozen=True, slots=True)
class DisseminateLearningPoint:
    audience: tuple[str, ...]
    channel: str
    on: date


@dataclass(frozen=True, slots=True)
class ReviewLearningImpact:
    result: str
    method: str
    cases: int
    on: date
    by: str
    audits: tuple[str, ...] = ()


def record_learning_point(command: RecordLearningPoint, point: LearningPoint) -> list[LearningPointEvent]:
    check_code(command.source, codes.SOURCES, "source")
    if not codes.THEME.fullmatch(command.theme_code):
        raise Refused("a theme is capital letters, digits and underscores", field="theme_code")
    if command.source in LINKED and not command.links:
        raise Refused("what was learned from an audit or a meeting names it", field="links")
    if command.source == "THEME" and command.theme_id is None:
        raise Refused("what was learned from a theme names it", field="theme_id")
    recorded = LearningPointRecorded(
        learning_id=command.learning_id,
        theme_code=command.theme_code,
        domain=command.domain,
        source=command.source,
        links=tuple(dict.fromkeys(command.links)),
        theme_id=command.theme_id,
        place=command.place,
        recorded_on=command.on,
        words=command.words,
        recorded_by=command.by,
    )
    if says_the_same(recorded, point.recorded):
        return []
    if point.recorded is not None:
        raise Refused("this learning point was recorded before, in another way")
    return [recorded]


def disseminate_learning_point(command: DisseminateLearningPoint, point: LearningPoint) -> list[LearningPointEvent]:
    recorded = _recorded(point)
    check_code(command.channel, codes.CHANNELS, "channel")
    if not command.audience:
        raise Refused("somebody is told", field="audience")
    for audience in command.audience:
        check_code(audience, codes.AUDIENCES, "audience")
    if command.on < recorded.recorded_on:
        raise Refused("nobody is told what was not yet recorded", field="effective_date")
    told = LearningPointDisseminated(
        learning_id=recorded.learning_id,
        audience=tuple(sorted(set(command.audience))),
        channel=command.channel,
        disseminated_on=command.on,
    )
    return [] if told in point.disseminations else [told]


def review_learning_impact(command: ReviewLearningImpact, point: LearningPoint) -> list[LearningPointEvent]:
    recorded = _recorded(point)
    check_code(command.result, codes.RESULTS, "result")
    check_code(command.method, codes.METHODS, "method")
    if command.cases < 0 or (command.method == "CASE_TRACKING" and not command.cases):
        raise Refused("tracking cases means that some were looked at", field="cases")
    if not point.disseminations:
        raise Refused("impact is reviewed once somebody has been told")
    if command.on < min(told.disseminated_on for told in point.disseminations):
        raise Refused("impact is reviewed after somebody has been told", field="effective_date")
    reviewed = LearningImpactReviewed(
        learning_id=recorded.learning_id,
        result=command.result,
        method=command.method,
        cases=command.cases,
        linked_audits=tuple(dict.fromkeys(command.audits)),
        reviewed_on=command.on,
        reviewed_by=command.by,
    )
    return [] if reviewed in point.reviews else [reviewed]


def _recorded(point: LearningPoint) -> LearningPointRecorded:
    if point.recorded is None:
        raise Refused("there is no such learning point")
    return point.recorded
