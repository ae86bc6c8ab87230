"""Whatever is asked about support and sources, in whatever order: refusals at most, and nothing happens twice."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.domain.improvement_source import decisions as sourcing
from services.reporting.domain.improvement_source.decisions import AdmitSource
from services.reporting.domain.improvement_source.state import DECIDER as SOURCES
from services.reporting.domain.support import decisions
from services.reporting.domain.support.decisions import (
    AcceptSupport,
    HoldPeerChallenge,
    OfferSupport,
    Released,
    ReportImpact,
    RequestSupport,
)
from services.reporting.domain.support.events import (
    ImpactReported,
    PeerChallengeHeld,
    SupportAccepted,
    SupportOffered,
    SupportRequested,
)
from services.reporting.domain.support.state import DECIDER
from shared.deciding.refusal import NotFound, Refused
from tests.specification import asked_in_turn


def found(decide):
    """What is not there is refused like anything else that cannot be done."""

    def asked(state):
        try:
            return decide(state)
        except NotFound:
            raise Refused("there is nothing") from None

    return asked


names = st.sampled_from(["901", "902", "903", "910"])
ids = st.none() | st.sampled_from(["request-1", "other"])
released = st.none() | st.builds(
    Released,
    st.just("request-1"),
    names,
    st.sampled_from(["REQUEST", "OFFER", "IMPACT"]),
    st.sampled_from([None, "PLANNING"]),
    ids,
)
themes = st.lists(st.sampled_from(["PLANNING", "VOICE"]), max_size=2).map(tuple)
months = st.sampled_from(["2026-05", "2026-06", "2026-12"])
results = st.sampled_from(["IMPROVED", "NO_CHANGE", "TOO_EARLY"])
usual = st.just(Released("request-1", "901", "REQUEST", "PLANNING"))
commands_of_support = st.one_of(
    st.builds(RequestSupport, st.just("s"), st.just("901"), usual | released).map(
        lambda c: (decisions.request_support, c)
    ),
    st.builds(OfferSupport, names, st.just(frozenset({"901", "902", "903"})), ids, released).map(
        lambda c: (decisions.offer_support, c)
    ),
    st.builds(AcceptSupport, names, names).map(lambda c: (decisions.accept_support, c)),
    st.builds(HoldPeerChallenge, names, months, themes, st.just(date(2026, 7, 20))).map(
        lambda c: (decisions.hold_peer_challenge, c)
    ),
    st.builds(ReportImpact, names, results, ids, released).map(lambda c: (decisions.report_impact, c)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(commands_of_support, max_size=20))
def test_any_order_of_commands_keeps_the_promises_of_support(commands):
    asked_for = [found(lambda state, d=decide, c=command: d(c, state)) for decide, command in commands]
    history = asked_in_turn(DECIDER, asked_for)
    kinds = [type(event) for event in history]
    assert kinds.count(SupportRequested) == (1 if history else 0)
    assert kinds[:1] in ([], [SupportRequested])
    offering = [event.offering_la_code for event in history if isinstance(event, SupportOffered)]
    assert len(set(offering)) == len(offering)
    assert set(offering) <= {"902", "903"}
    taken = [event.offering_la_code for event in history if isinstance(event, SupportAccepted)]
    assert len(taken) <= 1
    assert set(taken) <= set(offering)
    if PeerChallengeHeld in kinds:
        assert kinds.index(PeerChallengeHeld) > kinds.index(SupportAccepted)
    told = [event.result for event in history if isinstance(event, ImpactReported)]
    assert all(result == "TOO_EARLY" for result in told[:-1])


addresses = st.sampled_from(["https://a.example", "http://a.example", "ftp://a", "https://u:p@a.example", "https://["])
admitting = st.builds(
    AdmitSource,
    st.just("north"),
    addresses,
    st.just("subscription"),
    st.frozensets(names, max_size=2),
    st.sampled_from(["t1", "t2"]),
    st.just(frozenset({"901", "902", "903"})),
    st.frozensets(st.just("903")),
).map(lambda command: lambda source: sourcing.admit_source(command, source))


@settings(max_examples=200, deadline=None)
@given(st.lists(admitting | st.just(sourcing.remove_source), max_size=10))
def test_any_order_of_commands_keeps_the_promises_of_sources(commands):
    for event in asked_in_turn(SOURCES, map(found, commands)):
        if event.type == "ImprovementSourceAdmitted.v1":
            assert set(event.la_codes) <= {"901", "902", "903"}
            assert event.address in ("https://a.example", "http://a.example")
