"""What a worker is told: where the events come from and where its facts and counters go.

Only the standard library is used, because workers run in environments of their own.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Self

_PREFIX = "YARDSTICK_"


@dataclass(frozen=True)
class Task:
    """`source` is the topic, or the own store of who reads no topic; `work` is a directory that outlives the worker."""

    kafka: str
    mongo: str
    database: str
    source: str
    group: str
    work: str

    def environment(self) -> dict[str, str]:
        return {_PREFIX + name.upper(): value for name, value in asdict(self).items()}

    @classmethod
    def given(cls) -> Self:
        return cls(**{name: os.environ[_PREFIX + name.upper()] for name in cls.__dataclass_fields__})
