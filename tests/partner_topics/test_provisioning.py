"""A partner is made, gets a new password, and is removed: at the broker itself, and by the command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaConnectionError, SaslAuthenticationFailed
from aiokafka.protocol.metadata import MetadataRequest
from click.testing import Result
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ConfigResource, ConfigResourceType, ResourcePattern
from kafka.admin import ResourceType as Type
from pymongo.asynchronous.database import AsyncDatabase
from typer.testing import CliRunner

from deploy.cli import app
from deploy.local.engine import free_ports
from deploy.local.engines import LocalKafka
from deploy.partners import QUOTA, Access, NotDone, Partners
from services.reporting.domain.partner.state import DECIDER
from services.reporting.sharing.numbered import NumberedEvents
from services.reporting.sharing.partner_topics import Addressee, behind
from shared.calendar.clock import now
from shared.event_store.handling import load
from shared.event_store.mongo import MongoEventStore
from tests.partner_topics.conftest import SHOWS_PASSWORD_AGAIN
from tests.partner_topics.knocking import as_partner
from tests.partner_topics.sending import Log, Partner, sender

pytestmark = pytest.mark.connected


async def connected(broker: LocalKafka, access: Access) -> AIOKafkaConnection:
    host, port = broker.partner_url.split(":")
    return await create_conn(host, int(port), **as_partner(broker.partner_ca, access.user, access.password or ""))


async def opens(broker: LocalKafka, access: Access) -> bool:
    try:
        (await connected(broker, access)).close()
    except SaslAuthenticationFailed:
        return False
    return True


async def until_it_opens(broker: LocalKafka, access: Access, expected: bool) -> None:
    """The controller takes a password, and the broker hears of it a moment later."""
    async with asyncio.timeout(10):
        while await opens(broker, access) is not expected:
            await asyncio.sleep(0.02)


async def test_a_new_password_opens_and_the_old_one_does_not(broker: LocalKafka, partners: Partners) -> None:
    old, _ = partners.add("rowan")
    assert old.password
    assert old.password not in repr(old)
    assert await opens(broker, old)
    new = partners.rotate("rowan")
    await until_it_opens(broker, new, True)
    assert not await opens(broker, old)
    assert new.password != old.password


async def test_an_open_connection_has_to_show_its_password_again(
    broker: LocalKafka, partners: Partners, mongo_database: AsyncDatabase[Any]
) -> None:
    """While it holds the reader notices nothing; after a rotation it hears nothing any more."""
    access, _ = partners.add("alder")
    log, topics = Log(mongo_database), sender(broker.url, mongo_database, Addressee("s", "alder"))
    heard: list[int] = []

    async def listen(consumer: Any, seconds: float) -> None:
        for records in (await consumer.getmany(timeout_ms=int(seconds * 1_000))).values():
            heard.extend(int(dict(record.headers)["subscriptionseq"]) for record in records)

    async def say(number: int) -> None:
        await log.put("s", [number])
        await topics.round()

    consumer = Partner(broker, access).consumer(request_timeout_ms=2_000)
    consumer._group_id = None
    await consumer.start()
    await asyncio.sleep(SHOWS_PASSWORD_AGAIN + 0.1)
    await say(1)
    async with asyncio.timeout(10):
        while heard != [1]:
            await listen(consumer, 1)
    partners.rotate("alder")
    await asyncio.sleep(SHOWS_PASSWORD_AGAIN + 0.1)
    await say(2)
    await listen(consumer, 1)
    await consumer.stop()
    await topics.close()
    assert heard == [1]


def test_adding_twice_changes_nothing_and_mends_what_is_missing_or_too_much(partners: Partners) -> None:
    first, fresh = partners.add("hazel")
    again, fresh_again = partners.add("hazel")
    assert (fresh, fresh_again) == (True, False)
    assert again.password is None
    too_much = ACL(
        f"User:{first.user}", "*", ACLOperation.WRITE, ACLPermissionType.ALLOW, ResourcePattern(Type.TOPIC, "*")
    )
    partners._admin.create_acls([too_much])
    partners._set_quota(first.user, {"consumer_byte_rate": None})
    assert [one.complete for one in partners.list() if one.partner == "hazel"] == [False]
    partners.add("hazel")
    assert [one.complete for one in partners.list() if one.partner == "hazel"] == [True]
    assert too_much not in partners._rights(first.user)


def test_limits_are_in_the_brokers_configuration(partners: Partners) -> None:
    partners.add("maple")
    assert partners.quota("maple") == QUOTA


def test_a_partners_topic_keeps_everything_in_one_order(partners: Partners) -> None:
    access, _ = partners.add("maple")
    topic = ConfigResource(ConfigResourceType.TOPIC, access.topic)
    (kept,) = partners._admin.describe_configs([topic]).values()
    found = kept[access.topic]
    assert {name: found[name]["value"] for name in ("cleanup.policy", "retention.ms", "retention.bytes")} == {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
    }
    (described,) = partners._admin.describe_topics([access.topic])
    assert len(described["partitions"]) == 1


async def sees(connection: AIOKafkaConnection, topic: str) -> bool:
    try:
        answer = await connection.send(MetadataRequest([topic]))
    except KafkaConnectionError:  # it had to show its password again, which is gone too
        return False
    return bool(answer.topics[0][0] == 0)


async def test_who_was_removed_can_do_nothing_also_on_an_open_connection(
    broker: LocalKafka, partners: Partners
) -> None:
    access, _ = partners.add("willow")
    connection = await connected(broker, access)
    assert await sees(connection, access.topic)
    partners.remove("willow")
    async with asyncio.timeout(10):
        while await sees(connection, access.topic):
            await asyncio.sleep(0.02)
    connection.close()
    await until_it_opens(broker, access, False)
    (left,) = [one for one in partners.list() if one.partner == "willow"]
    assert (left.login, left.rights, left.quota, left.topic_exists) == (False, False, False, True)
    partners.remove("willow", purge=True)
    partners.remove("willow", purge=True)
    assert "willow" not in [one.partner for one in partners.list()]


@pytest.mark.parametrize("name", ["", "Elm", "elm.2", "elm_2", "-elm", "elm--2", "*", "e" * 65, "elm/../x"])
def test_a_name_that_could_be_mistaken_is_refused(partners: Partners, name: str) -> None:
    with pytest.raises(NotDone, match="small letters, digits and single dashes"):
        partners.add(name)


def test_a_partner_that_is_not_there_gets_no_password(partners: Partners) -> None:
    with pytest.raises(NotDone, match="there is no partner nobody"):
        partners.rotate("nobody")


@pytest.fixture
def command(broker: LocalKafka, mongo_url: str, reporting: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs `goldenthread partners` as an operator does; answers what it prints."""
    for name, value in {"ENVIRONMENT": "test", "KAFKA_URL": broker.url, "MONGO_URL": mongo_url}.items():
        monkeypatch.setenv(f"GOLDENTHREAD_{name}", value)
    monkeypatch.setenv("GOLDENTHREAD_MONGO_PREFIX", "partners-of-a-test")

    before = structlog.get_config()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["partners", *arguments])

    yield run
    structlog.configure(**before)  # the command's log goes to what it was run with, which is closed now


async def test_the_command_shows_a_password_once(broker: LocalKafka, command: Any) -> None:
    told = json.loads((await asyncio.to_thread(command, "add", "juniper", "--json")).stdout)
    access = Access("juniper", told["user"], told["topic"], told["groups"], told["password"])
    assert (access.user, access.topic, access.groups) == (
        *("partner-juniper", "qa.improvement.juniper", "partner-juniper."),
    )
    assert await opens(broker, access)
    again = json.loads((await asyncio.to_thread(command, "add", "juniper", "--json")).stdout)
    assert again == {**told, "password": None}
    new = json.loads((await asyncio.to_thread(command, "rotate", "juniper", "--json")).stdout)
    await until_it_opens(broker, replace(access, password=new["password"]), True)
    assert not await opens(broker, access)


def test_the_command_lists_and_removes(command: Any) -> None:
    command("add", "yew")
    listed = {one["partner"]: one for one in json.loads(command("list", "--json").stdout)}
    assert listed["yew"]["complete"]
    assert "password" not in listed["yew"]
    assert json.loads(command("remove", "yew", "--purge", "--json").stdout) == {"partner": "yew", "purged": True}
    assert "yew" not in command("list", "--json").stdout


def test_the_command_says_what_is_wrong(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = command("rotate", "nobody")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "goldenthread partners add nobody" in refused.stderr
    monkeypatch.setenv("GOLDENTHREAD_KAFKA_URL", f"127.0.0.1:{free_ports(1)[0]}")
    away = command("list")
    assert away.exit_code == 1
    assert "no Kafka answers at 127.0.0.1:" in away.stderr


@pytest.fixture
async def reporting(mongo_client: Any) -> AsyncIterator[Any]:
    """The database of reporting to which the command turns."""
    database = mongo_client["partners-of-a-test_reporting"]
    await mongo_client.drop_database(database.name)
    yield database
    await mongo_client.drop_database(database.name)


async def test_the_command_tells_reporting_of_a_partner_that_it_does_not_know(command: Any, reporting: Any) -> None:
    for name in ("Hazel Council", "Another name"):
        await asyncio.to_thread(command, "add", "hazel", "--name", name, "--json")
    await asyncio.to_thread(command, "add", "rowan", "--json")
    store = MongoEventStore(reporting)
    names = [(await load(store, DECIDER, DECIDER.stream(one))).state.name for one in ("hazel", "rowan")]
    assert names == ["Hazel Council", "rowan"], "what is known stays as it is"


async def test_the_lag_of_a_partners_topic_is_seen(reporting: Any) -> None:
    """Beside that of relays and read models: `goldenthread lag`."""
    for id_, status in (("s1", "active"), ("s2", "active"), ("s3", "off")):
        state = {"protocol": "KAFKA", "status": status}
        await reporting["subscriptions"].insert_one({"_id": id_, "partner": "elm", "state": state})
        events = NumberedEvents(reporting)
        for n in range(3):
            await events.append(id_, {"id": f"e{n}", "type": "t"}, now())
    await reporting["partner_topics"].insert_one({"_id": "s1", "number": 2, "partner": "elm"})
    assert [(one.subscription, one.events) for one in await behind(reporting)] == [("s1", 1), ("s2", 3)]
