from __future__ import annotations

from dataclasses import replace

from deploy.loading import importing
from deploy.loading.ofsted import parse
from tests.loading.a_town import town
from tests.loading.test_reading_published_outcomes import FILE, GOOD, a_file, with_cell

RAW = FILE.read_bytes()


async def test_what_is_mended_is_loaded_and_the_rest_is_there_already() -> None:
    async with town() as (here, poster):
        first = await importing.load(parse(RAW), poster)
        before = await here.kept()
        second = await importing.load(parse(RAW), poster)
        again = await here.kept()
        mended = await importing.load(parse(RAW.replace(b"80522,887,,", b"80522,887,SE,")), poster)

        directory = here.foundations["audit"].directory
        regions = directory.regions_of("887", importing.units.ALWAYS)

    assert first.as_json() == {"loaded": 150, "already_there": 0, "rejected": 3}
    assert second.as_json() == {"loaded": 0, "already_there": 150, "rejected": 3}
    assert before == again
    assert mended.as_json() == {"loaded": 1, "already_there": 150, "rejected": 2}
    assert set(regions) == {"se"}


async def test_another_grade_for_an_inspection_that_was_loaded_is_rejected_and_not_loaded_over() -> None:
    async with town() as (_here, poster):
        await importing.load(parse(a_file(GOOD)), poster)

        changed = await importing.load(parse(a_file(with_cell("in_care_grade", "inadequate"))), poster)

    assert changed.as_json() == {"loaded": 0, "already_there": 0, "rejected": 1}
    assert "loaded before with other grades" in changed.rejects[0].reason


async def test_what_only_the_service_can_know_is_rejected_by_line_and_column() -> None:
    async with town() as (_here, poster):
        loaded = await importing.load(parse(a_file(with_cell("publication_date", "2026-12-31"))), poster)

    assert [(one.line, loaded.loaded) for one in loaded.rejects] == [(2, 0)]


async def test_a_service_that_asks_to_wait_is_asked_again() -> None:
    async with town() as (here, poster):
        here.busy = 3
        loaded = await importing.load(parse(a_file(GOOD)), poster)

    assert loaded.loaded == 1


async def test_a_batch_that_takes_too_long_is_sent_in_halves() -> None:
    async with town() as (here, poster):
        parsed = parse(RAW)
        await importing.load(replace(parsed, outcomes=[]), poster)
        here.busy = 4
        sent = await poster.events([one.event() for one in parsed.outcomes[:40]])

    assert (sent.new, here.busy) == (40, 0)


async def test_an_authority_that_is_known_by_another_name_keeps_it() -> None:
    async with town() as (here, poster):
        parsed = parse(a_file(GOOD))
        await importing.load(parsed, poster)
        renamed = replace(parsed, authorities={"370": ("Barnsley Council", "YH")})

        loaded = await importing.load(renamed, poster)

        name = here.foundations["audit"].directory.name("authority", "370", importing.units.ALWAYS)

    assert loaded.already_there == 1
    assert name == "Barnsley"
