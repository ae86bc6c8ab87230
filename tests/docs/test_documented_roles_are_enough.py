"""The MongoDB roles of docs/running.md let a service and a relay do their work, and change nothing that is recorded."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.child import Child
from deploy.local.engine import HOST, free_ports
from deploy.local.mongo import mongod
from services.audit.reactions import publish_default_templates
from shared.calendar.clock import now
from shared.event_store.following import move_cursor
from shared.event_store.mongo import MongoEventStore
from shared.privacy.keys import Keyring
from shared.settings import DEMO_MASTER_KEY
from shared.web.access_log import MongoAccessLog
from shared.web.policy import AUDIT
from shared.web.principal import Principal
from tests.docs.reading import read

pytestmark = pytest.mark.connected
PASSWORD = "only for this test"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a mongod that asks for passwords, with the documented roles and a user for each."""
    folder, port = tmp_path_factory.mktemp("guarded"), free_ports(1)[0]
    (folder / "db").mkdir()
    key = folder / "key"
    key.touch(mode=0o600)
    key.write_text("members" * 8)
    where = ["--dbpath", folder / "db", "--bind_ip", HOST, "--port", str(port), "--nounixsocket"]
    kept = ["--replSet", "rs0", "--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25", "--auth", "--keyFile", key]
    server = Child([mongod(), *where, *kept, "--quiet"], folder / "log")
    try:
        make_users(port)
        yield port
    finally:
        server.stop(10)


def make_users(port: int) -> None:
    with MongoClient[Any](HOST, port, directConnection=True) as client:
        config = {"_id": "rs0", "members": [{"_id": 0, "host": f"{HOST}:{port}"}]}
        client.admin.command("replSetInitiate", config)
        wait_for_primary(client)
        client.admin.command("createUser", "root", pwd=PASSWORD, roles=["root"])
    with MongoClient[Any](HOST, port, directConnection=True, username="root", password=PASSWORD) as client:
        for role in documented_roles():
            name = role.pop("role")
            client.admin.command("createRole", name, **role)
            client.admin.command("createUser", name, pwd=PASSWORD, roles=[name])


def wait_for_primary(client: MongoClient[Any]) -> None:
    deadline = time.monotonic() + 30
    while not client.admin.command("hello")["isWritablePrimary"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def documented_roles() -> list[dict[str, Any]]:
    written = re.findall(r"db\.createRole\((\{.*?\})\)\n", read("docs/running.md"), re.DOTALL)
    return [json.loads(re.sub(r"(\w+): ", r'"\1": ', role)) for role in written]


@asynccontextmanager
async def signed_in(role: str, port: int) -> AsyncIterator[AsyncMongoClient[Any]]:
    address = f"mongodb://{HOST}:{port}/?replicaSet=rs0"
    async with AsyncMongoClient[Any](address, username=role, password=PASSWORD, tz_aware=True) as client:
        yield client


async def test_a_service_can_do_its_work(guarded: int) -> None:
    async with signed_in("audit-service", guarded) as client:
        store = MongoEventStore(client["goldenthread_audit"])
        await store.prepare()
        await store.prepare()
        await publish_default_templates(store, now)
        assert any([await store.read_partition(p, -1, 1) for p in range(store.partitions)])
        keyring = Keyring(client["goldenthread_keys"], SecretStr(DEMO_MASTER_KEY))
        await keyring.prepare()
        assert await keyring.open(await keyring.seal("a-child", "words", field="f"), field="f") == "words"
        await keyring.destroy("a-child")
        access_log = MongoAccessLog(client["goldenthread_audit"])
        await access_log.prepare()
        await access_log.record(Principal("901-hqa"), AUDIT, ["1"], ["narrative"])


async def test_a_service_cannot_change_what_is_recorded(guarded: int) -> None:
    async with signed_in("audit-service", guarded) as client:
        database = client["goldenthread_audit"]
        for collection in (database["commits"], database["access"]):
            for change in (
                collection.update_one({}, {"$set": {"x": 1}}),
                collection.delete_one({}),
                collection.drop(),
            ):
                with pytest.raises(OperationFailure, match="not authorized"):
                    await change


async def test_a_relay_can_read_the_record_and_keep_its_place(guarded: int) -> None:
    async with signed_in("audit-relay", guarded) as client:
        database = client["goldenthread_audit"]
        async with await database["commits"].watch():
            assert await move_cursor(database["cursors"], "relay/0", -1, 3, {"last": -1})
            assert await move_cursor(database["cursors"], "relay/0", 3, 4, {"last": 2})
        with pytest.raises(OperationFailure, match="not authorized"):
            await database["commits"].insert_one({})
        with pytest.raises(PyMongoError):
            await client["goldenthread_keys"]["subject_keys"].find_one({})
