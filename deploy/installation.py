"""A whole installation on one machine: engines, services, relay and projector as child processes of this one."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from deploy.issuer import LocalIssuer
from deploy.local.child import Child
from deploy.local.engine import free_ports
from deploy.local.engines import LocalKafka, LocalMongo
from shared.messaging.topics import apply_topics

SERVICES = ("organisation", "audit", "escalation", "feedback", "reporting")
READY_SECONDS = 120.0
GRACE = 25.0  # seconds a process has for an orderly end
PARTNER_KAFKA = "GOLDENTHREAD_PARTNER_KAFKA_URL"  # what `goldenthread partners` tells a partner
ENVIRONMENT = "environment"  # the file that tells other commands where everything is

Say = Callable[[str], None]


class NotReady(Exception):
    """A process did not come up; the message holds the end of its log."""


@dataclass(slots=True)
class Process:
    """One of ours: how to start it, and the child that runs it now."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    child: Child | None = None

    def start(self) -> None:
        self.child = Child(self.command, self.log, self.environment)

    def running(self) -> Child:
        if self.child is None:
            raise NotReady(f"{self.name} was not started")
        return self.child


@dataclass(slots=True)
class Installation:
    """Everything that `goldenthread up` runs.

    `data` is kept when given and thrown away otherwise. `kafka_url` and `mongo_url` are engines that run already;
    without them local ones are started. `projectors` is how many projector processes share the partitions. `copies` is
    how many of a service or of the relay to run when not one, `replicas` how many brokers keep a record, `patience` how
    many seconds all have to be ready. `told` are further variables, `modules` other programs than ours, for the
    processes of a kind (a service, relay, projector).
    """

    data: Path | None = None
    kafka_url: str | None = None
    mongo_url: str | None = None
    projectors: int = 1
    prefix: str = "goldenthread"
    topic_prefix: str = ""
    say: Say = lambda _line: None
    settings: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, int] = field(default_factory=dict)
    replicas: int = 1
    patience: float = READY_SECONDS
    told: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    kafka: LocalKafka | None = None
    mongo: LocalMongo | None = None
    processes: dict[str, Process] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    _folder: Path | None = None
    _issuer: LocalIssuer | None = None

    @property
    def folder(self) -> Path:
        if self._folder is None:
            self._folder = (self.data or Path(tempfile.mkdtemp(prefix="goldenthread-"))).resolve()
            self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    @property
    def issuer(self) -> LocalIssuer:
        if self._issuer is None:
            self._issuer = LocalIssuer.at(self.folder / "issuer")
        return self._issuer

    def address(self, process: str) -> str:
        """Where a service answers; relay and projectors answer about their health only."""
        return f"http://127.0.0.1:{self.ports[process]}"

    def names(self, kind: str) -> list[str]:
        """What the copies of a service or of the relay are called: feedback, feedback-2."""
        return [kind, *(f"{kind}-{number}" for number in range(2, self.copies.get(kind, 1) + 1))]

    def token(
        self,
        sub: str,
        scopes: Iterable[str],
        authorities: Iterable[str] = (),
        minutes: float = 60,
        partner: str | None = None,
    ) -> str:
        return self.issuer.mint(sub, scopes, authorities, minutes, partner)

    def environment(self) -> dict[str, str]:
        """What every process of ours is told, and what `goldenthread` commands in another terminal read."""
        return {
            "GOLDENTHREAD_ENVIRONMENT": "demo",
            "GOLDENTHREAD_KAFKA_URL": self.kafka_url or "",
            "GOLDENTHREAD_MONGO_URL": self.mongo_url or "",
            "GOLDENTHREAD_MONGO_PREFIX": self.prefix,
            "GOLDENTHREAD_TOPIC_PREFIX": self.topic_prefix,
            "GOLDENTHREAD_JWKS_FILE": str(self.issuer.jwks_file),
            **{f"GOLDENTHREAD_{service.upper()}_ADDRESS": self.address(service) for service in SERVICES},
            **({PARTNER_KAFKA: self.kafka.partner_url} if self.kafka else {}),
            **self.settings,
        }

    def start(self) -> None:
        """Bring everything up. Raises EngineMissing, EngineFailed or NotReady; what was started is stopped then."""
        try:
            self._start_engines()
            asyncio.run(apply_topics(self.kafka_url or "", self.topic_prefix, self.replicas))
            names = [*(name for service in SERVICES for name in self.names(service)), *self._background()]
            self.ports = dict(zip(names, free_ports(len(names)), strict=True))
            self._plan()
            for process in self.processes.values():
                process.start()
            self._write_environment()
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process in order, services first so that nothing new comes in, then the engines."""
        children = [p.child for p in self.processes.values() if p.child is not None and p.child.alive()]
        if children:
            with ThreadPoolExecutor(len(children)) as pool:
                list(pool.map(lambda child: child.stop(GRACE), children))
        for engine in (self.kafka, self.mongo):
            if engine is not None:
                engine.stop()
        if self.data is None and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def wait_until_ready(self, names: Iterable[str] = SERVICES) -> None:
        """Wait until the services answer that they are ready; raises NotReady with the end of a log otherwise."""
        deadline = time.monotonic() + self.patience
        for name in names:
            while not self._is_ready(name):
                child = self.processes[name].running()
                if not child.alive() or time.monotonic() > deadline:
                    raise NotReady(f"{name} did not come up:\n{child.said()}")
                time.sleep(0.1)
            self.say(f"{name:<13} {self.address(name)}")

    def memory_mb(self) -> dict[str, float]:
        """Peak resident memory of every process so far, in MiB."""
        pids = {name: process.running().pid for name, process in self.processes.items()}
        if self.kafka is not None:
            pids["kafka"] = self.kafka.pid
        if self.mongo is not None:
            pids["mongod"] = self.mongo.pid
        return {name: peak_mb(pid) for name, pid in pids.items()}

    def _is_ready(self, service: str) -> bool:
        try:
            return httpx2.get(f"{self.address(service)}/readyz", timeout=2).status_code == 200
        except httpx2.TransportError:
            return False

    def _start_engines(self) -> None:
        with ThreadPoolExecutor(2) as pool:
            starting: list[Future[Any]] = []
            if self.kafka_url is None:
                self.kafka = LocalKafka(self.folder / "kafka")
                starting.append(pool.submit(self.kafka.start))
            if self.mongo_url is None:
                self.mongo = LocalMongo(self.folder / "mongo")
                starting.append(pool.submit(self.mongo.start))
            for one in starting:
                one.result()
        if self.kafka is not None:
            self.kafka_url = self.kafka.url
            self.say(f"{'kafka':<13} {self.kafka_url}, for partners {self.kafka.partner_url}")
        if self.mongo is not None:
            self.mongo_url = self.mongo.url
            self.say(f"{'mongod':<13} {self.mongo_url}")

    def _plan(self) -> None:
        for service in SERVICES:
            for name in self.names(service):
                self._add(name, service, ["serve", service], {"GOLDENTHREAD_PORT": str(self.ports[name])})
        for name, command in self._background().items():
            kind = name.partition("-")[0]
            self._add(name, kind, [*command, "--health-port", str(self.ports[name])], {})

    def _background(self) -> dict[str, list[str]]:
        projectors = {
            f"projector-{slot}": ["project", "--slot", str(slot), "--slots", str(self.projectors)]
            for slot in range(self.projectors)
        }
        return {**{name: ["relay"] for name in self.names("relay")}, **projectors}

    def _add(self, name: str, kind: str, arguments: list[str], more: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", self.modules.get(kind, "deploy.cli"), *arguments]
        environment = {**self.environment(), **self.told.get(kind, {}), **more}
        self.processes[name] = Process(name, command, environment, self.folder / f"{name}.log")

    def _write_environment(self) -> None:
        lines = [f"{name}={value}" for name, value in self.environment().items()]
        (self.folder / ENVIRONMENT).write_text("\n".join(lines) + "\n")


def read_environment(folder: Path) -> None:
    """Take over what an installation wrote down about itself; what the environment says already wins."""
    file = folder / ENVIRONMENT
    if file.exists():
        for line in file.read_text().splitlines():
            name, _, value = line.partition("=")
            os.environ.setdefault(name, value)


def peak_mb(pid: int) -> float:
    """Peak resident memory in MiB, or 0 when the process is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(peak.split()[1]) / 1024
