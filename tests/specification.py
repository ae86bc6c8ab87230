"""Given this history, when this is asked, then this happens: the words in which decisions are tested.

    audit = specification(DECIDER)

    def test_an_audit_that_was_not_started_cannot_be_graded():
        audit.given([planned, allocated]).when(grade_domain, grade_good).then_refused("in progress")

Everything is asked twice: `then` repeats the command on what came of it and expects nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pytest

from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.deciding.refusal import Refused

S = TypeVar("S")
E = TypeVar("E", bound=StoredEvent)
Decision = Callable[..., Sequence[Any]]


def specification(decider: Decider[S, E]) -> Specification[S, E]:
    return Specification(decider)


@dataclass(frozen=True)
class Specification(Generic[S, E]):
    decider: Decider[S, E]

    def given(self, history: Sequence[E]) -> Given[S, E]:
        """The aggregate after these events, in order; [] when nothing ever happened."""
        return Given(self.decider, tuple(history))


@dataclass(frozen=True)
class Given(Generic[S, E]):
    decider: Decider[S, E]
    history: tuple[E, ...]

    @property
    def state(self) -> S:
        """The state as the store would give it back."""
        return self.decider.fold(as_stored(self.decider, self.history))

    def when(self, decision: Decision, command: Any, *args: Any) -> When[S, E]:
        """`decision(command, state, *args)`; nothing runs before one of the `then`s."""
        return When(self, lambda state: decision(command, state, *args))


@dataclass(frozen=True)
class When(Generic[S, E]):
    given: Given[S, E]
    decide: Callable[[S], Sequence[E]]

    def then(self, expected: Sequence[E]) -> S:
        """Exactly these events, and nothing more when asked again; answers the state after them."""
        happened = list(self.decide(self.given.state))
        assert happened == list(expected)
        assert happened, "expect nothing with then_nothing()"
        return self._asked_again(happened)

    def then_some(self, *types: type[StoredEvent]) -> S:
        """Events of these types in this order, whatever they say."""
        happened = list(self.decide(self.given.state))
        assert [type(event) for event in happened] == list(types)
        return self._asked_again(happened)

    def then_nothing(self) -> S:
        assert list(self.decide(self.given.state)) == []
        return self.given.state

    def then_refused(self, words: str, *, field: str | None = None) -> None:
        """Refused, with these words in the rule; `field` when the rule must name the part at fault."""
        with pytest.raises(Refused) as refused:
            self.decide(self.given.state)
        assert words in refused.value.rule
        if field is not None:
            assert refused.value.field == field

    def _asked_again(self, happened: Sequence[E]) -> S:
        decider = self.given.decider
        after = decider.fold(as_stored(decider, (*self.given.history, *happened)))
        assert list(self.decide(after)) == [], "the same command again must change nothing"
        return after


def as_stored(decider: Decider[S, E], events: Iterable[E]) -> list[E]:
    """The events as they come back from the store: written as JSON and read again."""
    return [decider.stored.validate_json(event.model_dump_json()) for event in events]


def asked_in_turn(decider: Decider[S, E], asked: Iterable[Callable[[S], Sequence[E]]]) -> list[E]:
    """What happened when all of these were asked, one after the other, for properties over random commands.

    Each may be refused and nothing else may be raised; each that is accepted is asked again at once and must then
    change nothing; and the state folded from the stored events must equal the state at every step.
    """
    state, history = decider.initial, list[E]()
    for decide in asked:
        try:
            happened = list(decide(state))
        except Refused:
            continue
        state = decider.fold(happened, state)
        history.extend(happened)
        assert list(decide(state)) == [], "the same command again must change nothing"
    assert decider.fold(as_stored(decider, history)) == state
    return history
