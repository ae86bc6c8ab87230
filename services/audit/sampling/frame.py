"""From the cases as another system numbers them to a frame of pseudonyms, without those who were audited lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.audit.domain.audit_sample.decisions import LeftOut
from services.audit.domain.audit_sample.draw import Frame
from services.audit.domain.audit_sample.events import FrameGroup, SampledCase
from services.audit.domain.policy import months_before
from services.audit.sampling.reactions import audit_id
from services.audit.sampling.requests import CaseBody, FrameGroupBody
from services.audit.work import CASE_REF, CHILD_REF, Work, subject_of
from shared.deciding.refusal import Refused
from shared.published.place import Place

MOST = 6000  # cases of one frame: more than an authority has open


@dataclass(frozen=True, slots=True)
class Listed:
    """A case of the frame as it was sent, with the place of its team on the day of the draw."""

    place: Place
    plan_type: str
    sent: CaseBody


async def listed(work: Work, groups: Sequence[FrameGroupBody], scope: Place, on: date) -> dict[str, Listed]:
    """The cases by pseudonym. Refused for teams outside the scope, and for a child that stands there twice."""
    found: dict[str, Listed] = {}
    if sum(len(group.cases) for group in groups) > MOST:
        raise Refused(f"a frame has at most {MOST} cases", field="frame")
    for group in groups:
        place = work.directory.place(group.team_id, on)
        if place is None or not _within(place, scope):
            raise Refused("a team of the frame was not open there on that day", field="frame")
        for case in group.cases:
            child = await work.keyring.pseudonym(scope.authority, case.child_ref)
            if child in found:
                raise Refused("a child stands once in the frame", field="frame")
            found[child] = Listed(place, group.plan_type, case)
    return found


async def left_out(work: Work, children: Iterable[str], authority: str, on: date) -> tuple[LeftOut, frozenset[str]]:
    """How many of them were audited since the day that policy says, or are being audited, and who they are."""
    policy = await work.policies.on(authority, on)
    since = months_before(on, policy.sample_not_audited_within_months)
    if work.register is None:  # without a database there is nothing to look anybody up in
        return LeftOut(since), frozenset()
    await work.register.catch_up()
    everybody = sorted(children)
    audited = await work.register.audited_since(everybody, since.isoformat())
    under_audit = await work.register.under_audit(everybody) - audited
    return LeftOut(since, len(audited), len(under_audit)), audited | under_audit


def _within(place: Place, scope: Place) -> bool:
    units = ("team", "service_area", "authority")
    return all(getattr(scope, unit) in (None, getattr(place, unit)) for unit in units)


def frame_of(cases: Mapping[str, Listed], without: frozenset[str]) -> Frame:
    return tuple(
        FrameGroup(team=case.place.team or "", plan_type=case.plan_type, children=(child,))
        for child, case in cases.items()
        if child not in without
    )


async def sampled(work: Work, sample_id: str, child: str, case: Listed) -> SampledCase:
    """What planning its audit needs, with its numbers sealed for that audit."""
    sent, subject = case.sent, subject_of(child, audit_id(sample_id, child))
    return SampledCase(
        child=child,
        plan_type=case.plan_type,
        place=case.place,
        child_ref=await work.keyring.seal(subject, sent.child_ref, field=CHILD_REF),
        case_ref=await work.seal(subject, sent.case_ref, CASE_REF),
        worker=sent.worker,
        supervisor=sent.supervisor,
        family_group=await work.family(case.place, sent.family_ref),
    )
