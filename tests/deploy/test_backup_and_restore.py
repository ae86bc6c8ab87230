"""The restore drill: what is derived is made again and equal, what is recorded comes back and says it did."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from deploy.archive import Damaged
from deploy.archiving import Archiving, Refused, read_archives
from deploy.local.engines import LocalKafka, LocalMongo
from deploy.looking import TOPICS, Plant
from tests.deploy.drill import (
    PREFIX,
    SEALED,
    Drill,
    add_feedback,
    close_a_month,
    fill,
    kept,
    keyring,
    made_again,
    marks,
    settle,
    shown,
    themes,
)

pytestmark = [pytest.mark.connected, pytest.mark.timeout(280)]


@pytest.fixture(scope="module")
async def drill(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Drill]:
    folder = tmp_path_factory.mktemp("drill")
    here = Drill(LocalKafka(folder / "kafka"), LocalMongo(folder / "mongo"))
    try:
        await asyncio.gather(asyncio.to_thread(here.kafka.start), asyncio.to_thread(here.mongo.start))
        async with here.plant() as plant:
            await fill(plant, scale=0.03)
            await settle(plant)
        yield here
    finally:
        here.kafka.stop()
        here.mongo.stop()


@pytest.fixture
async def plant(drill: Drill) -> AsyncIterator[Plant]:
    async with drill.plant() as plant:
        yield plant


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archive")


def told(what: str, began: float, plant_rows: dict[str, Any]) -> None:
    rows = sum(len(one) for one in plant_rows.values())
    print(f"{what}: {time.monotonic() - began:.1f} s, {rows} rows and cells equal, 0 differ")


async def events_in(plant: Plant) -> int:
    stores = [plant.store(service) for service in TOPICS]
    return sum([await store.head(p) + 1 for store in stores for p in range(store.partitions)])


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(file.relative_to(folder)): (file.read_bytes(), file.stat().st_mtime_ns)
        for file in sorted(folder.rglob("*.gz"))
    }


async def test_a_backup_holds_everything_and_the_next_one_appends_only_what_is_new(plant: Plant, folder: Path) -> None:
    first = await Archiving(plant, folder).backup(folder.with_name("keys"))
    assert first.events == await events_in(plant) > 300
    assert first.notes == []
    written = files(folder)
    again = await Archiving(plant, folder).backup(folder.with_name("keys"))
    assert (again.events, files(folder)) == (0, written)
    await add_feedback(plant, 1, "added")
    third = await Archiving(plant, folder).backup(None)
    assert (third.events, third.commits) == (1, 1)
    added = files(folder).items() - written.items()
    assert len(added) == 1
    assert written.items() <= files(folder).items()
    whole = await read_archives(folder, folder.with_name("keys"), lambda _part, _n: None)
    assert whole.events == first.events + 1
    await settle(plant)


async def test_read_models_that_are_lost_are_made_again_and_equal(plant: Plant) -> None:
    before, began = await shown(plant), time.monotonic()
    await plant.client.drop_database(f"{PREFIX}_reporting")
    await settle(plant)
    assert await shown(plant) == before
    told("read models made again", began, before)


async def test_topics_that_are_lost_are_filled_again_and_count_nothing_twice(plant: Plant) -> None:
    before, began = await shown(plant), time.monotonic()
    reached = await marks(plant)
    for service in TOPICS:
        await plant.empty_topic(service)
        await plant.rewind(service)
    await settle(plant)
    assert await shown(plant) == before
    assert await marks(plant) == reached
    assert await plant.verify() == []
    told("topics filled again", began, before)


async def test_stores_that_are_lost_come_back_and_say_so(drill: Drill, folder: Path, tmp_path: Path) -> None:
    keys = folder.with_name("keys")
    async with drill.plant() as plant:
        await close_a_month(plant, "901", "2026-05")
        await Archiving(plant, folder).backup(keys)
        before, records = await shown(plant), await kept(plant)
        assert len(records["reporting.snapshots"]) > 5
    drill.mongo.stop()
    drill.mongo = LocalMongo(folder.with_name("second"))
    await asyncio.to_thread(drill.mongo.start)
    began = time.monotonic()
    async with drill.plant() as plant:
        tally = await Archiving(plant, folder).restore(keys, accept_loss=False)
        print(f"restored {tally.as_json()}")
        assert await kept(plant) == records
        await settle(plant)
        assert await shown(plant) == before
        assert await plant.verify() == []
        told("stores restored, published and projected again", began, before)
        again_from_events = await made_again(plant, "901", "2026-05")
        assert again_from_events.good, "what was published is there, and is what the events say"
        again = await Archiving(plant, folder).restore(keys, accept_loss=False)
        assert (again.events, again.entries) == (0, 0)
        (appended,) = await add_feedback(plant, 1, "after")
        assert appended.generation == 1
        document = await plant.store("feedback").commits.find_one({"_id": appended.id})
        assert document is not None
        assert document["gen"] == 1
        sealed = await keyring(plant).seal(*SEALED[:2], field=SEALED[2])
        assert await keyring(plant).open(sealed, field=SEALED[2]) == SEALED[1]


async def test_a_restore_that_was_cut_short_goes_on(drill: Drill, folder: Path) -> None:
    async with drill.plant() as plant:
        await settle(plant)
        await Archiving(plant, folder).backup(None)
        records = await kept(plant)
        for service in TOPICS:
            commits = plant.store(service).commits
            await commits.delete_many({"$or": [{"p": {"$gt": 3}}, {"seq": {"$gte": 10}}]})
        await plant.client[f"{PREFIX}_audit"]["restores"].update_one({"_id": 2}, {"$set": {"done": False}}, upsert=True)
        await Archiving(plant, folder).restore(None, accept_loss=False)
        assert await kept(plant) == records
        assert await plant.client[f"{PREFIX}_audit"]["restores"].distinct("_id") == [1, 2]
        await settle(plant)
        assert await plant.verify() == []


async def test_an_old_backup_is_refused_until_somebody_accepts_the_loss(drill: Drill, folder: Path) -> None:
    old = shutil.copytree(folder, folder.with_name("old"))
    async with drill.plant() as plant:
        await add_feedback(plant, 30, "lost")
        await settle(plant)
        await Archiving(plant, folder.with_name("newer")).backup(None)
        for service in TOPICS:
            await plant.client.drop_database(f"{PREFIX}_{service}")
        with pytest.raises(Refused) as refused:
            await Archiving(plant, old).restore(None, accept_loss=False)
        print(refused.value)
        assert "the archive ends at position" in str(refused.value)
        assert "feedback_themes.1 reaches" in str(refused.value)
        await plant.client.drop_database(f"{PREFIX}_reporting")
        with pytest.raises(Refused, match=r"the topic qa\.feedback reaches"):
            await Archiving(plant, old).restore(None, accept_loss=False)
        assert await events_in(plant) == 0
        await Archiving(plant, old).restore(None, accept_loss=True)
        await settle(plant)
        assert await plant.verify() == []
        before = await themes(plant)
        await add_feedback(plant, 30, "new")
        await settle(plant)
        assert await themes(plant) == before + 30, "new events at lost positions are not taken for repeats"
        assert await plant.verify() == []


async def test_nothing_is_restored_beside_running_processes_or_onto_another_log(drill: Drill, folder: Path) -> None:
    async with drill.plant() as plant:
        async with AsyncMongoClient[Any](drill.mongo.url, appname=f"{PREFIX}-feedback") as service:
            await service.admin.command("ping")
            with pytest.raises(Refused, match=r"stop every process first.*drill-feedback"):
                await Archiving(plant, folder).restore(None, accept_loss=True)
        newer = folder.with_name("newer")
        with pytest.raises(Refused, match="holds another log than the archive"):
            await Archiving(plant, newer).restore(None, accept_loss=True)
        with pytest.raises(Refused, match="Begin a new folder"):
            await Archiving(plant, newer).backup(None)


async def test_the_commands_answer_in_json_and_keep_the_keys_apart(drill: Drill, tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, dict[str, Any], str]:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments, "--json"],
            env={**os.environ, **drill.environment()},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr

    archive, keys = str(tmp_path / "archive"), str(tmp_path / "keys")
    code, answer, said = await asyncio.to_thread(run, "backup", archive, "--keys", keys)
    assert (code, answer["ok"]) == (0, True)
    assert "backing up" in said
    assert answer["events"] > 300
    code, answer, _ = await asyncio.to_thread(run, "backup", archive, "--keys", f"{archive}/keys")
    assert (code, answer["ok"]) == (1, False)
    assert "a folder of their own" in answer["wrong"][0]
    assert not (tmp_path / "archive" / "keys").exists()


# -- a damaged archive -----------------------------------------------------------------------------------------------


def flip(archive: Path, files: list[Path]) -> list[Path]:
    content = bytearray(files[3].read_bytes())
    content[len(content) // 2] ^= 1
    files[3].write_bytes(content)
    return [files[3]]


def cut(archive: Path, files: list[Path]) -> list[Path]:
    files[2].write_bytes(files[2].read_bytes()[:-1])
    return [files[2]]


def remove(archive: Path, files: list[Path]) -> list[Path]:
    files[1].unlink()
    return [files[1]]


def swap(archive: Path, files: list[Path]) -> list[Path]:
    one, other = files[0].read_bytes(), files[4].read_bytes()
    files[0].write_bytes(other)
    files[4].write_bytes(one)
    return [files[0], files[4]]


def forge(archive: Path, files: list[Path]) -> list[Path]:
    manifest = archive / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"count": 1,', '"count": 2,', 1))
    return [manifest]


@pytest.mark.parametrize("damage", [flip, cut, remove, swap, forge])
async def test_a_damaged_archive_is_named_and_nothing_is_restored(
    drill: Drill, folder: Path, tmp_path: Path, damage: Any
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    named = damage(copy, sorted(copy.glob("*/commits/*/*.gz")))
    async with drill.plant() as plant:
        before = await events_in(plant)
        with pytest.raises(Damaged) as refused:
            await Archiving(plant, copy).restore(None, accept_loss=True)
        findings = str(refused.value)
        print(findings)
        assert all(str(file.relative_to(copy)) in findings for file in named)
        assert await events_in(plant) == before
    with pytest.raises(Damaged):
        await read_archives(copy, None, lambda _part, _n: None)
