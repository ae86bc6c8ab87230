"""Old events read as new ones: one step at a time, on the raw payload, outside the domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Lift = Callable[[dict[str, Any]], dict[str, Any]]

# {"AuditPlanned.v1": ("AuditPlanned.v2", lambda old: {**old, "moderated": False})}: empty until a stored name changes.
UPCASTS: Mapping[str, tuple[str, Lift]] = {}


def upcast(kind: str, data: dict[str, Any], steps: Mapping[str, tuple[str, Lift]] = UPCASTS) -> dict[str, Any]:
    """The payload in its newest form, with its `type` in it, ready to be validated."""
    while kind in steps:
        kind, lift = steps[kind]
        data = lift(data)
    return {"type": kind, **data}
