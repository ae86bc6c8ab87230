"""R5: how far auditors agree, and what moderation made of their grades."""

from __future__ import annotations

from datetime import date

import pytest

from services.reporting.domain.policy import ReportingPolicy
from tests.reporting.a_cycle import GRADE, MANAGER, OFFICER
from tests.reporting.cycle_telling import a_pair
from tests.reporting.reporting import made, rows, table
from tests.reporting.telling import FERN, a_graded_audit

APRIL = "2026-04"
TWELVE = ReportingPolicy(least_pairs=12)
TOTAL = "authority:901|OFSTED4"


def pairs(first, second, **given):
    return {
        f"pair-{given.get('role_a', '')}{given.get('scale', '')}{n}": [
            a_pair(GRADE.get(a, str(a)), GRADE.get(b, str(b)), **given)
        ]
        for n, (a, b) in enumerate(zip(first, second, strict=True))
    }


async def total(histories, name="agreement", key=TOTAL, **asked):
    return rows(await made("R5", period=APRIL, histories=histories, **asked), name)[key]


async def test_the_golden_pairs():
    """Golden vector: quadratic 0.7714, exact 0.6667, within one 1.0, signed +0.1667."""
    found = await total(pairs(MANAGER, OFFICER), policy=TWELVE)
    assert (found["pairs"], found["kappa"], found["difference"]) == (12, 0.7714, 0.1667)
    assert (found["exact_percent"], found["within_one_percent"]) == (66.7, 100.0)
    assert (found["kappa_low"], found["kappa_high"]) == (0.5664, 0.9764)


async def test_kappa_is_shown_from_twenty_pairs():
    nineteen = await total(pairs((MANAGER * 2)[:19], (OFFICER * 2)[:19]))
    assert (nineteen["pairs"], nineteen["kappa"], nineteen["kappa_low"]) == (19, None, None)
    twenty = await total(pairs((MANAGER * 2)[:20], (OFFICER * 2)[:20]))
    assert twenty["kappa"] is not None
    assert twenty["kappa_low"] < twenty["kappa"] < twenty["kappa_high"]


@pytest.mark.parametrize("second", [[3] * 6, [3, 3, 3, 3, 3, 2]], ids=["both", "one of them"])
async def test_all_grades_identical_is_not_calculable_and_the_table_of_grades_is_there(second):
    """Edge case 17: kappa is not calculable, whatever the number of pairs; the raw table is shown."""
    for times in (1, 4):
        report = await made("R5", period=APRIL, histories=pairs([3] * 6 * times, second * times))
        found = rows(report, "agreement")[TOTAL]
        assert (found["kappa"], found["kappa_low"], found["pairs"]) == ("not calculable", None, 6 * times)
        assert rows(report, "pairs_OFSTED4")["ALL|GOOD"]["GOOD"] == second.count(3) * times


async def test_no_pairs_print_z():
    """Edge case 17: nothing to count."""
    found = await total({}, key="authority:901")
    assert (found["pairs"], found["exact_percent"], found["difference"], found["kappa"]) == (0, "z", "z", "z")


async def test_every_grade_that_met_another_is_in_the_four_by_four_table():
    report = await made("R5", period=APRIL, histories=pairs(MANAGER, OFFICER))
    confusion = rows(report, "pairs_OFSTED4")
    assert [list(confusion[f"ALL|{grade}"].values())[2:] for grade in GRADE.values()] == [
        [0, 0, 0, 2],
        [0, 1, 2, 1],
        [0, 4, 1, 0],
        [0, 1, 0, 0],
    ]
    assert confusion["TEAM_MANAGER|GOOD"]["REQUIRES_IMPROVEMENT"] == 1


async def test_only_pairs_of_one_case_are_agreement():
    talk = {f"pair-talk-{n}": [a_pair("GOOD", "INADEQUATE", kind="COMPARED")] for n in range(30)}
    assert (await total({**talk, **pairs(MANAGER, OFFICER)}))["pairs"] == 12


async def test_what_is_no_grade_is_left_out():
    assert (await total({**pairs([3], [2]), "pair-x": [a_pair("NOT_EVIDENCED", "GOOD")]}))["pairs"] == 1


async def test_two_scales_are_two_rows():
    """Edge case 19: never added together."""
    report = await made(
        "R5", period=APRIL, histories={**pairs([3, 2], [3, 3]), **pairs([7, 9, 10], [8, 9, 5], scale="SOS10")}
    )
    found = rows(report, "agreement")
    assert (found[TOTAL]["pairs"], found["authority:901|SOS10"]["pairs"]) == (2, 3)
    assert [column.code for column in table(report, "pairs_SOS10").columns][2:] == ["10", "9", "8", "7", "5"]


async def test_auditors_are_told_apart_by_role():
    histories = {**pairs([3] * 10, [3] * 10, role_a="TEAM_MANAGER"), **pairs([3] * 10, [2] * 10, role_a="IRO")}
    report = await made("R5", period=APRIL, histories=histories)
    found = rows(report, "agreement")
    assert found[f"{TOTAL}|TEAM_MANAGER"]["exact_percent"] == 100.0
    assert (found[f"{TOTAL}|IRO"]["exact_percent"], found[f"{TOTAL}|IRO"]["difference"]) == (0.0, 1.0)
    assert found[TOTAL]["pairs"] == 20


def moderated(overall, raw, **given):
    return a_graded_audit(
        overall,
        raw_overall=raw,
        grade_source="MODERATED",
        moderated_overall=overall,
        moderator_role="QA_OFFICER",
        **{"audit_quality": "ADEQUATE", **given},
    )


async def test_drift_is_raw_less_moderated_and_both_grades_are_kept():
    histories = {
        "audit-1": [moderated("GOOD", "OUTSTANDING")],
        "audit-2": [moderated("INADEQUATE", "GOOD", audit_quality="INSUFFICIENT")],
        "audit-3": [moderated("GOOD", "GOOD", audit_quality="THOROUGH")],
        "audit-4": [moderated("GOOD", "REQUIRES_IMPROVEMENT")],
        "audit-5": [a_graded_audit("GOOD")],
    }
    report = await made("R5", period=APRIL, histories=histories)
    found = rows(report, "moderation")[TOTAL]
    assert (found["audits"], found["moderated"], found["raised"], found["lowered"], found["drift"]) == (5, 4, 1, 2, 0.5)
    assert (found["thorough"], found["adequate"], found["insufficient"]) == (1, 2, 1)
    assert rows(report, "moderated_OFSTED4")["ALL|GOOD"]["INADEQUATE"] == 1


async def test_a_regrade_or_a_consensus_does_not_change_what_the_moderator_found():
    consensus = moderated("REQUIRES_IMPROVEMENT", "GOOD").model_copy(
        update={"overall": "GOOD", "grade_source": "CONSENSUS"}
    )
    regraded = moderated("REQUIRES_IMPROVEMENT", "GOOD").model_copy(update={"overall": "INADEQUATE", "regrade": True})
    found = await total({"audit-1": [consensus], "audit-2": [regraded]}, "moderation")
    assert (found["moderated"], found["lowered"], found["drift"]) == (2, 2, 1.0)


async def test_nor_does_it_where_another_system_told_that_there_was_one_and_no_more():
    first = a_graded_audit("GOOD", raw_overall="OUTSTANDING", grade_source="MODERATED")
    regraded = first.model_copy(update={"overall": "INADEQUATE", "regrade": True})
    found = await total({"audit-1": [first, regraded]}, "moderation")
    assert (found["moderated"], found["lowered"], found["drift"]) == (1, 1, 1.0)


async def test_team_manager_audits_own_teams_case():
    """Edge case 8: it is allowed, and the share of such audits is shown."""
    own = {
        f"audit-{n}": [a_graded_audit(auditor_role="TEAM_MANAGER", independence="OWN_TEAM", audit_id=str(n))]
        for n in range(9)
    }
    other = {"audit-9": [a_graded_audit(auditor_role="TEAM_MANAGER", independence="PEER_TEAM")]}
    report = await made("R5", period=APRIL, histories={**own, **other, "audit-10": [a_graded_audit()]})
    manager = rows(report, "moderation")[f"{TOTAL}|TEAM_MANAGER"]
    assert (manager["audits"], manager["own_team"], manager["own_team_percent"]) == (10, 9, 90.0)
    assert rows(report, "moderation")[f"{TOTAL}|QA_OFFICER"]["own_team"] == 0


async def test_units_have_their_own_counts_and_a_quarter_its_months():
    histories = {
        **pairs([3, 3], [3, 2]),
        "pair-fern": [a_pair("GOOD", "GOOD", place=FERN, compared_on=date(2026, 5, 6))],
    }
    quarter = rows(
        await made("R5", ("service_area", "area-planning"), "2026-Q1", histories=histories), "agreement_by_unit"
    )
    assert quarter["service_area:area-planning|OFSTED4"]["pairs"] == 3
    assert (quarter["team:team-elm|OFSTED4"]["pairs"], quarter["team:team-fern|OFSTED4"]["pairs"]) == (2, 1)
