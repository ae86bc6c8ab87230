"""Remedial actions over HTTP: who agrees, does, moves and verifies, what they are shown, and what a clock notices."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.audit.domain.remedial_action.state import DECIDER
from shared.event_store.handling import handle
from shared.event_store.store import Actor
from shared.event_store.unattended import unattended
from shared.published.audit_cycle import (
    RemedialActionAgreedV1,
    RemedialActionFlaggedV1,
    RemedialActionOverdueV1,
)
from tests import http
from tests.audit.a_larger_town import an_audit
from tests.audit.following import HEAD, MANAGER, OTHER_HEAD, PURPOSE, WORKER, Town, id_of, town
from tests.audit.service import MOMENT
from tests.examples.an_action import agreed as agreed_event

pytestmark = pytest.mark.connected
WORDS = "see the child alone within the week"


@pytest.fixture
async def service(mongo_database: Any) -> AsyncIterator[Town]:
    async with town(mongo_database) as service:
        yield service


async def agreed(service: Town, audit: str, who: str = "qa-1", **more: Any) -> str:
    """The address of an action that was agreed for this audit."""
    body = {"audit_id": id_of(audit), "text": WORDS, "owner": WORKER, "priority": "HIGH", "domain": "THRESHOLD"}
    answered = await service.post(who, "/v1/actions", {**body, **more})
    assert answered.status_code == 201, answered.text
    return str(answered.headers["location"])


async def listed(service: Town, who: str = HEAD, **asked: str) -> list[str]:
    answered = await service.talking.get("/v1/actions", params=asked, headers=http.bearer(who))
    assert answered.status_code == 200, answered.text
    return [f"/v1/actions/{one['id']}" for one in answered.json()["items"]]


async def test_an_action_from_agreeing_on_it_to_seeing_that_it_was_done(service: Town):
    action = await agreed(service, await service.finalised())
    await service.done(WORKER, f"{action}/acceptance", {})
    await service.done(WORKER, f"{action}/progress", {"note": "visit booked"})
    await service.done(MANAGER, f"{action}/due-date", {"due_on": "2026-05-01", "reason": "FAMILY_UNAVAILABLE"})
    await service.done(WORKER, f"{action}/completion", {"evidence_ref": "note-12"})
    own = await service.do(WORKER, f"{action}/verification", {})
    await service.done("qa-1", f"{action}/verification", {})
    shown = (await service.get(HEAD, action)).json()
    assert own.status_code == 409
    assert (shown["stage"], shown["due_on"], shown["times_moved"]) == ("VERIFIED", "2026-05-01", 1)
    assert (shown["verified"]["in_time"], shown["owner_role"]) == (True, "SOCIAL_WORKER")
    lines = (await service.get(HEAD, f"{action}/history")).json()["events"]
    assert [one["type"].removeprefix("RemedialAction") for one in lines] == [
        "Agreed.v1",
        "Accepted.v1",
        "Progressed.v1",
        "Rescheduled.v1",
        "Completed.v1",
        "Verified.v1",
    ]
    assert {one["by_role"] for one in lines} == {"QA_OFFICER", "SOCIAL_WORKER", "TEAM_MANAGER"}


async def test_words_are_for_those_who_may_know_and_each_look_is_on_record(service: Town):
    action = await agreed(service, await service.finalised())
    await service.done(WORKER, f"{action}/completion", {"evidence_ref": "note-12"})
    owner = (await service.get(WORKER, action)).json()
    assert owner["narrative"] == {"text": WORDS, "evidence_ref": "note-12"}
    access = service.foundations.access_log.kept[-1]
    assert (access.staff_ref, access.resource, access.ids) == (WORKER, "ACTIONS", (id_of(action),))
    for who in ("analyst-1", HEAD, "pdw-1"):
        answered = await service.get(who, action)
        assert answered.json()["narrative"] is None
        assert WORDS not in answered.text
    purposely = await service.get(HEAD, action, **PURPOSE)
    assert purposely.json()["narrative"]["text"] == WORDS
    service.foundations.access_log.broken = True
    assert (await service.get(WORKER, action)).status_code == 503


async def test_who_may_do_what(service: Town):
    audit = await service.finalised()
    body = {"audit_id": id_of(audit), "text": WORDS, "owner": WORKER, "priority": "HIGH"}
    alone = await service.post(WORKER, "/v1/actions", body)
    assert (alone.status_code, "alone" in alone.json()["detail"]) == (409, True)
    assert (await service.post("far-1", "/v1/actions", body)).status_code == 404
    assert (await service.post("iro-1", "/v1/actions", body)).status_code == 404
    nobody = await service.post("qa-1", "/v1/actions", {**body, "owner": "who"})
    assert nobody.json()["errors"][0]["pointer"] == "#/owner"
    other = await service.post("qa-1", "/v1/actions", {**body, "owner_role": "IRO"})
    assert other.json()["errors"][0]["pointer"] == "#/owner_role"
    action = await agreed(service, audit, owner="tm-birch")
    assert (await service.get("far-1", action)).status_code == 404
    assert (await service.do("analyst-1", f"{action}/acceptance", {})).status_code == 404
    assert (await service.do(MANAGER, f"{action}/cancellation", {"reason": "REPLACED"})).status_code == 403
    assert (await service.do("hos-planning", f"{action}/cancellation", {"reason": "REPLACED"})).status_code == 404
    await service.done("hos-duty", f"{action}/cancellation", {"reason": "REPLACED"})


async def test_only_who_may_approve_here_moves_a_date_again(service: Town):
    action = await agreed(service, await service.finalised())
    await service.done(MANAGER, f"{action}/due-date", {"due_on": "2026-04-30", "reason": "CAPACITY"})
    again = {"due_on": "2026-05-05", "reason": "CAPACITY"}
    assert (await service.do(MANAGER, f"{action}/due-date", again)).status_code == 409
    machine = http.bearer("forms", authorities=("902",))
    claimed = await service.do("forms", f"{action}/due-date", {**again, "on_behalf_of": "hos-duty"}, **machine)
    assert claimed.status_code == 409, "a system does not approve in somebody's name"
    await service.done("hos-duty", f"{action}/due-date", again)
    assert (await service.get(HEAD, action)).json()["moved"]["approved_by"] == "hos-duty"


async def test_siblings_share_an_action(service: Town):
    """Edge case 12: one audit a child, and no double action for what both need."""
    children = [await service.planned(family_ref="family-1", child_ref=child) for child in ("case-1", "case-2")]
    brother, sister = [await service.graded(audit, "GOOD") for audit in children]
    first = await agreed(service, brother)
    answered = await service.post(
        "qa-2",
        "/v1/actions",
        {
            "audit_id": id_of(sister),
            "text": "  See the child alone, within the week".replace(",", ""),
            "owner": MANAGER,
            "priority": "LOW",
            "domain": "THRESHOLD",
        },
    )
    assert (answered.headers["location"], answered.json()["linked"]) == (first, True)
    shown = (await service.get(HEAD, first)).json()
    assert (shown["audits"], shown["owner"]) == ([id_of(brother), id_of(sister)], WORKER)
    assert len(await service.told(RemedialActionAgreedV1)) == 1
    await service.round()
    assert await listed(service, audit=id_of(sister)) == [first]
    other = await agreed(service, sister, text="another thing altogether")
    assert other != first


async def test_the_same_action_is_agreed_once_for_an_audit_and_anew_when_it_was_closed(service: Town):
    audit = await service.finalised()
    first = await agreed(service, audit)
    assert await agreed(service, audit, who="qa-2") == first
    await service.done("hos-duty", f"{first}/cancellation", {"reason": "AGREED_IN_ERROR"})
    second = await agreed(service, audit)
    assert second not in (first, None)
    assert (await service.get(HEAD, second)).json()["stage"] == "OPEN"


async def test_duplicate_submit_after_lost_connection(service: Town):
    """Edge case 13, the audit's side: the same key again answers the same, also when things have moved on."""
    audit = await service.finalised()
    key = {"Idempotency-Key": '"once"'}
    body = {"audit_id": id_of(audit), "text": WORDS, "owner": WORKER, "priority": "HIGH"}
    first = await service.post("qa-1", "/v1/actions", body, **key)
    await service.done("hos-duty", f"{first.headers['location']}/cancellation", {"reason": "REPLACED"})
    second = await service.post("qa-1", "/v1/actions", body, **key)
    assert (second.status_code, second.json(), second.headers["location"]) == (
        first.status_code,
        first.json(),
        first.headers["location"],
    )
    assert len(await service.told(RemedialActionAgreedV1)) == 1


async def test_a_due_date_that_passed_is_noticed_once_by_the_timer(service: Town):
    action = await agreed(service, await service.finalised())
    service.clock.move_to("2026-04-27")
    await service.round()
    assert not (await service.get(HEAD, action)).json()["overdue"]
    service.clock.move_to("2026-05-02")
    await service.rounds(3)
    assert (await service.get(HEAD, action)).json()["overdue"]
    (noticed,) = await service.told(RemedialActionOverdueV1)
    assert noticed.due_on.isoformat() == "2026-04-27"
    (line,) = [
        one
        for one in (await service.get(HEAD, f"{action}/history")).json()["events"]
        if one["type"] == "RemedialActionOverdue.v1"
    ]
    assert (line["effective_date"], line["by_role"]) == ("2026-04-28", "SYSTEM")
    await service.done(MANAGER, f"{action}/due-date", {"due_on": "2026-05-06", "reason": "COURT"})
    service.clock.move_to("2026-05-07")
    await service.rounds(2)
    assert len(await service.told(RemedialActionOverdueV1)) == 2


async def test_what_is_open_overdue_or_to_be_verified_is_listed_by_owner_and_team(service: Town):
    alder = await service.finalised()
    birch = await service.graded(f"/v1/audits/{await an_audit(service, 'birch')}", "GOOD", auditor="qa-2")
    later = await agreed(service, alder, text="one", priority="LOW")
    soon = await agreed(service, alder, text="two", priority="HIGH")
    theirs = await agreed(service, birch, who="qa-2", text="three", priority="MEDIUM", owner="tm-birch")
    done = await agreed(service, alder, text="four", priority="MEDIUM")
    await service.done(WORKER, f"{done}/completion", {"evidence_ref": "note-1"})
    await service.round()
    assert await listed(service, state="OPEN") == [soon, theirs, later]
    assert await listed(service, state="TO_VERIFY") == [done]
    assert await listed(service, owner="tm-birch") == [theirs]
    assert await listed(service, team="alder", state="OPEN") == [soon, later]
    service.clock.move_to("2026-05-06")
    assert await listed(service, state="OVERDUE") == [soon, theirs]
    assert await listed(service, WORKER) == [soon, done, later], "actions on their own case"
    assert await listed(service, "tm-birch") == [theirs]
    assert await listed(service, "far-1") == []
    first = (await service.get(HEAD, "/v1/actions?limit=2")).json()
    second = (await service.get(HEAD, f"/v1/actions?limit=2&after={first['next']}")).json()
    on_one_day = sorted([done, theirs])
    assert [f"/v1/actions/{one['id']}" for one in first["items"] + second["items"]] == [soon, *on_one_day, later]
    assert (second["next"], set(first["items"][0]) & {"text", "worker", "child"}) == (None, set())
    assert (await service.get(HEAD, "/v1/actions?after=MQ")).status_code == 400
    assert (await service.get(HEAD, "/v1/actions?state=LATE")).status_code == 422
    assert (await service.get("member-1", "/v1/actions")).status_code == 403


async def test_audit_withdrawn_as_wrong_child_after_actions_completed(service: Town):
    """Edge case 10: excluded from grades, the actions kept and flagged, the words destroyed on their own when asked."""
    audit = await service.finalised()
    other = await service.finalised()
    action, untouched = await agreed(service, audit), await agreed(service, other)
    await service.done(WORKER, f"{action}/completion", {"evidence_ref": "note-12"})
    await service.done("qa-1", f"{action}/verification", {})
    await service.done(OTHER_HEAD, f"{audit}/withdrawal", {"reason": "WRONG_CHILD"})
    await service.rounds(2)
    shown = (await service.get(HEAD, action)).json()
    assert (shown["stage"], [flag["reason"] for flag in shown["flags"]]) == ("VERIFIED", ["WRONG_CHILD"])
    assert (await service.get(HEAD, untouched)).json()["flags"] == []
    assert await listed(service, state="FLAGGED") == [action]
    (flagged,) = await service.told(RemedialActionFlaggedV1)
    assert flagged.action_id == id_of(action)
    child = (await service.get("qa-1", other)).json()["narrative"]["child"]
    await service.done(OTHER_HEAD, f"{audit}/words-destruction", {})
    gone = (await service.get("qa-1", audit)).json()
    assert set(gone["narrative"]["words"].values()) == {"expired"}
    assert (gone["narrative"]["child"], gone["words_destroyed"]["approved_by"]) == (None, OTHER_HEAD)
    assert (gone["result"]["overall"], gone["stage"]) == ("GOOD", "WITHDRAWN")
    assert set((await service.get(WORKER, action)).json()["narrative"].values()) == {"expired"}
    kept = (await service.get("qa-1", other)).json()["narrative"]
    assert (kept["child"], kept["words"]["child_ref"]) == (child, "case-4711"), "the child's other records stay"


async def test_an_action_that_was_agreed_while_the_audit_was_being_withdrawn_is_flagged_too(service: Town):
    audit = await service.finalised()
    await service.done(OTHER_HEAD, f"{audit}/withdrawal", {"reason": "WRONG_CHILD"})
    await service.rounds(2)
    body = {"audit_id": id_of(audit), "text": "more", "owner": WORKER, "priority": "LOW"}
    assert (await service.post("qa-1", "/v1/actions", body)).status_code == 409
    seen_before = agreed_event.model_copy(update={"audit_id": id_of(audit)})
    asked = unattended("late", Actor(staff_ref="qa-1", role="QA_OFFICER"), "902", MOMENT, MOMENT.date())
    await handle(service.foundations.store, DECIDER, DECIDER.stream("action-1"), lambda _: [seen_before], asked)
    await service.rounds(2)
    shown = (await service.get(HEAD, "/v1/actions/action-1")).json()
    assert [flag["audit_id"] for flag in shown["flags"]] == [id_of(audit)]


async def test_an_audit_withdrawn_for_another_reason_leaves_its_actions_alone(service: Town):
    audit = await service.finalised()
    action = await agreed(service, audit)
    await service.done(OTHER_HEAD, f"{audit}/withdrawal", {"reason": "DUPLICATE"})
    await service.rounds(2)
    assert (await service.get(HEAD, action)).json()["flags"] == []
    refused = await service.do(OTHER_HEAD, f"{audit}/words-destruction", {})
    assert refused.status_code == 409


async def test_a_legal_hold_keeps_the_words(service: Town):
    audit = await service.finalised()
    child = (await service.get("qa-1", audit)).json()["narrative"]["child"]
    await service.done(OTHER_HEAD, f"{audit}/withdrawal", {"reason": "WRONG_CHILD"})
    await service.foundations.keyring.legal_hold(child, "inquiry")
    refused = await service.do(OTHER_HEAD, f"{audit}/words-destruction", {})
    assert (refused.status_code, "legal hold" in refused.json()["detail"]) == (409, True)
    shown = (await service.get("qa-1", audit)).json()
    assert (shown["words_destroyed"], shown["narrative"]["words"]["child_ref"]) == (None, "case-4711")


async def test_words_are_destroyed_as_the_audit_was_seen_and_again_is_answered_alike(service: Town):
    audit = await service.finalised()
    await service.done(OTHER_HEAD, f"{audit}/withdrawal", {"reason": "WRONG_CHILD"})
    version = await service.version(audit)
    stale = await service.post(OTHER_HEAD, f"{audit}/words-destruction", {}, version - 1)
    assert stale.status_code == 412
    assert (await service.get("qa-1", audit)).json()["narrative"]["words"]["child_ref"] == "case-4711"
    first, second = [await service.post(OTHER_HEAD, f"{audit}/words-destruction", {}, version) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (200, first.json())
