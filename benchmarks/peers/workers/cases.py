"""The yardstick's streams as aggregates of the eventsourcing library, and its store's settings."""

import os
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.yardstick import Event


class Case(Aggregate):
    @event("Started")
    def __init__(self, stream: str, said: Event) -> None:
        self.stream = stream
        self.said = said

    @staticmethod
    def create_id(stream: str) -> UUID:
        return uuid5(NAMESPACE_URL, stream)

    @event("Changed")
    def change(self, said: Event) -> None:
        self.said = said


class Cases(Application):
    def record(self, said: Event) -> None:
        if said["version"] == 1:
            self.save(Case(said["stream"], said))
        else:
            case: Any = self.repository.get(Case.create_id(said["stream"]))
            case.change(said)
            self.save(case)


def store(database: str) -> Mapping[str, str]:
    """Postgres, because the library's SQLite recorder offers no subscriptions, which a projection needs."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": database,
        "POSTGRES_HOST": os.environ["POSTGRES_HOST"],
        "POSTGRES_PORT": os.environ["POSTGRES_PORT"],
        "POSTGRES_USER": os.environ["POSTGRES_USER"],
        "POSTGRES_PASSWORD": "",
    }
