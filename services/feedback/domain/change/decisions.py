"""What may be done about a change of practice: decide, make, tell, check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.feedback.domain.change.events import (
    Change,
    ChangeCheckedWithRespondents,
    ChangeDecided,
    ChangeEvent,
    ChangeMade,
    YouSaidWeDid,
    YouSaidWeDidDrafted,
    YouSaidWeDidPublished,
)
from services.feedback.domain.change.state import DECIDER, ChangeOfPractice
from services.feedback.domain.codes import Audience, CheckResult, Theme
from services.feedback.domain.identifying import identifying
from shared.deciding.refusal import Refused
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


@dataclass(frozen=True, slots=True)
class DecideChange:
    change_id: str
    themes: frozenset[Theme]
    place: Place
    feedback: frozenset[str]
    decided_on: date
    text: SealedText


@dataclass(frozen=True, slots=True)
class MakeChange:
    made_on: date


@dataclass(frozen=True, slots=True)
class DraftYouSaidWeDid:
    you_said: str
    we_did: str
    audience: Audience
    quoted: frozenset[str]
    drafted_by: str


@dataclass(frozen=True, slots=True)
class PublishYouSaidWeDid:
    """`approved_by` is the staff reference of the person who asks for it."""

    approved_by: str
    told_on: date


@dataclass(frozen=True, slots=True)
class CheckWithRespondents:
    checked_on: date
    result: CheckResult
    asked: int


def decide_change(command: DecideChange, change: ChangeOfPractice, received: frozenset[str]) -> list[ChangeEvent]:
    """`received` are those of the named feedback ids that exist in the same authority."""
    if not command.themes:
        raise Refused("a change is about something: choose at least one theme", field="themes")
    if not command.feedback:
        raise Refused("a change begins with what somebody said: name the feedback", field="feedback")
    if not command.feedback <= received:
        raise Refused("only feedback that was received in this authority can lead to a change", field="feedback")
    decided = _decided(command)
    if change.decided is None:
        return [decided]
    if _decided_alike(decided, change.decided):
        return []
    raise Refused("this change was decided before, and differently")


def record_made_change(
    decide: DecideChange, make: MakeChange, change: ChangeOfPractice, received: frozenset[str]
) -> list[ChangeEvent]:
    """Both at once, for those who tell of a change only when it was made."""
    decided = decide_change(decide, change, received)
    return [*decided, *make_change(make, DECIDER.fold(decided, change))]


def make_change(command: MakeChange, change: ChangeOfPractice) -> list[ChangeEvent]:
    decided = _known(change)
    if change.made_on == command.made_on:
        return []
    if change.made_on is not None:
        raise Refused("this change was made on another date")
    if command.made_on < decided.decided_on:
        raise Refused("a change cannot be made before it was decided", field="made_on")
    return [ChangeMade(change=decided.change, made_on=command.made_on)]


def draft_you_said_we_did(
    command: DraftYouSaidWeDid, change: ChangeOfPractice, quotable: frozenset[str]
) -> list[ChangeEvent]:
    """`quotable` are those of the change's feedback whose words may be shown, as their owners wish today."""
    decided = _known(change)
    words = YouSaidWeDid(
        you_said=command.you_said,
        we_did=command.we_did,
        audience=command.audience,
        quoted=tuple(sorted(command.quoted)),
    )
    if change.draft is not None and (change.draft.words, change.draft.drafted_by) == (words, command.drafted_by):
        return []
    if change.told is not None:
        raise Refused("those who spoke were told already")
    _check_names_nobody(command)
    _check_quotes(words, decided.change, quotable)
    return [YouSaidWeDidDrafted(change_id=decided.change.change_id, words=words, drafted_by=command.drafted_by)]


def publish_you_said_we_did(
    command: PublishYouSaidWeDid, change: ChangeOfPractice, quotable: frozenset[str]
) -> list[ChangeEvent]:
    """`quotable` as in drafting: consent that was withdrawn since then stops the words from being published."""
    decided = _known(change)
    if change.told is not None:
        if (change.told.approved_by, change.told.told_on) == (command.approved_by, command.told_on):
            return []
        raise Refused("those who spoke were told already")
    if change.draft is None or change.made_on is None:
        raise Refused("people are told of a change that was made, in words that were drafted")
    if command.approved_by == change.draft.drafted_by:
        raise Refused("somebody other than the author approves these words")
    if command.told_on < change.made_on:
        raise Refused("people cannot be told of a change before it was made", field="told_on")
    _check_quotes(change.draft.words, decided.change, quotable)
    return [
        YouSaidWeDidPublished(
            change=decided.change,
            made_on=change.made_on,
            words=change.draft.words,
            approved_by=command.approved_by,
            told_on=command.told_on,
        )
    ]


def check_with_respondents(command: CheckWithRespondents, change: ChangeOfPractice) -> list[ChangeEvent]:
    decided = _known(change)
    checked = ChangeCheckedWithRespondents(
        change_id=decided.change.change_id,
        checked_on=command.checked_on,
        result=command.result,
        asked=command.asked,
    )
    if checked in change.checks:
        return []
    if change.made_on is None:
        raise Refused("only a change that was made can be checked with those who spoke")
    if command.checked_on < change.made_on:
        raise Refused("a change cannot be checked before it was made", field="checked_on")
    if command.asked < 1:
        raise Refused("checking means asking somebody", field="asked")
    return [checked]


def _known(change: ChangeOfPractice) -> ChangeDecided:
    if change.decided is None:
        raise Refused("only a change that was decided can go on")
    return change.decided


def _decided(command: DecideChange) -> ChangeDecided:
    about = Change(
        change_id=command.change_id,
        themes=tuple(sorted(command.themes)),
        place=command.place,
        feedback=tuple(sorted(command.feedback)),
    )
    return ChangeDecided(change=about, decided_on=command.decided_on, text=command.text)


def _decided_alike(one: ChangeDecided, other: ChangeDecided) -> bool:
    same_words = one.text.same_words(other.text)
    return same_words and (one.change, one.decided_on) == (other.change, other.decided_on)


def _check_names_nobody(command: DraftYouSaidWeDid) -> None:
    for field, text in (("you_said", command.you_said), ("we_did", command.we_did)):
        if not text.strip():
            raise Refused("both what was said and what was done are told", field=field)
        if found := identifying(text):
            raise Refused(f"words for everybody may not hold {found}", field=field)


def _check_quotes(words: YouSaidWeDid, about: Change, quotable: frozenset[str]) -> None:
    if not set(words.quoted) <= set(about.feedback):
        raise Refused("only feedback that led to this change can be quoted", field="quoted")
    if not set(words.quoted) <= quotable:
        raise Refused("somebody's own words are shown only with their consent", field="quoted")
