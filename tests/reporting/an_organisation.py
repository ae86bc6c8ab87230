"""Two made-up authorities of one alliance. Team Fern moved from Planning to Duty on 15 May 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime

from shared.directory import Directory
from shared.published.organisation import (
    AuthorityDescribedV1,
    Dated,
    Holding,
    Link,
    Membership,
    PersonDescribedV1,
    RegionDescribedV1,
    ServiceAreaDescribedV1,
    TeamDescribedV1,
)

BEGAN = date(2020, 4, 1)
MOVED = date(2026, 5, 15)
NOW = datetime(2026, 7, 10, 9, 0, tzinfo=UTC)

TEAMS = {
    "team-elm": ("Elm", [(BEGAN, "area-planning")]),
    "team-fern": ("Fern", [(BEGAN, "area-planning"), (MOVED, "area-duty")]),
    "team-birch": ("Birch", [(BEGAN, "area-duty")]),
    "team-hazel": ("Hazel", [(BEGAN, "area-planning")]),
    "team-oak": ("Oak", [(BEGAN, "area-other")]),
}
AREAS = {"area-planning": ("Planning", "901"), "area-duty": ("Duty", "901"), "area-other": ("Other", "902")}
PEOPLE = {
    "director": ("DCS", "authority", "901"),
    "analyst": ("PERFORMANCE_ANALYST", "authority", "901"),
    "head-of-planning": ("HEAD_OF_SERVICE", "service_area", "area-planning"),
    "manager-of-elm": ("TEAM_MANAGER", "team", "team-elm"),
    "lead-member": ("LEAD_MEMBER", "authority", "901"),
    "director-of-902": ("DCS", "authority", "902"),
    "social-worker": ("SOCIAL_WORKER", "team", "team-elm"),
    "administrator": ("SYSTEM_ADMINISTRATOR", "authority", "901"),
}


def called(name: str) -> tuple[Dated, ...]:
    return (Dated(since=BEGAN, value=name),)


def an_organisation() -> Directory:
    directory = Directory()
    directory.learn(RegionDescribedV1(region_id="alliance-north", names=called("North alliance"), kind="ALLIANCE"))
    directory.learn(RegionDescribedV1(region_id="region-south", names=called("South"), kind="REGION"))
    for la_code in ("901", "902"):
        members = tuple(Membership(since=BEGAN, region_id=region) for region in ("alliance-north", "region-south"))
        directory.learn(
            AuthorityDescribedV1(authority_id=la_code, names=called(f"Authority {la_code}"), regions=members)
        )
    for area, (name, la_code) in AREAS.items():
        directory.learn(ServiceAreaDescribedV1(service_area_id=area, authority_id=la_code, names=called(name)))
    for team, (name, areas) in TEAMS.items():
        dated = tuple(Dated(since=since, value=area) for since, area in areas)
        directory.learn(TeamDescribedV1(team_id=team, names=called(name), service_areas=dated))
    for staff_ref, (role, scope, unit_id) in PEOPLE.items():
        held = Holding(since=BEGAN, role=role, scope=scope, unit_id=unit_id)
        directory.learn(PersonDescribedV1(staff_ref=staff_ref, holdings=(held,), links=()))
    _learn_the_officer(directory)
    return directory


def _learn_the_officer(directory: Directory) -> None:
    held = Holding(since=BEGAN, role="QA_OFFICER", scope="authority", unit_id="901")
    link = Link(since=BEGAN, team_id="team-birch", link_type="QA_OFFICER")
    directory.learn(PersonDescribedV1(staff_ref="officer", holdings=(held,), links=(link,)))
