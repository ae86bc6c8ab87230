"""Whatever is asked of a release, in whatever order: refusals at most, and nothing leaves twice or by one person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.domain.partner_release import decisions
from services.reporting.domain.partner_release.events import (
    ImprovementEventPublished,
    ImprovementEventRetracted,
    PartnerReleaseApproved,
    PartnerReleaseProposed,
)
from services.reporting.domain.partner_release.state import DECIDER, PartnerRelease
from shared.deciding.refusal import NotFound, Refused
from tests.examples.a_release import ANALYST, DIRECTOR, HEAD, OVERALL, RELEASE, propose, propose_figures
from tests.specification import asked_in_turn

Asked = Callable[[PartnerRelease], Sequence[Any]]
people = st.sampled_from([ANALYST, HEAD, DIRECTOR])


def _there(decide: Asked) -> Asked:
    """What is not there is no matter of a rule, and ends the same."""

    def asked(release: PartnerRelease) -> Sequence[Any]:
        try:
            return decide(release)
        except NotFound:
            raise Refused("there is nothing here") from None

    return asked


def _events(release: PartnerRelease) -> list[ImprovementEventPublished]:
    if release.status != "proposed" or release.proposal is None:
        return []
    if release.proposal.kind != "GRADES":
        return [decisions.words_event(RELEASE, release)]
    return [decisions.figures_event(release, one, f"{RELEASE}.{n}", None) for n, one in enumerate(release.figures)]


def _rejection(asked: Any) -> Asked:
    return lambda release: decisions.reject_release(*asked, release)


def _retraction(asked: Any) -> Asked:
    return lambda release: decisions.retract_event(asked[0], "WRONG", asked[1], release)


proposals = st.sampled_from([propose, propose_figures]).map(lambda one: lambda r: decisions.propose_release(one, r))
checks = st.sampled_from([(), (OVERALL,)]).map(lambda figures: lambda r: decisions.check_again(figures, r))
approvals = people.map(lambda by: lambda r: decisions.approve_release(by, _events(r), r))
rejections = st.tuples(people, st.sampled_from(["NOT_SAFE", "WITHDRAWN"])).map(_rejection)
retractions = st.tuples(st.sampled_from([RELEASE, f"{RELEASE}.0", "none"]), people).map(_retraction)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(proposals, checks, approvals, rejections, retractions).map(_there), max_size=12))
def test_any_order_of_commands_keeps_the_promises(asked: list[Asked]):
    history = asked_in_turn(DECIDER, asked)
    kinds = [type(event) for event in history]
    assert kinds.count(PartnerReleaseProposed) <= 1
    assert kinds.count(PartnerReleaseApproved) <= 1
    told = [event.event_id for event in history if isinstance(event, ImprovementEventPublished)]
    assert len(told) == len(set(told))
    taken_back = [event.event_id for event in history if isinstance(event, ImprovementEventRetracted)]
    assert len(taken_back) == len(set(taken_back))
    assert set(taken_back) <= set(told)
    for event in history:
        if isinstance(event, PartnerReleaseApproved):
            assert event.approved_by != ANALYST, "it was proposed by the analyst"
