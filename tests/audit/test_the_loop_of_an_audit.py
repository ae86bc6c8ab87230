"""What followed from an audit, read together: actions, re-audits, meetings and learning, and whether it is closed."""

from __future__ import annotations

from typing import Any

import pytest

from services.audit.learning.loop import loop
from tests.audit.a_larger_town import an_audit, larger_town, round_
from tests.audit.following import WORKER, id_of, town
from tests.audit.test_actions_over_http import agreed
from tests.audit.test_learning_over_http import BRIEFING, TRACKED, recorded
from tests.audit.test_re_audits_over_http import planned

NOTHING = ["VERIFIED_ACTION", "RE_AUDIT_OR_IMPACT_REVIEW"]


def action(stage: str, id_: str = "1") -> dict[str, Any]:
    return {"_id": f"remedial_action-{id_}", "kind": "remedial_action", "stage": stage, "on": "2026-04-02"}


def re_audit(stage: str, parent: str = "audit-1") -> dict[str, Any]:
    entry = {"_id": "re_audit-1", "kind": "re_audit", "stage": stage, "on": "2026-04-03", "parent_audit_id": parent}
    return {**entry, "audit_id": "audit-9", "audits": [parent, "audit-9"]}


def learned(stage: str) -> dict[str, Any]:
    return {"_id": "learning_point-1", "kind": "learning_point", "stage": stage, "on": "2026-04-04"}


def meeting(stage: str) -> dict[str, Any]:
    return {"_id": "four_r_meeting-1", "kind": "four_r_meeting", "stage": stage, "on": "2026-04-05"}


@pytest.mark.parametrize(
    ("known", "missing"),
    [
        ([], NOTHING),
        ([meeting("HELD")], NOTHING),
        ([action("VERIFIED")], ["RE_AUDIT_OR_IMPACT_REVIEW"]),
        ([action("VERIFIED"), re_audit("COMPLETED")], []),
        ([action("VERIFIED"), learned("REVIEWED")], []),
        ([action("VERIFIED"), learned("DISSEMINATED")], ["RE_AUDIT_OR_IMPACT_REVIEW"]),
        ([action("VERIFIED"), re_audit("NOT_POSSIBLE")], ["RE_AUDIT_OR_IMPACT_REVIEW"]),
        ([action("VERIFIED"), re_audit("REQUIRED"), learned("REVIEWED")], ["RE_AUDIT_DUE"]),
        ([action("VERIFIED"), action("COMPLETED", "2"), re_audit("COMPLETED")], ["OPEN_ACTION"]),
        ([action("VERIFIED"), action("CANCELLED", "2"), re_audit("COMPLETED")], []),
        ([action("CANCELLED"), re_audit("COMPLETED")], ["VERIFIED_ACTION"]),
        ([action("OPEN"), re_audit("PLANNED")], [*NOTHING[:1], "OPEN_ACTION", *NOTHING[1:], "RE_AUDIT_DUE"]),
        ([action("VERIFIED"), re_audit("COMPLETED", parent="audit-0")], ["RE_AUDIT_OR_IMPACT_REVIEW"]),
    ],
)
def test_a_loop_is_closed_by_a_verified_action_plus_a_re_audit_or_an_impact_review(known: Any, missing: list[str]):
    told = loop("audit-1", known)
    assert (told["missing"], told["closed"]) == (missing, not missing)


def test_things_are_told_by_kind_the_oldest_first_without_what_is_nobodys_business():
    later = {**action("OPEN", "2"), "on": "2026-04-09", "due_on": "2026-04-20", "owner": "sw-1", "worker": "sw-1"}
    told = loop("audit-1", [later, learned("RECORDED"), action("VERIFIED")])
    assert told["actions"] == [
        {"id": "1", "stage": "VERIFIED", "on": "2026-04-02"},
        {"id": "2", "stage": "OPEN", "on": "2026-04-09", "due_on": "2026-04-20"},
    ]
    assert [one["id"] for one in told["learning_points"]] == ["1"]
    assert (told["re_audits"], told["meetings"]) == ([], [])


async def test_the_loop_of_an_audit_shows_what_followed_from_it(mongo_database: Any):
    async with larger_town(mongo_database) as service:
        audit = await an_audit(service, "alder")
        address = f"/v1/audits/{audit}/loop"
        await round_(service)
        empty = (await service.get("tm-1", address)).json()
        assert (empty["id"], empty["meetings"], empty["learning_points"]) == (audit, [], [])
        body = {"planned_on": "2026-04-20", "linked_audits": [audit]}
        meeting = await service.post("qa-3", "/v1/four-r-meetings", body)
        point = await recorded(service, source="AUDIT", links=[audit])
        await recorded(service, team_id="alder")
        await round_(service)
        begun = (await service.get("tm-1", address)).json()
        assert begun["meetings"] == [{"id": meeting.json()["id"], "stage": "SCHEDULED", "on": "2026-04-20"}]
        (line,) = begun["learning_points"]
        assert (line["id"], line["stage"], line["source"]) == (point.rpartition("/")[2], "RECORDED", "AUDIT")
        assert begun["missing"] == NOTHING
        assert (await service.get("tm-birch", address)).status_code == 404
        await service.post("qa-3", f"{point}/dissemination", BRIEFING, 1)
        await service.post("qa-3", f"{point}/impact-review", TRACKED, 2)
        await round_(service)
        reviewed = (await service.get("tm-1", address)).json()
        assert reviewed["learning_points"][0]["last_result"] == "IMPROVED"
        assert reviewed["missing"] == ["VERIFIED_ACTION"]


async def test_the_loop_of_an_inadequate_audit_is_closed_by_a_verified_action_and_a_re_audit(mongo_database: Any):
    async with town(mongo_database) as service:
        parent = await service.finalised("INADEQUATE", THRESHOLD="INADEQUATE")
        action = await agreed(service, parent)
        await service.rounds()
        begun = (await service.get("qa-1", f"{parent}/loop")).json()
        assert begun["missing"] == ["VERIFIED_ACTION", "OPEN_ACTION", "RE_AUDIT_OR_IMPACT_REVIEW", "RE_AUDIT_DUE"]
        await service.done(WORKER, f"{action}/completion", {"evidence_ref": "note-12"})
        await service.done("qa-1", f"{action}/verification", {})
        again = await service.graded(await planned(service, parent), "GOOD", auditor="qa-2")
        await service.rounds()
        closed = (await service.get("qa-1", f"{parent}/loop")).json()
        assert (closed["missing"], closed["closed"]) == ([], True)
        assert [(one["id"], one["stage"]) for one in closed["actions"]] == [(id_of(action), "VERIFIED")]
        assert [(one["stage"], one["outcome"], one["audit_id"]) for one in closed["re_audits"]] == [
            ("COMPLETED", "IMPROVED", id_of(again))
        ]
        of_the_re_audit = (await service.get("qa-2", f"{again}/loop")).json()
        assert of_the_re_audit["re_audits"] == closed["re_audits"]
        assert not of_the_re_audit["closed"]
        assert not {"owner", "worker", "child"} & {name for one in closed["actions"] for name in one}
