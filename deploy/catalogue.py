"""Writes docs/events.md from the code: every inner event and every published one. `--check` says whether it is stale.

An inner event is SENSITIVE when it holds sealed words or a child's pseudonym, else INTERNAL. Published events are
INTERNAL to the authority; those of reporting are what partners are told, released by two people.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from deploy.looking import TOPICS
from services.audit import publishing as audit
from services.escalation import publishing as escalation
from services.feedback import publishing as feedback
from services.organisation import publishing as organisation
from services.reporting import publishing as reporting
from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.messaging.topics import of_partner
from shared.privacy.sealed_text import SealedText
from shared.published.audit import AuditPublished
from shared.published.envelope import Published
from shared.published.escalation import EscalationPublished
from shared.published.feedback import FeedbackPublished
from shared.published.improvement import PartnerPublished
from shared.published.organisation import OrganisationPublished

OUT = Path(__file__).parents[1] / "docs" / "events.md"

INNER: Mapping[str, Mapping[str, Decider[Any, Any]]] = {
    "organisation": organisation.DECIDERS,
    "audit": audit.DECIDERS,
    "escalation": escalation.DECIDERS,
    "feedback": feedback.DECIDERS,
    "reporting": reporting.DECIDERS,
}
PUBLISHED: Mapping[str, Any] = {
    "organisation": OrganisationPublished,
    "audit": AuditPublished,
    "escalation": EscalationPublished,
    "feedback": FeedbackPublished,
    "reporting": PartnerPublished,
}
PERSONAL = {"child", "child_ref", "family_group"}


def main() -> None:
    text = catalogue()
    if "--check" in sys.argv:
        if not OUT.exists() or OUT.read_text() != text:
            sys.exit("docs/events.md is stale: run `make docs`")
        return
    OUT.write_text(text)


def catalogue() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Events"
    yield ""
    yield "Generated from the code by `make docs`; `make check` fails when it is stale."
    yield ""
    yield "Inner events are what a service keeps for itself: nobody else reads them. Published events are what it tells"
    yield "the others, through an allow-list (`services/*/publishing.py`), as CloudEvents on Kafka."
    for service in INNER:
        yield from _service(service)


def _service(service: str) -> Iterator[str]:
    yield ""
    yield f"## {service}"
    yield ""
    yield from _published(service)
    for category, decider in INNER[service].items():
        yield ""
        yield f"### Inner events of `{category}-…` streams"
        yield ""
        yield "| Stored name | Classification | Data |"
        yield "|---|---|---|"
        for event in members(decider):
            yield f"| `{stored_name(event)}` | {classification(event)} | {fields(event)} |"


def _published(service: str) -> Iterator[str]:
    if service not in PUBLISHED:
        yield "It publishes nothing."
        return
    topic = TOPICS[service].name if service in TOPICS else of_partner("<partner>").name
    yield f"### Published on `{topic}`"
    yield ""
    yield "| Type | Meaning | Data |"
    yield "|---|---|---|"
    for model in get_args(PUBLISHED[service]):
        yield f"| `{model.TYPE}` | {meaning(model)} | {fields(model)} |"


def members(decider: Decider[Any, Any]) -> list[type[StoredEvent]]:
    """The event classes of a decider, in the order in which their union names them."""
    return list(_flatten(decider.stored._type))


def _flatten(kind: Any) -> Iterator[type[StoredEvent]]:
    if get_origin(kind) is Annotated:
        yield from _flatten(get_args(kind)[0])
    elif get_origin(kind) in (Union, types.UnionType):
        for one in get_args(kind):
            yield from _flatten(one)
    else:
        yield kind


def stored_name(event: type[StoredEvent]) -> str:
    return str(event.model_fields["type"].default)


def classification(event: type[BaseModel]) -> str:
    return "SENSITIVE" if PERSONAL & event.model_fields.keys() or _seals(event) else "INTERNAL"


def _seals(kind: Any) -> bool:
    if kind is SealedText:
        return True
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return any(_seals(field.annotation) for field in kind.model_fields.values())
    return any(_seals(one) for one in get_args(kind))


def meaning(model: type[Published]) -> str:
    first = (model.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(first.split())


def fields(model: type[BaseModel]) -> str:
    return ", ".join(f"`{name}`" for name in model.model_fields if name != "type") or "none"


if __name__ == "__main__":
    main()
