"""Drawing a sample, taking a case out of it for a reason, and planning its audits.

A sample is locked once it is drawn: there is no decision that adds a case, or that takes one out for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.audit.domain.audit.codes import AUDIT_TYPES
from services.audit.domain.audit.same_words import says_the_same
from services.audit.domain.audit_sample.draw import (
    ALGORITHM,
    Frame,
    StrataBy,
    canonical,
    draw,
    frame_hash,
    frame_size,
    stratum_of,
)
from services.audit.domain.audit_sample.events import (
    AuditCaseEliminated,
    AuditSampleDrawn,
    AuditSampleEvent,
    SampleAuditsPlanned,
    SampledCase,
)
from services.audit.domain.audit_sample.state import AuditSample
from services.audit.domain.template.version import TemplateVersion
from shared.deciding.refusal import Refused
from shared.published.place import Place

# None of them says anything about how the case was worked: a case never leaves because of what would be found.
ELIMINATION_REASONS = frozenset(
    {"CASE_CLOSED", "MOVED_LA", "TURNED_18", "DIED", "ADOPTED", "LEGAL", "CONFLICT", "DUPLICATE", "NOT_IN_FRAME"}
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The cases that were kept out of the frame: audited since that day, or being audited."""

    since: date
    audited: int = 0
    under_audit: int = 0


@dataclass(frozen=True, slots=True)
class DrawSample:
    """`cases` holds at least those that the draw takes, by pseudonym."""

    sample_id: str
    audit_type: str
    place: Place
    frame: Frame
    n: int
    seed: str
    strata_by: str
    cases: Mapping[str, SampledCase]
    left_out: LeftOut
    on: date
    theme_id: str | None = None
    programme_id: str | None = None


@dataclass(frozen=True, slots=True)
class EliminateCase:
    """`graded`: whether anything of the case's audit was graded already."""

    child: str
    reason: str
    graded: bool = False


@dataclass(frozen=True, slots=True)
class PlanSampleAudits:
    period: str | None = None


def draw_sample(command: DrawSample, sample: AuditSample, template: TemplateVersion) -> list[AuditSampleEvent]:
    check_draw(command, template)
    frame = canonical(command.frame)
    drawn = draw(frame, command.n, command.seed, command.strata_by)
    happened = AuditSampleDrawn(
        sample_id=command.sample_id,
        theme_id=command.theme_id,
        programme_id=command.programme_id,
        audit_type=command.audit_type,
        place=command.place,
        template_id=template.template_id,
        template_version=template.version,
        drawn_on=command.on,
        audited_since=command.left_out.since,
        audited_n=command.left_out.audited,
        under_audit_n=command.left_out.under_audit,
        frame=frame,
        frame_hash=frame_hash(frame),
        frame_n=frame_size(frame),
        n=len(drawn.chosen),
        algorithm=ALGORITHM,
        seed=command.seed,
        strata_by=command.strata_by,
        strata=drawn.strata,
        chosen=tuple(command.cases[child] for child in drawn.chosen),
        reserve=tuple(command.cases[child] for child in drawn.reserve),
    )
    if says_the_same(happened, sample.drawn):
        return []
    if sample.drawn is not None:
        raise Refused("this sample was drawn before: it is locked")
    return [happened]


def check_draw(command: DrawSample, template: TemplateVersion) -> None:
    """Whether there is anything to draw from, and an audit that can be planned for each case."""
    if command.audit_type not in AUDIT_TYPES - {"EXTERNAL", "RE_AUDIT"} or template.external:
        raise Refused("this is no type of audit that a sample is drawn for", field="audit_type")
    if (command.theme_id is None) == (command.programme_id is None):
        raise Refused("a sample is drawn for a theme or for a programme", field="theme_id")
    if command.strata_by not in frozenset(StrataBy):
        raise Refused("this code is not one of those that may stand here", field="strata_by")
    if command.n < 1:
        raise Refused("a sample has at least one case", field="n")
    children = [child for group in command.frame for child in group.children]
    if len(set(children)) != len(children):
        raise Refused("a child stands once in the frame", field="frame")
    if any(group.plan_type not in template.plan_types for group in command.frame):
        raise Refused("the template does not know all types of plan in the frame", field="frame")
    if not children:
        raise Refused("no case is left in the frame", field="frame")


def eliminate_case(command: EliminateCase, sample: AuditSample) -> list[AuditSampleEvent]:
    drawn = _drawn(sample)
    if command.reason not in ELIMINATION_REASONS:
        raise Refused("this code is not one of those that may stand here", field="reason")
    before = sample.eliminated.get(command.child)
    if before is not None and before.reason == command.reason:
        return []
    if before is not None:
        raise Refused("this case left the sample before, for another reason")
    if command.child not in sample.standing:
        raise Refused("this case is not in the sample", field="case")
    if command.graded:
        raise Refused("a case that was graded stays in the sample, whatever was found")
    return [
        AuditCaseEliminated(
            sample_id=drawn.sample_id,
            child=command.child,
            reason=command.reason,
            replaced_by=_next_of_the_draw(command.child, sample, drawn),
        )
    ]


def plan_sample_audits(command: PlanSampleAudits, sample: AuditSample) -> list[AuditSampleEvent]:
    drawn = _drawn(sample)
    planned = SampleAuditsPlanned(sample_id=drawn.sample_id, period=command.period)
    if planned == sample.planned:
        return []
    if sample.planned is not None:
        raise Refused("the audits of this sample were planned before, for another period", field="period")
    return [planned]


def repeats(drawn: AuditSampleDrawn) -> bool:
    """Whether the recorded frame and seed lead to the recorded sample."""
    again = draw(drawn.frame, drawn.n, drawn.seed, drawn.strata_by)
    return (
        drawn.algorithm == ALGORITHM
        and frame_hash(drawn.frame) == drawn.frame_hash
        and again.strata == drawn.strata
        and again.chosen == tuple(case.child for case in drawn.chosen)
        and again.reserve == tuple(case.child for case in drawn.reserve)
    )


def _drawn(sample: AuditSample) -> AuditSampleDrawn:
    if sample.drawn is None:
        raise Refused("there is no such sample")
    return sample.drawn


def _next_of_the_draw(child: str, sample: AuditSample, drawn: AuditSampleDrawn) -> str | None:
    """The first in reserve of the same stratum that never came into the sample."""
    left = _stratum(child, sample, drawn)
    came = {*sample.standing, *sample.eliminated}
    waiting = (case.child for case in drawn.reserve if case.child not in came)
    return next((one for one in waiting if _stratum(one, sample, drawn) == left), None)


def _stratum(child: str, sample: AuditSample, drawn: AuditSampleDrawn) -> str | None:
    case = sample.case(child)
    return stratum_of(case.place.team or "", case.plan_type, drawn.strata_by) if case else None
