"""The made-up year holds the whole audit cycle, as plausible in its dates as the strategy's own."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import orjson
import pytest

from deploy.loading import people
from deploy.loading.audits import audits
from deploy.loading.posting import Command, Event
from deploy.loading.re_audits import lapsed
from deploy.loading.seed import Wanted
from services.audit.following_up.re_audits import re_audit_id
from tests.loading.a_town import TODAY
from tests.loading.test_making_up_a_year import UNTIL, a_year, events, steps

TWELVE_WEEKS = timedelta(weeks=12)
FIRST, SECOND = list(people.AUTHORITIES)[:2]


def commands(noun: str, code: str) -> list[Command]:
    """The commands whose path ends with this."""
    return [one for one in steps(a_year(), "audit", code) if isinstance(one, Command) and one.path.endswith(noun)]


def day_of(event: Event) -> date:
    return date.fromisoformat(event.data["effective_date"])


@pytest.mark.parametrize("code", list(people.AUTHORITIES))
def test_most_of_what_was_inadequate_is_audited_again_in_time_by_somebody_else(code: str) -> None:
    known = {event.id: event for event in events(a_year(), "audit_graded", code)}
    pairs = [(known[one.data["re_audit_of"]], one) for one in known.values() if "re_audit_of" in one.data]
    took = [day_of(after) - day_of(before) for before, after in pairs]

    assert all(before.data["child_ref"] == after.data["child_ref"] for before, after in pairs)
    assert all(before.data["auditor_ref"] != after.data["auditor_ref"] for before, after in pairs)
    assert 0.8 < sum(days <= TWELVE_WEEKS for days in took) / len(took) < 1


def test_a_re_audit_comes_after_what_it_looks_at_again_in_the_order_of_sending() -> None:
    for work in a_year().records[FIRST]["audit"]:
        sent: set[str] = set()
        for wave in work.waves:
            of_wave = [step for story in wave for step in story if isinstance(step, Event)]
            assert {one.data["re_audit_of"] for one in of_wave if "re_audit_of" in one.data} <= sent
            sent |= {one.id for one in of_wave}


def test_every_authority_is_shown_through_the_whole_cycle_and_the_first_most_of_all() -> None:
    nouns = ("regular", "/v1/expectations", "exemption", "/v1/pairs", "comparison", "completion", "verification")
    more = ("/v1/four-r-meetings", "holding", "dissemination", "impact-review", "/v1/themes", "/v1/samples")
    found = {code: Counter({noun: len(commands(noun, code)) for noun in (*nouns, *more)}) for code in (FIRST, SECOND)}

    assert all(found[code][noun] for code in found for noun in (*nouns, *more))
    assert found[FIRST]["/v1/expectations"] == 5
    assert found[FIRST]["/v1/pairs"] > found[SECOND]["/v1/pairs"]


def test_a_quarter_of_the_first_authority_has_pairs_enough_for_a_kappa() -> None:
    days = [date.fromisoformat(one.body["effective_date"]) for one in commands("comparison", FIRST)]

    assert sum(date(2026, 4, 1) <= day <= date(2026, 6, 30) for day in days) >= 20


def test_months_are_closed_after_one_another_and_what_changed_since_is_told_again() -> None:
    ending = a_year().ending
    (first,) = [story for story in ending.closed if FIRST in story[0].path]
    keys = [step.path.split("/")[5] for step in first]
    restated = {step.path.split("/")[5] for story in ending.restated for step in story}

    assert keys == ["2026-01", "2026-02", "2026-03", "2025-Q4", "2026-04", "2026-05"], (
        "a whole quarter, and what came since"
    )
    assert restated == {"2026-05", "2026-04"}
    assert {step.path.rsplit("/", 1)[1] for story in ending.changed for step in story} == {"regrade", "withdrawal"}


def test_only_what_nobody_audited_again_in_time_is_found_impossible() -> None:
    gone = [one for one in a_year().ending.decided if one[0].path.endswith("impossibility")]
    late = [one for month in Wanted(UNTIL, TODAY).of(FIRST) for one in audits(month) if lapsed(month, one)]

    assert gone
    assert {one[0].path.split("/")[3] for one in gone} <= {re_audit_id(one.id) for one in late}


def test_a_command_names_what_the_story_made_before() -> None:
    command = Command("audit", "/v1/pairs/{pair}/comparison", {"audits": ["{a}", "{id}"]}, "key")

    path, body = command.about({"pair": "p-1", "a": "a-1", "id": "z"})

    assert (path, orjson.loads(body)) == ("/v1/pairs/p-1/comparison", {"audits": ["a-1", "z"]})
