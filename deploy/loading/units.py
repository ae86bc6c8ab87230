"""Commands that make the organisation's units, the same however often they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from deploy.loading.posting import Command

ORGANISATION = "organisation"
# England's nine regions and its authorities are older than any record here; the files do not say since when.
ALWAYS = date(2009, 4, 1)
# Regional alliances began to work on this day. North Central London holds the demonstration's authorities too.
ALLIANCES_BEGAN = date(2019, 4, 1)
NCL = "ncl"
NCL_NAME = "North Central London"
NCL_AUTHORITIES = ("302", "202", "308", "204", "309", "206")


def region(id_: str, name: str, kind: str = "REGION", since: date = ALWAYS) -> Command:
    return _made("regions", {"id": id_, "name": name, "kind": kind}, since)


def ncl() -> Command:
    return region(NCL, NCL_NAME, "ALLIANCE", ALLIANCES_BEGAN)


def authority(code: str, name: str, since: date = ALWAYS) -> Command:
    return _made("authorities", {"id": code, "name": name}, since)


def membership(code: str, region_id: str, since: date = ALWAYS) -> Command:
    path = f"/v1/authorities/{code}/region-membership"
    return _command(path, f"{code}-in-{region_id}", {"region_id": region_id}, since)


def memberships_in(commands: Iterable[Command]) -> list[tuple[str, str]]:
    """The authorities that join a region by these commands, each with its region."""
    joining = [one for one in commands if one.path.endswith("/region-membership")]
    return [(one.path.split("/")[3], one.body["region_id"]) for one in joining]


def service_area(id_: str, authority_id: str, name: str, since: date) -> Command:
    return _made("service-areas", {"id": id_, "authority_id": authority_id, "name": name}, since)


def team(id_: str, service_area_id: str, name: str, since: date) -> Command:
    return _made("teams", {"id": id_, "service_area_id": service_area_id, "name": name}, since)


def team_moved(id_: str, service_area_id: str, since: date) -> Command:
    path = f"/v1/teams/{id_}/service-area"
    return _command(path, f"{id_}-to-{service_area_id}", {"service_area_id": service_area_id}, since)


def role(staff_ref: str, code: str, scope: str, unit_id: str, since: date) -> Command:
    body = {"role": code, "scope": scope, "unit_id": unit_id}
    return _command(f"/v1/people/{staff_ref}/roles", f"{staff_ref}-{code}-{unit_id}", body, since)


def link(staff_ref: str, team_id: str, link_type: str, since: date, until: date | None = None) -> Command:
    body = {"team_id": team_id, "link_type": link_type, **({"until": until.isoformat()} if until else {})}
    return _command(f"/v1/people/{staff_ref}/links", f"{staff_ref}-{link_type}-{team_id}", body, since)


def _made(noun: str, body: Mapping[str, Any], since: date) -> Command:
    return _command(f"/v1/{noun}", f"{noun}-{body['id']}", body, since)


def _command(path: str, key: str, body: Mapping[str, Any], since: date) -> Command:
    told = {**body, "effective_date": since.isoformat()}
    return Command(ORGANISATION, path, told, f"loading-{key}-{since.isoformat()}")
