"""Engines of several members on this machine, each of which can be killed, frozen or cut off by itself."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.local.engine import HOST, Engine, EngineFailed, free_ports
from deploy.local.kafka import LocalKafka, Seat, new_cluster_id
from deploy.local.mongo import REPLICA_SET, LocalMongo, direct

E = TypeVar("E", bound=Engine)
Front = Callable[[int], int]
"""Answers the port that stands in front of a port: a proxy's, or the same one."""

_FORMING = 120.0  # seconds for a replica set to have its first primary
_STARTING = 180.0  # seconds for a member to serve: they all start at once, perhaps on two cores
_ELECTION_MS = 2_000


class Cluster(Generic[E]):
    """The members, by number from 0. Methods block, and may be called from any thread.

    Without `data` a temporary directory is used, and thrown away by `stop`.
    """

    members: list[E]

    def __init__(self, data: Path | None) -> None:
        self._temporary = None if data else tempfile.TemporaryDirectory(prefix="goldenthread-cluster-")
        self.data = data or Path(self._temporary.name if self._temporary else "")

    def start(self) -> Self:
        """Start every member and wait until the cluster serves clients. Errors: EngineMissing, EngineFailed."""
        for member in self.members:
            member.start_timeout = _STARTING
        try:
            with ThreadPoolExecutor(len(self.members)) as pool:
                for starting in [pool.submit(member.start) for member in self.members]:
                    starting.result()
            self._form()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End every member, thawing those that are frozen."""
        with ThreadPoolExecutor(len(self.members)) as pool:
            list(pool.map(lambda member: member.stop(graceful=False), self.members))
        if self._temporary is not None:
            self._temporary.cleanup()

    def kill(self, member: int) -> None:
        """SIGKILL; its ports and its data stay for `restart`."""
        self.members[member].kill()

    def restart(self, member: int) -> None:
        """Start it again where it was, and wait until it serves."""
        self.members[member].restart(graceful=False)

    def freeze(self, member: int) -> None:
        """SIGSTOP: connections stay open and nobody answers."""
        self.members[member].freeze()

    def thaw(self, member: int) -> None:
        self.members[member].thaw()

    def _form(self) -> None:
        """What the members need once all of them run."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


class KafkaCluster(Cluster[LocalKafka]):
    """`n` nodes that are brokers and controllers; topics with three replicas need two of them to take a record."""

    def __init__(
        self,
        n: int = 3,
        data: Path | None = None,
        *,
        heap: str = "384m",
        front: Front = lambda port: port,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data)
        ports = free_ports(3 * n)
        clients, controllers, partners = ports[:n], dict(enumerate(ports[n : 2 * n], start=1)), ports[2 * n :]
        self._advertised = [front(port) for port in clients]
        shared = {**_replicated(n), **(settings or {})}
        identity = new_cluster_id()
        self.members = [
            LocalKafka(
                self.data / f"kafka-{node}",
                heap=heap,
                seat=Seat(node, identity, (own, controllers[node], partner), controllers, advertised, shared),
            )
            for node, (own, advertised, partner) in enumerate(zip(clients, self._advertised, partners, strict=True), 1)
        ]

    @property
    def url(self) -> str:
        return ",".join(f"{HOST}:{port}" for port in self._advertised)


def _replicated(n: int) -> dict[str, str]:
    copies, needed = str(min(n, 3)), str(min(n, 3) // 2 + 1)
    return {
        "default.replication.factor": copies,
        "min.insync.replicas": needed,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": needed,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": needed,
        "unclean.leader.election.enable": "false",
        "broker.session.timeout.ms": "6000",
        "initial.broker.registration.timeout.ms": "180000",  # a broker that is not taken up by then ends itself
        # A follower that is cut off must leave the in-sync set before a producer's patience ends.
        "replica.lag.time.max.ms": "5000",
        "replica.socket.timeout.ms": "5000",
    }


class MongoReplicaSet(Cluster[LocalMongo]):
    """`n` members that bear data; the two that are left elect another primary some two seconds after the loss."""

    def __init__(
        self,
        n: int = 3,
        data: Path | None = None,
        *,
        cache_gb: float = 0.25,
        front: Front = lambda port: port,
        options: Sequence[str] = (),
    ) -> None:
        super().__init__(data)
        ports = free_ports(n)
        self.addresses = [f"{HOST}:{front(port)}" for port in ports]
        self.members = [
            LocalMongo(
                self.data / f"mongo-{i}", cache_gb=cache_gb, options=options, ports=[port], members=self.addresses
            )
            for i, port in enumerate(ports)
        ]

    @property
    def url(self) -> str:
        return f"mongodb://{','.join(self.addresses)}/?replicaSet={REPLICA_SET}"

    def primary(self, timeout: float = _FORMING) -> int:
        """The number of the member that most members follow, and that answers. Errors: EngineFailed when late."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            votes = [_follows(member) for member in self.members]
            for i, address in enumerate(self.addresses):
                if votes[i] == address and votes.count(address) * 2 > len(self.members):
                    return i
            time.sleep(0.1)
        raise EngineFailed(f"no primary within {timeout:.0f} s")

    def _form(self) -> None:
        config = {
            "_id": REPLICA_SET,
            "members": [{"_id": i, "host": address} for i, address in enumerate(self.addresses)],
            "settings": {"electionTimeoutMillis": _ELECTION_MS, "heartbeatIntervalMillis": _ELECTION_MS // 4},
        }
        with direct(self.members[0].port) as client:
            client.admin.command("replSetInitiate", config)
        self.primary()


def _follows(member: LocalMongo) -> str | None:
    """Whom this member takes for the primary; None when it does not say."""
    if not member.alive():
        return None
    try:
        with MongoClient[dict[str, Any]](
            HOST, member.port, directConnection=True, serverSelectionTimeoutMS=300, socketTimeoutMS=300
        ) as client:
            named: str | None = client.admin.command("hello").get("primary")
            return named
    except PyMongoError:
        return None
