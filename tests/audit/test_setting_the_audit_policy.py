"""An authority sets its own limits from a day on; what was decided keeps the name of the version it used."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.audit.domain.audit_policy.decisions import RETROACTIVE_REASONS, SetAuditPolicy, set_audit_policy
from services.audit.domain.audit_policy.events import AuditPolicySet
from services.audit.domain.audit_policy.state import DECIDER
from services.audit.domain.policy import AuditLimits, AuditPolicy
from services.audit.policies import FRESH, Policies
from shared.deciding.dated_policy import DatedPolicy, PolicyVersion, is_new
from shared.deciding.refusal import Refused
from shared.event_store.handling import Asked, handle
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.store import Actor, Meta
from shared.published.place import Place
from tests.audit.service import running
from tests.specification import asked_in_turn, specification

policy = specification(DECIDER)
AUTHORITY = Place(authority="902", regions=("E12000007",))
TODAY = date(2026, 4, 20)


def setting(version: str, from_date: date, reason: str | None = None, **limits: object) -> SetAuditPolicy:
    return SetAuditPolicy(AUTHORITY, version, from_date, limits, reason)


def was_set(version: str, from_date: date, reason: str | None = None, **limits: object) -> AuditPolicySet:
    return AuditPolicySet(
        place=AUTHORITY,
        policy_version=version,
        from_date=from_date,
        limits=AuditLimits.model_validate(limits),
        retroactive_reason=reason,
    )


def test_the_defaults_are_those_of_the_strategy():
    default = DECIDER.initial.on(TODAY).value
    assert default == AuditPolicy()
    assert default.version == "2026-04"
    assert (default.qa_officer_audits_per_month, default.team_manager_window_months) == (1, 2)
    assert (default.reaudit_full_weeks, default.reaudit_domain_weeks, default.director_review_generation) == (12, 12, 2)
    assert (default.action_high_working_days, default.action_medium_working_days) == (5, 10)
    assert (default.action_low_working_days, default.safety_confirm_working_days) == (20, 1)
    assert (default.sample_not_audited_within_months, default.sample_random_share_percent) == (12, 70)
    assert (default.month_close_working_day, default.quarter_close_working_day) == (5, 10)
    assert len(default.four_r_prompts) == 4


def test_a_policy_holds_from_its_day_on_and_keeps_what_did_not_change():
    after = (
        policy.given([was_set("v1", TODAY, submit_within_working_days=15)])
        .when(set_audit_policy, setting("v2", date(2026, 6, 1), reaudit_full_weeks=8), TODAY)
        .then([was_set("v2", date(2026, 6, 1), submit_within_working_days=15, reaudit_full_weeks=8)])
    )
    assert after.on(TODAY - timedelta(days=1)).name == "2026-04"
    assert after.on(date(2026, 5, 31)).value.version == "v1"
    in_june = after.on(date(2026, 6, 1)).value
    assert (in_june.version, in_june.submit_within_working_days, in_june.reaudit_full_weeks) == ("v2", 15, 8)


def test_a_version_name_is_used_once():
    given = policy.given([was_set("v1", TODAY)])
    again = setting("v1", date(2026, 6, 1), reaudit_full_weeks=8)
    given.when(set_audit_policy, again, TODAY).then_refused("used once", field="policy_version")
    default = setting("2026-04", TODAY)
    given.when(set_audit_policy, default, TODAY).then_refused("used once", field="policy_version")


def test_a_change_that_reaches_behind_today_says_why():
    given, yesterday = policy.given([]), TODAY - timedelta(days=1)
    given.when(set_audit_policy, setting("v1", yesterday), TODAY).then_refused("says why", field="retroactive_reason")
    given.when(set_audit_policy, setting("v1", TODAY, "CORRECTION"), TODAY).then_refused("does not reach into the past")
    given.when(set_audit_policy, setting("v1", yesterday, "BECAUSE"), TODAY).then_refused("not one of those")
    after = (given.when(set_audit_policy, setting("v1", yesterday, "CORRECTION", look_back_months=24), TODAY)).then(
        [was_set("v1", yesterday, "CORRECTION", look_back_months=24)]
    )
    assert after.on(yesterday).value.look_back_months == 24


def test_of_two_versions_from_one_day_the_later_holds():
    given = policy.given([was_set("v1", TODAY, reaudit_full_weeks=8), was_set("v2", TODAY, reaudit_full_weeks=9)])
    assert given.state.on(TODAY).name == "v2"


def test_windows_change_where_a_window_ends_and_never_for_the_past():
    def asking(from_date: date, reason: str | None = None, **limits: object):
        return policy.given([]).when(set_audit_policy, setting("v1", from_date, reason, **limits), TODAY)

    asking(date(2026, 5, 1), team_manager_window_months=1).then_refused("where one ends", field="from_date")
    asking(date(2026, 6, 1), team_manager_window_months=3).then_refused("where one ends", field="from_date")
    asking(date(2026, 4, 1), "CORRECTION", team_manager_window_months=1).then_refused("not changed for the past")
    asking(date(2026, 6, 1), team_manager_window_months=1).then_some(AuditPolicySet)
    asking(date(2026, 10, 1), team_manager_window_months=3).then_some(AuditPolicySet)


def test_windows_that_change_do_not_overlap_those_of_a_later_version():
    given = policy.given([was_set("v2", date(2026, 10, 1), team_manager_window_months=3)])
    between = setting("v1", date(2026, 8, 1), team_manager_window_months=4)
    given.when(set_audit_policy, between, TODAY).then_refused("where one ends")


@pytest.mark.parametrize(
    "wrong",
    [{"look_back_months": 3}, {"judgement_months": 13}],
    ids=["judges more than it looks at", "looks at less than it judges"],
)
def test_limits_that_contradict_each_other_are_refused(wrong: dict[str, int]):
    asked = policy.given([]).when(set_audit_policy, setting("v1", TODAY, **wrong), TODAY)
    asked.then_refused("do not go together", field="limits")


@pytest.mark.parametrize(
    "wrong",
    [
        {"moderate_sample_percent": 101},
        {"submit_within_working_days": 0},
        {"team_manager_window_months": 5},
        {"four_r_prompts": ("only", "three", "labels")},
        {"no_such_limit": 1},
    ],
)
def test_a_value_outside_its_bounds_is_no_limit(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        AuditLimits.model_validate(wrong)


days = st.integers(-30, 60).map(lambda n: TODAY + timedelta(days=n))
changes = st.dictionaries(
    st.sampled_from(["submit_within_working_days", "look_back_months", "team_manager_window_months"]),
    st.sampled_from([1, 2, 3, 8, 12]),
    max_size=2,
)
commands = st.builds(
    SetAuditPolicy,
    place=st.just(AUTHORITY),
    policy_version=st.sampled_from(["2026-04", "v1", "v2", "v3"]),
    from_date=days,
    limits=changes,
    retroactive_reason=st.none() | st.sampled_from([*sorted(RETROACTIVE_REASONS), "SOMETHING"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(commands, days), max_size=8))
def test_any_order_of_changes_keeps_the_promises(asked):
    history = asked_in_turn(
        DECIDER, [lambda state, c=command, t=today: set_audit_policy(c, state, t) for command, today in asked]
    )
    names = [event.policy_version for event in history]
    assert len({*names, "2026-04"}) == len(names) + 1


def test_the_dated_policy_of_any_service_works_the_same():
    seven = DatedPolicy.beginning_with("first", 7)
    version = PolicyVersion("second", TODAY, 8)
    assert is_new(version, seven, TODAY)
    two = seven.with_version(version)
    assert not is_new(version, two, TODAY + timedelta(days=9)), "it was set so before: when does not matter"
    assert [two.on(day).value for day in (date.min, TODAY - timedelta(days=1), TODAY, date.max)] == [7, 7, 8, 8]
    assert two.after(TODAY) is None
    assert two.after(date(2026, 4, 1)) == version
    with pytest.raises(Refused):
        is_new(PolicyVersion("second", TODAY, 9), two, TODAY)


async def test_what_another_process_sets_is_noticed_within_a_second():
    moment = datetime(2026, 4, 20, 12, tzinfo=UTC)
    store = InMemoryEventStore()
    policies = Policies(store, lambda: moment)
    assert (await policies.on("902", TODAY)).version == "2026-04"
    meta = Meta(
        actor=Actor(staff_ref="head-1", role="HEAD_OF_SAFEGUARDING_QA"),
        la_code="902",
        occurred_at=moment,
        effective_date=TODAY,
        correlation="c",
    )
    command = setting("v1", TODAY, reaudit_full_weeks=8)
    await handle(
        store,
        DECIDER,
        DECIDER.stream("902"),
        lambda known: set_audit_policy(command, known, TODAY),
        Asked("one", "one", meta),
    )
    moment += FRESH
    assert (await policies.on("902", TODAY)).reaudit_full_weeks == 8
    assert (await policies.on("903", TODAY)).version == "2026-04", "another authority's policy is its own"


POLICY = "/v1/audit-policies/902"


async def test_a_decision_uses_and_records_the_policy_of_its_day():
    async with running() as service:
        limits = {"submit_within_working_days": 3}
        body = {"policy_version": "v1", "from_date": "2026-04-20", "limits": limits}
        answered = await service.post("head-1", POLICY, body, 0)
        assert answered.status_code == 200, answered.text
        today = await service.planned()
        await service.steps(today, ("qa-1", "allocation", {"auditor_ref": "qa-1"}))
        earlier = await service.planned(effective_date="2026-04-13")
        await service.steps(earlier, ("qa-1", "allocation", {"auditor_ref": "qa-1", "effective_date": "2026-04-13"}))
        for audit, due, version in ((today, "2026-04-23", "v1"), (earlier, "2026-04-27", "2026-04")):
            assert (await service.get("qa-1", audit)).json()["allocation"]["submit_by"] == due
            lines = (await service.get("qa-1", f"{audit}/history")).json()["events"]
            assert {line["policy_version"] for line in lines} == {version}


async def test_everybody_in_the_authority_reads_the_policy_and_its_head_of_quality_sets_it():
    async with running() as service:
        shown = await service.get("sw-1", POLICY)
        assert (shown.status_code, shown.headers["etag"]) == (200, '"0"')
        assert [one["policy_version"] for one in shown.json()["versions"]] == ["2026-04"]
        body = {"policy_version": "v1", "from_date": "2026-05-01", "limits": {"moderate_sample_percent": 30}}
        for nobody, status in (("qa-1", 403), ("tm-1", 403), ("analyst-1", 403)):
            assert (await service.post(nobody, POLICY, body, 0)).status_code == status
        assert (await service.post("head-1", POLICY, body, 0)).status_code == 200
        assert (await service.post("head-1", POLICY, body, 0)).status_code == 200, "sent again"
        other = {**body, "policy_version": "v2"}
        assert (await service.post("head-1", POLICY, other, 0)).status_code == 412, "somebody else changed it"
        shown = await service.get("sw-1", f"{POLICY}?on=2026-05-01")
        assert (shown.json()["in_force"], len(shown.json()["versions"])) == ("v1", 2)
        assert (await service.get("far-1", POLICY)).status_code == 404


async def test_a_wrong_limit_is_refused_without_repeating_it():
    async with running() as service:
        body = {"policy_version": "v1", "from_date": "2026-05-01", "limits": {"moderate_sample_percent": 4711}}
        answered = await service.post("head-1", POLICY, body, 0)
        assert answered.status_code == 422
        assert "4711" not in answered.text
        assert "limits" in answered.text
