"""What is believed of another source: an event by the contract, not too confidential, about whom it may speak for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from shared.published.envelope import Published
from shared.published.improvement import IMPROVEMENT_TYPES
from shared.web.cloud_events import CloudEvent, from_object
from shared.web.problems import Problem

NUMBER = "subscriptionseq"
AUTHORITIES = ("la_code", "offering_la_code")
OPEN_ENOUGH = frozenset({"public", "internal"})
CLOSEST = "special-category"
_CONTRACTS = {model.TYPE: model for model in IMPROVEMENT_TYPES}


class NotAdmitted(Exception):
    """An event that is refused. `reason` names the rule and the field, never what stands in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def number_of(item: Any) -> int | None:
    """The event's number in the subscription; None when it has none."""
    text = item.get(NUMBER) if isinstance(item, dict) else None
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 20 else None


def admitted(item: Any, la_codes: Collection[str]) -> Published | None:
    """The event as its contract has it, fields that we do not know left out; None for a type that is none of ours.

    Raises NotAdmitted.
    """
    try:
        event = from_object(item)
    except Problem as refused:
        pointers = sorted({one["pointer"] for one in refused.errors})
        raise NotAdmitted(f"it is no CloudEvent: {', '.join(pointers)}") from None
    model = _CONTRACTS.get(event.type)
    if model is None:
        return None
    _check_classification(event)
    published = _read(model, event.data)
    for field in AUTHORITIES:
        if getattr(published, field, None) not in (None, *la_codes):
            raise NotAdmitted(f"the source may not speak for the authority in {field}")
    return published


def _check_classification(event: CloudEvent) -> None:
    if event.extensions.get("dataclassification") not in OPEN_ENOUGH:
        raise NotAdmitted("it is classified above internal, or not at all")
    if event.extensions.get("datacategory") == CLOSEST:
        raise NotAdmitted("it is of a special category")


def _read(model: type[Published], data: Any) -> Published:
    try:
        return model.__pydantic_validator__.validate_python(data, extra="ignore")  # type: ignore[no-any-return]
    except ValidationError as error:
        fields = sorted({".".join(map(str, wrong["loc"])) or "data" for wrong in error.errors(include_input=False)})
        raise NotAdmitted(f"the data breaks its contract at {', '.join(fields)[:200]}") from None
