"""Where chaos happens: clusters behind links that can be cut, and an installation of several copies upon them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.installation import Installation, Process
from deploy.local.cluster import KafkaCluster, MongoReplicaSet
from deploy.local.proxy import Proxies
from shared.failpoints import VARIABLE
from shared.settings import ServiceSettings

SLOTS = 2
_STARTING = 300.0  # seconds for a dozen processes that start at once
COPIES = {"feedback": 2, "audit": 2, "escalation": 2, "reporting": 2, "relay": 2}
# What a process of each kind may do to itself at its worst moments, and how likely at each visit.
FAILPOINTS = {
    "feedback": "store.after_insert:0.0004:exit; store.after_insert:0.002:raise",
    "audit": "store.after_insert:0.0004:exit",
    "escalation": "store.after_insert:0.002:raise",
    "relay": "relay.before_cursor:0.0002:exit; relay.before_cursor:0.001:raise",
    "projector": "projection.before_commit:0.0008:stop; projection.after_commit:0.0002:exit",
}


@dataclass
class Site:
    """`members` is the number of brokers and of mongods. Everything is kept in `folder`; logs stay there."""

    folder: Path
    members: int = 3
    failpoints: Mapping[str, str] = field(default_factory=lambda: FAILPOINTS)
    modules: Mapping[str, str] = field(default_factory=dict)
    started: int = 0

    def __post_init__(self) -> None:
        self._stack = ExitStack()
        self.proxies = self._stack.enter_context(Proxies())
        self.fronts: dict[str, int] = {}

        def front(kind: str, port: int) -> int:
            found = self.proxies.front(port)
            self.fronts[f"{kind}-{sum(name.startswith(kind) for name in self.fronts)}"] = found
            return found

        self.kafka = KafkaCluster(self.members, self.folder / "kafka", front=lambda port: front("kafka", port))
        self.mongo = MongoReplicaSet(self.members, self.folder / "mongo", front=lambda port: front("mongo", port))
        self.installation = Installation(
            self.folder / "processes",
            copies=COPIES,
            projectors=SLOTS,
            replicas=self.members,
            patience=_STARTING,
            told={kind: {VARIABLE: text} for kind, text in self.failpoints.items()},
            modules=self.modules,
        )
        self.slots: dict[int, Process] = {}  # who owns each projector slot now
        self.retired: list[Process] = []

    def start(self) -> Self:
        """Bring everything up; blocks. What was started is stopped again when that fails."""
        try:
            self._stack.enter_context(self.kafka)
            self._stack.enter_context(self.mongo)
            self.installation.kafka_url, self.installation.mongo_url = self.kafka.url, self.mongo.url
            self.installation.start()
        except BaseException:
            self._stack.close()
            raise
        self.slots = {slot: self.installation.processes[f"projector-{slot}"] for slot in range(SLOTS)}
        return self

    def stop(self) -> None:
        """Stop everything that runs; blocks."""
        for process in self.retired:
            if process.running().alive():
                process.running().kill()
        self.installation.stop()
        self._stack.close()

    def replacement(self, slot: int) -> Process:
        """Another process for a slot that has one, not started yet: itself with its own log and no health port."""
        process = self.slots[slot]
        self.started += 1
        command = process.command
        if "--health-port" in command:
            at = command.index("--health-port")
            command = command[:at] + command[at + 2 :]
        name = f"projector-{slot}"
        log = self.installation.folder / f"{name}.{self.started}.log"
        return replace(process, name=name, command=command, log=log, child=None)

    def take_over(self, slot: int, new: Process) -> None:
        """From now on `new` is the slot's owner; the old one is remembered, so that it is ended with the rest."""
        self.retired.append(self.slots[slot])
        self.slots[slot] = self.installation.processes[f"projector-{slot}"] = new

    def logs(self) -> Iterable[Path]:
        return sorted(self.installation.folder.glob("*.log"))

    def settings(self) -> ServiceSettings:
        return ServiceSettings(
            environment="test",
            mongo_url=self.mongo.url,
            kafka_url=self.kafka.url,
            mongo_prefix=self.installation.prefix,
            topic_prefix=self.installation.topic_prefix,
        )

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)
