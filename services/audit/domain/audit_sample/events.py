"""What happens to a sample: it is drawn once, a case may leave it with a reason, and its audits are planned."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import Part, StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class FrameGroup(Part):
    """The pseudonyms of the frame's cases in one team with one type of plan."""

    team: str
    plan_type: str
    children: tuple[str, ...]


class Stratum(Part):
    """How many cases of the frame fall into it, and how many of those are in the sample."""

    name: str
    frame_n: int
    n: int


class SampledCase(Part):
    """A case that is in the sample or may come into it: what planning its audit needs. Its numbers are sealed."""

    child: str
    plan_type: str
    place: Place
    child_ref: SealedText
    case_ref: SealedText | None = None
    worker: str | None = None
    supervisor: str | None = None
    family_group: str | None = None


class AuditSampleDrawn(StoredEvent):
    """The whole draw, so that anybody can repeat it: `frame`, `n`, `seed` and `strata_by` under `algorithm`.

    The frame is what was left after `audited_n` cases that were audited since `audited_since`, and `under_audit_n`
    that are being audited, had been left out. `n` is how many were chosen. One template version for all: a sample has
    one scale.
    """

    type: Literal["AuditSampleDrawn.v1"] = "AuditSampleDrawn.v1"
    sample_id: str
    theme_id: str | None = None
    programme_id: str | None = None
    audit_type: str
    place: Place
    template_id: str
    template_version: int
    drawn_on: date
    audited_since: date
    audited_n: int
    under_audit_n: int
    frame: tuple[FrameGroup, ...]
    frame_hash: str
    frame_n: int
    n: int
    algorithm: str
    seed: str
    strata_by: str
    strata: tuple[Stratum, ...]
    chosen: tuple[SampledCase, ...]
    reserve: tuple[SampledCase, ...]


class AuditCaseEliminated(StoredEvent):
    """`replaced_by` is the next of the draw in the case's stratum: None when there is none left."""

    type: Literal["AuditCaseEliminated.v1"] = "AuditCaseEliminated.v1"
    sample_id: str
    child: str
    reason: str
    replaced_by: str | None = None


class SampleAuditsPlanned(StoredEvent):
    """An audit is planned for each case of the sample, and for each that comes into it from now on."""

    type: Literal["SampleAuditsPlanned.v1"] = "SampleAuditsPlanned.v1"
    sample_id: str
    period: str | None = None


AuditSampleEvent = Annotated[AuditSampleDrawn | AuditCaseEliminated | SampleAuditsPlanned, Field(discriminator="type")]
