"""A month of synthetic feedback: who spoke, about what, what was answered, and what changed because of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from deploy.loading.chance import Month, at, child, one, pick, some, times
from deploy.loading.people import Team, teams, wide
from deploy.loading.posting import Command, Event, Step, Story

INTAKE = "goldenthread.intake."
A_MONTH = 250
CHANGES_A_MONTH = 3
CLASSIFIED, RESPONDED, ABOUT_A_TEAM, ANONYMOUS, NAMES_A_CHILD, IN_WORDS = 0.94, 0.35, 0.8, 0.3, 0.12, 0.08
DISCLOSES_HARM = 0.003
TOLD, CHECKED = 0.7, 0.4
NEWEST_STEP = 20  # days that classifying and answering take at most

CHANNELS: Mapping[str, float] = {
    "SURVEY": 96,
    "TEXT": 34,
    "FOCUS_GROUP": 14,
    "COMPLAINT": 8,
    "COMPLIMENT": 12,
    "CRO_FORM": 26,
    "IRO_FORM": 24,
    "CAMHS": 8,
    "SEND": 8,
    "COMMISSIONED": 6,
    "AUDIT_CONVERSATION": 8,
    "PARTICIPATION_APP": 6,
}
RESPONDENTS: Mapping[str, float] = {
    "CHILD": 16,
    "YOUNG_PERSON": 15,
    "CARE_LEAVER": 7,
    "PARENT": 34,
    "CARER": 6,
    "FOSTER_CARER": 7,
    "KINSHIP": 5,
    "ADVOCATE": 2,
    "PROFESSIONAL": 6,
    "UNKNOWN": 2,
}
SENTIMENTS: Mapping[str, float] = {"POSITIVE": 0.48, "MIXED": 0.22, "NEGATIVE": 0.17, "NEUTRAL": 0.13}
OF_CHANNEL: Mapping[str, Mapping[str, float]] = {
    "COMPLAINT": {"NEGATIVE": 0.85, "MIXED": 0.15},
    "COMPLIMENT": {"POSITIVE": 1.0},
}
FFT: Mapping[str, Mapping[str, float]] = {
    "POSITIVE": {"VERY_GOOD": 6, "GOOD": 4},
    "MIXED": {"GOOD": 3, "NEITHER": 5, "POOR": 2},
    "NEGATIVE": {"POOR": 6, "VERY_POOR": 4},
    "NEUTRAL": {"NEITHER": 5, "GOOD": 3, "DONT_KNOW": 2},
}
FACES: Mapping[str, Mapping[str, float]] = {
    "POSITIVE": {"HAPPY": 1},
    "MIXED": {"NEITHER": 3, "HAPPY": 1},
    "NEGATIVE": {"SAD": 1},
    "NEUTRAL": {"NEITHER": 1},
}
ESQ: Mapping[str, Mapping[str, float]] = {
    "POSITIVE": {"CERTAINLY_TRUE": 8, "PARTLY_TRUE": 2},
    "MIXED": {"PARTLY_TRUE": 1},
    "NEGATIVE": {"NOT_TRUE": 6, "PARTLY_TRUE": 4},
    "NEUTRAL": {"PARTLY_TRUE": 6, "DONT_KNOW": 4},
}
RATED = frozenset({"SURVEY", "TEXT", "CRO_FORM", "IRO_FORM", "COMMISSIONED"})
THEMES: Mapping[str, float] = {
    "LISTENED_TO": 16,
    "RESPECT": 8,
    "COMMUNICATION": 15,
    "WORKER_CHANGE": 9,
    "TIMELINESS": 8,
    "INFORMATION": 8,
    "INVOLVED_IN_PLAN": 8,
    "MEETINGS": 6,
    "PLACEMENT_HOME": 4,
    "FAMILY_TIME": 5,
    "SCHOOL_SEND": 4,
    "HEALTH_CAMHS": 3,
    "MONEY_HOUSING": 4,
    "IDENTITY": 2,
    "SAFETY": 3,
    "STAFF_PRAISE": 8,
    "DECISION_DISPUTED": 4,
    "ACCESSIBILITY": 2,
    "OTHER": 2,
}
WORDS: Mapping[str, tuple[str, ...]] = {
    "POSITIVE": (
        "She listened to me and did what she said she would do.",
        "They explained the plan so that we could follow it.",
        "I felt that my views changed what happened.",
    ),
    "MIXED": (
        "The visits help, but the plan keeps changing.",
        "Good people, too many of them: we start again each time.",
    ),
    "NEGATIVE": (
        "Nobody rang back for three weeks.",
        "I was told about the meeting the day before.",
        "We were not asked.",
    ),
    "NEUTRAL": ("I have no strong view about it.", "It was as I expected."),
}
CHANGES: Mapping[str, tuple[str, str, str]] = {
    "COMMUNICATION": (
        "Nobody rings back.",
        "Every team now answers calls within two working days.",
        "Duty rota with a named person for calls.",
    ),
    "MEETINGS": (
        "Meetings are at times when we cannot come.",
        "Reviews are offered after school hours.",
        "Two review slots a week after four o'clock.",
    ),
    "WORKER_CHANGE": (
        "We keep getting new workers.",
        "A handover visit with both workers is now the rule.",
        "Handover visit before a case moves.",
    ),
    "INFORMATION": (
        "The letters are hard to read.",
        "Letters to families were rewritten with families.",
        "New templates for the ten most common letters.",
    ),
    "LISTENED_TO": (
        "My views were not in the plan.",
        "Plans begin with the child's own words.",
        "Plan form begins with the child's words.",
    ),
}


def feedback(month: Month) -> tuple[list[Story], list[Story]]:
    """What people said, with what was done about each; and the changes that came of it, to be sent after that."""
    dice = month.dice("feedback")
    found = teams(month.authority)
    said = [_story(month, dice, number, found) for number in range(times(dice, A_MONTH * month.scale))]
    return said, _changes(month, said)


def _story(month: Month, dice: Random, number: int, found: Sequence[Team]) -> Story:
    on, channel = one(dice, month.days), pick(dice, CHANNELS)
    sentiment = pick(dice, OF_CHANNEL.get(channel, SENTIMENTS))
    id_ = month.id("feedback", number)
    steps: list[tuple[date, Step]] = [(on, _received(month, dice, id_, on, channel, sentiment, found))]
    if dice.random() < CLASSIFIED:
        classified = on + timedelta(days=dice.randint(0, 9))
        data = _classification(dice, channel, sentiment)
        steps.append((classified, _event(month, "feedback_classified", id_, classified, data)))
    if channel == "COMPLAINT" or dice.random() < RESPONDED:
        answered = on + timedelta(days=dice.randint(1, NEWEST_STEP))
        steps.append((answered, _event(month, "feedback_responded", id_, answered, {})))
    if dice.random() < DISCLOSES_HARM:
        steps.append((on, _routed(dice, id_, on)))
    return [step for day, step in steps if day <= month.last]


def _received(
    month: Month, dice: Random, id_: str, on: date, channel: str, sentiment: str, found: Sequence[Team]
) -> Event:
    team = one(dice, found)
    respondent = pick(dice, RESPONDENTS)
    anonymous = channel in ("SURVEY", "TEXT", "FOCUS_GROUP") and dice.random() < ANONYMOUS
    about_a_team = dice.random() < ABOUT_A_TEAM
    data: dict[str, Any] = {
        "channel": channel,
        "source_system": "demo",
        "respondent_type": respondent,
        "received_on": on.isoformat(),
        "experienced_on": (on - timedelta(days=pick(dice, {3: 6, 14: 3, 90: 1}))).isoformat(),
        "anonymous": anonymous,
        "consent_publish": dice.random() < 0.5,
        **({"team_id": team.id} if about_a_team else {"la_code": month.authority}),
    }
    if (rating := _rating(dice, channel, respondent, sentiment)) is not None:
        data["rating"] = rating
    if not anonymous and dice.random() < NAMES_A_CHILD:
        data["child_ref"] = child(dice, month.authority)
    if dice.random() < IN_WORDS:
        data["text"] = one(dice, WORDS[sentiment])
    if channel == "COMPLIMENT" and about_a_team:
        data["praised"] = team.worker
    return _event(month, "feedback_received", id_, on, data)


def _rating(dice: Random, channel: str, respondent: str, sentiment: str) -> dict[str, str] | None:
    if channel == "CAMHS":
        return {"scale": "ESQ", "value": pick(dice, ESQ[sentiment])}
    if channel not in RATED:
        return None
    if respondent == "CHILD":
        return {"scale": "FACES3", "value": pick(dice, FACES[sentiment])}
    return {"scale": "FFT", "value": pick(dice, FFT[sentiment])}


def _classification(dice: Random, channel: str, sentiment: str) -> dict[str, Any]:
    themes = some(dice, THEMES, pick(dice, {1: 0.55, 2: 0.33, 3: 0.12}))
    if channel == "COMPLIMENT" and "STAFF_PRAISE" not in themes:
        themes[0] = "STAFF_PRAISE"
    by_rule = dice.random() < 0.25
    told = {"method": "RULE", "confidence": round(dice.uniform(0.6, 0.98), 2)} if by_rule else {"method": "PERSON"}
    return {"themes": themes, "sentiment": sentiment, **told}


def _routed(dice: Random, id_: str, on: date) -> Command:
    found_at = datetime.combine(on, time(10), UTC)
    routed_at = found_at + timedelta(minutes=dice.choice((12, 25, 40, 75)))
    body = {"routed_to": "FRONT_DOOR", "found_at": found_at.isoformat(), "routed_at": routed_at.isoformat()}
    return Command("feedback", f"/v1/feedback/{id_}/safeguarding-route", body, f"{id_}-route")


def _changes(month: Month, said: list[Story]) -> list[Story]:
    dice = month.dice("changes")
    stories = (_change(month, dice, number, said) for number in range(times(dice, CHANGES_A_MONTH * month.scale)))
    return [story for story in stories if story]


def _change(month: Month, dice: Random, number: int, said: list[Story]) -> Story:
    """One thing that several people said, decided upon and made; most of those who spoke are told."""
    theme = one(dice, list(CHANGES))
    about = [story[0] for story in said if isinstance(story[0], Event) and _is_about(story, theme)][:6]
    if not about:
        return []
    newest = max(event.at.date() for event in about)
    decided = newest + timedelta(days=dice.randint(5, 15))
    made = decided + timedelta(days=dice.randint(7, 30))
    told = made + timedelta(days=dice.randint(2, 10))
    id_ = month.id("change", number)
    you_said, we_did, text = CHANGES[theme]
    data = {
        "change_id": id_,
        "la_code": month.authority,
        "themes": [theme],
        "feedback": sorted(event.data["feedback_id"] for event in about),
        "text": text,
        "decided_on": decided.isoformat(),
        "effective_date": made.isoformat(),
    }
    source = Event("feedback", f"{INTAKE}change_made.v1", month.source, f"{id_}-made", at(made), data)
    steps: list[tuple[date, Step]] = [(made, source)]
    if dice.random() < TOLD:
        words = {"you_said": you_said, "we_did": we_did, "audience": "EVERYBODY"}
        steps += [(told, _on_change(id_, "you-said-we-did", told, words)), (told, _published(month, id_, told))]
    if dice.random() < CHECKED:
        checked = told + timedelta(days=14)
        result = {"result": pick(dice, {"BETTER": 7, "SAME": 2, "WORSE": 1}), "asked": dice.randint(5, 40)}
        steps.append((checked, _on_change(id_, "check", checked, result)))
    return [step for day, step in steps if day <= month.last]


def _is_about(story: Story, theme: str) -> bool:
    return any(isinstance(step, Event) and theme in step.data.get("themes", ()) for step in story)


def _on_change(id_: str, noun: str, on: date, data: Mapping[str, Any]) -> Command:
    body = {**data, "effective_date": on.isoformat()}
    return Command("feedback", f"/v1/changes/{id_}/{noun}", body, f"{id_}-{noun}")


def _published(month: Month, id_: str, on: date) -> Command:
    """Somebody other than the author approves the words: a person."""
    body = {"effective_date": on.isoformat()}
    approver = wide(month.authority, "HEAD_OF_SAFEGUARDING_QA")
    return Command("feedback", f"/v1/changes/{id_}/publication", body, f"{id_}-publication", approver)


def _event(month: Month, kind: str, id_: str, on: date, data: Mapping[str, Any]) -> Event:
    told = {"feedback_id": id_, **data}
    if kind != "feedback_received":
        told["effective_date"] = on.isoformat()
    return Event("feedback", f"{INTAKE}{kind}.v1", month.source, f"{id_}-{kind}", at(on), told)
