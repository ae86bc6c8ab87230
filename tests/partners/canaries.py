"""Canaries in every text that a service tells, and how to find one in whatever form it flew away.

The texts are found in the contracts themselves: each text of an example is a place for a canary if its contract
takes one there. So a field added next year has its canary without anybody thinking of it.
"""

from __future__ import annotations

import base64
import copy
import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args
from urllib.parse import quote, quote_plus

from pydantic import ValidationError

from deploy.catalogue import PUBLISHED, TOPICS
from shared.published.envelope import Published
from tests.closing.a_town import Town
from tests.partners.alliance import YEAR
from tests.published.make_golden import example

CANARY = "Zéphyrine Quokkafeather"
TELLING = ("audit", "escalation", "feedback")
UNITS = ("goldenthread.team_described.v1", "goldenthread.service_area_described.v1", "goldenthread.person_described.v1")
OPEN = frozenset({"authority", "la_code", "authority_id"})
"""Which authority it is may be known to everybody, and has to be right for an event to count anywhere."""
DAY = date(YEAR, 4, 14)
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Planted:
    """An event that is as usual but for one text, which is a canary with a number of its own."""

    service: str
    where: str
    event: Published


def planted() -> Iterator[Planted]:
    """One for each place that takes it, in everything that services tell."""
    for service in TELLING:
        for model in get_args(PUBLISHED[service]):
            yield from _in(service, model)
    for model in get_args(PUBLISHED["organisation"]):
        if model.TYPE in UNITS:
            yield from _in("organisation", model)


def plant(town: Town) -> None:
    """All of them are told in the town of authority 901, each in a stream of its own."""
    town.now(DAY, 12)
    for n, one in enumerate(planted()):
        if one.service == "organisation":
            town.directory.learn(one.event)
        else:
            town.tell(f"{CANARY}-{n}", one.event, topic=TOPICS[one.service])


def _in(service: str, model: type[Published]) -> Iterator[Planted]:
    usual = example(model.TYPE)
    for n, path in enumerate(_texts(usual)):
        where = f"{model.TYPE} {'.'.join(map(str, path))}"
        try:
            event = model.model_validate(_with(usual, path, f"{CANARY} {n}"))
        except ValidationError:
            continue  # a code, a date or a pattern: it takes no words
        yield Planted(service, where, event)


def _texts(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where a text stands in the example."""
    if isinstance(value, str) and path[-1] not in OPEN:
        yield path
    elif isinstance(value, Mapping):
        for name, inside in value.items():
            yield from _texts(inside, (*path, name))
    elif isinstance(value, list):
        for n, inside in enumerate(value):
            yield from _texts(inside, (*path, n))


def _with(usual: dict[str, Any], path: Path, text: str) -> dict[str, Any]:
    made = copy.deepcopy(usual)
    inside: Any = made
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = text
    return made


def found(left: bytes, canary: str = CANARY) -> list[str]:
    """The forms in which the canary is in these bytes: plain or escaped in any case, or as base64."""
    lower = left.lower()
    plain = {name: form.lower().encode() for name, form in _forms(canary).items()}
    there = [name for name, form in plain.items() if form in lower]
    return there + [f"base64 of {text}" for text in _cases(canary) if any(one in left for one in _base64(text))]


def _forms(canary: str) -> dict[str, str]:
    return {
        "plain": canary,
        "its last word": canary.split()[-1],
        "JSON": json.dumps(canary)[1:-1],
        "address": quote(canary),
        "form": quote_plus(canary),
        "HTML": html.escape(canary).encode("ascii", "xmlcharrefreplace").decode(),
    }


def _cases(canary: str) -> set[str]:
    return {canary, canary.lower(), canary.upper()}


def _base64(text: str) -> Iterator[bytes]:
    """Wherever it begins in what was encoded: without the characters that share bits with what stands beside it."""
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + text.encode()).rstrip(b"=")
        inner = whole[(0, 2, 3)[shift] : -1]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))
