"""One authority asks, several offer, one offer is accepted, the two meet, and something comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.reporting.domain.support.decisions import (
    accept_support,
    hold_peer_challenge,
    offer_support,
    report_impact,
    request_support,
)
from services.reporting.domain.support.state import DECIDER
from shared.deciding.refusal import NotFound
from tests.examples import a_support as it
from tests.specification import specification

support = specification(DECIDER)
ACCEPTED = [it.requested, it.offered, it.offered_by_903, it.accepted]


def test_support_is_asked_for_with_a_released_request():
    support.given([]).when(request_support, it.request).then([it.requested])


@pytest.mark.parametrize(
    "request_",
    [
        None,
        replace(it.released_request, la_code="902"),
        replace(it.released_request, kind="LEARNING"),
        replace(it.released_request, theme_code=None),
    ],
)
def test_without_one_of_its_own_that_names_a_theme_nothing_is_asked(request_):
    asked = replace(it.request, request=request_)
    support.given([]).when(request_support, asked).then_refused("request", field="event_id")


def test_several_authorities_of_the_alliance_offer():
    support.given([it.requested]).when(offer_support, it.offer).then([it.offered])
    support.given([it.requested, it.offered]).when(offer_support, it.offer_of_903).then([it.offered_by_903])


def test_nobody_offers_itself_support_or_from_outside_the_alliance_or_twice():
    given = support.given([it.requested, it.offered])
    given.when(offer_support, replace(it.offer_of_903, la_code="901")).then_refused("itself", field="la_code")
    given.when(offer_support, replace(it.offer_of_903, la_code="910")).then_refused("alliance", field="la_code")
    given.when(offer_support, replace(it.offer, event_id=None, offer=None)).then_refused("offered already")


def test_an_offer_refers_to_the_authority_s_own_released_offer_of_this_request():
    given = support.given([it.requested])
    for other in (None, replace(it.released_offer, la_code="903"), replace(it.released_offer, kind="REQUEST")):
        given.when(offer_support, replace(it.offer, offer=other)).then_refused("kind OFFER", field="event_id")
    elsewhere = replace(it.released_offer, answers="request-9")
    given.when(offer_support, replace(it.offer, offer=elsewhere)).then_refused("another request", field="event_id")


def test_one_offer_is_accepted_by_who_asked():
    given = support.given([it.requested, it.offered, it.offered_by_903])
    given.when(accept_support, it.accept).then([it.accepted])
    given.when(accept_support, replace(it.accept, la_code="902")).then_refused("that asked", field="la_code")
    given.when(accept_support, replace(it.accept, offering_la_code="904")).then_refused("offered nothing")
    other = replace(it.accept, offering_la_code="903")
    support.given(ACCEPTED).when(accept_support, other).then_refused("another offer was accepted")


def test_after_one_was_accepted_nobody_else_offers():
    given = support.given([it.requested, it.offered, it.accepted])
    given.when(offer_support, it.offer_of_903).then_refused("accepted already")
    given.when(offer_support, it.offer).then_nothing()


def test_the_two_meet_once_a_month_and_either_tells():
    given = support.given(ACCEPTED)
    given.when(hold_peer_challenge, it.meet).then([it.held])
    given.when(hold_peer_challenge, replace(it.meet, la_code="902")).then([it.held])
    given.when(hold_peer_challenge, replace(it.meet, la_code="903")).then_refused("two authorities", field="la_code")
    given.when(hold_peer_challenge, replace(it.meet, held_in="2026-08")).then_refused("future", field="held_in")
    given.when(hold_peer_challenge, replace(it.meet, theme_codes=())).then_refused("theme", field="theme_codes")
    again = replace(it.meet, theme_codes=("SUPERVISION",))
    support.given([*ACCEPTED, it.held]).when(hold_peer_challenge, again).then_refused("already", field="held_in")
    support.given([it.requested]).when(hold_peer_challenge, it.meet).then_refused("after an offer")


def test_what_came_of_it_is_told_once_but_may_be_too_early_first():
    met = [*ACCEPTED, it.held]
    support.given(ACCEPTED).when(report_impact, it.report).then_refused("have met")
    support.given(met).when(report_impact, it.report).then([it.improved])
    early = replace(it.report, result="TOO_EARLY", event_id=None, account=None)
    support.given(met).when(report_impact, early).then([it.too_early])
    support.given([*met, it.too_early]).when(report_impact, it.report).then([it.improved])
    support.given([*met, it.improved]).when(report_impact, early).then_refused("told already", field="result")
    foreign = replace(it.report, account=replace(it.released_account, la_code="902"))
    support.given(met).when(report_impact, foreign).then_refused("kind IMPACT", field="event_id")


@pytest.mark.parametrize(
    ("decide", "command"),
    [
        (offer_support, it.offer),
        (accept_support, it.accept),
        (hold_peer_challenge, it.meet),
        (report_impact, it.report),
    ],
)
def test_nothing_happens_to_a_request_that_nobody_made(decide, command):
    with pytest.raises(NotFound):
        decide(command, DECIDER.initial)
