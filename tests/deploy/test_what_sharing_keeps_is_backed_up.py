"""What sharing keeps beside the log is archived as it changes, and comes back after everything was lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.archiving import Archiving
from deploy.looking import STORES, Plant
from services.reporting.alliance.sources import Sources
from services.reporting.sharing.webhooks.deliveries import Deliveries
from shared.settings import ServiceSettings
from tests.deploy import sharing

pytestmark = [pytest.mark.connected, pytest.mark.timeout(120)]


@pytest.fixture
async def plant(mongo_client, mongo_database, mongo_url, kafka_url, topic_prefix) -> AsyncIterator[Plant]:
    engines = {"mongo_url": mongo_url, "kafka_url": kafka_url, "topic_prefix": topic_prefix}
    plant = Plant(ServiceSettings(environment="test", mongo_prefix=mongo_database.name, **engines), mongo_client)
    await sharing.share(plant)
    yield plant
    await lose_everything(plant)


async def lose_everything(plant: Plant) -> None:
    for service in (*STORES, "keys"):
        await plant.client.drop_database(plant.settings.database(service))


async def come_back(plant: Plant, archive: Path, keys: Path) -> None:
    """Restored, started again, and level with the log."""
    await Archiving(plant, archive).restore(keys, accept_loss=False)
    numbering = sharing.numbering_of(plant)
    await numbering.prepare()
    await numbering.round()
    await sharing.alliance_log(plant).catch_up()


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.gz")}


async def test_everything_that_no_log_holds_comes_back_and_the_rest_is_made_again(plant: Plant, tmp_path: Path) -> None:
    archive, keys = tmp_path / "archive", tmp_path / "keys"
    assert (await Archiving(plant, archive).backup(keys)).notes == []
    before = await sharing.shared_state(plant, *sharing.DERIVED)
    assert all(before.values())
    await lose_everything(plant)
    await come_back(plant, archive, keys)
    assert await sharing.shared_state(plant, *sharing.DERIVED) == before
    (source,) = await Sources(plant.reporting).all()
    assert (source.number, source.parked) == (4, 1)
    assert await sharing.tokens(plant).read(source.id, source.admitted.token_id) == "the token of 902"


async def test_each_backup_adds_what_changed_and_the_last_of_it_counts(plant: Plant, tmp_path: Path) -> None:
    archive, keys = tmp_path / "archive", tmp_path / "keys"
    await Archiving(plant, archive).backup(keys)
    written = files(archive)
    await Archiving(plant, archive).backup(keys)
    assert files(archive) == written
    await sharing.took(plant, 2)
    await plant.reporting["partner_topics"].update_one({}, {"$set": {"number": 3}})
    gone = await plant.reporting["improvement_events"].delete_one({"event_id": "theirs-2"})
    assert gone.deleted_count == 1
    before = await sharing.shared_state(plant, *sharing.DERIVED)
    await Archiving(plant, archive).backup(keys)
    assert written.items() < files(archive).items()
    assert len(files(archive)) == len(written) + 3
    await lose_everything(plant)
    await come_back(plant, archive, keys)
    assert await sharing.shared_state(plant, *sharing.DERIVED) == before


async def test_what_a_webhook_did_not_take_before_the_backup_is_due_again(plant: Plant, tmp_path: Path) -> None:
    archive, keys = tmp_path / "archive", tmp_path / "keys"
    await Archiving(plant, archive).backup(keys)
    await sharing.took(plant, 2)
    await lose_everything(plant)
    await come_back(plant, archive, keys)
    assert list(await Deliveries(plant.reporting).due(sharing.HOOK, sharing.NOW, 10)) == [2, 3, 4]


async def test_restoring_onto_what_is_there_changes_nothing(plant: Plant, tmp_path: Path) -> None:
    archive, keys = tmp_path / "archive", tmp_path / "keys"
    await Archiving(plant, archive).backup(keys)
    await sharing.took(plant, 2)
    before = await sharing.shared_state(plant, *sharing.DERIVED)
    again = await Archiving(plant, archive).restore(keys, accept_loss=False)
    assert (again.events, again.entries) == (0, 0)
    assert await sharing.shared_state(plant, *sharing.DERIVED) == before


async def test_the_secrets_are_among_the_keys_and_nowhere_in_the_archive(plant: Plant, tmp_path: Path) -> None:
    archive, keys = tmp_path / "archive", tmp_path / "keys"
    await Archiving(plant, archive).backup(keys)
    assert not [name for name in files(archive) if "webhook_keys" in name or "tokens" in name]
    assert {name.split("/")[0] for name in files(keys)} >= {"webhook_keys", "improvement_source_tokens"}


async def test_a_collection_that_nobody_archives_is_named(plant: Plant, tmp_path: Path) -> None:
    await plant.reporting["something_new"].insert_one({"_id": 1})
    told = await Archiving(plant, tmp_path / "archive").backup(tmp_path / "keys")
    assert told.notes == ["reporting: the collection something_new is in no archive"]
