"""Loading audits of past years: into services without engines, and by the program itself into one on MongoDB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer
from pymongo import AsyncMongoClient, MongoClient

from deploy import cli
from deploy.loading import units
from deploy.loading.importing import NotAllowed, PastAudits, rejects_path
from deploy.loading.posting import SCOPES, Mint, Poster, Unreachable
from services.audit.app import create_app
from services.audit.settings import Settings
from shared.event_store.mongo import MongoEventStore
from shared.foundations import InMemoryFoundations
from tests import http
from tests.audit.a_larger_town import learn_more
from tests.audit.service import clock
from tests.browser.serving import served
from tests.loading.a_town import Town, town
from tests.loading.past_audits import GOOD, a_csv, a_workbook

SINCE = date(2020, 4, 1)
MAKE = pytest.mark.parametrize("make", [a_csv, a_workbook])


@pytest.fixture
async def here() -> AsyncIterator[tuple[Town, Poster]]:
    """The authority 902 with the team alder in it."""
    async with town() as (services, poster):
        for command in (
            units.authority("902", "Thornbury", SINCE),
            units.service_area("duty", "902", "Duty", SINCE),
            units.team("alder", "duty", "Alder", SINCE),
        ):
            assert not (await poster.command(command)).refused
        yield services, poster


def like(poster: Poster, token: Mint | None = None, **options: Any) -> Poster:
    """Another poster for the same services."""
    return Poster(poster._client, poster._addresses, token or poster._token, **options)


def a_past_year(n: int) -> list[dict[str, Any]]:
    return [{**GOOD, "reference": f"A-{k}", "effective_date": f"2025-05-{k % 28 + 1:02}"} for k in range(n)]


@MAKE
async def test_past_audits_are_loaded_and_a_second_time_changes_nothing(here: Any, make: Any, tmp_path: Path):
    services, poster = here
    file = make(tmp_path, *[{**row, "allocated_on": "2025-05-01"} for row in a_past_year(120)])
    first = await PastAudits.of(file).load(poster)
    before = await services.kept()
    second = await PastAudits.of(file).load(poster)
    assert first.as_json() == {"loaded": 120, "already_there": 0, "rejected": 0}
    assert second.as_json() == {"loaded": 0, "already_there": 120, "rejected": 0}
    assert await services.kept() == before


async def test_a_row_that_changed_is_refused_and_says_to_regrade(here: Any, tmp_path: Path):
    _, poster = here
    await PastAudits.of(a_csv(tmp_path, GOOD)).load(poster)
    changed = await PastAudits.of(a_csv(tmp_path, {**GOOD, "overall": "INADEQUATE"})).load(poster)
    assert changed.as_json() == {"loaded": 0, "already_there": 0, "rejected": 1}
    assert changed.rejects[0].reason == "reference was loaded before with other content: regrade that audit instead"


@MAKE
async def test_what_is_rejected_is_mended_in_its_own_form_and_loaded_again(here: Any, make: Any, tmp_path: Path):
    _, poster = here
    wrong = {"plan_type": "SECRET", "effective_date": "31/02/2025"}
    file = make(tmp_path, GOOD, {**GOOD, **wrong, "reference": "A-2"}, {**GOOD, "reference": "A-3", "overall": ""})
    read = PastAudits.of(file)
    loaded = await read.load(poster)
    again = tmp_path / rejects_path(file).name
    read.write_rejects(loaded.rejects, again)
    assert loaded.as_json() == {"loaded": 1, "already_there": 0, "rejected": 2}
    assert again.suffix == file.suffix
    assert again.stat().st_mode & 0o077 == 0, "it names children, like the file itself"

    rejected = PastAudits.of(again)
    assert rejected.table.header == (*read.table.header, "what_is_wrong")
    remarks = [row.cells[-1].text for row in rejected.table.rows]
    assert remarks == [
        "row 3: effective_date is not a date such as 2026-06-30 or 30/06/2026; plan_type is not one of the template's",
        "row 4: overall is empty",
    ]
    still = await rejected.load(poster)
    assert [one.line for one in still.rejects] == [2, 3]

    mended = [
        {name: cell.text for name, cell in zip(rejected.table.header, row.cells, strict=True)}
        for row in rejected.table.rows
    ]
    mended[0] |= {"plan_type": "CIN", "effective_date": "28/02/2025", "allocated_on": ""}
    mended[1] |= {"overall": "GOOD"}
    done = await PastAudits.of(make(tmp_path, *mended)).load(poster)
    assert done.as_json() == {"loaded": 2, "already_there": 0, "rejected": 0}


async def test_what_only_the_service_can_know_is_rejected_by_row_and_column(here: Any, tmp_path: Path):
    _, poster = here
    rows = [
        {**GOOD, "reference": "A-1", "team_id": "nowhere"},
        {**GOOD, "reference": "A-2", "effective_date": "2026-12-31"},
        {**GOOD, "reference": "A-3", "la_code": "903"},
        {**GOOD, "reference": "A-4", "allocated_on": "2025-06-01"},
        {**GOOD, "reference": "A-5", "independence": "", "auditor_ref": "somebody"},
        {**GOOD, "reference": "A-6"},
    ]
    loaded = await PastAudits.of(a_csv(tmp_path, *rows)).load(like(poster, settled=True))
    assert loaded.as_json() == {"loaded": 1, "already_there": 0, "rejected": 5}
    assert [(one.line, one.reason.partition(" ")[0]) for one in loaded.rejects] == [
        (2, "team_id"),
        (3, "effective_date"),
        (4, "team_id"),
        (5, "effective_date"),
        (6, "auditor_ref"),
    ]
    assert not any("nowhere" in one.reason or "somebody" in one.reason for one in loaded.rejects)


async def test_whoever_may_not_load_for_an_authority_is_told_so_for_each_row(here: Any, tmp_path: Path):
    _, poster = here
    elsewhere = like(poster, lambda _who: http.token("m", SCOPES, ("903",)), settled=True)
    loaded = await PastAudits.of(a_csv(tmp_path, GOOD)).load(elsewhere)
    assert [one.reason for one in loaded.rejects] == ["la_code is not an authority that you may load audits for"]
    nothing = like(poster, lambda _who: http.token("m", ("read",), ("902",)))
    with pytest.raises(NotAllowed) as refused:
        await PastAudits.of(a_csv(tmp_path, GOOD)).load(nothing)
    assert "A-1" not in str(refused.value)


async def test_steps_that_are_not_sent_are_counted_as_done(here: Any, tmp_path: Path):
    _, poster = here
    told: list[int] = []
    counting = like(poster, tell=told.append)
    read = PastAudits.of(a_csv(tmp_path, GOOD, {**GOOD, "reference": "A-2", "overall": "X"}))
    await read.load(counting)
    assert sum(told) == read.steps == 2


async def test_a_service_that_nobody_knows_the_address_of_is_named(here: Any, tmp_path: Path):
    _, poster = here
    nowhere = Poster(poster._client, {}, poster._token)
    with pytest.raises(Unreachable, match="set GOLDENTHREAD_AUDIT_ADDRESS"):
        await PastAudits.of(a_csv(tmp_path, GOOD)).load(nowhere)


# ---- the program ----------------------------------------------------------------------------------------------------


@pytest.fixture
def installation(mongo_url: str, tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """The environment of an installation whose audit service keeps its record in a MongoDB."""
    name = f"past-audits-{os.getpid()}"
    client: AsyncMongoClient[Any] = AsyncMongoClient(mongo_url, tz_aware=True)
    store = MongoEventStore(client[name], clock=clock)
    foundations = InMemoryFoundations(clock)
    learn_more(foundations)
    foundations.store = store
    foundations.start, foundations.stop = (store.prepare,), (store.close, client.close)
    token = http.token("importer", ("events:write", "read"), ("902",))
    with served(create_app(http.settings(Settings), foundations, clock)) as address:
        yield {
            **os.environ,
            "GOLDENTHREAD_AUDIT_ADDRESS": address,
            "GOLDENTHREAD_TOKEN": token,
            "GOLDENTHREAD_DATA": str(tmp_path / "data"),
        }
    with MongoClient[Any](mongo_url) as cleaning:
        cleaning.drop_database(name)


def goldenthread(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    asked = [sys.executable, "-m", "deploy.cli", *arguments]
    return subprocess.run(asked, env=dict(environment), capture_output=True, text=True, timeout=60)


def test_the_program_loads_a_workbook_into_a_service_on_mongodb(installation: Mapping[str, str], tmp_path: Path):
    rows = [{**row, "allocated_on": ""} for row in a_past_year(250)]
    rows[7]["overall"] = "SECRET"
    file, rejects = a_workbook(tmp_path, *rows), tmp_path / "rejects.xlsx"
    asked = ("import", "audits", str(file), "--rejects", str(rejects), "--json")

    first = goldenthread(installation, *asked)
    assert first.returncode == 0, first.stderr
    summary = {"loaded": 249, "already_there": 0, "rejected": 1, "rejects": str(rejects)}
    assert json.loads(first.stdout) == summary
    assert "row 9: overall is not a grade of the template" in first.stderr
    assert "loading audits" in first.stderr
    assert "SECRET" not in first.stdout + first.stderr
    assert "SECRET" in [cell.value for cell in openpyxl.load_workbook(rejects)["audits"][2]]

    second = goldenthread(installation, *asked)
    assert json.loads(second.stdout) == {**summary, "loaded": 0, "already_there": 249}


def test_a_file_that_cannot_be_read_ends_with_one_and_a_plain_word(installation: Mapping[str, str], tmp_path: Path):
    file = tmp_path / "audits.xlsx"
    file.write_bytes(b"PK\x03\x04SECRET")
    answered = goldenthread(installation, "import", "audits", str(file), "--rejects", str(tmp_path / "r.xlsx"))
    assert answered.returncode == 1
    assert "no Excel workbook" in answered.stderr
    assert "Traceback" not in answered.stderr
    assert "SECRET" not in answered.stdout + answered.stderr
    assert not (tmp_path / "r.xlsx").exists()


def test_the_program_writes_templates_and_nothing_over_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    cli.import_("audits", template=tmp_path / "past", json_=True)
    written = json.loads(capsys.readouterr().out)["written"]
    assert written == [str(tmp_path / "past.xlsx"), str(tmp_path / "past.csv")]
    with pytest.raises(typer.BadParameter, match="a file of that name already"):
        cli.import_("audits", template=tmp_path / "past.csv")
    with pytest.raises(typer.BadParameter, match="there is no template"):
        cli.import_("ofsted", template=tmp_path / "other.csv")


def test_the_program_asks_for_a_file_and_does_not_put_the_rejects_in_its_place(tmp_path: Path):
    with pytest.raises(typer.BadParameter, match="which file"):
        cli.import_("audits")
    file = a_csv(tmp_path, GOOD)
    with pytest.raises(typer.BadParameter, match="would replace the file itself"):
        cli.import_("audits", file, rejects=file)
