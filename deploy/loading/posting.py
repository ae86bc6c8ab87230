"""Sending to the services over HTTP: commands and batches of events, again when a service asks to wait."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx2
import orjson

BATCH = "application/cloudevents-batch+json"
MOST_IN_BATCH = 100  # the intake takes 500; fewer keep each request well within a service's time limit
MACHINE = "goldenthread-loader"
SCOPES = (
    "organisation:write",
    "audit:write",
    "alert:write",
    "feedback:write",
    "events:write",
    "reports:write",
    "subscriptions:write",
    "read",
)
SECONDS = 30.0
_ID = re.compile(r"/v1/[a-z-]+/([A-Za-z0-9_-]+)")

Tell = Callable[[int], None]
Mint = Callable[[str], str]


class Unreachable(Exception):
    """A service could not be reached, or went on asking to wait, for as long as we had patience."""


class _TooSlow(Exception):
    """A service could not take so much at once; `wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Event:
    """One event for a service's intake. `at` is when it happened; the same `source` and `id` are kept once."""

    service: str
    type: str
    source: str
    id: str
    at: datetime
    data: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "type": self.type,
            "source": self.source,
            "id": self.id,
            "time": self.at.isoformat(),
            "data": self.data,
        }


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `key` makes it happen once; `who` is a staff reference, or the loading program itself.

    When several are sent as one story, `{id}` in the path or the body stands for what was created last, and `{pair}`
    for what the command with the name "pair" created.
    """

    service: str
    path: str
    body: Mapping[str, Any]
    key: str
    who: str = MACHINE
    name: str = ""

    def about(self, created: Mapping[str, str]) -> tuple[str, bytes]:
        """Path and body, once it is known what was created before."""
        path, body = self.path, orjson.dumps(self.body)
        for name, id_ in created.items():
            path, body = path.replace(f"{{{name}}}", id_), body.replace(f"{{{name}}}".encode(), id_.encode())
        return path, body


Step = Event | Command
Story = Sequence[Step]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A step that a service did not accept: its status, the field at fault as a JSON pointer, and the rule."""

    step: Step
    status: int
    pointer: str
    rule: str

    def __str__(self) -> str:
        what = self.step.path if isinstance(self.step, Command) else f"{self.step.type} {self.step.id}"
        return f"{self.step.service}: {what}: {self.status} {self.pointer} {self.rule}".strip()


@dataclass(slots=True)
class Sent:
    """What came of what was sent so far: events kept now, events known before, commands accepted."""

    new: int = 0
    known: int = 0
    commands: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def add(self, other: Sent) -> None:
        self.new += other.new
        self.known += other.known
        self.commands += other.commands
        self.refused += other.refused


class Poster:
    """Sends as several people at once. `token` answers the access token of a staff reference or of MACHINE.

    A unit that was made a moment ago may not have reached every service yet: what is refused for an unknown place is
    sent again for `patience` seconds, like what a service asked us to send later. Raises Unreachable after that.
    `settled` says that no unit is new: an unknown place is then refused at once.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        addresses: Mapping[str, str],
        token: Mint,
        *,
        patience: float = SECONDS,
        tell: Tell = lambda _n: None,
        settled: bool = False,
    ) -> None:
        self._client = client
        self._addresses = addresses
        self._token = token
        self._tokens: dict[str, str] = {}
        self._patience = patience
        self._tell = tell
        self._settled = settled

    def skip(self, steps: int) -> None:
        """So many of the steps that were announced will not be sent."""
        self._tell(steps)

    async def stories(self, stories: Iterable[Story], *, at_once: int = 3) -> Sent:
        """The events with which stories begin, many in a request; then what else there is, story by story.

        Events of one story stay in one batch, where the intake takes them in their order.
        """
        stories = list(stories)
        sent = Sent()
        for one in await _gather((self.events(b) for b in packed([_beginning(s) for s in stories])), at_once):
            sent.add(one)
        rests = [rest for story in stories if (rest := story[len(_beginning(story)) :])]
        for one in await _gather((self.story(rest) for rest in rests), 8):
            sent.add(one)
        return sent

    async def story(self, steps: Story) -> Sent:
        """The steps one after the other; what comes after a refused one is not sent."""
        sent, created = Sent(), dict[str, str]()
        for step in steps:
            one = await (self.events([step]) if isinstance(step, Event) else self.command(step, created))
            sent.add(one)
            if one.refused:
                break
        return sent

    async def command(self, command: Command, created: dict[str, str] | None = None) -> Sent:
        """What came of it. The id of what it created is added to `created`, which holds what the story made before."""
        created = {} if created is None else created
        response = await self._until_settled(command, created)
        self._tell(1)
        if response.status_code >= 400:
            pointer, rule = _fault(_json(response))
            return Sent(refused=[Refusal(command, response.status_code, pointer, rule)])
        if where := _ID.match(response.headers.get("location", "")):
            created |= {"id": where[1], **({command.name: where[1]} if command.name else {})}
        return Sent(commands=1)

    async def events(self, events: Sequence[Event]) -> Sent:
        """Events of one service, as one batch; in halves when it takes the service longer than it may."""
        try:
            return await self._events(events, self._patience if len(events) == 1 else 0.0)
        except _TooSlow as slow:
            await asyncio.sleep(slow.wait)
        half = (len(events) + 1) // 2
        sent = await self.events(events[:half])
        if events[half:]:
            sent.add(await self.events(events[half:]))
        return sent

    async def _events(self, events: Sequence[Event], patience: float) -> Sent:
        sent, left = Sent(), list(events)
        deadline = _now() + self._patience
        while left:
            settled, again = await self._batch(left, patience)
            sent.add(settled)
            self._tell(len(left) - len(again))
            left = [refusal.step for refusal in again if isinstance(refusal.step, Event)]
            if again and _now() > deadline:
                if any(one.status == 503 for one in again):
                    raise Unreachable(f"{events[0].service} goes on asking to wait")
                sent.refused += again
                self._tell(len(left))
                break
            if left:
                await asyncio.sleep(0.5)
        return sent

    async def _batch(self, events: Sequence[Event], patience: float) -> tuple[Sent, list[Refusal]]:
        """What is settled, and what is worth sending again."""
        body = orjson.dumps([event.as_json() for event in events])
        headers = {"content-type": BATCH}
        response = await self._post(events[0].service, "/v1/events", body, headers, MACHINE, patience)
        if response.status_code >= 400:
            pointer, rule = _fault(_json(response))
            return Sent(refused=[Refusal(event, response.status_code, pointer, rule) for event in events]), []
        sent = Sent()
        again: list[Refusal] = []
        for event, item in zip(events, _json(response)["items"], strict=True):
            if item["status"] < 400:
                sent.new += item["status"] == 201
                sent.known += item["status"] == 200
                continue
            refusal = Refusal(event, item["status"], *_fault(item.get("problem", {})))
            (again if self._may_pass(refusal.status, refusal.pointer) else sent.refused).append(refusal)
        return sent, again

    async def _until_settled(self, command: Command, created: Mapping[str, str]) -> httpx2.Response:
        path, body = command.about(created)
        headers = {"content-type": "application/json", "idempotency-key": command.key, "if-match": "*"}
        deadline = _now() + self._patience
        while True:
            response = await self._post(command.service, path, body, headers, command.who)
            # People's rights come from the directory too: 403 and 404 may only mean that it has not heard of them yet.
            early = response.status_code in (403, 404) and command.who != MACHINE
            pointer = _fault(_json(response))[0] if response.status_code >= 400 else ""
            if not (early or self._may_pass(response.status_code, pointer)) or _now() > deadline:
                return response
            await asyncio.sleep(0.5)

    def _may_pass(self, status: int, pointer: str) -> bool:
        """Could the same be accepted a moment later?"""
        of_a_place = pointer.rpartition("/")[2] in ("team_id", "la_code", "auditor_ref")
        return status == 503 or (status == 422 and of_a_place and not self._settled)

    async def _post(
        self, service: str, path: str, body: bytes, headers: Mapping[str, str], who: str, patience: float | None = None
    ) -> httpx2.Response:
        """The answer, once it is none of 429 and 503 and the connection held.

        With no patience for a busy service it raises _TooSlow at once.
        """
        address = self._address(service)
        deadline = _now() + self._patience
        while True:
            told = {**headers, "authorization": f"Bearer {self._bearer(who)}"}
            try:
                response = await self._client.post(f"{address}{path}", content=body, headers=told)
            except httpx2.TransportError as failed:
                wait, why = 0.5, type(failed).__name__
            else:
                if response.status_code not in (429, 503):
                    return response
                wait, why = _retry_after(response), f"answers {response.status_code}"
                if patience == 0.0:
                    raise _TooSlow(wait)
            if _now() + wait > deadline:
                raise Unreachable(f"{service} at {address}: {why}")
            await asyncio.sleep(wait)

    def _address(self, service: str) -> str:
        if service not in self._addresses:
            raise Unreachable(f"nobody said where {service} is: set GOLDENTHREAD_{service.upper()}_ADDRESS")
        return self._addresses[service]

    def _bearer(self, who: str) -> str:
        if who not in self._tokens:
            self._tokens[who] = self._token(who)
        return self._tokens[who]

    async def get(self, service: str, path: str) -> Any:
        """The JSON at this path, read as the loading program. Raises Unreachable unless it answers 200."""
        headers = {"authorization": f"Bearer {self._bearer(MACHINE)}"}
        try:
            response = await self._client.get(f"{self._address(service)}{path}", headers=headers)
        except httpx2.TransportError as failed:
            raise Unreachable(f"{service}: {type(failed).__name__}") from failed
        if response.status_code != 200:
            raise Unreachable(f"{service}: {path} answers {response.status_code}")
        return _json(response)


def packed(lines: Iterable[Sequence[Event]], most: int = MOST_IN_BATCH) -> list[list[Event]]:
    """Batches of one service each with at most `most` events, no line torn apart unless it alone is longer."""
    filling: dict[str, list[Event]] = {}
    full: list[list[Event]] = []
    for line in lines:
        if not line:
            continue
        batch = filling.setdefault(line[0].service, [])
        if batch and len(batch) + len(line) > most:
            full.append(batch)
            batch = filling[line[0].service] = []
        batch.extend(line)
    return [*full, *(batch for batch in filling.values() if batch)]


def addresses(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Where each service is: GOLDENTHREAD_<SERVICE>_ADDRESS, as a running installation wrote them down."""
    found = (re.fullmatch(r"GOLDENTHREAD_([A-Z]+)_ADDRESS", name) for name in environment)
    return {one[1].lower(): environment[one[0]].rstrip("/") for one in found if one}


@asynccontextmanager
async def poster(
    token: Mint, tell: Tell = lambda _n: None, patience: float = SECONDS, *, settled: bool = False
) -> AsyncIterator[Poster]:
    """A poster for the installation that the environment names."""
    limits = httpx2.Limits(max_connections=32, max_keepalive_connections=32)
    async with httpx2.AsyncClient(timeout=SECONDS, limits=limits) as client:
        yield Poster(client, addresses(), token, patience=patience, tell=tell, settled=settled)


async def _gather(work: Iterable[Any], at_once: int) -> list[Any]:
    """The results in order, at most so many at the same time."""
    gate = asyncio.Semaphore(at_once)

    async def one(coroutine: Any) -> Any:
        async with gate:
            return await coroutine

    return await asyncio.gather(*(one(coroutine) for coroutine in work))


def _beginning(story: Story) -> list[Event]:
    """The events before the first command."""
    found: list[Event] = []
    for step in story:
        if isinstance(step, Command):
            break
        found.append(step)
    return found


def _fault(problem: Any) -> tuple[str, str]:
    """The field at fault and the rule, in the service's own words."""
    errors = problem.get("errors") or [{}]
    rule = errors[0].get("detail") or problem.get("detail") or problem.get("title", "")
    return errors[0].get("pointer", ""), rule


def _json(response: httpx2.Response) -> Any:
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}


def _retry_after(response: httpx2.Response) -> float:
    told = response.headers.get("retry-after", "1")
    return min(float(told) if told.isdigit() else 1.0, 10.0)


def _now() -> float:
    return asyncio.get_running_loop().time()
