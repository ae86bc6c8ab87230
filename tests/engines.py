"""Where the suite's Kafka and MongoDB come from: given addresses, else containers when asked for, else this machine."""

import os
from typing import Protocol

from deploy.local.engine import Engine
from deploy.local.engines import LocalKafka, LocalMongo

KAFKA_URL = "GOLDENTHREAD_TEST_KAFKA_URL"
MONGO_URL = "GOLDENTHREAD_TEST_MONGO_URL"
BACKEND = "GOLDENTHREAD_TEST_BACKEND"


class Provided(Protocol):
    """One engine for the whole session; nothing starts before `url` is asked for."""

    kind: str

    def url(self) -> str: ...

    def close(self) -> None: ...


class External:
    kind = "external"

    def __init__(self, url: str) -> None:
        self._url = url

    def url(self) -> str:
        return self._url

    def close(self) -> None:
        """Whoever started it ends it."""


class Local:
    kind = "local"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def url(self) -> str:
        return (self._engine if self._engine.alive() else self._engine.start()).url

    def close(self) -> None:
        self._engine.stop()


def kafka() -> Provided:
    if url := os.environ.get(KAFKA_URL):
        return External(url)
    if _containers_wanted():
        from tests.containers import kafka_container

        return kafka_container()
    return Local(LocalKafka())


def mongo() -> Provided:
    if url := os.environ.get(MONGO_URL):
        return External(url)
    if _containers_wanted():
        from tests.containers import mongo_container

        return mongo_container()
    return Local(LocalMongo())


def _containers_wanted() -> bool:
    wanted = os.environ.get(BACKEND, "local")
    if wanted not in {"local", "testcontainers"}:
        raise ValueError(f"{BACKEND} is {wanted!r}: it can be local or testcontainers")
    return wanted == "testcontainers"
