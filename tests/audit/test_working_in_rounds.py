"""What the audit service does without being asked comes in rounds: the register first, then each on its own."""

from __future__ import annotations

import pytest

from services.audit.app import create_app
from services.audit.background import Background
from services.audit.settings import Settings
from shared.event_store.unattended import once
from shared.foundations import InMemoryFoundations
from shared.rounds import Rounds
from tests import http
from tests.audit.service import clock, learn


class Turns:
    """Work that notes its turn, and fails when it is told to."""

    def __init__(self, *failing: str) -> None:
        self.had: list[str] = []
        self.failing = failing

    def of(self, name: str):
        async def turn() -> None:
            self.had.append(name)
            if name in self.failing:
                raise ConnectionError(name)

        return turn


async def test_what_fails_does_not_keep_the_others_from_their_turn():
    turns = Turns("a")
    rounds = Rounds("test", (turns.of("a"), turns.of("b")), 1, first=(turns.of("register"),))
    with pytest.raises(ExceptionGroup) as failed:
        await rounds.round()
    assert turns.had == ["register", "a", "b"]
    assert [str(error) for error in failed.value.exceptions] == ["a"]


async def test_nothing_has_its_turn_when_what_it_relies_on_failed():
    turns = Turns("register")
    rounds = Rounds("test", (turns.of("a"),), 1, first=(turns.of("register"), turns.of("more")))
    with pytest.raises(ExceptionGroup):
        await rounds.round()
    assert turns.had == ["register"]


async def test_a_running_service_can_be_driven_round_by_round(mongo_database):
    foundations = InMemoryFoundations(clock)
    learn(foundations.directory)
    app = create_app(http.settings(Settings, round_seconds=3600), foundations, clock, mongo_database)
    background: Background = app.state.background
    async with http.client(app, "902-form", authorities=["902"]) as talking:
        plan = {"audit_type": "QA_ROUTINE", "template_id": "front-door", "plan_type": "CONTACT", "team_id": "alder"}
        answered = await talking.post("/v1/audits", json=plan, headers=http.new_key())
        assert answered.status_code == 201
        await background.round()
        kept = await mongo_database["register"].find_one({"_id": f"audit-{answered.json()['id']}"})
    assert kept is not None
    assert (kept["kind"], kept["stage"]) == ("audit", "PLANNED")


def test_an_id_made_of_other_parts_is_another():
    assert once("a", "b") == once("a", "b")
    assert len({once("a", "b"), once("a", "c"), once("b", "a"), once("a|b", "c")}) == 4
