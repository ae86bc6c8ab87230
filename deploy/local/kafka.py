"""A real Apache Kafka: one process that is both broker and KRaft controller."""

import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.certificates import write_certificates
from deploy.local.engine import HOST, Engine, EngineFailed
from deploy.local.jars import kafka_jars
from deploy.local.java import java
from deploy.local.kafka_wire import NotKafka, cluster

# The smallest broker that behaves like a production one to a client; production's own settings are in docker-compose.
_ALONE = {
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    # A killed broker may only come back once its last session has run out: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.cleaner.dedupe.buffer.size": "16777216",  # the default takes 128 MB of heap at once
}
# What a production broker has too. Nobody may do anything but by a rule, except whoever comes in through the internal
# listener: it asks for no password (User:ANONYMOUS) and is for our own processes. The listener for partners never lets
# in anybody by that name.
GUARDED = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
    "allow.everyone.if.no.acl.found": "false",
    "listener.name.partner.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.partner.scram-sha-512.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    # A password that was replaced ends the connections that were made with it within so many milliseconds.
    "listener.name.partner.connections.max.reauth.ms": "300000",
    "listener.name.partner.ssl.keystore.type": "PEM",
}
# The quickest start and the least memory. For benchmarks let the second compiler and another collector in.
_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError")


def new_cluster_id() -> str:
    return urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Seat:
    """A node's place in a cluster of several.

    `controllers` are the controller ports of all nodes by their numbers; `ports` are this node's own for clients,
    controllers and partners; `advertised` is the port that clients and other brokers are told, when another than its
    own.
    """

    node: int
    cluster_id: str
    ports: Sequence[int]
    controllers: Mapping[int, int]
    advertised: int
    settings: Mapping[str, str] = field(default_factory=dict)


class LocalKafka(Engine):
    """Kafka on loopback; `url` is the bootstrap string `host:port` for our own processes.

    Partner authorities come in at `partner_url`, with a password (SCRAM-SHA-512) over TLS: its certificate is signed by
    the authority in the file `partner_ca`.
    `heap` is Java's largest heap (`512m`). `settings` are further broker properties, which win over ours; `jvm` takes
    the place of our options for the Java machine. With a `seat` it is one node of a cluster.
    """

    name = "kafka"
    ports_needed = 3  # clients, controllers, partners

    def __init__(
        self,
        data: Path | None = None,
        *,
        heap: str = "512m",
        settings: Mapping[str, str] | None = None,
        jvm: Sequence[str] = _JVM,
        seat: Seat | None = None,
    ) -> None:
        super().__init__(data, seat.ports if seat else ())
        self.node = seat.node if seat else 1
        self._seat = seat
        self._heap = heap
        self._settings = {**(seat.settings if seat else {}), **(settings or {})}
        self._jvm = tuple(jvm)

    @property
    def url(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def partner_url(self) -> str:
        if not self._ports:
            raise EngineFailed(f"{self.name} has not been started")
        return f"{HOST}:{self._ports[2]}"

    @property
    def partner_ca(self) -> Path:
        return self.data / "partner-ca.pem"

    def _prepare(self) -> list[str | Path]:
        write_certificates(self._certificate, self.partner_ca, HOST)
        properties = self.data / "server.properties"
        properties.write_text("".join(f"{key}={value}\n" for key, value in self._properties().items()))
        if not (self._logs / "meta.properties").is_file():  # formatting anew would orphan what is there
            self._format(properties)
        return self._java("kafka.Kafka", properties)

    def _ready(self) -> bool:
        try:
            answered = cluster(HOST, self.port)
        except (OSError, NotKafka):
            return False
        return answered.id == self._cluster_id() and any(broker.node == self.node for broker in answered.brokers)

    def _cluster_id(self) -> str:
        lines = (self._logs / "meta.properties").read_text().splitlines()
        return next(line.removeprefix("cluster.id=") for line in lines if line.startswith("cluster.id="))

    @property
    def _logs(self) -> Path:
        return self.data / "logs"

    @property
    def _certificate(self) -> Path:
        return self.data / "partner-listener.pem"

    def _properties(self) -> dict[str, str]:
        clients, controllers, partners = self._ports
        voters = self._seat.controllers if self._seat else {self.node: controllers}
        advertised = self._seat.advertised if self._seat else clients
        return {
            "process.roles": "broker,controller",
            "node.id": str(self.node),
            "controller.quorum.voters": ",".join(f"{node}@{HOST}:{port}" for node, port in voters.items()),
            "listeners": f"CLIENT://{HOST}:{clients},PARTNER://{HOST}:{partners},CONTROLLER://{HOST}:{controllers}",
            "advertised.listeners": f"CLIENT://{HOST}:{advertised},PARTNER://{HOST}:{partners}",
            "listener.security.protocol.map": "CLIENT:PLAINTEXT,PARTNER:SASL_SSL,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "CLIENT",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self._logs),
            "listener.name.partner.ssl.keystore.location": str(self._certificate),
            **_ALONE,
            **GUARDED,
            **self._settings,
        }

    def _format(self, properties: Path) -> None:
        fresh = self._seat.cluster_id if self._seat else new_cluster_id()
        # A random id may start with a dash, which must not read as an option.
        command = self._java("kafka.tools.StorageTool", "format", f"--cluster-id={fresh}", "--config", properties)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise EngineFailed(f"Kafka could not format {self._logs}:\n{done.stdout}{done.stderr}")

    def _java(self, main: str, *arguments: str | Path) -> list[str | Path]:
        runtime, _ = java()
        log4j = Path(__file__).with_name("kafka-log4j2.properties")
        classpath = ":".join(map(str, kafka_jars()))
        return [
            runtime,
            *(f"-Xmx{self._heap}", "-Xms64m", *self._jvm),
            f"-Dlog4j2.configurationFile={log4j}",
            *("-cp", classpath, main, *arguments),
        ]
