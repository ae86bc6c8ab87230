"""A Team Manager's routine audit is of the own team: allowed, marked, and moderated by somebody else."""

from __future__ import annotations

from tests.audit.service import running


async def test_team_manager_audits_own_teams_case():
    """Edge case 8: Team Manager audits own team's case: allowed, OWN_TEAM; may not be the moderator.

    The share of such audits that R4 shows is counted from what is told here.
    """
    async with running() as service:
        audit = await service.planned(audit_type="TM_ROUTINE", supervisor="tm-1")
        steps = [("head-1", "allocation", {"auditor_ref": "tm-1"}), ("tm-1", "start", {})]
        await service.steps(audit, *steps)
        shown = (await service.get("tm-1", audit)).json()
        assert shown["allocation"]["independence"] == "OWN_TEAM"
        assert shown["allocation"]["auditor_role"] == "TEAM_MANAGER"
        graded = [
            ("tm-1", "domain-grades", {"domain": domain, "grade": "INADEQUATE", "rationale": "not seen"})
            for domain in shown["required_domains"]
        ]
        overall = {"grade": "INADEQUATE", "override_reason": "nobody saw the child"}
        version = await service.steps(audit, *graded, ("tm-1", "overall-grade", overall), ("tm-1", "submission", {}))
        judged = {"audit_quality": "THOROUGH", "overall": "INADEQUATE"}
        own = await service.post("tm-1", f"{audit}/moderation", judged, version)
        assert own.status_code in (403, 404, 409)
        await service.steps(audit, ("qa-2", "moderation", judged), ("head-1", "finalisation", {}))
        result = (await service.get("head-1", audit)).json()["result"]
        assert (result["independence"], result["auditor_role"]) == ("OWN_TEAM", "TEAM_MANAGER")
        assert (result["moderator_role"], result["audit_quality"]) == ("QA_OFFICER", "THOROUGH")
