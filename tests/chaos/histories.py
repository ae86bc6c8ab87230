"""Right histories: what a system that keeps every promise may be seen to do, in any interleaving."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

TEAMS = {
    "901-elm": ("901-planning", "901", "london"),
    "901-oak": ("901-planning", "901", "london"),
    "901-ash": ("901-duty", "901", "london"),
    "902-fir": ("902-duty", "902", "london"),
}
LEVELS = ("team", "area", "authority", "region")
MONTHS = ("2026-04", "2026-05")
MEASURE = "received.count"
LOGS = 3

Told = dict[str, Any]


@dataclass
class Making:
    """A post on its way: `at` is its place in its log once it was committed."""

    told: Told
    log: int
    fate: str
    at: int | None = None


@dataclass
class World:
    """A store of dense logs, a projection that lags behind it, posts and views in flight; time is a count of steps."""

    rng: random.Random
    time: int = 0
    logs: list[list[Making]] = field(default_factory=lambda: [[] for _ in range(LOGS)])
    marks: list[int] = field(default_factory=lambda: [0] * LOGS)
    posting: list[Making] = field(default_factory=list)
    viewing: list[Told] = field(default_factory=list)
    read: list[Told] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def begin_post(self) -> None:
        team = self.rng.choice(list(TEAMS))
        effect = dict(zip(LEVELS, (team, *TEAMS[team]), strict=True))
        n = sum(told["kind"] == "post" for told in self.told) + len(self.posting)
        told = {
            "kind": "post",
            "op": f"op-{n}",
            "invoked": self.time,
            "completed": None,
            "outcome": "unknown",
            "position": None,
            "row": None,
            "effect": {**effect, "month": self.rng.choice(MONTHS), "measure": MEASURE},
        }
        fate = self.rng.choices(("acknowledged", "refused", "kept", "not kept"), (80, 6, 7, 7))[0]
        self.posting.append(Making(told, self.rng.randrange(LOGS), fate))

    def commit(self) -> None:
        waiting = [post for post in self.posting if post.at is None and post.fate in ("acknowledged", "kept")]
        if waiting:
            post = self.rng.choice(waiting)
            post.at = len(self.logs[post.log])
            self.logs[post.log].append(post)

    def answer(self) -> None:
        ready = [post for post in self.posting if post.at is not None or post.fate in ("refused", "not kept")]
        if ready:
            post = self.rng.choice(ready)
            self.posting.remove(post)
            self._tell(post)

    def _tell(self, post: Making) -> None:
        told = post.told
        if post.fate == "acknowledged":
            told |= {"position": f"feedback.{post.log}.{post.at}", "row": row_of(post)}
            if self.rng.random() < 0.1:  # the answer to the first attempt was lost
                self.told.append({**told, "completed": None, "outcome": "unknown", "position": None, "row": None})
                told["invoked"] = self.time
        if post.fate in ("acknowledged", "refused"):
            told |= {"completed": self.time, "outcome": post.fate}
        self.told.append(told)

    def project(self) -> None:
        log = self.rng.randrange(LOGS)
        self.marks[log] = self.rng.randint(self.marks[log], len(self.logs[log]))

    def begin_view(self) -> None:
        level = self.rng.choice(LEVELS)
        unit = self.rng.choice(sorted({(team, *above)[LEVELS.index(level)] for team, above in TEAMS.items()}))
        self.viewing.append(self.view(level, unit, self.rng.choice(MONTHS)))

    def view(self, level: str, unit: str, month: str) -> Told:
        return {"kind": "view", "invoked": self.time, "level": level, "unit": unit, "month": month, "measure": MEASURE}

    def read_view(self) -> None:
        if self.viewing:
            view = self.viewing.pop(self.rng.randrange(len(self.viewing)))
            self.read.append(self.look(view))

    def look(self, view: Told) -> Told:
        there = [post for log, mark in enumerate(self.marks) for post in self.logs[log][:mark]]
        rows = [row_of(post) for post in there if belongs(post.told, view)]
        self.rng.shuffle(rows)
        log = self.rng.randrange(LOGS)
        after = f"feedback.{log}.{self.marks[log] - 1}" if self.marks[log] and self.rng.random() < 0.5 else None
        listed = rows if view.get("final") or self.rng.random() < 0.5 else None
        return view | {"count": len(rows), "rows": listed, "after": after}

    def show(self) -> None:
        if self.read:
            view = self.read.pop(self.rng.randrange(len(self.read)))
            self.told.append(view | {"completed": self.time})

    def settle(self) -> None:
        """What is on its way is committed, told and counted; then everything is looked at."""
        for step in (self.commit, self.answer, self.read_view, self.show):
            for _ in range(len(self.posting) + len(self.viewing) + len(self.read)):
                self.time += 1
                step()
        self.marks = [len(log) for log in self.logs]
        for level, unit in sorted(
            {pair for team, up in TEAMS.items() for pair in zip(LEVELS, (team, *up), strict=True)}
        ):
            for month in MONTHS:
                self.time += 1
                view = self.look(self.view(level, unit, month) | {"final": True})
                self.told.append(view | {"completed": self.time})


def row_of(post: Making) -> str:
    return f"feedback-{post.told['op']}"


def belongs(post: Told, view: Told) -> bool:
    return post["effect"][view["level"]] == view["unit"] and post["effect"]["month"] == view["month"]


def a_right_history(seed: int, steps: int) -> list[Told]:
    """In the order in which it would be written: by completion, attempts without an answer anywhere."""
    rng = random.Random(seed)
    world = World(rng)
    acts: Sequence[Callable[[], None]] = (
        *(world.begin_post, world.commit, world.answer, world.project),
        *(world.begin_view, world.read_view, world.show),
    )
    for _ in range(steps):
        world.time += 1
        rng.choice(acts)()
    world.settle()
    return world.told


def posts(history: list[Told], outcome: str) -> Iterator[Told]:
    return (told for told in history if told["kind"] == "post" and told["outcome"] == outcome)


def views(history: list[Told], final: bool) -> Iterator[Told]:
    return (told for told in history if told["kind"] == "view" and told.get("final", False) == final)
