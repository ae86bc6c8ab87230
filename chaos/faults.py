"""What goes wrong, to whom and when: ordered by a seed, so that the same run can be ordered again."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pymongo.errors import PyMongoError

from chaos.load import Load
from chaos.site import SLOTS, Site
from deploy.installation import Process
from deploy.local.cluster import Cluster
from deploy.looking import TOPICS, Plant
from services.reporting.read_models import READ_MODELS
from shared.projecting.state import live

T = TypeVar("T")

KINDS = {"kill": 0.62, "freeze": 0.21, "zombie": 0.08, "link": 0.09}
GROUPS = {"kafka": 0.2, "mongo": 0.2, "service": 0.25, "relay": 0.15, "projector": 0.2}
LINKS = ("slow", "narrow", "reset", "cut", "silent", "silent up", "silent down")
TWO_AT_ONCE = 0.15
PATIENCE = 150.0  # seconds within which everything must go on after a fault is over
LOOK = 0.3  # seconds between looks for processes that stopped or ended by themselves
_SEEN = 6  # posts that must be counted again until a fault counts as over


class NotRecovered(Exception):
    """After a fault was over, posts or totals did not go on in time."""


@dataclass
class Tally:
    """What was done so far; `recoveries` are seconds from the end of a fault until later posts were counted."""

    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    recoveries: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def of(self, kind: str) -> int:
        return sum(n for (what, _), n in self.faults.items() if what == kind)


@dataclass(frozen=True)
class Victim:
    """Somebody that faults happen to: a member of an engine, a service, a relay, the owner of a projector's slot."""

    name: str
    kill: Callable[[], None]
    revive: Callable[[], object]
    freeze: Callable[[], None]
    thaw: Callable[[], None]


@dataclass(frozen=True)
class Fault:
    """One fault: `seconds` is how long it stays."""

    kind: str
    group: str
    seconds: float
    link: str
    which: float  # 0 to 1: whom of the group


class Chaos:
    """Hurts a site under load for a time, one fault after the other, each into a running load.

    With `only` these faults happen in turn, and nobody waits until all is well after one: a broken part never is.
    """

    def __init__(
        self,
        site: Site,
        load: Load,
        plant: Plant,
        seed: int,
        say: Callable[[str], None],
        only: Sequence[Fault] = (),
    ) -> None:
        self.tally = Tally()
        self.going_on: list[str] = []
        self._site = site
        self._load = load
        self._plant = plant
        self._say = say
        self._only = itertools.cycle(only) if only else None
        self._dice = random.Random(seed)
        # Those that a fault is happening to: nobody else mends or hurts them. It is over before all is well again,
        # since whoever was mended may end or stop by itself at once.
        self._busy: set[str] = set()
        self._moments = random.Random(seed + 1)  # for what processes do to themselves, which no order foresees
        self._tasks: set[asyncio.Task[None]] = set()
        self._trouble: list[BaseException] = []
        self._watching: asyncio.Task[None] | None = None
        self._calm = False  # the faults are over, only failpoints are left

    async def run(self, seconds: float) -> None:
        """Faults for so long; when it returns, everything was healed. Raises NotRecovered."""
        end = time.monotonic() + seconds
        self._watching = asyncio.create_task(self._watch())
        try:
            while time.monotonic() < end:
                await self._in_motion()
                await asyncio.gather(*(self._strike(fault) for fault in self._faults()))
                await asyncio.sleep(self._dice.uniform(0.2, 1.5))
                if self._trouble:
                    raise self._trouble[0]
        finally:
            self._calm = True
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self.heal()

    async def leave(self) -> None:
        """Look after nobody any more: until then, whoever ends or stops by itself is brought back."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])

    async def heal(self) -> None:
        """Everybody runs, nobody is frozen, every link is good."""
        for front in self._site.fronts.values():
            self._site.proxies.heal(front)
        for engine in (*self._site.kafka.members, *self._site.mongo.members):
            engine.thaw()
            if not engine.alive():
                await asyncio.to_thread(engine.restart, graceful=False)
        for process in self._site.retired:
            process.running().thaw()
        for process in self._site.installation.processes.values():
            self._mend(process)

    # -- choosing --------------------------------------------------------------------------------------------------

    def _faults(self) -> list[Fault]:
        """The next fault, or two that happen at once; never two in one group, so that engines keep a majority."""
        if self._only:
            return [next(self._only)]
        first = self._fault()
        second = self._fault()
        return [first, second] if self._dice.random() < TWO_AT_ONCE and first.group != second.group else [first]

    def _fault(self) -> Fault:
        kind = self._one(KINDS)
        group = {"zombie": "projector"}.get(kind) or self._one(GROUPS)
        if kind == "link":
            group = self._dice.choice(("kafka", "mongo"))
        seconds = {"kill": (0.0, 5.0), "freeze": (2.0, 15.0), "link": (2.0, 10.0), "zombie": (3.0, 6.0)}[kind]
        return Fault(kind, group, self._dice.uniform(*seconds), self._dice.choice(LINKS), self._dice.random())

    def _one(self, weights: dict[str, float]) -> str:
        return self._dice.choices(list(weights), list(weights.values()))[0]

    def _victims(self, group: str) -> list[Victim]:
        if group in ("kafka", "mongo"):
            cluster = self._site.kafka if group == "kafka" else self._site.mongo
            return [_member(group, cluster, i) for i in range(len(cluster.members))]
        if group == "projector":
            return [_process(process) for process in self._site.slots.values()]
        processes = self._site.installation.processes
        names = [name for name in processes if (name.startswith("relay")) == (group == "relay")]
        return [_process(processes[name]) for name in names if not name.startswith("projector")]

    async def _strike(self, fault: Fault) -> None:
        """Let it happen to one of its group, unless all of them are in trouble already."""
        free = [victim for victim in self._victims(fault.group) if victim.name not in self._busy]
        if not free:
            return
        victim = free[int(fault.which * len(free))]
        async with self._happening(f"{fault.kind} {victim.name}", victim.name):
            happen = {"kill": self._kill, "freeze": self._freeze, "link": self._link, "zombie": self._zombie}
            over = await happen[fault.kind](victim, fault)
        what = f"{fault.link} link of" if fault.kind == "link" else fault.kind
        await self._count(fault.kind, fault.group, over, f"{what} {victim.name}, {fault.seconds:.1f} s")

    async def _count(self, kind: str, group: str, over: float, words: str) -> None:
        self.tally.faults[kind, group] += 1
        if self._only:
            self._say(words)
            return
        self.going_on.append(f"recovery from {words}")
        try:
            took = await self._seen_since(over)
        finally:
            self.going_on.remove(f"recovery from {words}")
        self.tally.recoveries[kind].append(took)
        faults = f"{self.tally.of('kill')} kills, {self.tally.of('freeze')} freezes"
        self._say(f"{words}; all well after {took:.1f} s; {self._load.acknowledged} acknowledged, {faults}")

    @asynccontextmanager
    async def _happening(self, what: str, name: str) -> AsyncIterator[None]:
        self._busy.add(name)
        self.going_on.append(what)
        try:
            yield
        finally:
            self._busy.discard(name)
            self.going_on.remove(what)

    # -- faults: each answers when it was over ----------------------------------------------------------------------

    async def _kill(self, victim: Victim, fault: Fault) -> float:
        await asyncio.to_thread(victim.kill)
        await asyncio.sleep(fault.seconds)
        over = self._load.history.now()
        await asyncio.to_thread(victim.revive)
        return over

    async def _freeze(self, victim: Victim, fault: Fault) -> float:
        victim.freeze()
        await asyncio.sleep(fault.seconds)
        victim.thaw()
        return self._load.history.now()

    async def _link(self, victim: Victim, fault: Fault) -> float:
        front, proxies = self._site.fronts[victim.name], self._site.proxies
        kind, *directions = fault.link.split()
        match kind:
            case "slow":
                proxies.slow(front, 0.2, jitter=0.1)
            case "narrow":
                proxies.slow(front, 0.0, rate=50_000)
            case "silent":
                proxies.silence(front, *directions)
            case "cut":
                proxies.cut(front)
            case _:
                proxies.reset(front)
        await asyncio.sleep(fault.seconds)
        proxies.heal(front)
        return self._load.history.now()

    async def _zombie(self, victim: Victim, fault: Fault) -> float:
        victim.freeze()
        await self._replace(victim, fault.seconds)
        return self._load.history.now()

    async def _replace(self, victim: Victim, rivals: float) -> None:
        """A frozen projector is replaced as if it were dead, and comes back once its successor has gone past it."""
        slot = int(victim.name.rpartition("-")[2])
        before = await self._patiently(lambda: self._marks(slot))
        old, new = self._site.slots[slot], self._site.replacement(slot)
        new.start()
        self._site.take_over(slot, new)

        async def goes_on() -> bool:
            self._mend(new)  # its own worst moment may come at once, and nobody else looks after it yet
            return await self._has_moved(slot, before)

        await self._until(goes_on, f"the replacement of {victim.name} does not go on")
        old.running().thaw()
        await asyncio.sleep(rivals)
        await asyncio.to_thread(old.running().stop, 10.0)

    # -- watching --------------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """As a supervisor would: what ended by itself is started again, what stopped by itself is replaced."""
        while True:
            await asyncio.sleep(LOOK)
            for name, process in self._site.installation.processes.items():
                if name in self._busy:
                    continue
                if self._calm:
                    self._mend(process)
                elif not process.running().alive():
                    self._look_after(self._ended(name, process))
                elif _is_stopped(process.running().pid):
                    self._look_after(self._stopped_itself(name, process))

    @staticmethod
    def _mend(process: Process) -> None:
        process.running().thaw()
        if not process.running().alive():
            process.start()

    def _look_after(self, work: Coroutine[Any, Any, None]) -> None:
        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if not task.cancelled() and (error := task.exception()):
                self._trouble.append(error)

        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(done)

    async def _ended(self, name: str, process: Process) -> None:
        async with self._happening(f"exit of {name}", name):
            await asyncio.sleep(self._moments.uniform(0.0, 2.0))
            over = self._load.history.now()
            process.start()
        await self._count("exit", name.partition("-")[0], over, f"{name} ended at its worst moment")

    async def _stopped_itself(self, name: str, process: Process) -> None:
        async with self._happening(f"stop of {name}", name):
            await self._replace(_process(process), self._moments.uniform(3.0, 6.0))
            over = self._load.history.now()
        await self._count("stop", "projector", over, f"{name} stopped at its worst moment")

    async def _in_motion(self) -> None:
        if not await self._load.goes_on(timeout=PATIENCE):
            raise NotRecovered(f"nothing was acknowledged for {PATIENCE:.0f} s; going on: {self.going_on}")

    async def _seen_since(self, moment: float) -> float:
        """Seconds until some posts that were acknowledged after this moment are counted in the totals."""

        async def posted() -> bool:
            return len([one for one in self._load.latest[-_SEEN:] if one.at > moment]) == _SEEN

        await self._until(posted, "posts are not acknowledged again")
        later = [one for one in self._load.latest[-10 * _SEEN :] if one.at > moment][:_SEEN]

        async def counted() -> bool:
            marks = await self._all_marks()
            return all(marks[one.service, one.partition] >= one.seq for one in later)

        await self._until(counted, f"what was acknowledged is not counted: {later}")
        return self._load.history.now() - moment

    async def _until(self, holds: Callable[[], Awaitable[bool]], otherwise: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await self._patiently(holds):
            if time.monotonic() > deadline:
                raise NotRecovered(f"{otherwise}, {PATIENCE:.0f} s after; going on: {self.going_on}")
            await asyncio.sleep(0.1)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask again while the engine that we ask is being hurt."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                async with asyncio.timeout(5.0):
                    return await ask()
            except (PyMongoError, TimeoutError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def _all_marks(self) -> dict[tuple[str, int], int]:
        found: dict[tuple[str, int], int] = {}
        for model in READ_MODELS:
            generation = await live(self._plant.reporting, model.name)
            marks = await generation.read_marks(range(model.topic.partitions))
            service = next(name for name, topic in TOPICS.items() if topic == model.topic)
            found |= {(service, p): mark.seq for p, mark in marks.items()}
        return found

    async def _marks(self, slot: int) -> dict[tuple[str, int], int]:
        return {key: seq for key, seq in (await self._all_marks()).items() if key[1] % SLOTS == slot}

    async def _has_moved(self, slot: int, before: dict[tuple[str, int], int]) -> bool:
        """Whether every read model of the slot has gone on."""
        now = await self._marks(slot)
        return all(any(now[key] > before[key] for key in now if key[0] == service) for service, _ in now)


def _member(group: str, cluster: Cluster[Any], i: int) -> Victim:
    def revive() -> None:
        cluster.restart(i)

    return Victim(
        f"{group}-{i}",
        lambda: cluster.kill(i),
        revive,
        lambda: cluster.freeze(i),
        lambda: cluster.thaw(i),
    )


def _process(process: Process) -> Victim:
    return Victim(
        process.name,
        lambda: process.running().kill(),
        process.start,
        lambda: process.running().freeze(),
        lambda: process.running().thaw(),
    )


def _is_stopped(pid: int) -> bool:
    """Whether the process is frozen, by whomever."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] == "T"
