"""What the demonstration's authorities let each other know: their figures of a closed quarter, and words about it.

One asks for help, another offers it, they meet, and say what came of it. A partner reads all of it from the feed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deploy.loading import units
from deploy.loading.people import wide
from deploy.loading.posting import Command, Story
from services.reporting.domain import periods
from shared.published.improvement import IMPROVEMENT_TYPES

ANALYST, HEAD = "PERFORMANCE_ANALYST", "HEAD_OF_SAFEGUARDING_QA"
PARTNER = "london-innovation"
MAILBOX = "quality.assurance@demo.gov.uk"
ASKS, HELPS = "903", "904"
WORDS: Mapping[str, Mapping[str, str]] = {
    "901": {
        "kind": "LEARNING",
        "theme_code": "FATHERS",
        "domain_code": "ASSESSMENT",
        "summary": "Where fathers are asked at the first visit, plans say more often what the family can do by itself.",
    },
    "902": {
        "kind": "PRACTICE_CHANGE",
        "theme_code": "SUPERVISION",
        "domain_code": "MANAGEMENT_OVERSIGHT",
        "summary": "Supervision records now begin with what the child said since the last time.",
    },
    "905": {
        "kind": "THEME_TREND",
        "theme_code": "CHILD_VOICE",
        "direction": "UP",
        "evidence_level": "AUDITED",
        "summary": "More audits than a year ago find that the child was seen alone and listened to.",
    },
    "906": {
        "kind": "IMPACT",
        "theme_code": "PLANNING",
        "evidence_level": "EVALUATED",
        "summary": "Since plans name who does what by when, fewer of them come back unchanged from their review.",
    },
}
NEED = "We would like to see how others record over time what neglect does to a child."
HELP = "We keep one chronology for each family and would show how it is used."


def released(closed: Mapping[str, str | None]) -> list[Story]:
    """`closed` is each authority's newest quarter of which every month is closed, if there is one."""
    known = sorted({quarter for quarter in closed.values() if quarter is not None})
    if not known:
        return []
    quarter = known[-1]
    stories: list[Story] = [_partner()]
    stories += [_told(code, "GRADES", own) for code, own in closed.items() if own is not None]
    stories += [_told(code, quarter=quarter, **words) for code, words in WORDS.items() if code in closed]
    if set(closed.values()) == {quarter}:
        stories.append([_command(f"/v1/regions/{units.NCL}/improvement/{quarter}", {}, wide(min(closed), HEAD))])
    if {ASKS, HELPS} <= closed.keys():
        stories.append([*_helped(quarter)])
    return stories


def _partner() -> list[Command]:
    """It subscribes before the first release, so that it hears all of them."""
    partner = {"partner_id": PARTNER, "name": "London innovation (demo)", "la_code": "901"}
    types = sorted(model.TYPE for model in IMPROVEMENT_TYPES)
    wanted = {"partner_id": PARTNER, "protocol": "FEED", "types": types}
    return [
        Command("reporting", "/v1/partners", partner, f"demo-partner-{PARTNER}"),
        Command("reporting", "/v1/subscriptions", wanted, f"demo-subscription-{PARTNER}"),
    ]


def _told(code: str, kind: str, quarter: str, name: str = "", **words: Any) -> list[Command]:
    """One person proposes it, another lets it go."""
    body = {"kind": kind, "la_code": code, "period": quarter, **words}
    key = f"demo-release-{code}-{quarter}-{kind}"
    return [
        Command("reporting", "/v1/releases", body, key, wide(code, ANALYST), name),
        Command("reporting", "/v1/releases/{id}/approval", {}, f"{key}-approval", wide(code, HEAD)),
    ]


def _helped(quarter: str) -> Iterator[Command]:
    """From the request to what came of it, each step by the authority whose it is."""
    need = {"theme_code": "NEGLECT", "contact_role_mailbox": MAILBOX, "summary": NEED}
    yield from _told(ASKS, "REQUEST", quarter, "request", **need)
    yield _command("/v1/support", {"la_code": ASKS, "event_id": "{request}"}, wide(ASKS, ANALYST), "support")
    help_ = {**need, "summary": HELP, "answers": "{request}"}
    yield from _told(HELPS, "OFFER", quarter, "offer", **help_)
    here, asks, helps = "/v1/support/{support}", wide(ASKS, ANALYST), wide(HELPS, ANALYST)
    yield _command(f"{here}/offers", {"la_code": HELPS, "event_id": "{offer}"}, helps)
    yield _command(f"{here}/acceptance", {"offering_la_code": HELPS}, asks)
    held = {"la_code": ASKS, "held_in": periods.named(quarter).months[-1], "theme_codes": ["NEGLECT"]}
    yield _command(f"{here}/peer-challenges", held, asks)
    yield _command(f"{here}/impact", {"result": "IMPROVED"}, asks)


def _command(path: str, body: Mapping[str, Any], who: str, name: str = "") -> Command:
    return Command("reporting", path, body, f"demo-{who}-{path.strip('/').replace('/', '-')}"[:120], who, name)
