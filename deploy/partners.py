"""Partners at the Kafka door: each has a user with a password, its topic, few rights, and a limit on how fast it reads.

All of it is at the broker. A password is made here, handed out once and kept nowhere: the broker has only what it needs
to check one (SCRAM). Asking twice changes nothing.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError, SecurityDisabledError, UnknownTopicOrPartitionError
from kafka.protocol.admin import AlterClientQuotasRequest, DescribeClientQuotasRequest

from deploy.local.kafka_wire import NotKafka, cluster
from shared.messaging.topics import config_of, of_partner

USER = "partner-"  # what a partner's user, and its consumer groups, begin with
QUOTA = {"consumer_byte_rate": 65_536.0, "producer_byte_rate": 1_024.0, "request_percentage": 20.0}  # for each broker
ITERATIONS = 8_192
PATIENCE = 10.0  # seconds for a broker to answer, and to know what the controller was told
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = 64


class NotDone(Exception):
    """Nothing, or not all, was done: the message says why. Doing it again is harmless."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a partner is told. `password` is there only when it was made just now."""

    partner: str
    user: str
    topic: str
    groups: str  # what the partner's consumer groups have to begin with
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a partner stands at the broker; `complete` when nothing of it is missing and nothing is too much."""

    partner: str
    topic: str
    login: bool
    topic_exists: bool
    rights: bool
    quota: bool

    @property
    def complete(self) -> bool:
        return self.login and self.topic_exists and self.rights and self.quota


class Partners:
    """The partners of one broker, asked as its super user. Methods block. Errors: NotDone."""

    def __init__(self, admin: KafkaAdminClient, prefix: str = "") -> None:
        self._admin = admin
        self._prefix = prefix

    def add(self, partner: str, replicas: int = 1) -> tuple[Access, bool]:
        """Make what is missing; whether the topic is a new one. The user comes last: never one without limits."""
        access = self._access(partner)
        fresh = access.topic not in self._admin.list_topics()
        if fresh:
            self._make_topic(access, replicas)
        self._set_rights(access)
        self._set_quota(access.user, QUOTA)
        if access.user in self._users():
            return access, fresh
        return self._with_password(access), fresh

    def rotate(self, partner: str) -> Access:
        """A new password. New connections need it at once, open ones when they have to show a password again."""
        access = self._access(partner)
        if access.user not in self._users():
            raise NotDone(f"there is no partner {partner}: goldenthread partners add {partner}")
        return self._with_password(access)

    def remove(self, partner: str, *, purge: bool = False) -> None:
        """Take user, rights and limits away; open connections lose their rights too. `purge` deletes the topic."""
        access = self._access(partner)
        if access.user in self._users():
            self._alter(UserScramCredentialDeletion(access.user, ScramMechanism.SCRAM_SHA_512))
        self._delete_rights(access.user, self._rights(access.user))
        self._set_quota(access.user, dict.fromkeys(QUOTA))
        if purge:
            try:
                self._admin.delete_topics([access.topic])
            except UnknownTopicOrPartitionError:
                return  # it is gone already

    def list(self) -> list[Standing]:
        """Every partner of which the broker has a user, a right or a topic."""
        users, topics = self._users(), set(self._admin.list_topics())
        begins = f"{self._prefix}{of_partner('').name}"
        known = {user.removeprefix(USER) for user in users} | {
            topic.removeprefix(begins) for topic in topics if topic.startswith(begins)
        }
        return [self._standing(partner, users, topics) for partner in sorted(known)]

    def _standing(self, partner: str, users: set[str], topics: set[str]) -> Standing:
        access = self._access(partner)
        return Standing(
            partner,
            access.topic,
            login=access.user in users,
            topic_exists=access.topic in topics,
            rights=set(self._rights(access.user)) == set(_wanted(access)),
            quota=self.quota(partner) == QUOTA,
        )

    def _access(self, partner: str) -> Access:
        if len(partner) > _LONGEST or not _ID.fullmatch(partner):
            raise NotDone(f"a partner is named by small letters, digits and single dashes, {_LONGEST} at most")
        return Access(partner, f"{USER}{partner}", f"{self._prefix}{of_partner(partner).name}", f"{USER}{partner}.")

    def _make_topic(self, access: Access, replicas: int) -> None:
        topic = of_partner(access.partner)
        made = {"num_partitions": topic.partitions, "replication_factor": replicas, "configs": config_of(topic)}
        self._admin.create_topics({access.topic: made}, wait_for_metadata=True)

    # -- users ---------------------------------------------------------------------------------------------------------

    def _users(self) -> set[str]:
        return {user for user in self._admin.describe_user_scram_credentials() if user.startswith(USER)}

    def _with_password(self, access: Access) -> Access:
        password = secrets.token_urlsafe(32)
        mechanism = ScramMechanism.SCRAM_SHA_512
        self._alter(UserScramCredentialUpsertion(access.user, mechanism, password, iterations=ITERATIONS))
        self._wait_until(access.user)
        return Access(access.partner, access.user, access.topic, access.groups, password)

    def _alter(self, change: UserScramCredentialDeletion | UserScramCredentialUpsertion) -> None:
        for user, complaint in self._admin.alter_user_scram_credentials([change]).items():
            if complaint is not None:
                raise NotDone(f"the broker refused the user {user}: {complaint}")

    def _wait_until(self, user: str) -> None:
        """The controller took the user; wait until the broker has heard of it."""
        deadline = time.monotonic() + PATIENCE
        while user not in self._users():
            if time.monotonic() > deadline:
                raise NotDone(f"the broker has not heard of {user} within {PATIENCE:.0f} s: rotate its password")
            time.sleep(0.05)

    # -- rights --------------------------------------------------------------------------------------------------------

    def _set_rights(self, access: Access) -> None:
        present, wanted = self._rights(access.user), _wanted(access)
        self._delete_rights(access.user, [right for right in present if right not in wanted])
        if missing := [right for right in wanted if right not in present]:
            refused = self._admin.create_acls(missing)["failed"]
            if refused:
                raise NotDone(f"the broker refused rights: {refused[0].__name__}")

    def _rights(self, user: str) -> Sequence[ACL]:
        anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        found, _ = self._admin.describe_acls(
            ACLFilter(f"User:{user}", None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
        )
        return list(found)

    def _delete_rights(self, user: str, rights: Sequence[ACL]) -> None:
        if not rights:
            return
        for _, _, error in self._admin.delete_acls(rights):
            if error.errno:
                raise NotDone(f"rights of {user} could not be taken away: {error.__name__}")

    # -- limits --------------------------------------------------------------------------------------------------------

    def quota(self, partner: str) -> dict[str, float]:
        """The limits that the broker has for this partner."""
        whose = DescribeClientQuotasRequest.ComponentData(entity_type="user", match_type=0, match=f"{USER}{partner}")
        answer = self._send(DescribeClientQuotasRequest(components=[whose], strict=True))
        return {value.key: value.value for entry in answer.entries for value in entry.values}

    def _set_quota(self, user: str, quota: dict[str, Any]) -> None:
        """None takes a limit away."""
        of = AlterClientQuotasRequest.EntryData
        ops = [of.OpData(key=key, value=value or 0.0, remove=value is None) for key, value in quota.items()]
        whose = of.EntityData(entity_type="user", entity_name=user)
        answer = self._send(AlterClientQuotasRequest(entries=[of(entity=[whose], ops=ops)], validate_only=False))
        for entry in answer.entries:
            if entry.error_code:
                raise NotDone(f"the broker refused the limits of {user}: {entry.error_message}")

    def _send(self, request: Any) -> Any:
        """The client has these messages and no method for them."""
        answer = self._admin._manager.run(self._admin._manager.send, request)
        if getattr(answer, "error_code", 0):
            raise NotDone(f"the broker refused: {answer.error_message}")
        return answer


def _wanted(access: Access) -> list[ACL]:
    """All that a partner may do: read its topic, as a consumer group that carries its name."""
    topic = ResourcePattern(ResourceType.TOPIC, access.topic)
    groups = ResourcePattern(ResourceType.GROUP, access.groups, ACLResourcePatternType.PREFIXED)
    who, allow = f"User:{access.user}", ACLPermissionType.ALLOW
    rights = [(topic, ACLOperation.READ), (topic, ACLOperation.DESCRIBE), (groups, ACLOperation.READ)]
    return [ACL(who, "*", operation, allow, resource) for resource, operation in rights]


@contextmanager
def partners_of(bootstrap: str, prefix: str = "") -> Iterator[Partners]:
    """The partners of the broker at this address. Raises NotDone when it is away, or lets everybody do everything."""
    _somebody_at(bootstrap)
    milliseconds = int(PATIENCE * 1_000)
    addresses = bootstrap.split(",")
    try:
        with KafkaAdminClient(
            bootstrap_servers=addresses, bootstrap_timeout_ms=milliseconds, request_timeout_ms=milliseconds
        ) as admin:
            yield Partners(admin, prefix)
    except SecurityDisabledError as error:
        raise NotDone("this Kafka lets everybody do everything: give it an authorizer (docs/running.md)") from error
    except KafkaError as error:
        raise NotDone(f"Kafka did not do it ({type(error).__name__}): try again") from error


def _somebody_at(bootstrap: str) -> None:
    """The client would wait for long, say little, and leave a socket behind."""
    reasons = []
    for address in bootstrap.split(","):
        host, _, port = address.rpartition(":")
        try:
            cluster(host, int(port))
        except (OSError, NotKafka, ValueError) as error:
            reasons.append(f"{address} ({type(error).__name__})")
        else:
            return
    raise NotDone(f"no Kafka answers at {', '.join(reasons)}")
