"""A small made-up organisation: two regions, one authority, two service areas, and teams with their dates."""

from __future__ import annotations

from datetime import date

from services.organisation.domain.authority.events import AuthorityCreated, AuthorityJoinedRegion
from services.organisation.domain.person.events import RoleAssigned, TeamLinkStarted
from services.organisation.domain.region.events import RegionCreated
from services.organisation.domain.service_area.events import ServiceAreaCreated
from services.organisation.domain.service_area.state import DECIDER as SERVICE_AREA
from services.organisation.domain.service_area.state import ServiceArea
from services.organisation.domain.team.events import TeamCreated
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

FOUNDED = date(2024, 4, 1)
MID_QUARTER = date(2026, 5, 15)
LATER = date(2026, 10, 1)

london = RegionCreated(region_id="london", name="London", kind="REGION", effective_date=FOUNDED)
alliance = RegionCreated(region_id="ncl", name="North Alliance", kind="ALLIANCE", effective_date=FOUNDED)
authority = AuthorityCreated(authority_id="901", name="Thornbury Cross", effective_date=FOUNDED)
in_london = AuthorityJoinedRegion(authority_id="901", region_id="london", kind="REGION", effective_date=FOUNDED)


def area_created(id_: str, authority_id: str = "901", on: date = FOUNDED) -> ServiceAreaCreated:
    return ServiceAreaCreated(service_area_id=id_, authority_id=authority_id, name=f"Area {id_}", effective_date=on)


def area(id_: str, authority_id: str = "901", on: date = FOUNDED) -> ServiceArea:
    return SERVICE_AREA.fold([area_created(id_, authority_id, on)])


assessment, planning, elsewhere = area("901-duty"), area("901-planning"), area("902-duty", "902")


def team_created(id_: str = "901-elm", area_id: str = "901-duty", on: date = FOUNDED) -> TeamCreated:
    return TeamCreated(team_id=id_, name="Elm", service_area_id=area_id, authority_id="901", effective_date=on)


elm = team_created()
manager = RoleAssigned(staff_ref="s-100", role="TEAM_MANAGER", scope="team", unit_id="901-elm", effective_date=FOUNDED)
linked = TeamLinkStarted(staff_ref="s-200", team_id="901-elm", link_type="QA_OFFICER", effective_date=FOUNDED)

# The same as the directory hears of it.
LONDON = RegionDescribedV1(region_id="london", names=(Dated(since=FOUNDED, value="London"),), kind="REGION")
AUTHORITY = AuthorityDescribedV1(
    authority_id="901",
    names=(Dated(since=FOUNDED, value="Thornbury Cross"),),
    regions=(Membership(since=FOUNDED, region_id="london"), Membership(since=LATER, region_id="ncl")),
)
DUTY = ServiceAreaDescribedV1(
    service_area_id="901-duty", authority_id="901", names=(Dated(since=FOUNDED, value="Duty and Assessment"),)
)
PLANNING = ServiceAreaDescribedV1(
    service_area_id="901-planning", authority_id="901", names=(Dated(since=FOUNDED, value="Planning"),)
)
ELM = TeamDescribedV1(
    team_id="901-elm",
    names=(Dated(since=FOUNDED, value="Elm"), Dated(since=LATER, value="Elm and Fern")),
    service_areas=(Dated(since=FOUNDED, value="901-duty"), Dated(since=MID_QUARTER, value="901-planning")),
)
FERN = TeamDescribedV1(
    team_id="901-fern",
    names=(Dated(since=FOUNDED, value="Fern"),),
    service_areas=(Dated(since=FOUNDED, value="901-planning"),),
    closed_on=LATER,
    merged_into="901-elm",
)
MANAGER = PersonDescribedV1(
    staff_ref="s-100",
    holdings=(Holding(since=FOUNDED, role="TEAM_MANAGER", scope="team", unit_id="901-elm"),),
    links=(),
)
QA_OFFICER = PersonDescribedV1(
    staff_ref="s-200",
    holdings=(),
    links=(
        Link(since=FOUNDED, until=LATER, team_id="901-elm", link_type="QA_OFFICER"),
        Link(since=FOUNDED, team_id="901-fern", link_type="IRO"),
    ),
)
SUCCESSOR = PersonDescribedV1(
    staff_ref="s-201", holdings=(), links=(Link(since=LATER, team_id="901-elm", link_type="QA_OFFICER"),)
)
EVERYTHING = (LONDON, AUTHORITY, DUTY, PLANNING, ELM, FERN, MANAGER, QA_OFFICER, SUCCESSOR)
