"""The keyring in its own database of a real MongoDB."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ServerSelectionTimeoutError

from shared.privacy.keys import KeyDestroyed, Keyring, WrongMasterKey
from tests.privacy.keyring_behaviour import KeyringBehaviour

MASTER = SecretStr(b64encode(b"a" * 32).decode())
OTHER = SecretStr(b64encode(b"b" * 32).decode())
Database = AsyncDatabase[dict[str, Any]]

pytestmark = pytest.mark.connected


class TestMongoKeyring(KeyringBehaviour):
    @pytest.fixture
    def keyring(self, mongo_database: Database) -> Keyring:
        return Keyring(mongo_database, MASTER)


async def test_twenty_processes_that_seal_first_use_one_key(mongo_database: Database):
    keyrings = [Keyring(mongo_database, MASTER) for _ in range(20)]
    sealed = await asyncio.gather(*(one.seal("child-new", "words", field="text") for one in keyrings))
    assert len({one.mark for one in sealed}) == 1
    assert await mongo_database["subject_keys"].count_documents({}) == 1
    fresh = Keyring(mongo_database, MASTER)
    assert {await fresh.open(one, field="text") for one in sealed} == {"words"}


async def test_destroying_and_sealing_at_once_never_leaves_a_key(mongo_database: Database):
    for i in range(20):
        one, other = Keyring(mongo_database, MASTER), Keyring(mongo_database, MASTER)
        await asyncio.gather(
            one.seal(f"child-{i}", "words", field="text"), other.destroy(f"child-{i}"), return_exceptions=True
        )
    assert await mongo_database["subject_keys"].count_documents({"wrapped": {"$exists": True}}) == 0
    assert await mongo_database["subject_keys"].count_documents({"destroyed_at": {"$exists": True}}) == 20


async def test_holding_and_destroying_at_once_ends_one_way_or_the_other(mongo_database: Database):
    for i in range(20):
        keyring, other = Keyring(mongo_database, MASTER), Keyring(mongo_database, MASTER)
        await keyring.seal(f"child-{i}", "words", field="text")
        await asyncio.gather(
            keyring.legal_hold(f"child-{i}", "inquiry"), other.destroy(f"child-{i}"), return_exceptions=True
        )
    rows = await mongo_database["subject_keys"].find().to_list()
    assert len(rows) == 20
    assert all(("wrapped" in row) == bool(row["holds"]) for row in rows)


async def test_another_master_key_opens_nothing_and_says_so(mongo_database: Database):
    sealed = await Keyring(mongo_database, MASTER).seal("child-a", "words", field="text")
    with pytest.raises(WrongMasterKey, match="is it the right one"):
        await Keyring(mongo_database, OTHER).open(sealed, field="text")
    with pytest.raises(WrongMasterKey):
        await Keyring(mongo_database, OTHER).seal("child-a", "words", field="text")


async def test_a_service_does_not_start_with_another_master_key(mongo_database: Database):
    await Keyring(mongo_database, MASTER).prepare()
    await Keyring(mongo_database, MASTER).prepare()
    with pytest.raises(WrongMasterKey):
        await Keyring(mongo_database, OTHER).prepare()


async def test_a_key_moved_to_another_row_does_not_open(mongo_database: Database):
    keyring = Keyring(mongo_database, MASTER)
    await keyring.seal("child-a", "words", field="text")
    rows = mongo_database["subject_keys"]
    taken = await rows.find_one({"_id": "child-a"})
    assert taken is not None
    await rows.insert_one({**taken, "_id": "child-b"})
    with pytest.raises(WrongMasterKey):
        await keyring.seal("child-b", "words", field="text")


async def test_no_key_lies_in_the_database_in_clear(mongo_database: Database):
    keyring = Keyring(mongo_database, MASTER)
    await keyring.seal("child-a", "words", field="text")
    row = await mongo_database["subject_keys"].find_one({"_id": "child-a"})
    assert row is not None
    assert len(row["wrapped"]) == 12 + 32 + 16  # nonce, sealed key, tag
    key = keyring._recent.get(("subject", "child-a"))
    assert key is not None
    assert key not in bytes(row["wrapped"])


async def test_of_many_first_seals_at_once_only_the_destroyed_one_is_refused(mongo_database: Database):
    one, other = Keyring(mongo_database, MASTER), Keyring(mongo_database, MASTER)
    await one.destroy("child-7")
    outcomes = await asyncio.gather(
        *(ring.seal(f"child-{i}", "words", field="text") for i in range(150) for ring in (one, other)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert [type(outcome) for outcome in refused] == [KeyDestroyed, KeyDestroyed]
    sealed = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert len({text.mark for text in sealed}) == 149
    assert await mongo_database["subject_keys"].count_documents({"wrapped": {"$exists": True}}) == 149
    fresh = Keyring(mongo_database, MASTER)
    assert {await fresh.open(text, field="text") for text in sealed} == {"words"}


async def test_a_key_database_that_is_away_is_told_to_everybody_who_asked():
    async with AsyncMongoClient[dict[str, Any]]("mongodb://127.0.0.1:9", serverSelectionTimeoutMS=50) as nobody:
        keyring = Keyring(nobody["keys"], MASTER)
        outcomes = await asyncio.gather(
            *(keyring.seal(f"child-{i}", "words", field="text") for i in range(5)), return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [ServerSelectionTimeoutError] * 5
