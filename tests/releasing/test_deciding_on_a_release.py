"""A release is proposed by one person, approved by another, and may be rejected or taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.reporting.domain.partner_release import decisions
from services.reporting.domain.partner_release.decisions import Identifying, ProposeRelease
from services.reporting.domain.partner_release.events import (
    Figures,
    ImprovementEventPublished,
    PartnerReleaseApproved,
    PartnerReleaseChecked,
    PartnerReleaseRejected,
)
from services.reporting.domain.partner_release.state import DECIDER, PartnerRelease
from shared.deciding.refusal import NotFound, Refused
from tests.examples.a_release import (
    ANALYST,
    ASKED,
    DIRECTOR,
    HEAD,
    LEARNED,
    OVERALL,
    PROPOSED,
    PUBLISHED,
    RELEASE,
    approved,
    checked,
    propose,
    propose_figures,
    proposed,
    proposed_figures,
    published,
    rejected,
    retracted,
)
from tests.specification import specification

release = specification(DECIDER)


def approve(by: str, state: PartnerRelease) -> list[Any]:
    """What the service does with words: the event that leaves follows from the release."""
    known = [decisions.words_event(RELEASE, state)] if state.status == "proposed" else []
    return decisions.approve_release(by, known, state)


def reject(asked: Any, state: PartnerRelease) -> list[Any]:
    return decisions.reject_release(*asked, state)


def retract(asked: Any, state: PartnerRelease) -> list[Any]:
    event_id, reason, by = asked
    return decisions.retract_event(event_id, reason, by, state)


def check_again(figures: tuple[Figures, ...], state: PartnerRelease) -> list[Any]:
    return decisions.check_again(figures, state)


def saying(**other: Any) -> ProposeRelease:
    return replace(propose, words=LEARNED.model_copy(update=other))


def test_words_are_kept_when_the_scanner_has_read_them():
    release.given([]).when(decisions.propose_release, propose).then(PROPOSED)


def test_what_may_be_shown_of_figures_is_kept_beside_them():
    asked = release.given([]).when(decisions.propose_release, propose_figures)
    asked.then([proposed_figures, PartnerReleaseChecked(figures=(OVERALL,))])


def test_words_that_may_say_who_somebody_is_are_refused_with_their_place_and_without_repeating_them():
    summary = "Fathers are asked earlier. One of them, Okonjo, rang 020 7946 0958."
    with pytest.raises(Identifying) as refused:
        decisions.propose_release(saying(summary=summary), PartnerRelease())
    found = {(one.kind, summary[one.start : one.end]) for one in refused.value.findings}
    assert found == {("NAME", "Okonjo"), ("TELEPHONE", "020 7946 0958")}
    assert refused.value.field == "summary"
    assert "Okonjo" not in refused.value.rule
    assert "7946" not in refused.value.rule


def test_the_name_of_a_team_does_not_leave():
    with pytest.raises(Identifying) as refused:
        decisions.propose_release(saying(summary="This began in the i&p elm team."), PartnerRelease())
    assert [one.kind for one in refused.value.findings] == ["TEAM"]


@pytest.mark.parametrize(
    ("command", "words", "field"),
    [
        (saying(summary=None), "1 to 600", "summary"),
        (saying(summary="so " * 201), "1 to 600", "summary"),
        (saying(theme_code=None), "theme", "theme_code"),
        (saying(theme_code="fathers"), "capitals", "theme_code"),
        (saying(domain_code="child voice"), "capitals", "domain_code"),
        (replace(propose, period="2026-04"), "quarter", "period"),
        (saying(contact_role_mailbox="amara@thornbury-cross.gov.uk"), "mailbox of a role", "contact_role_mailbox"),
        (saying(contact_role_mailbox="quality@letters.example"), "mailbox of a role", "contact_role_mailbox"),
        (replace(propose, kind="REQUEST"), "where to answer", "contact_role_mailbox"),
        (replace(propose, kind="OFFER", words=ASKED), "the request that it answers", "answers"),
        (replace(propose_figures, words=LEARNED), "speak for themselves", "words"),
    ],
)
def test_what_cannot_be_proposed_is_refused_with_the_field_at_fault(command: ProposeRelease, words: str, field: str):
    release.given([]).when(decisions.propose_release, command).then_refused(words, field=field)


def test_a_request_says_where_to_answer():
    asked = release.given([]).when(decisions.propose_release, replace(propose, kind="REQUEST", words=ASKED))
    assert asked.then_some(type(proposed), PartnerReleaseChecked).status == "proposed"


def test_a_release_that_was_proposed_is_not_proposed_again():
    release.given(PROPOSED).when(decisions.propose_release, propose).then_nothing()


def test_what_may_be_shown_is_looked_at_again():
    given = release.given([proposed_figures, checked])
    given.when(check_again, (OVERALL,)).then([PartnerReleaseChecked(figures=(OVERALL,))])
    release.given(PUBLISHED).when(check_again, ()).then_refused("published already")


def test_a_second_person_approves_and_it_leaves():
    release.given(PROPOSED).when(approve, HEAD).then([approved, published])


def test_nobody_approves_what_they_proposed_themselves():
    release.given(PROPOSED).when(approve, ANALYST).then_refused("a second person approves")


def test_figures_leave_as_they_are_shown():
    given = release.given([proposed_figures, PartnerReleaseChecked(figures=(OVERALL,))])
    event = decisions.figures_event(given.state, OVERALL, "901.2026-04.OVERALL.1", None)
    assert (event.quarter, event.month, event.figures) == ("2026-Q1", "2026-04", OVERALL)

    def all_of_it(by: str, state: PartnerRelease) -> list[Any]:
        return decisions.approve_release(by, [event], state)

    given.when(all_of_it, HEAD).then_some(PartnerReleaseApproved, ImprovementEventPublished)


def test_nothing_to_show_is_nothing_to_publish():
    def nothing(by: str, state: PartnerRelease) -> list[Any]:
        return decisions.approve_release(by, [], state)

    release.given(PROPOSED).when(nothing, HEAD).then_refused("nothing of this may be shown")


@pytest.mark.parametrize("history", [[*PROPOSED, rejected], []], ids=["rejected", "unknown"])
def test_what_is_not_there_or_was_rejected_is_not_approved(history: list[Any]):
    with pytest.raises((NotFound, Refused)):
        decisions.check_may_approve(HEAD, DECIDER.fold(history))


def test_what_was_published_is_not_published_again():
    release.given(PUBLISHED).when(approve, DIRECTOR).then_nothing()


def test_a_second_person_rejects_and_says_why():
    release.given(PROPOSED).when(reject, (HEAD, "NOT_USEFUL")).then([rejected])


def test_whoever_proposed_it_withdraws_it():
    given = release.given(PROPOSED)
    given.when(reject, (ANALYST, "WITHDRAWN")).then([PartnerReleaseRejected(rejected_by=ANALYST, reason="WITHDRAWN")])
    given.when(reject, (ANALYST, "NOT_SAFE")).then_refused("who proposed it withdraws it", field="reason")
    given.when(reject, (HEAD, "WITHDRAWN")).then_refused("who proposed it withdraws it", field="reason")


def test_what_was_published_is_not_rejected():
    release.given(PUBLISHED).when(reject, (HEAD, "NOT_USEFUL")).then_refused("published already")


def test_what_was_published_is_retracted_with_a_reason():
    release.given(PUBLISHED).when(retract, (RELEASE, "WRONG", HEAD)).then([retracted])


def test_a_retracted_event_stays_retracted():
    release.given([*PUBLISHED, retracted]).when(retract, (RELEASE, "WITHDRAWN", DIRECTOR)).then_nothing()


def test_only_what_was_published_is_retracted():
    with pytest.raises(NotFound):
        decisions.retract_event(RELEASE, "WRONG", HEAD, DECIDER.fold(PROPOSED))


def test_a_later_release_says_which_event_it_replaces():
    words = LEARNED.model_copy(update={"supersedes": "release-0"})
    state = DECIDER.fold([proposed.model_copy(update={"words": words}), checked])
    assert decisions.words_event(RELEASE, state).supersedes == "release-0"
