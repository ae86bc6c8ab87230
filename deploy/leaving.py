"""Whether anything of what was put into an installation comes out at the doors of its partners.

Everything made up for the demonstration is a canary: each reference of a child, a worker or a team, and each sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpx2

from deploy.loading import people, units
from deploy.loading.posting import Event
from deploy.loading.seed import Plan

SHORTEST = 6
_SAYS_NOBODY = re.compile(r"[A-Z][A-Z0-9_]*|\d{4}-.*|/goldenthread/.*")
"""Codes, dates and periods, and the name of the program that sends."""


def canaries(plan: Plan) -> frozenset[str]:
    """What must not leave: every text of every record, whatever its field is called, and what units are called."""
    records = (step for one in plan.records.values() for works in one.values() for work in works for step in _of(work))
    texts = {text for step in records for text in _texts(step)}
    teams = {name for code in plan.records for team in people.teams(code) for name in (team.id, team.name)}
    areas = {area.name for area in people.AREAS}
    return frozenset(one for one in (*texts, *teams, *areas) if _may_say_somebody(one))


def heard(known: Iterable[str], said: str) -> list[str]:
    """The canaries that can be heard in it, however their letters are written; sorted."""
    lower = said.lower()
    return sorted(one for one in known if one.lower() in lower)


async def received(web: httpx2.AsyncClient) -> str:
    """All that a partner gets: its subscriptions' events, the snapshot, and the regional view with its tables."""
    said = [(await _got(web, "/v1/improvement/snapshot")).text]
    for one in (await _got(web, "/v1/subscriptions")).json()["items"]:
        path = f"/v1/subscriptions/{one['id']}/events?limit=500"
        while (page := await _got(web, path)).json()["items"]:
            said.append(page.text)
            path = page.json()["next"]
    for form in ("application/json", "text/csv"):
        said.append((await _got(web, f"/v1/regions/{units.NCL}/improvement", accept=form)).text)
    said.append((await _got(web, f"/regions/{units.NCL}/improvement", accept="text/html")).text)
    return "\n".join(said)


async def _got(web: httpx2.AsyncClient, path: str, accept: str = "application/json") -> httpx2.Response:
    answer = await web.get(path, headers={"Accept": accept})
    answer.raise_for_status()
    return answer


def _of(work: Any) -> Iterator[Mapping[str, Any]]:
    for wave in work.waves:
        for story in wave:
            for step in story:
                yield step.data if isinstance(step, Event) else step.body


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _may_say_somebody(text: str) -> bool:
    """A single word of letters alone is a word of the trade; all else may be a name, a number or a sentence."""
    return len(text) >= SHORTEST and not text.isalpha() and not _SAYS_NOBODY.fullmatch(text)
