"""What happens to a person's roles and links. A person is an opaque staff reference, never a name."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent

Role = Literal[
    "DCS",
    "OPERATIONAL_DIRECTOR",
    "HEAD_OF_SAFEGUARDING_QA",
    "HEAD_OF_SERVICE",
    "TEAM_MANAGER",
    "QA_OFFICER",
    "IRO",
    "CP_CHAIR",
    "PRACTICE_DEVELOPMENT_WORKER",
    "SOCIAL_WORKER",
    "COMPLAINTS_MANAGER",
    "PERFORMANCE_ANALYST",
    "LEAD_MEMBER",
    "CHIEF_EXECUTIVE",
    "BSCP_CHAIR",
    "IMPROVEMENT_PARTNER",
    "PARTNER_AUTHORITY",
    "SYSTEM_ADMINISTRATOR",
]
Scope = Literal["team", "service_area", "authority", "region"]
LinkType = Literal["QA_OFFICER", "IRO", "CP_CHAIR", "PRACTICE_DEVELOPMENT_WORKER"]


class RoleAssigned(StoredEvent):
    """`until`, when the end is known from the beginning, is the first day without the role."""

    type: Literal["RoleAssigned.v1"] = "RoleAssigned.v1"
    staff_ref: str
    role: Role
    scope: Scope
    unit_id: str
    effective_date: date
    until: date | None = None


class RoleEnded(StoredEvent):
    type: Literal["RoleEnded.v1"] = "RoleEnded.v1"
    staff_ref: str
    role: Role
    scope: Scope
    unit_id: str
    effective_date: date


class TeamLinkStarted(StoredEvent):
    type: Literal["TeamLinkStarted.v1"] = "TeamLinkStarted.v1"
    staff_ref: str
    team_id: str
    link_type: LinkType
    effective_date: date
    until: date | None = None


class TeamLinkEnded(StoredEvent):
    type: Literal["TeamLinkEnded.v1"] = "TeamLinkEnded.v1"
    staff_ref: str
    team_id: str
    link_type: LinkType
    effective_date: date


PersonEvent = Annotated[RoleAssigned | RoleEnded | TeamLinkStarted | TeamLinkEnded, Field(discriminator="type")]
