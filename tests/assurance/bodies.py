"""A body that is valid for any command, made from the route's own model: only what is required, nothing about rules."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from services.audit.domain.template.defaults import DEFAULTS
from tests.assurance.world import NOW

# Texts whose form is prescribed, or that must name something that exists for the command to come as far as its reach.
TEXTS: Mapping[str, str] = {
    "id": "904",
    "name": "Example",
    "team_id": "901-elm",
    "service_area_id": "901-planning",
    "authority_id": "901",
    "region_id": "london",
    "into": "901-fern",
    "unit_id": "901-elm",
    "auditor_ref": "head-901",
    "template_id": "front-door",
    "plan_type": "CONTACT",
    "audit_type": "QA_ROUTINE",
    "with_role": "TEAM_MANAGER",
    "case": "0" * 24,
    "quarter": "2026-Q1",
}
NONE_NEEDED = {"feedback", "quoted"}


def body_of(model: type[BaseModel], **given: Any) -> dict[str, Any]:
    """JSON-ready, of a team where one may be named; `given` are added, or replace what is there."""
    if "template" in model.model_fields:
        return {"template": DEFAULTS[0].model_dump(mode="json")}
    required = {name: field for name, field in model.model_fields.items() if field.is_required()}
    made = {name: _value(field.annotation, name) for name, field in required.items()}
    if "team_id" in model.model_fields:
        made["team_id"] = TEXTS["team_id"]
    return {**made, **given}


def _value(kind: Any, name: str) -> Any:
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(inside[0], name)
    if origin in (Union, types.UnionType):
        return _value(inside[0], name)
    if origin is Literal:
        return "team" if name == "scope" else inside[0]
    if origin in (tuple, frozenset, list):
        return [] if name in NONE_NEEDED else [_value(inside[0], name)]
    if origin is dict:
        return {}
    return _plain(kind, name)


def _plain(kind: Any, name: str) -> Any:
    if issubclass(kind, BaseModel):
        return body_of(kind)
    if issubclass(kind, Enum):
        return next(iter(kind)).value
    if kind is AwareDatetime or issubclass(kind, datetime):
        return NOW.isoformat()
    if issubclass(kind, date):
        return NOW.date().isoformat()
    if kind in (bool, int, float):
        return kind(1)
    return TEXTS.get(name, "CODE")
