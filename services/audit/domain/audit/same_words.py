"""Whether two facts say the same although their sealed words were encrypted apart."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from shared.privacy.sealed_text import SealedText


def says_the_same(fact: BaseModel, before: BaseModel | None) -> bool:
    """Equal in all fields; sealed words are equal when their marks are, since each sealing looks different."""
    return before is not None and _unsealed(fact) == _unsealed(before)


def _unsealed(value: Any) -> Any:
    match value:
        case SealedText():
            return value.key, value.mark
        case BaseModel():
            return type(value), {name: _unsealed(part) for name, part in value}
        case tuple():
            return tuple(_unsealed(part) for part in value)
        case dict():
            return {name: _unsealed(part) for name, part in value.items()}
        case _:
            return value
