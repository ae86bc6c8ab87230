"""Which changes to a contract break somebody."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.contracts.compatibility import EXTENSIBLE, breaks


def contract(required: tuple[str, ...] = ("grade",), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": {"grade": {"type": "string"}, **properties}}


GRADES = {"type": "string", "enum": ["GOOD", "INADEQUATE"]}
MORE_GRADES = {"type": "string", "enum": ["GOOD", "INADEQUATE", "OUTSTANDING"]}
OPTIONAL = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}

ALLOWED = {
    "nothing changes": (contract(), contract()),
    "an optional field is added": (contract(), contract(theme=OPTIONAL)),
    "an optional field is removed": (contract(theme=OPTIONAL), contract()),
    "a description is written better": (contract(), contract(grade={"type": "string", "description": "the grade"})),
    "a value is added to a list that may grow": (
        contract(grade={**GRADES, EXTENSIBLE: True}),
        contract(grade={**MORE_GRADES, EXTENSIBLE: True}),
    ),
}
BROKEN = {
    "a required field is added": (contract(), contract(("grade", "theme"), theme={"type": "string"})),
    "an optional field becomes required": (contract(theme=OPTIONAL), contract(("grade", "theme"), theme=OPTIONAL)),
    "a required field becomes optional": (contract(), contract(())),
    "a required field is renamed": (
        contract(),
        {"type": "object", "required": ["overall"], "properties": {"overall": {"type": "string"}}},
    ),
    "a type changes": (contract(), contract(grade={"type": "integer"})),
    "a type within a list changes": (
        contract(n={"type": "array", "items": {"type": "string"}}),
        contract(n={"type": "array", "items": {"type": "integer"}}),
    ),
    "a value is added to a closed list": (contract(grade=GRADES), contract(grade=MORE_GRADES)),
    "a value is taken from a closed list": (contract(grade=MORE_GRADES), contract(grade=GRADES)),
    "a list of values is introduced": (contract(), contract(grade=GRADES)),
    "a pattern changes": (
        contract(grade={"type": "string", "pattern": "^A$"}),
        contract(grade={"type": "string", "pattern": "^B$"}),
    ),
    "a text may be longer": (
        contract(grade={"type": "string", "maxLength": 5}),
        contract(grade={"type": "string", "maxLength": 6}),
    ),
    "a number may be smaller": (
        contract(n={"type": "integer", "minimum": 1}),
        contract(n={"type": "integer", "minimum": 0}),
    ),
    "nothing may be said where something had to be": (contract(grade={"type": "string"}), contract(grade=OPTIONAL)),
    "a removed name comes back as something else": (contract(theme=OPTIONAL), contract(theme={"type": "integer"})),
    "within a part": (contract(part=contract()), contract(part=contract(grade={"type": "integer"}))),
}


@pytest.mark.parametrize("change", ALLOWED)
def test_a_compatible_change_of_a_shared_contract_is_allowed(change: str):
    assert breaks(*ALLOWED[change], shared=True) == []


@pytest.mark.parametrize("change", BROKEN)
def test_a_change_that_breaks_a_partner_is_named_with_its_field(change: str):
    found = breaks(*BROKEN[change], shared=True)
    assert found
    assert all(line.startswith("#/") for line in found)


def test_what_only_our_own_services_read_may_widen_but_not_narrow():
    few, more = contract(grade=GRADES), contract(grade=MORE_GRADES)
    assert breaks(few, more, shared=False) == []
    assert breaks(more, few, shared=False)


def test_references_to_definitions_are_followed():
    def referring(kind: str) -> dict[str, Any]:
        return {**contract(part={"$ref": "#/$defs/Part"}), "$defs": {"Part": {"type": kind}}}

    assert breaks(referring("string"), referring("integer"), shared=False)
    assert breaks(referring("string"), contract(part={"type": "string"}), shared=True) == []
