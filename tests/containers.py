"""The official images of Kafka and MongoDB, for machines that have Docker."""

import time
from collections.abc import Callable
from typing import Any

from docker.errors import DockerException
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from testcontainers.core.container import DockerContainer

from deploy.local.engine import EngineMissing, free_ports
from deploy.local.kafka_wire import NotKafka, cluster

_KAFKA = "apache/kafka:4.1.1"
_MONGO = "mongo:8"
_START_SECONDS = 90


class Contained:
    """`make` builds the container, given the host's port to publish; `ready` says whether host and port serve yet."""

    kind = "testcontainers"

    def __init__(
        self, make: Callable[[int], DockerContainer], ready: Callable[[str, int], bool], url: Callable[[str, int], str]
    ) -> None:
        self._make, self._ready, self._format = make, ready, url
        self._container: DockerContainer | None = None
        self._url = ""

    def url(self) -> str:
        if self._container is None:
            (port,) = free_ports(1)
            self._container = self._started(port)
            host = self._container.get_container_host_ip()
            self._wait(host, port)
            self._url = self._format(host, port)
        return self._url

    def close(self) -> None:
        if self._container is not None:
            self._container.stop()

    def _started(self, port: int) -> DockerContainer:
        try:
            return self._make(port).start()
        except DockerException as error:
            remedy = "Start Docker, or unset GOLDENTHREAD_TEST_BACKEND to use this machine's own engines"
            raise EngineMissing(f"Docker cannot run the engines ({error}). {remedy}.") from error

    def _wait(self, host: str, port: int) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._ready(host, port):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the container on {host}:{port} served nobody for {_START_SECONDS} s")
            time.sleep(0.2)


def kafka_container() -> Contained:
    return Contained(_kafka, _kafka_ready, lambda host, port: f"{host}:{port}")


def mongo_container() -> Contained:
    return Contained(_mongo, _mongo_ready, _direct)


def _kafka(port: int) -> DockerContainer:
    container = DockerContainer(_KAFKA).with_bind_ports(9092, port)
    settings = {
        "NODE_ID": "1",
        "PROCESS_ROLES": "broker,controller",
        "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "LISTENERS": "CLIENT://:9092,CONTROLLER://:9093",
        "ADVERTISED_LISTENERS": f"CLIENT://{container.get_docker_client().host()}:{port}",
        "LISTENER_SECURITY_PROTOCOL_MAP": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "INTER_BROKER_LISTENER_NAME": "CLIENT",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    for name, value in settings.items():
        container.with_env(f"KAFKA_{name}", value)
    return container


def _kafka_ready(host: str, port: int) -> bool:
    try:
        return bool(cluster(host, port).brokers)
    except (OSError, NotKafka):
        return False


def _mongo(port: int) -> DockerContainer:
    return DockerContainer(_MONGO).with_bind_ports(27017, port).with_command("--replSet rs0 --bind_ip_all")


def _direct(host: str, port: int) -> str:
    """The set knows itself by an address inside the container, which clients out here must not follow."""
    return f"mongodb://{host}:{port}/?directConnection=true"


def _mongo_ready(host: str, port: int) -> bool:
    try:
        with MongoClient[dict[str, Any]](_direct(host, port), serverSelectionTimeoutMS=500) as client:
            hello = client.admin.command("hello")
            if hello.get("isreplicaset"):  # it waits for somebody to begin the set
                members = [{"_id": 0, "host": "localhost:27017"}]
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
            return bool(hello["isWritablePrimary"])
    except PyMongoError:
        return False
