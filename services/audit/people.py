"""What the directory says of somebody on one day, as far as auditing goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from services.audit.domain.audit.independence import Auditor
from shared.deciding.refusal import Refused
from shared.directory import Directory, Held, Scope
from shared.published.place import Place
from shared.web.principal import Principal

# Of several roles somebody audits in the first of these; a Team Manager's routine audit is done as Team Manager.
AUDITING = (
    "HEAD_OF_SAFEGUARDING_QA",
    "QA_OFFICER",
    "TEAM_MANAGER",
    "IRO",
    "CP_CHAIR",
    "IMPROVEMENT_PARTNER",
)

LINE_OF_MANAGEMENT: tuple[tuple[str, Scope], ...] = (
    ("TEAM_MANAGER", "team"),
    ("HEAD_OF_SERVICE", "service_area"),
    ("OPERATIONAL_DIRECTOR", "authority"),
    ("HEAD_OF_SAFEGUARDING_QA", "authority"),
    ("DCS", "authority"),
)
# They audit for themes only: what they see as quality assurance of cases they review is no routine audit.
REVIEWING = frozenset({"IRO", "CP_CHAIR"})


def auditor(directory: Directory, staff_ref: str, place: Place, on: date, role: str | None = None) -> Auditor:
    """The person as an auditor of that place. Refused when they hold no role, or not this one, on that day."""
    held = directory.roles(staff_ref, on)
    if not held:
        raise Refused("this person holds no role on that day", field="auditor_ref")
    roles = {one.role for one in held}
    if role is not None and role not in roles:
        raise Refused("this person does not hold that role on that day", field="auditor_role")
    chosen = role or acting_role(roles)
    authorities = frozenset(filter(None, (_authority(directory, one, on) for one in held)))
    return Auditor(
        staff_ref=staff_ref,
        role=chosen,
        teams=_units(held, "team"),
        service_areas=_units(held, "service_area"),
        linked_teams=directory.linked_teams(staff_ref, on),
        external=chosen == "IMPROVEMENT_PARTNER" or place.authority not in authorities,
    )


def not_reviewing(principal: Principal) -> Principal:
    """The same person without their roles as a reviewing officer."""
    return replace(principal, held=tuple(held for held in principal.held if held.role not in REVIEWING))


def acting_role(roles: Iterable[str]) -> str:
    """The role in which somebody with these roles audits or moderates; NONE without any."""
    known = sorted(roles)
    return next((role for role in AUDITING if role in known), known[0] if known else "NONE")


def told_of_danger(directory: Directory, place: Place, on: date) -> tuple[str, ...]:
    """Who is told that a child there may not be safe: the team's manager and the Head of Service.

    The authority's Head of Safeguarding and QA where the directory knows neither.
    """
    found = _in_line(directory, place, on, LINE_OF_MANAGEMENT[:2])
    return found or directory.holders("HEAD_OF_SAFEGUARDING_QA", "authority", place.authority, on)


def managers(directory: Directory, place: Place, on: date) -> frozenset[str]:
    """Everybody who answers for the practice of that place: its line of management, up to the director."""
    return frozenset(_in_line(directory, place, on, LINE_OF_MANAGEMENT))


def _in_line(directory: Directory, place: Place, on: date, line: tuple[tuple[str, Scope], ...]) -> tuple[str, ...]:
    units = {"team": place.team, "service_area": place.service_area, "authority": place.authority}
    found = [ref for role, scope in line if (unit := units[scope]) for ref in directory.holders(role, scope, unit, on)]
    return tuple(dict.fromkeys(found))


def _units(held: Iterable[Held], scope: str) -> frozenset[str]:
    return frozenset(one.unit_id for one in held if one.scope == scope)


def _authority(directory: Directory, held: Held, on: date) -> str | None:
    match held.scope:
        case "team":
            place = directory.place(held.unit_id, on)
            return place.authority if place else None
        case "service_area":
            return directory.service_area_authority(held.unit_id)
        case "authority":
            return held.unit_id
        case _:
            return None
