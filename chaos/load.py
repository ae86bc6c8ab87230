"""The load that every fault hits: posts that are sent until they are acknowledged, and readers that look meanwhile.

Everything that a client saw is written down as it happened (`checking.py` says how), by nothing but these clients.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from chaos import world
from deploy.installation import Installation

POSITION = "Golden-Thread-Position"
BATCH = "application/cloudevents-batch+json"
BATCH_SIZE = 8
GIVES_UP = 0.05  # how often a sender does not send again what may have arrived: its outcome stays unknown
SECONDS = 8.0  # that a client waits for an answer before it asks another copy
PAUSE = 0.1
_TOKEN_SECONDS = 600.0
_PATIENCE = 90.0  # seconds after the end of the load
_MANY_ROWS = 200


class Acknowledged(NamedTuple):
    """When a post with a position was acknowledged, and the position."""

    at: float
    service: str
    partition: int
    seq: int


@dataclass
class History:
    """What clients saw, in the form that `checking.py` reads; written to a file as it happens."""

    path: Path
    records: list[dict[str, Any]] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._file = self.path.open("w")

    def now(self) -> float:
        return time.monotonic() - self._began

    def add(self, record: dict[str, Any]) -> None:
        self.records.append(record)
        self._file.write(json.dumps(record) + "\n")

    def posts(self) -> Iterator[dict[str, Any]]:
        return (record for record in self.records if record["kind"] == "post")

    def close(self) -> None:
        self._file.close()


class Stall(NamedTuple):
    """A time without any acknowledgement: its length and when it began, in seconds."""

    seconds: float
    began: float


class Load:
    """Posters and readers. `rate` is the number of events a second that they aim at when nothing is wrong."""

    def __init__(self, installation: Installation, history: History, rate: float, seed: int) -> None:
        self.history = history
        self.latest: list[Acknowledged] = []
        self.counts: Counter[str] = Counter()
        self.stall = Stall(0.0, 0.0)
        self.during: Callable[[], str] = lambda: ""  # what is going on, for whoever asks where it stalled
        self.stalled_during = ""
        self.waits: list[float] = []
        self.refusals: list[str] = []  # the first of them, in the services' words
        self._installation = installation
        self._rate = rate
        self._dice = random.Random(seed)
        self._ops = itertools.count(1)
        self._name = f"{seed:x}"
        self._last = history.now()
        self._stopping = False
        self._until = math.inf
        self._turn = itertools.count()
        self._token: tuple[float, str] = (-_TOKEN_SECONDS, "")

    async def run(self, posters: int = 12, readers: int = 2) -> None:
        """Post and look until `stop`; ends when every post under way has its outcome."""
        async with httpx2.AsyncClient(timeout=SECONDS) as web, asyncio.TaskGroup() as tasks:
            for number in range(posters):
                batches = number % 3 != 0  # two of three posters send batches
                tasks.create_task(self._poster(web, batches, posters))
            for _ in range(readers):
                tasks.create_task(self._reader(web))

    def stop(self) -> None:
        """Begin nothing new; what is under way goes on, for a while, until it is acknowledged."""
        self._stopping = True
        self._until = time.monotonic() + _PATIENCE

    @property
    def acknowledged(self) -> int:
        return self.counts["acknowledged"]

    async def goes_on(self, more: int = 20, timeout: float = 120.0) -> bool:
        """Wait until so many more posts are acknowledged; False when they are not in time."""
        wanted = self.acknowledged + more
        deadline = time.monotonic() + timeout
        while self.acknowledged < wanted:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    # -- posting ---------------------------------------------------------------------------------------------------

    async def _poster(self, web: httpx2.AsyncClient, batches: bool, posters: int) -> None:
        a_round = posters / self._rate * (1 + 2 * BATCH_SIZE) / 3  # seconds: a third of the posters send one at a time
        await asyncio.sleep(self._dice.uniform(0, a_round))
        while not self._stopping:
            began = time.monotonic()
            await (self._batch(web) if batches else self._single(web))
            left = self._dice.uniform(0.5, 1.5) * a_round - (time.monotonic() - began)
            await asyncio.sleep(max(0.0, left))

    def _op(self) -> str:
        return f"{self._name}-{next(self._ops)}"

    async def _single(self, web: httpx2.AsyncClient) -> None:
        item = world.command(self._dice, self._op())
        invoked = self.history.now()
        headers = {"Idempotency-Key": item.op}
        answer = await self._until_answered(web, "feedback", "/v1/feedback", json.dumps(item.body), headers)
        if answer is None or answer.status_code >= 400:
            self._not_kept([item], invoked, answer)
            return
        row = f"feedback-{answer.headers['Location'].rpartition('/')[2]}"
        self._settle(item, invoked, "acknowledged", answer.headers.get(POSITION), row)

    async def _batch(self, web: httpx2.AsyncClient) -> None:
        service = self._dice.choice(tuple(world.MEASURES))
        left = [world.event(self._dice, self._op(), service) for _ in range(BATCH_SIZE)]
        invoked = self.history.now()
        while left:
            body = json.dumps([item.body for item in left])
            answer = await self._until_answered(web, service, "/v1/events", body, {"Content-Type": BATCH})
            if answer is None or answer.status_code >= 400:
                self._not_kept(left, invoked, answer)
                return
            left = self._settle_items(left, invoked, answer)
            await asyncio.sleep(PAUSE if left else 0)

    def _settle_items(self, items: list[world.Item], invoked: float, answer: httpx2.Response) -> list[world.Item]:
        """Settle what a batch's answer settles; answers what must be sent again."""
        again: list[world.Item] = []
        lines = answer.json()["items"]
        whole = all(line["status"] == 201 for line in lines)
        for item, line in zip(items, lines, strict=True):
            # The header names one position, the last one's, so it is known whose it is when all were kept just now.
            position = answer.headers.get(POSITION) if whole and item is items[-1] else None
            if line["status"] in (200, 201):
                self._settle(item, invoked, "acknowledged", position)
            elif line["status"] in (429, 503) or line["status"] >= 500:
                self.counts["sent again"] += 1
                again.append(item)
            else:
                self._refused(line["status"], line.get("problem"))
                self._settle(item, invoked, "refused", None)
        return again

    def _not_kept(self, items: Sequence[world.Item], invoked: float, answer: httpx2.Response | None) -> None:
        """A whole request was refused, or never answered as far as its sender knows."""
        if answer is not None:
            self._refused(answer.status_code, answer.text)
        for item in items:
            self._settle(item, invoked, "unknown" if answer is None else "refused", None)

    def _refused(self, status: int, problem: Any) -> None:
        self.counts[f"refused with {status}"] += 1
        told = f"{status}: {problem}"
        if told not in self.refusals and len(self.refusals) < 5:
            self.refusals.append(told)

    def _settle(
        self, item: world.Item, invoked: float, outcome: str, position: str | None, row: str | None = None
    ) -> None:
        now = self.history.now()
        self.counts[outcome] += 1
        if outcome == "acknowledged":
            self._note(now, invoked, position)
        self.history.add(
            {
                "kind": "post",
                "op": item.op,
                "invoked": invoked,
                "completed": None if outcome == "unknown" else now,
                "outcome": outcome,
                "position": position,
                "effect": item.effect,
                "row": row or item.row,
            }
        )

    def _note(self, now: float, invoked: float, position: str | None) -> None:
        self.waits.append(now - invoked)
        if now - self._last > self.stall.seconds:
            self.stall, self.stalled_during = Stall(now - self._last, self._last), self.during()
        self._last = now
        if position is not None:
            service, partition, seq = position.split(".")
            self.latest.append(Acknowledged(now, service, int(partition), int(seq)))

    async def _until_answered(
        self, web: httpx2.AsyncClient, service: str, path: str, body: str, headers: Mapping[str, str]
    ) -> httpx2.Response | None:
        """The answer of any copy, asked again until one answers; None when the sender gave up on what may be kept."""
        while True:
            told = {"Content-Type": "application/json", **headers, "Authorization": f"Bearer {self._bearer()}"}
            try:
                answer = await web.post(f"{self._copy(service)}{path}", content=body, headers=told)
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
                self.counts[f"answers {answer.status_code}"] += 1
                lost = answer.status_code != 429
            except httpx2.ConnectError:
                self.counts["no connection"] += 1
                lost = False
            except httpx2.TransportError:
                self.counts["answer lost"] += 1
                lost = True
            may_give_up = lost and path == "/v1/events" and self._dice.random() < GIVES_UP
            if may_give_up or time.monotonic() > self._until:
                return None
            self.counts["sent again"] += 1
            await asyncio.sleep(self._dice.uniform(0, 2 * PAUSE))

    def _copy(self, service: str) -> str:
        names = self._installation.names(service)
        return self._installation.address(names[next(self._turn) % len(names)])

    def _bearer(self) -> str:
        since, token = self._token
        if time.monotonic() - since > _TOKEN_SECONDS:
            scopes = ("feedback:write", "audit:write", "alert:write", "events:write", "read")
            token = self._installation.token("chaos-load", scopes, ["*"], minutes=60)
            self._token = (time.monotonic(), token)
        return token

    # -- looking ---------------------------------------------------------------------------------------------------

    async def _reader(self, web: httpx2.AsyncClient) -> None:
        places = list(world.units())
        while not self._stopping:
            level, unit = self._dice.choice(places)
            after = self.latest[-1] if self.latest and self._dice.random() < 0.5 else None
            try:
                await self._look(web, level, unit, self._dice.choice(world.MONTHS), after)
            except httpx2.TransportError:
                self.counts["views not answered"] += 1
            await asyncio.sleep(self._dice.uniform(0.2, 0.8))

    async def _look(
        self, web: httpx2.AsyncClient, level: str, unit: str, month: str, after: Acknowledged | None
    ) -> bool:
        """Take one view; False when there was none to take."""
        position = f"{after.service}.{after.partition}.{after.seq}" if after else None
        invoked = self.history.now()
        asked = {"position": position} if position else {}
        answer = await self._get(web, f"/v1/{world.LEVELS[level]}/{unit}", month, asked)
        if answer.status_code != 200:
            self.counts[f"views answered {answer.status_code}"] += 1
            return False
        completed = self.history.now()
        self.counts["views"] += 1
        for service, count in _counts(answer.json()["total"]).items():
            self._saw(service, level, unit, month, (invoked, completed), count, None, position)
        return True

    def _saw(
        self,
        service: str,
        level: str,
        unit: str,
        month: str,
        span: tuple[float, float],
        count: int,
        rows: list[str] | None,
        position: str | None,
        final: bool = False,
    ) -> None:
        self.history.add(
            {
                "kind": "view",
                "invoked": span[0],
                "completed": span[1],
                "level": level,
                "unit": unit,
                "month": month,
                "measure": world.MEASURES[service],
                "count": count,
                "rows": rows,
                "after": position if position and position.startswith(f"{service}.") else None,
                **({"final": True} if final else {}),
            }
        )

    async def last_look(self) -> None:
        """After everything settled: every total, and for teams every row behind it. Raises HTTPStatusError."""
        async with httpx2.AsyncClient(timeout=60) as web:
            for (level, unit), month in itertools.product(world.units(), world.MONTHS):
                invoked = self.history.now()
                answer = (await self._get(web, f"/v1/{world.LEVELS[level]}/{unit}", month, {})).raise_for_status()
                for service, count in _counts(answer.json()["total"]).items():
                    rows = await self._rows(web, service, unit, month) if level == "team" else None
                    span = (invoked, self.history.now())
                    self._saw(service, level, unit, month, span, count, rows, None, final=True)

    async def _rows(self, web: httpx2.AsyncClient, service: str, unit: str, month: str) -> list[str]:
        asked: dict[str, Any] = {
            "model": world.MODELS[service],
            "measure": world.MEASURES[service],
            "limit": _MANY_ROWS,
        }
        rows: list[str] = []
        while True:
            page = (await self._get(web, f"/v1/teams/{unit}/rows", month, asked)).raise_for_status().json()
            rows += [item["stream"] for item in page["items"]]
            if page["next_cursor"] is None:
                return rows
            asked["cursor"] = page["next_cursor"]

    async def _get(self, web: httpx2.AsyncClient, path: str, month: str, more: Mapping[str, Any]) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._bearer()}"}
        params = {"from": month, "to": month, **more}
        return await web.get(f"{self._copy('reporting')}{path}", params=params, headers=headers)


def _counts(total: Mapping[str, Any]) -> dict[str, int]:
    """The three totals of a view that the load adds to."""
    graded = {grades["scale"]: grades["count"] for grades in total["grades"]}
    return {
        "audit": graded.get("OFSTED4", 0),
        "escalation": total["alerts"]["good_practice"]["count"],
        "feedback": total["feedback"]["received"]["count"],
    }
