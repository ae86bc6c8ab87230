"""The made-up authorities release words and figures, and what was put in as a record is looked for in what left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.leaving import canaries, heard
from deploy.loading import people, released
from deploy.loading.posting import Command, Event
from services.reporting.domain.partner_release.mailbox import is_role_mailbox
from services.reporting.domain.partner_release.scanning import scan
from tests.loading.test_making_up_a_year import a_year

SUMMARIES = [*(one["summary"] for one in released.WORDS.values()), released.NEED, released.HELP]
UNITS = frozenset(
    {team.name for code in people.AUTHORITIES for team in people.teams(code)} | {area.name for area in people.AREAS}
)


@pytest.mark.parametrize("summary", SUMMARIES)
def test_words_that_are_released_say_who_nobody_is(summary: str) -> None:
    assert scan(summary, "summary", UNITS) == []
    assert is_role_mailbox(released.MAILBOX)


def test_everybody_releases_a_quarter_when_its_months_are_closed_and_the_region_is_summed() -> None:
    closed = dict.fromkeys(people.AUTHORITIES, "2026-Q2")
    commands = [step for story in released.released(closed) for step in story if isinstance(step, Command)]
    figures = [one.body["la_code"] for one in commands if one.body.get("kind") == "GRADES"]
    assert figures == list(people.AUTHORITIES)
    assert {one.body["period"] for one in commands if "kind" in one.body} == {"2026-Q2"}
    assert [one.path for one in commands if one.path.endswith("/2026-Q2")] == ["/v1/regions/ncl/improvement/2026-Q2"]
    approvals = [one.who for one in commands if one.path.endswith("/approval")]
    assert len(approvals) == len([one for one in commands if "kind" in one.body])
    assert all(who.endswith("-hqa") for who in approvals), "by another than the analyst who proposed it"


def test_without_a_closed_quarter_nothing_is_released() -> None:
    assert released.released(dict.fromkeys(people.AUTHORITIES)) == []


def test_every_text_of_every_record_is_looked_for_and_found_where_it_does_not_belong() -> None:
    year = a_year()
    known = canaries(year)
    event = next(
        step
        for work in year.records["901"]["audit"]
        for wave in work.waves
        for story in wave
        for step in story
        if isinstance(step, Event) and step.type.endswith("audit_graded.v1")
    )
    assert {event.data["child_ref"], event.data["team_id"], "I&P Elm"} <= known
    for text in (event.data["child_ref"], "I&P Elm"):
        assert text in heard(known, f"{SUMMARIES[0]} It was seen with {text.upper()} too.")
    assert heard(known, "\n".join(SUMMARIES)) == []


def test_a_field_that_is_new_is_looked_for_as_well() -> None:
    year = a_year()
    work = year.records["901"]["feedback"][0]
    story = [Event("feedback", "t", "s", "i", None, {"something": {"new": ["Zephyrine Quillfeather"]}})]  # type: ignore[arg-type] # no time
    records = {**year.records, "901": {**year.records["901"], "feedback": [replace(work, waves=[[story]])]}}
    assert "Zephyrine Quillfeather" in canaries(replace(year, records=records))
