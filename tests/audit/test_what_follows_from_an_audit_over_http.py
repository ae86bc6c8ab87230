"""Safety concerns and late changes over HTTP: who is told, what the clock notices, which closed periods are touched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from services.audit.people import managers, told_of_danger
from shared.directory import Directory
from shared.published.audit import AuditGradedV1, AuditWithdrawnV1
from shared.published.audit_cycle import (
    SafetyConcernAcknowledgedV1,
    SafetyConcernClearedV1,
    SafetyConcernRaisedV1,
)
from tests.audit.a_larger_town import an_audit
from tests.audit.following import HEAD, MANAGER, MODERATOR, OTHER_HEAD, WORKER, Town, town
from tests.audit.service import learn, person

pytestmark = pytest.mark.connected
DAY = date(2026, 4, 20)
CONCERN = {"concern": "not seen for a month"}


@pytest.fixture
async def service(mongo_database: Any) -> AsyncIterator[Town]:
    async with town(mongo_database) as service:
        yield service


async def started(service: Town, team: str = "alder") -> str:
    audit = f"/v1/audits/{await an_audit(service, team, worker=WORKER)}"
    await service.steps(audit, (HEAD, "allocation", {"auditor_ref": "qa-3"}), ("qa-3", "start", {}))
    return audit


async def concern_of(service: Town, audit: str) -> dict[str, Any]:
    return dict((await service.get(HEAD, audit)).json())


async def test_the_manager_and_the_head_of_service_are_told_and_confirm(service: Town):
    audit = await started(service)
    await service.done("qa-3", f"{audit}/safety-concern", CONCERN)
    shown = await concern_of(service, audit)
    assert (shown["safety_concern"]["notified"], shown["safety_concern"]["due_on"]) == (
        [MANAGER, "hos-duty"],
        "2026-04-21",
    )
    assert "month" not in str(shown)
    for who in ("qa-3", "qa-1", HEAD):
        answered = await service.do(who, f"{audit}/safety-concern-confirmation", {})
        assert answered.status_code == (200 if who == HEAD else 409), who
    await service.done("qa-3", f"{audit}/safety-concern-clearance", {})
    raised, confirmed, cleared = await service.told(
        SafetyConcernRaisedV1, SafetyConcernAcknowledgedV1, SafetyConcernClearedV1
    )
    assert (raised.place.team, confirmed.in_time, cleared.cleared_on.isoformat()) == ("alder", True, "2026-04-20")


def test_the_head_of_safeguarding_is_told_where_the_directory_knows_neither():
    known = Directory()
    learn(known)
    alder, birch = (known.place(team, DAY) for team in ("alder", "birch"))
    assert told_of_danger(known, alder, DAY) == (MANAGER,)
    assert told_of_danger(known, birch, DAY) == (HEAD,)
    known.learn(person("hos-duty", "HEAD_OF_SERVICE", "service_area", "duty"))
    assert told_of_danger(known, alder, DAY) == (MANAGER, "hos-duty")
    assert told_of_danger(known, birch, DAY) == ("hos-duty",)
    assert managers(known, birch, DAY) == {"hos-duty", HEAD}


async def test_a_confirmation_that_nobody_gave_is_noticed_once(service: Town):
    audit = await started(service)
    await service.done("qa-3", f"{audit}/safety-concern", CONCERN)
    service.clock.move_to("2026-04-21")
    await service.round()
    assert not (await concern_of(service, audit))["safety_overdue"]
    service.clock.move_to("2026-04-22")
    await service.rounds(3)
    assert (await concern_of(service, audit))["safety_overdue"]
    lines = (await service.get(HEAD, f"{audit}/history")).json()["events"]
    assert [one["type"] for one in lines].count("ImmediateSafetyConcernOverdue.v1") == 1
    assert (lines[-1]["effective_date"], lines[-1]["by_role"]) == ("2026-04-22", "SYSTEM")
    await service.done(MANAGER, f"{audit}/safety-concern-confirmation", {})
    (told,) = await service.told(SafetyConcernAcknowledgedV1)
    assert not told.in_time
    held = await service.do(OTHER_HEAD, f"{audit}/withdrawal", {"reason": "CASE_CLOSED"})
    assert held.status_code == 200, "once the child is known to be safe"


async def test_a_backdated_finalisation(service: Town):
    """Edge case 23: done 30 April, entered 12 May after close: it counts on 30 April and says that April was closed."""
    audit = await submitted(service)
    service.clock.move_to("2026-05-12")
    late = await service.done(MODERATOR, f"{audit}/finalisation", {"effective_date": "2026-04-30"})
    assert late["closed_periods_affected"] == ["2026-04"]
    (graded,) = await service.told(AuditGradedV1)
    assert graded.effective_date.isoformat() == "2026-04-30"
    line = (await service.get(HEAD, f"{audit}/history")).json()["events"][-1]
    assert (line["effective_date"], line["recorded_at"][:10]) == ("2026-04-30", "2026-05-12")


async def submitted(service: Town) -> str:
    audit = await started(service)
    required = (await service.get(HEAD, audit)).json()["required_domains"]
    grades = [("qa-3", "domain-grades", {"domain": d, "grade": "GOOD", "rationale": "seen"}) for d in required]
    judged = {"audit_quality": "THOROUGH", "overall": "GOOD"}
    await service.steps(
        audit,
        *grades,
        ("qa-3", "overall-grade", {"grade": "GOOD"}),
        ("qa-3", "submission", {}),
        ("qa-1", "moderation", judged),
    )
    return audit


async def test_an_audit_regraded_after_the_month_report_closed(service: Town):
    """Edge case 1, the audit's side: the answer and the record name the closed periods; the date stays."""
    audit = await submitted(service)
    in_time = await service.done("qa-1", f"{audit}/finalisation", {})
    assert in_time["closed_periods_affected"] == []
    service.clock.move_to("2026-05-12")
    moderator = await service.do(HEAD, f"{audit}/regrade", {"overall": "GOOD", "reason": "APPEAL"})
    assert moderator.status_code == 200, "the same grade is nothing new"
    regraded = await service.done(HEAD, f"{audit}/regrade", {"overall": "REQUIRES_IMPROVEMENT", "reason": "APPEAL"})
    assert regraded["closed_periods_affected"] == ["2026-04"]
    service.clock.move_to("2026-07-20")
    gone = await service.done(HEAD, f"{audit}/withdrawal", {"reason": "DUPLICATE"})
    assert gone["closed_periods_affected"] == ["2026-04", "2026-Q1"]
    first, second, third = await service.told(AuditGradedV1, AuditWithdrawnV1)
    assert (first.effective_date, first.approver_role) == (second.effective_date, None)
    assert (second.approver_role, third.approver_role) == ("HEAD_OF_SAFEGUARDING_QA", "HEAD_OF_SAFEGUARDING_QA")
    shown = (await service.get(HEAD, audit)).json()
    assert (shown["regraded"]["approved_by"], shown["withdrawn"]["approver_role"]) == (HEAD, "HEAD_OF_SAFEGUARDING_QA")
