"""The engines to start: `from deploy.local.engines import LocalKafka, LocalMongo`."""

from deploy.local.engine import EngineFailed, EngineMissing
from deploy.local.kafka import LocalKafka
from deploy.local.mongo import LocalMongo

__all__ = ["EngineFailed", "EngineMissing", "LocalKafka", "LocalMongo"]
