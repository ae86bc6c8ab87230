"""A partner reads its own topic with its own groups, and the broker refuses whatever else anybody asks for (T35)."""

from __future__ import annotations

import asyncio
import itertools
import socket
import ssl
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from aiokafka.conn import create_conn
from aiokafka.errors import SaslAuthenticationFailed

from deploy.local import kafka_wire
from deploy.local.engines import LocalKafka
from deploy.local.kafka_wire import NotKafka
from deploy.partners import Access, partners_of
from shared.messaging.topics import ALL, Topic, apply_topics
from tests.partner_topics.knocking import (
    ALLOWED,
    ON_BOTH,
    ON_CLUSTER,
    ON_GROUP,
    ON_TOPIC,
    REFUSED,
    Knocker,
    as_partner,
)

pytestmark = pytest.mark.connected

ELM, ELM_TWO = "elm", "elm-2"  # one name begins like the other: a rule that is too wide lets them in to each other
CONTROL = "control"
OURS = tuple(topic.name for topic in ALL)
INTERNAL = "__consumer_offsets"
READING = {"describe", "read", "look for the end"}
AS_A_MEMBER = {"find", "join", "describe"}
FOLLOWING = {"commit", "committed"}


@dataclass(frozen=True, slots=True)
class Doors:
    """The two partners, and one who has a password and no rights."""

    elm: Access
    elm_two: Access
    guest: Access

    def all(self) -> tuple[Access, ...]:
        return self.elm, self.elm_two, self.guest

    @property
    def topics(self) -> tuple[str, ...]:
        return self.elm.topic, self.elm_two.topic, *OURS, INTERNAL

    @property
    def groups(self) -> tuple[str, ...]:
        return (
            *(f"{self.elm.groups}reader", f"{self.elm_two.groups}reader"),
            *("partner-elm", "partner-", "goldenthread.audit_quality", "reader"),
        )


@pytest.fixture(scope="module")
async def doors(broker: LocalKafka) -> Doors:
    await apply_topics(broker.url, only=(*ALL, Topic(CONTROL, partitions=1)))
    await groups_can_be_kept(broker)
    with partners_of(broker.url) as partners:
        made = [partners.add(partner)[0] for partner in (ELM, ELM_TWO, "guest")]
        partners._delete_rights(made[2].user, partners._rights(made[2].user))
        for one in made:  # who asks so much so quickly would be slowed down
            partners._set_quota(one.user, {"request_percentage": None})
    return Doors(*made)


async def groups_can_be_kept(broker: LocalKafka) -> None:
    """The first group that looks for its coordinator has the internal topic of the groups made."""
    with Knocker(broker.url) as knocker:
        while knocker.on_group("find", CONTROL) != ALLOWED or knocker.on_both("commit", CONTROL, CONTROL) != ALLOWED:
            await asyncio.sleep(0.05)


def as_user(broker: LocalKafka, who: Access) -> Knocker:
    return Knocker(broker.partner_url, **as_partner(broker.partner_ca, who.user, who.password or ""))


def outcomes(knocker: Knocker, doors: Doors) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every operation on every topic, group and both: what was asked, and what came of it."""
    for operation, topic in itertools.product(ON_TOPIC, doors.topics):
        yield ("topic", operation, topic), knocker.on_topic(operation, topic)
    for operation, group in itertools.product(ON_GROUP, doors.groups):
        yield ("group", operation, group), knocker.on_group(operation, group)
    for operation, topic, group in itertools.product(ON_BOTH, doors.topics, doors.groups):
        yield ("both", operation, topic, group), knocker.on_both(operation, topic, group)
    for operation in ON_CLUSTER:
        yield ("cluster", operation), knocker.on_cluster(operation)


def expected(who: Access, doors: Doors, *asked: str) -> str:
    """Reading one's own topic as a group with one's own prefix. Nothing else."""
    if who is doors.guest:
        return REFUSED
    kind, operation, *things = asked
    match kind:
        case "topic":
            may = operation in READING and things == [who.topic]
        case "group":
            may = operation in AS_A_MEMBER and things[0].startswith(who.groups)
        case "both":
            may = operation in FOLLOWING and things[0] == who.topic and things[1].startswith(who.groups)
        case _:
            may = False
    return ALLOWED if may else REFUSED


def test_nobody_may_do_more_or_less_than_the_matrix_says(broker: LocalKafka, doors: Doors) -> None:
    """T35: every user, topic, group and operation: 0 deviations."""
    found: Counter[str] = Counter()
    deviations = []
    for who in doors.all():
        with as_user(broker, who) as knocker:
            for asked, outcome in outcomes(knocker, doors):
                found[outcome] += 1
                if outcome != expected(who, doors, *asked):
                    deviations.append((who.partner, *asked, outcome))
    print(f"{found.total()} cells: {dict(found)}")
    assert deviations == []
    assert found[ALLOWED] == 2 * (len(READING) + len(AS_A_MEMBER) + len(FOLLOWING))


def test_each_of_these_requests_goes_through_for_whoever_may(broker: LocalKafka, doors: Doors) -> None:
    """Otherwise the matrix would prove nothing: a request that is malformed is refused to everybody."""
    with Knocker(broker.url) as knocker:
        asked = {f"topic {operation}": knocker.on_topic(operation, CONTROL) for operation in ON_TOPIC}
        for operation in ("commit", "committed", "forget"):
            asked[f"both {operation}"] = knocker.on_both(operation, OURS[1], CONTROL)
        asked |= {f"group {operation}": knocker.on_group(operation, CONTROL) for operation in ON_GROUP}
        asked |= {f"cluster {operation}": knocker.on_cluster(operation) for operation in ON_CLUSTER}
    assert asked == dict.fromkeys(asked, ALLOWED)


def test_a_partner_is_told_of_its_own_topic_only(broker: LocalKafka, doors: Doors) -> None:
    with Knocker(broker.url) as knocker:
        assert knocker.seen_topics() >= set(doors.topics)
        assert knocker.on_both("commit", OURS[0], "of another") == ALLOWED
        assert "of another" in knocker.seen_groups()
    with as_user(broker, doors.elm) as knocker:
        knocker.on_both("commit", doors.elm.topic, f"{doors.elm.groups}seen")
        assert knocker.seen_topics() == {doors.elm.topic}
        assert all(group.startswith(doors.elm.groups) for group in knocker.seen_groups())


@pytest.mark.parametrize("who", ["partner-elm", "partner-elm-2", "partner-nobody", "ANONYMOUS", "admin"])
async def test_a_wrong_password_opens_nothing(broker: LocalKafka, doors: Doors, who: str) -> None:
    """Neither does another partner's, nor does the name that needs none at the internal listener."""
    host, port = broker.partner_url.split(":")
    for password in ("", "wrong", doors.guest.password or ""):
        with pytest.raises(SaslAuthenticationFailed):
            await create_conn(host, int(port), **as_partner(broker.partner_ca, who, password))


def test_without_a_password_nobody_is_answered(broker: LocalKafka) -> None:
    host, port = broker.partner_url.split(":")
    with pytest.raises((NotKafka, ConnectionError)):
        kafka_wire.cluster(host, int(port))  # without TLS
    trusting = ssl.create_default_context(cafile=broker.partner_ca)
    with (
        socket.create_connection((host, int(port)), 5) as plain,
        trusting.wrap_socket(plain, server_hostname=host) as s,
    ):
        s.sendall(struct.pack(">i", len(kafka_wire._REQUEST)) + kafka_wire._REQUEST)
        assert s.recv(1) == b""


def test_the_listener_for_partners_shows_a_certificate_of_its_own_authority(broker: LocalKafka) -> None:
    host, port = broker.partner_url.split(":")
    with socket.create_connection((host, int(port)), 5) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=host)
