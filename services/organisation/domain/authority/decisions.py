"""What may be decided about an authority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.organisation.domain.authority.events import (
    AuthorityCreated,
    AuthorityEvent,
    AuthorityJoinedRegion,
    AuthorityLeftRegion,
    AuthorityRenamed,
)
from services.organisation.domain.authority.state import Authority
from services.organisation.domain.dating import Span, at, check_within, has_to_end, is_new
from services.organisation.domain.region.state import Region
from shared.deciding.refusal import Refused


@dataclass(frozen=True, slots=True)
class CreateAuthority:
    authority_id: str
    name: str
    effective_date: date


@dataclass(frozen=True, slots=True)
class RenameAuthority:
    name: str
    effective_date: date


@dataclass(frozen=True, slots=True)
class JoinRegion:
    effective_date: date


@dataclass(frozen=True, slots=True)
class LeaveRegion:
    effective_date: date


def create_authority(command: CreateAuthority, authority: Authority) -> list[AuthorityEvent]:
    created = AuthorityCreated(
        authority_id=command.authority_id, name=command.name, effective_date=command.effective_date
    )
    if authority.created is not None and authority.created != created:
        raise Refused("the id belongs to another authority already", field="id")
    return [] if authority.created else [created]


def rename_authority(command: RenameAuthority, authority: Authority) -> list[AuthorityEvent]:
    check_within(authority.opened_on, None, command.effective_date, "authority")
    if at(authority.names, command.effective_date) == command.name:
        return []
    return [AuthorityRenamed(authority_id=authority.id, name=command.name, effective_date=command.effective_date)]


def join_region(command: JoinRegion, authority: Authority, region: Region) -> list[AuthorityEvent]:
    """Of England's nine regions an authority is in one at a time; of alliances it may be in several."""
    on = command.effective_date
    check_within(authority.opened_on, None, on, "authority")
    _check_region(region, on)
    if not _is_new_membership(authority, Span((region.id, region.kind), on)):
        return []
    return [AuthorityJoinedRegion(authority_id=authority.id, region_id=region.id, kind=region.kind, effective_date=on)]


def leave_region(command: LeaveRegion, authority: Authority, region: Region) -> list[AuthorityEvent]:
    on = command.effective_date
    if not has_to_end(authority.regions, (region.id, region.kind), on):
        return []
    return [AuthorityLeftRegion(authority_id=authority.id, region_id=region.id, kind=region.kind, effective_date=on)]


def _check_region(region: Region, on: date) -> None:
    if region.opened_on is None or on < region.opened_on:
        raise Refused("there is no such region on that date", field="region_id")


def _is_new_membership(authority: Authority, span: Span) -> bool:
    if not is_new(authority.regions, span):
        return False
    rivals = [known for known in authority.regions if known.what[1] == span.what[1] == "REGION"]
    if any(known.overlaps(span) for known in rivals):
        raise Refused("an authority is in one region at a time: it has to leave the other first")
    return True
