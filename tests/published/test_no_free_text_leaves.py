"""What is told to the world holds codes, ids, dates, numbers and places; whoever adds a field says here what it is."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from services.audit.publishing import tell as tell_audit
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place
from tests.published.contracts import TOLD
from tests.published.test_old_events_still_read import FILES, read

IDS = {
    *("audit_id", "alert_id", "feedback_id", "change_id", "template_id", "staff_ref"),
    *("action_id", "re_audit_id", "parent_audit_id", "root_audit_id"),
    *("programme_id", "expectation_id", "theme_id", "sample_id", "pair_id", "audit_a", "audit_b"),
    *("region_id", "authority_id", "service_area_id", "team_id", "unit_id", "merged_into", "concern_id"),
    *("meeting_id", "learning_id", "linked_audits", "linked_alerts", "actions"),
    *("event_id", "answers", "supersedes", "support_id"),
}
CODES = {
    *("audit_type", "plan_type", "scale", "overall", "raw_overall", "grade_source", "independence", "auditor_role"),
    *("regrade_reason", "reason", "alert_type", "raised_by_role", "risk", "outcome", "channel", "respondent_type"),
    *("sentiment", "method", "role", "link_type", "kind", "by_role", "with_role"),
    *("policy_version", "period", "period_unit", "cadence", "audit_quality", "moderator_role", "moderated_overall"),
    *("approver_role", "theme_code", "quarter", "auditor_roles", "algorithm", "frame_hash"),
    *("role_a", "role_b", "overall_a", "overall_b", "consensus"),
    *("domain", "source", "result"),
    *("priority", "owner_role", "trigger", "scope", "root_overall", "parent_overall", "decision"),
    *("la_code", "month", "domain_code", "code", "offering_la_code", "held_in"),
}
MANY_CODES = {
    *("categories", "themes", "domains", "domains_a", "domains_b", "open_cases", "roles", "audience"),
    *("declined_domains", "still_inadequate", "theme_codes"),
}
# `Dated.value`: the name of a unit, or the id of the service area it was in. Units are public and nobody's name.
UNIT_NAMES = {"value"}
# What partners are told: displays of counts, and words that were scanned and that two people released.
RELEASED = {"numerator_display", "denominator_display", "pct_display", "interval", "display", "summary"}
RELEASED |= {"contact_role_mailbox"}
SAFE = (bool, int, date, Place)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")


def fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Every field in it, as deep as models go, but for Place."""
    for name, field in model.model_fields.items():
        for kind in kinds(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not Place:
                yield from fields(kind)
            else:
                yield name, kind


def kinds(annotation: Any) -> Iterator[Any]:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from kinds(inside[0])
    elif origin in (Union, types.UnionType, tuple, dict, list):
        for one in inside:
            if one not in (type(None), Ellipsis):
                yield from kinds(one)
    else:
        yield annotation


@pytest.mark.parametrize("name", sorted(TOLD))
def test_every_published_field_is_on_the_list(name: str):
    for field, kind in fields(TOLD[name]):
        listed = field in IDS | CODES | MANY_CODES | UNIT_NAMES | (RELEASED if "improvement" in name else set())
        assert kind in SAFE or get_origin(kind) is Literal or (kind is str and listed), f"{name}: {field}: {kind}"


@pytest.mark.parametrize("name", sorted(TOLD))
def test_nothing_sealed_nor_any_child_is_published(name: str):
    for field, kind in fields(TOLD[name]):
        assert kind is not SealedText
        assert field in IDS or not re.search(r"child|worker|narrative|text|note|reflection|concern|praised", field)


@pytest.mark.parametrize("name", sorted(set(FILES) & set(TOLD)))
def test_what_is_called_a_code_looks_like_one(name: str):
    for field, value in read(name).items():
        values = value if isinstance(value, list) else [*value, *value.values()] if isinstance(value, dict) else [value]
        if field in IDS | CODES | MANY_CODES:
            assert all(CODE.fullmatch(one) for one in values if isinstance(one, str))


def test_the_list_names_nothing_that_is_gone():
    known = {field for model in TOLD.values() for field, kind in fields(model) if kind is str}
    assert known == (IDS | CODES | MANY_CODES | UNIT_NAMES | RELEASED) & known
    assert (IDS | CODES | MANY_CODES | UNIT_NAMES | RELEASED) - known <= {"method", "kind"}


def test_a_type_that_nobody_told_of_cannot_be_published():
    with pytest.raises(AssertionError):
        tell_audit(type("Kept", (), {"stream": "audit-1", "event": "something else"})())  # type: ignore[arg-type]
