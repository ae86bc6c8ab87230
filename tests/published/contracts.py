"""Every name that an event was ever kept or told under, and how the code of today reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from deploy.catalogue import INNER, PUBLISHED, members, stored_name
from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.event_store.upcasting import UPCASTS
from shared.published.envelope import Published

GOLDEN = Path(__file__).parent / "golden"

STORED: Mapping[str, type[StoredEvent]] = {
    stored_name(event): event
    for deciders in INNER.values()
    for decider in deciders.values()
    for event in members(decider)
}
READS: Mapping[str, Decider[Any, Any]] = {
    stored_name(event): decider
    for deciders in INNER.values()
    for decider in deciders.values()
    for event in members(decider)
}
TOLD: Mapping[str, type[Published]] = {model.TYPE: model for union in PUBLISHED.values() for model in get_args(union)}


def newest(name: str, steps: Mapping[str, tuple[str, Any]] = UPCASTS) -> str:
    """The stored name that this one is read as today. Raises ValueError for a chain that never ends."""
    seen = [name]
    while name in steps:
        name = steps[name][0]
        if name in seen:
            raise ValueError(f"upcasting goes round in circles: {' -> '.join([*seen, name])}")
        seen.append(name)
    return name


def files() -> dict[str, Path]:
    """The golden files by the name that each is an example of."""
    return {path.name.removesuffix(".json"): path for path in sorted(GOLDEN.glob("*.json"))}
