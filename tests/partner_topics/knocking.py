"""One request of Kafka's protocol at a time, as some user, and whether the broker let it through.

Clients hide refusals behind retries, or never send what they know to be refused; a thief sends what he likes.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kafka import errors
from kafka.admin import KafkaAdminClient
from kafka.protocol import admin, consumer, metadata, producer
from kafka.record.memory_records import MemoryRecordsBuilder

ALLOWED, REFUSED = "allowed", "refused"

_REFUSALS = {
    errors.TopicAuthorizationFailedError.errno,
    errors.GroupAuthorizationFailedError.errno,
    errors.ClusterAuthorizationFailedError.errno,
    errors.TransactionalIdAuthorizationFailedError.errno,
}
_LET_THROUGH = {
    errors.MemberIdRequiredError.errno,  # a group answers so to whoever may join it
    errors.UnknownMemberIdError.errno,
    errors.GroupIdNotFoundError.errno,
    errors.ResourceNotFoundError.errno,
    errors.NotCoordinatorError.errno,  # whoever may begin a transaction is sent to another broker, or told to wait
    errors.CoordinatorLoadInProgressError.errno,
}
_TOPIC, _SECONDS = 2, 5_000


def as_partner(ca: Path, user: str, password: str) -> dict[str, Any]:
    """What a client needs to come in as this user; aiokafka and kafka-python call it the same."""
    return {
        "security_protocol": "SASL_SSL",
        "ssl_context": ssl.create_default_context(cafile=ca),
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": user,
        "sasl_plain_password": password,
    }


class Knocker:
    """A connection, with what `as_partner` answers or (at the internal listener) without."""

    def __init__(self, bootstrap: str, **secured: Any) -> None:
        self._admin = KafkaAdminClient(
            bootstrap_servers=bootstrap, bootstrap_timeout_ms=_SECONDS, request_timeout_ms=_SECONDS, **secured
        )

    def on_topic(self, operation: str, topic: str) -> str:
        return self._asked(*ON_TOPIC[operation](topic))

    def on_group(self, operation: str, group: str) -> str:
        return self._asked(*ON_GROUP[operation](group))

    def on_both(self, operation: str, topic: str, group: str) -> str:
        return self._asked(*ON_BOTH[operation](topic, group))

    def on_cluster(self, operation: str) -> str:
        return self._asked(*ON_CLUSTER[operation]())

    def seen_topics(self) -> set[str]:
        """What the broker tells of when it is asked for all topics."""
        return set(self._admin.list_topics())

    def seen_groups(self) -> set[str]:
        request = _made(admin.ListGroupsRequest, {"states_filter": [], "types_filter": []}, 5)
        return {group.group_id for group in self._send(request).groups}

    def _asked(self, kind: Any, fields: Mapping[str, Any], newest: int) -> str:
        codes = set(_codes(self._send(_made(kind, fields, newest)).to_dict())) - {0}
        if codes & _REFUSALS:
            return REFUSED
        strange = codes - _LET_THROUGH
        return ", ".join(errors.for_code(code).__name__ for code in strange) or ALLOWED

    def _send(self, request: Any) -> Any:
        return self._admin._manager.run(self._admin._manager.send, request)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._admin.close()


def _codes(answer: Any) -> Iterator[int]:
    if isinstance(answer, dict):
        if "error_code" in answer:
            yield answer["error_code"]
        answer = list(answer.values())
    if isinstance(answer, list | tuple):
        for one in answer:
            yield from _codes(one)


def _made(kind: Any, fields: Mapping[str, Any], newest: int | None = None) -> Any:
    """A message of this kind; what is nested in it is given as dictionaries."""
    made = {name: _nested(kind.fields[name], value) for name, value in fields.items()}
    return kind(**made) if newest is None else kind(**made, max_version=newest)


def _nested(field: Any, value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_made(field.data_class, one) for one in value]
    return value


def _a_record() -> bytes:
    builder = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=1_000)
    builder.append(timestamp=0, key=None, value=b"forged")
    builder.close()
    return bytes(builder.buffer())


def _partition(topic: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"name": topic, "partitions": [fields]}]


Question = tuple[Any, dict[str, Any], int]


def _describe(topic: str) -> Question:
    return metadata.MetadataRequest, {"topics": [{"name": topic}], "allow_auto_topic_creation": True}, 9


def _read(topic: str) -> Question:
    at = {"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1_000}
    fields = {"max_wait_ms": 0, "min_bytes": 0, "topics": [{"topic": topic, "partitions": [at]}]}
    return consumer.FetchRequest, {**fields, "forgotten_topics_data": []}, 12


def _look_for_the_end(topic: str) -> Question:
    where = _partition(topic, partition_index=0, timestamp=-1)
    return consumer.ListOffsetsRequest, {"replica_id": -1, "isolation_level": 0, "topics": where}, 7


def _write(topic: str) -> Question:
    data = [{"name": topic, "partition_data": [{"index": 0, "records": _a_record()}]}]
    return producer.ProduceRequest, {"acks": 1, "timeout_ms": _SECONDS, "topic_data": data}, 11


def _create(topic: str) -> Question:
    new = {"name": f"{topic}.more", "num_partitions": 1, "replication_factor": 1, "assignments": [], "configs": []}
    return admin.CreateTopicsRequest, {"topics": [new], "timeout_ms": _SECONDS, "validate_only": True}, 6


def _add_partitions(topic: str) -> Question:
    more = {"name": topic, "count": 60, "assignments": None}
    return admin.CreatePartitionsRequest, {"topics": [more], "timeout_ms": _SECONDS, "validate_only": True}, 3


def _delete_records(topic: str) -> Question:
    where = _partition(topic, partition_index=0, offset=0)
    return admin.DeleteRecordsRequest, {"topics": where, "timeout_ms": _SECONDS}, 2


def _describe_configs(topic: str) -> Question:
    whose = {"resource_type": _TOPIC, "resource_name": topic, "configuration_keys": None}
    return admin.DescribeConfigsRequest, {"resources": [whose]}, 4


def _alter_configs(topic: str) -> Question:
    change = {"name": "retention.ms", "config_operation": 0, "value": "1"}
    whose = {"resource_type": _TOPIC, "resource_name": topic, "configs": [change]}
    return admin.IncrementalAlterConfigsRequest, {"resources": [whose], "validate_only": True}, 1


def _delete(topic: str) -> Question:
    return admin.DeleteTopicsRequest, {"topic_names": [topic], "timeout_ms": _SECONDS}, 5


def _find(group: str) -> Question:
    return metadata.FindCoordinatorRequest, {"key": group, "key_type": 0}, 3


def _join(group: str) -> Question:
    fields = {"session_timeout_ms": 6_000, "rebalance_timeout_ms": 6_000, "member_id": "", "group_instance_id": None}
    protocols = [{"name": "range", "metadata": b""}]
    kind = consumer.JoinGroupRequest
    return kind, {"group_id": group, **fields, "protocol_type": "consumer", "protocols": protocols}, 7


def _describe_group(group: str) -> Question:
    return admin.DescribeGroupsRequest, {"groups": [group], "include_authorized_operations": False}, 5


def _delete_group(group: str) -> Question:
    return admin.DeleteGroupsRequest, {"groups_names": [group]}, 2


def _commit(topic: str, group: str) -> Question:
    where = _partition(topic, partition_index=0, committed_offset=0, committed_metadata="")
    whose = {"group_id": group, "generation_id_or_member_epoch": -1, "member_id": "", "group_instance_id": None}
    return consumer.OffsetCommitRequest, {**whose, "topics": where}, 8


def _committed(topic: str, group: str) -> Question:
    return (
        consumer.OffsetFetchRequest,
        {"group_id": group, "topics": [{"name": topic, "partition_indexes": [0]}], "require_stable": False},
        7,
    )


def _forget(topic: str, group: str) -> Question:
    return consumer.OffsetDeleteRequest, {"group_id": group, "topics": _partition(topic, partition_index=0)}, 0


def _acls() -> Question:
    names = dict.fromkeys(("resource_name_filter", "principal_filter", "host_filter"))
    kinds = dict.fromkeys(("resource_type_filter", "pattern_type_filter", "operation", "permission_type"), 1)
    return admin.DescribeAclsRequest, {**names, **kinds}, 2


def _more_rights() -> Question:
    what = {"resource_type": _TOPIC, "resource_name": "qa.audit", "resource_pattern_type": 3}
    right = {"principal": "User:mallory", "host": "*", "operation": 3, "permission_type": 3}
    return admin.CreateAclsRequest, {"creations": [what | right]}, 2


def _fewer_rights() -> Question:
    names = {"resource_name_filter": None, "principal_filter": "User:mallory", "host_filter": None}
    kinds = dict.fromkeys(("resource_type_filter", "pattern_type_filter", "operation", "permission_type"), 1)
    return admin.DeleteAclsRequest, {"filters": [{**names, **kinds}]}, 2


def _users() -> Question:
    """By name: a broker of 4.1 never answers whoever may not ask for all of them."""
    return admin.DescribeUserScramCredentialsRequest, {"users": [{"name": "partner-elm"}]}, 0


def _another_user() -> Question:
    new = {"name": "mallory", "mechanism": 2, "iterations": 4_096, "salt": b"salt", "salted_password": b"p" * 64}
    return admin.AlterUserScramCredentialsRequest, {"deletions": [], "upsertions": [new]}, 0


def _limits() -> Question:
    return admin.DescribeClientQuotasRequest, {"components": [], "strict": False}, 1


def _no_limits() -> Question:
    whose = {"entity_type": "user", "entity_name": "mallory"}
    limit = {"key": "consumer_byte_rate", "value": 1e9, "remove": False}
    entry = {"entity": [whose], "ops": [limit]}
    return admin.AlterClientQuotasRequest, {"entries": [entry], "validate_only": True}, 1


def _transaction() -> Question:
    return producer.InitProducerIdRequest, {"transactional_id": "forged", "transaction_timeout_ms": 1_000}, 4


def _producer() -> Question:
    return producer.InitProducerIdRequest, {"transactional_id": None, "transaction_timeout_ms": 1_000}, 4


ON_TOPIC = {
    "describe": _describe,
    "read": _read,
    "look for the end": _look_for_the_end,
    "write": _write,
    "create": _create,
    "add partitions": _add_partitions,
    "describe configs": _describe_configs,
    "alter configs": _alter_configs,
    "delete records": _delete_records,
    "delete": _delete,
}
ON_GROUP = {"find": _find, "join": _join, "describe": _describe_group, "delete": _delete_group}
ON_BOTH = {"commit": _commit, "committed": _committed, "forget": _forget}
ON_CLUSTER = {
    "list rights": _acls,
    "grant a right": _more_rights,
    "take a right": _fewer_rights,
    "list users": _users,
    "make a user": _another_user,
    "list limits": _limits,
    "change limits": _no_limits,
    "begin a transaction": _transaction,
    "be a producer": _producer,
}
