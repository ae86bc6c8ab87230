"""Adding partners, and what becomes of their subscriptions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.domain.partner import decisions
from services.reporting.domain.partner.decisions import AddPartner, RequestSubscription
from services.reporting.domain.partner.events import (
    PartnerRemoved,
    SubscriptionActivated,
    SubscriptionChanged,
    SubscriptionKeyChanged,
    SubscriptionRemoved,
    SubscriptionTurnedOff,
    SubscriptionTurnedOn,
)
from services.reporting.domain.partner.state import DECIDER, Partner
from shared.deciding.refusal import NotFound, Refused
from tests.examples.a_partner import (
    PUBLISHED,
    SINK,
    TYPES,
    add_elm,
    ask_feed,
    ask_webhook,
    elm_added,
    feed,
    feed_activated,
    feed_requested,
    hook_activated,
    hook_requested,
)
from tests.specification import asked_in_turn, specification

partner = specification(DECIDER)
off = SubscriptionTurnedOff(subscription_id="feed", reason="PAUSED")


def turn_off(reason, state):
    return decisions.turn_off_subscription("feed", reason, state)


def turn_on(_, state):
    return decisions.turn_on_subscription("feed", state)


def activate(id_, state):
    return decisions.activate_subscription(id_, sink_of(id_, state), state)


def sink_of(id_, state):
    return state.subscriptions[id_].sink if id_ in state.subscriptions else None


def remove(id_, state):
    return decisions.remove_subscription(id_, state)


def give_up(_, state):
    return decisions.remove_partner(state)


def change_key(id_, state):
    return decisions.change_subscription_key(id_, "key-2", state)


def test_adding_a_partner():
    partner.given([]).when(decisions.add_partner, add_elm).then([elm_added])


def test_a_partner_gets_another_name():
    renamed = replace(add_elm, name="Elm and Ash")
    state = (
        partner.given(feed)
        .when(decisions.add_partner, renamed)
        .then([elm_added.model_copy(update={"name": "Elm and Ash"})])
    )
    assert state.subscriptions["feed"].status == "active"


def test_removing_a_partner_ends_its_subscriptions():
    state = partner.given(feed).when(give_up, None).then([PartnerRemoved()])
    assert {one.status for one in state.subscriptions.values()} == {"removed"}


def test_a_partner_that_comes_back_begins_anew():
    state = partner.given([*feed, PartnerRemoved()]).when(decisions.add_partner, add_elm).then([elm_added])
    assert not state.removed
    assert state.subscriptions["feed"].status == "removed"


def test_the_feed_is_open_at_once():
    partner.given([elm_added]).when(decisions.request_subscription, ask_feed).then([feed_requested, feed_activated])


def test_a_webhook_waits_for_its_endpoints_consent():
    state = partner.given([elm_added]).when(decisions.request_subscription, ask_webhook).then([hook_requested])
    assert state.subscriptions["hook"].status == "requested"
    partner.given([elm_added, hook_requested]).when(activate, "hook").then([hook_activated])


@pytest.mark.parametrize(
    "sink",
    [
        None,
        "https://elm.example.org/x",
        "https://notelm.example/x",
        "https://elm.example@evil.example/x",
        "https://evil.example/?elm.example",
    ],
)
def test_an_endpoint_lies_in_the_partners_own_domains(sink):
    asked = replace(ask_webhook, sink=sink)
    partner.given([elm_added]).when(decisions.request_subscription, asked).then_refused("domains", field="sink")


def test_only_a_webhook_has_a_sink():
    asked = replace(ask_feed, sink="https://elm.example/x")
    partner.given([elm_added]).when(decisions.request_subscription, asked).then_refused("sink", field="sink")


@pytest.mark.parametrize("types", [(), ("goldenthread.audit_graded.v1",), (PUBLISHED, "anything")])
def test_only_improvement_events_can_be_subscribed_to(types):
    asked = replace(ask_feed, types=types)
    partner.given([elm_added]).when(decisions.request_subscription, asked).then_refused("types", field="types")


def test_nobody_subscribes_who_is_no_partner_or_not_any_more():
    for history in ([], [*feed, PartnerRemoved()]):
        with pytest.raises(NotFound):
            decisions.request_subscription(ask_feed, DECIDER.fold(history))


def test_a_partner_has_so_many_subscriptions_at_a_time():
    many = [
        event
        for n in range(decisions.MOST_SUBSCRIPTIONS)
        for event in (feed_requested.model_copy(update={"subscription_id": f"feed-{n}"}),)
    ]
    partner.given([elm_added, *many]).when(decisions.request_subscription, ask_feed).then_refused("at most")
    one_less = SubscriptionRemoved(subscription_id="feed-0")
    partner.given([elm_added, *many, one_less]).when(decisions.request_subscription, ask_feed).then(
        [feed_requested, feed_activated]
    )


def test_pausing_and_going_on():
    partner.given(feed).when(turn_off, "PAUSED").then([off])
    partner.given([*feed, off]).when(turn_on, None).then([SubscriptionTurnedOn(subscription_id="feed")])


def test_a_webhook_that_was_not_consented_to_is_neither_paused_nor_turned_on():
    waiting = [elm_added, hook_requested.model_copy(update={"subscription_id": "feed"})]
    partner.given(waiting).when(turn_off, "PAUSED").then_refused("not active yet")
    partner.given(waiting).when(turn_on, None).then_refused("not consented")


def test_an_endpoint_that_refuses_does_not_become_active_by_being_turned_on():
    """Without its consent nothing is ever sent to it."""
    refused = SubscriptionTurnedOff(subscription_id="feed", reason="CONSENT_REFUSED")
    waiting = [elm_added, hook_requested.model_copy(update={"subscription_id": "feed"}), refused]
    partner.given(waiting).when(turn_on, None).then_refused("not consented")


def test_a_removed_subscription_is_not_there():
    removed = SubscriptionRemoved(subscription_id="feed")
    partner.given(feed).when(remove, "feed").then([removed])
    for ask in (lambda s: turn_on(None, s), lambda s: turn_off("PAUSED", s), lambda s: activate("feed", s)):
        with pytest.raises(NotFound):
            ask(DECIDER.fold([*feed, removed]))


def test_only_webhooks_have_keys():
    signed = [elm_added, hook_requested, hook_activated]
    partner.given(signed).when(change_key, "hook").then(
        [SubscriptionKeyChanged(subscription_id="hook", key_id="key-2")]
    )
    partner.given(feed).when(change_key, "feed").then_refused("only webhooks")


def test_a_subscription_wants_something_else_from_now_on():
    narrower = replace(ask_feed, filters=({"exact": {"la_code": "901"}},))
    changed = SubscriptionChanged(subscription_id="feed", types=(PUBLISHED,), filters=({"exact": {"la_code": "901"}},))
    state = partner.given(feed).when(decisions.change_subscription, narrower).then([changed])
    assert state.subscriptions["feed"].status == "active"
    partner.given([*feed, changed]).when(decisions.change_subscription, narrower).then_nothing()


def test_another_sink_has_to_consent_anew_and_what_a_former_one_said_counts_no_more():
    signed = [elm_added, hook_requested, hook_activated, SubscriptionKeyChanged(subscription_id="hook", key_id="key-1")]
    elsewhere = replace(ask_webhook, sink="https://other.elm.example/x")
    moved = SubscriptionChanged(subscription_id="hook", types=(PUBLISHED,), sink=elsewhere.sink)
    state = partner.given(signed).when(decisions.change_subscription, elsewhere).then([moved])
    waiting = state.subscriptions["hook"]
    assert (waiting.status, waiting.consented, waiting.keys) == ("requested", False, ("key-1",))
    assert decisions.activate_subscription("hook", SINK, state) == []
    assert decisions.turn_off_subscription("hook", "GONE", state, SINK) == []
    assert decisions.activate_subscription("hook", elsewhere.sink, state) == [
        SubscriptionActivated(subscription_id="hook")
    ]


def test_a_webhook_that_keeps_its_sink_goes_on():
    wider = replace(ask_webhook, types=tuple(sorted(TYPES)))
    changed = SubscriptionChanged(subscription_id="hook", types=tuple(sorted(TYPES)), sink=SINK)
    history = [elm_added, hook_requested, hook_activated]
    state = partner.given(history).when(decisions.change_subscription, wider).then([changed])
    assert state.subscriptions["hook"].status == "active"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"protocol": "HTTP", "sink": SINK}, "protocol"),
        ({"types": ()}, "types"),
        ({"filters": ({"sql": "x"},)}, "filters"),
        ({"sink": SINK}, "sink"),
    ],
    ids=["door", "types", "filters", "sink"],
)
def test_what_could_not_be_asked_for_cannot_be_changed_to(changes, field):
    partner.given(feed).when(decisions.change_subscription, replace(ask_feed, **changes)).then_refused("", field=field)


def test_what_is_not_there_is_not_changed():
    for history in ([elm_added], [*feed, SubscriptionRemoved(subscription_id="feed")], [*feed, PartnerRemoved()]):
        with pytest.raises(NotFound):
            decisions.change_subscription(ask_feed, DECIDER.fold(history))


ids = st.sampled_from(["a", "b", "c"])
requests = st.builds(
    RequestSubscription,
    ids,
    st.sampled_from(["HTTP", "KAFKA", "FEED"]),
    st.sampled_from([(), (PUBLISHED,), ("x",)]),
    st.just(TYPES),
    st.sampled_from([(), ({"exact": {"lacode": "901"}},), ({"sql": "x"},)]),
    st.sampled_from([None, "https://elm.example/x", "https://other.example/x"]),
)
partners = st.builds(AddPartner, st.sampled_from(["Elm", "Ash"]), st.none(), st.just(("elm.example",)))
reasons = st.sampled_from(["PAUSED", "GONE", "FAILING", "CONSENT_REFUSED"])
asked = st.one_of(
    partners.map(lambda command: lambda state: decisions.add_partner(command, state)),
    requests.map(lambda command: lambda state: decisions.request_subscription(command, state)),
    requests.map(lambda command: lambda state: decisions.change_subscription(command, state)),
    ids.map(lambda id_: lambda state: activate(id_, state)),
    st.tuples(ids, reasons).map(
        lambda two: lambda state: decisions.turn_off_subscription(*two, state, sink_of(two[0], state))
    ),
    ids.map(lambda id_: lambda state: decisions.turn_on_subscription(id_, state)),
    ids.map(lambda id_: lambda state: decisions.remove_subscription(id_, state)),
    ids.map(lambda id_: lambda state: decisions.change_subscription_key(id_, "key", state)),
    st.just(decisions.remove_partner),
)


def refusing(decide):
    """What is not there is answered as such; for a property over any commands it is one more refusal."""

    def ask(state: Partner):
        try:
            return decide(state)
        except NotFound as none:
            raise Refused("not there") from none

    return ask


@settings(max_examples=300, deadline=None)
@given(partners, st.lists(asked, max_size=14))
def test_any_order_of_commands_keeps_the_promises(first, commands):
    begin = [lambda state: decisions.add_partner(first, state)]
    history = asked_in_turn(DECIDER, [refusing(one) for one in (*begin, *commands)])
    consented = {event.subscription_id for event in history if event.type == "SubscriptionActivated.v1"}
    for n, event in enumerate(history):
        if event.type == "SubscriptionTurnedOn.v1":
            before = DECIDER.fold(history[:n])
            assert before.subscriptions[event.subscription_id].consented
            assert before.subscriptions[event.subscription_id].status == "off"
    state = DECIDER.fold(history)
    assert all(
        one.status in ("removed", "requested", "off") or id_ in consented for id_, one in state.subscriptions.items()
    )
    assert not state.removed or all(one.status == "removed" for one in state.subscriptions.values())
