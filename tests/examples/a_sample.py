"""A frame of ten cases in three teams, and the draw of four of them for a theme with a fixed seed."""

from __future__ import annotations

from datetime import date

from services.audit.domain.audit_sample.decisions import DrawSample, EliminateCase, LeftOut, PlanSampleAudits
from services.audit.domain.audit_sample.events import FrameGroup, SampledCase
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

AUTHORITY = Place(authority="902", regions=("E12000007",))
TEAMS = {
    "team-alder": ("child-01", "child-02", "child-03", "child-04", "child-05"),
    "team-birch": ("child-06", "child-07", "child-08"),
    "team-cedar": ("child-09", "child-10"),
}
FRAME = tuple(FrameGroup(team=team, plan_type="CIN", children=children) for team, children in TEAMS.items())


def case(child: str, team: str) -> SampledCase:
    place = Place(team=team, service_area="area-duty", authority="902", regions=("E12000007",))
    number = SealedText(key=child, nonce="n", text=f"n:{child}", mark=child)
    return SampledCase(child=child, plan_type="CIN", place=place, child_ref=number, worker="sw-1")


CASES = {child: case(child, team) for team, children in TEAMS.items() for child in children}

draw_four = DrawSample(
    sample_id="sample-1",
    audit_type="THEMED",
    place=AUTHORITY,
    frame=FRAME,
    n=4,
    seed="0f1e2d3c",
    strata_by="TEAM",
    cases=CASES,
    left_out=LeftOut(since=date(2025, 4, 20), audited=2),
    on=date(2026, 4, 20),
    theme_id="theme-7",
)
eliminate = EliminateCase("child-09", "CASE_CLOSED")
plan_audits = PlanSampleAudits("2026-04")
