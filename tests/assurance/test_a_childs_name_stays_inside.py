"""A canary sings in every field where a person may be named; nothing that leaves a service repeats it.

Not the logs, not the problems, not the published events, and the store holds it under seal only. Fields that take
words are found in the models, so that one added next year is either tried here or the last test fails.
"""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, get_args

import httpx2
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from services.audit import publishing as audit_publishing
from services.escalation import publishing as escalation_publishing
from services.feedback import publishing as feedback_publishing
from shared.event_store.handling import recorded
from tests import http
from tests.audit import service as audit_service
from tests.escalation import service as escalation_service
from tests.feedback import service as feedback_service

CANARY = "Kanarienvogel-Jane-Smith-2014"
WORDS = f"{CANARY} told the school that {CANARY} is afraid."
SYSTEM = {"audit": ("902",), "escalation": ("901",), "feedback": ("901",)}
PUBLISHING = {"audit": audit_publishing, "escalation": escalation_publishing, "feedback": feedback_publishing}

Flow = Callable[[], Awaitable[tuple[Any, list[httpx2.Response]]]]


async def an_audit() -> tuple[Any, list[httpx2.Response]]:
    """Every step of an audit that takes words, and an audit told of by another system."""
    async with audit_service.running() as service:
        audit = await service.planned(child_ref=CANARY, case_ref=CANARY, family_ref=CANARY)
        await service.steps(
            audit,
            ("qa-1", "allocation", {"auditor_ref": "qa-1"}),
            ("qa-1", "start", {}),
            ("sw-1", "reflections", {"text": WORDS}),
            ("qa-1", "safety-concern", {"concern": WORDS}),
            ("tm-1", "safety-concern-confirmation", {}),
            ("qa-1", "safety-concern-clearance", {}),
        )
        words = {"grade": "GOOD", "rationale": WORDS, "strengths": [WORDS], "learning": [WORDS, CANARY]}
        required = (await service.get("qa-1", audit)).json()["required_domains"]
        graded = [("qa-1", "domain-grades", {"domain": domain, **words}) for domain in required]
        overall = {"grade": "OUTSTANDING", "override_reason": WORDS}
        judged = {"audit_quality": "THOROUGH", "overall": "GOOD", "discussion": WORDS}
        again = [("qa-1", "submission", {}), ("qa-2", "return", {"reason": WORDS}), ("qa-1", "submission", {})]
        await service.steps(audit, *graded, ("qa-1", "overall-grade", overall), *again)
        await service.steps(audit, ("qa-2", "moderation", judged), ("qa-1", "finalisation", {}))
        await acted_on(service, audit)
        regrade = {"overall": "INADEQUATE", "reason": "APPEAL", "note": WORDS}
        await service.steps(audit, ("head-1", "regrade", regrade), ("head-1", "withdrawal", {"reason": "DUPLICATE"}))
        shown = await service.get("head-1", audit, **{"Golden-Thread-Purpose": "review"})
        assert shown.text.count(CANARY) >= 10, "it was kept, and may be read by those who should"
        problems = await wrong(service.talking, "audit", "/v1/audits", service.plan, audit)
        learned = await what_was_learned(service, audit.rpartition("/")[2])
        sampled = [*await what_was_sampled(service), *await what_was_compared(service)]
        return service.foundations, [*problems, *learned, *sampled, await service.get("head-1", f"{audit}/history")]


async def what_was_sampled(service: audit_service.Service) -> list[httpx2.Response]:
    """A theme and its sample, with a name wherever there is room for one."""
    theme = {
        "la_code": "902",
        "theme_code": "NEGLECT",
        "title": "Neglect",
        "quarter": "2026-Q1",
        "rationale": WORDS,
        "sample_size": 2,
        "auditors": [{"staff_ref": "qa-1", "role": "QA_OFFICER"}],
        "due_on": "2026-06-30",
    }
    commissioned = await service.post("head-1", "/v1/themes", theme)
    theme_id = commissioned.json()["id"]
    cases = [{"child_ref": CANARY, "case_ref": CANARY, "family_ref": CANARY}, {"child_ref": f"{CANARY}-2"}]
    frame = [{"team_id": "alder", "plan_type": "CONTACT", "cases": cases}]
    body = {"theme_id": theme_id, "template_id": "front-door", "frame": frame}
    drawn = await service.post("head-1", "/v1/samples", body)
    address = drawn.headers["location"]
    planned = await service.post("head-1", f"{address}/audits", {}, 1)
    closing = {"findings": [{"kind": "CONCERN", "words": WORDS}]}
    closed = await service.post("head-1", f"/v1/themes/{theme_id}/closure", closing, 2)
    involved = {"child_ref": CANARY, "la_code": "902", "staff_ref": "qa-1", "role": "SUPERVISOR", "since": "2020-01-01"}
    system = http.bearer("forms", authorities=("902",))
    recorded_ = await service.post("forms", "/v1/involvements", involved, **system)
    answers = [commissioned, drawn, planned, closed, recorded_]
    assert [one.status_code for one in answers] == [201, 201, 200, 200, 200], [one.text for one in answers]
    people = await service.get("head-1", address, **{"Golden-Thread-Purpose": "review"})
    assert people.text.count(CANARY) == 3
    assert (await service.get("head-1", f"/v1/themes/{theme_id}")).text.count(CANARY) == 4
    return [
        *answers,
        await service.get("head-1", address),
        await service.get("head-1", f"{address}/draw"),
        *await wrong(service.talking, "audit", "/v1/themes", theme, f"/v1/themes/{theme_id}"),
        *await wrong(service.talking, "audit", "/v1/samples", body, address),
        *await wrong(service.talking, "audit", "/v1/involvements", involved, address),
    ]


async def what_was_compared(service: audit_service.Service) -> list[httpx2.Response]:
    """What is said about a pair of audits."""
    audits = [await service.submitted(child_ref=f"{CANARY}-{n}") for n in range(2)]
    one, other = [address.rpartition("/")[2] for address in audits]
    body = {"kind": "COMPARED", "audit_a": one, "audit_b": other}
    paired = await service.post("qa-1", "/v1/pairs", body)
    address = paired.headers["location"]
    compared = await service.post("qa-1", f"{address}/comparison", {"discussion": WORDS}, 1)
    assert [paired.status_code, compared.status_code] == [201, 200], compared.text
    assert (await service.get("qa-1", address)).text.count(CANARY) == 2
    return [
        paired,
        compared,
        await service.get("head-1", address),
        *await wrong(service.talking, "audit", "/v1/pairs", body, address),
    ]


async def what_was_learned(service: audit_service.Service, audit_id: str) -> list[httpx2.Response]:
    """A 4R meeting about the audit and a learning point from it, with a name where none should be."""
    meetings, points = "/v1/four-r-meetings", "/v1/learning-points"
    meeting = {"planned_on": "2026-04-20", "linked_audits": [audit_id]}
    said = {
        "attendees": ["QA_OFFICER"],
        "prompts": dict.fromkeys(("r1", "r2", "r3", "r4"), WORDS),
        "decisions": [WORDS],
    }
    point = {"theme_code": "FATHERS", "source": "AUDIT", "links": [audit_id], "learning": WORDS}
    scheduled = await service.post("qa-1", meetings, meeting)
    address = scheduled.headers["location"]
    held = await service.post("qa-1", f"{address}/holding", said, 1)
    recorded_ = await service.post("qa-1", points, point)
    answers = [scheduled, held, recorded_]
    assert [one.status_code for one in answers] == [201, 200, 201], [one.text for one in answers]
    assert (await service.get("qa-1", address)).text.count(CANARY) == 10
    assert CANARY in (await service.get("qa-1", recorded_.headers["location"])).text
    return [
        *answers,
        await service.get("head-1", address),
        *await wrong(service.talking, "audit", meetings, meeting, address),
        *await wrong(service.talking, "audit", points, point, recorded_.headers["location"]),
    ]


async def acted_on(service: audit_service.Service, audit: str) -> None:
    """Every step of an action that takes words."""
    action = {"audit_id": audit.rpartition("/")[2], "text": WORDS, "owner": "sw-1", "priority": "HIGH"}
    answered = await service.post("qa-1", "/v1/actions", action)
    assert answered.status_code == 201, answered.text
    await service.steps(
        answered.headers["location"],
        ("sw-1", "progress", {"note": WORDS}),
        ("sw-1", "completion", {"evidence_ref": CANARY}),
        ("qa-1", "failed-verification", {"reason": WORDS}),
    )
    shown = await service.get("sw-1", answered.headers["location"])
    assert shown.text.count(CANARY) >= 4, "it was kept, and may be read by those who should"


async def an_alert() -> tuple[Any, list[httpx2.Response]]:
    service = escalation_service.Service()
    words = {"narrative": WORDS, "desired_outcome": WORDS, "child_view": WORDS, "child_ref": CANARY}
    step = escalation_service.step
    async with service.person("staff-iro") as iro, service.person("staff-manager") as manager:
        body = escalation_service.concern(**words)
        address = await escalation_service.raise_alert(iro, **words)
        steps = [
            await step(manager, f"{address}/response", 1, text=WORDS, actions=[WORDS, CANARY]),
            await step(iro, f"{address}/rejection", 2, reason=WORDS),
            await step(iro, f"{address}/categories", 3, categories=["SAFETY_RISK"], reason=WORDS),
            await step(iro, f"{address}/escalation", 4, to_stage=2, reason="NOT_SATISFIED"),
            await step(iro, f"{address}/resolution", 5, outcome="NOT_UPHELD"),
            await step(iro, f"{address}/impact", 6, impact="NO_CHANGE", evidence=WORDS),
            await step(iro, f"{address}/reopening", 7, reason=WORDS),
        ]
        informal = {
            **{name: body[name] for name in ("categories", "plan_type", "team_id")},
            "child_ref": CANARY,
            "with_role": "TEAM_MANAGER",
            "settled": True,
            "concern": WORDS,
            "agreed": WORDS,
        }
        steps.append(await iro.post("/v1/informal-resolutions", json=informal, headers=http.new_key()))
        assert [one.status_code for one in steps] == [200] * 7 + [201], [one.text for one in steps]
        assert CANARY in (await manager.get(address)).text
        async with service.person("staff-head") as head:
            moved = await step(head, f"{address}/holder", 8, to_holder="staff-iro-2", reason=WORDS)
            assert moved.status_code == 200, moved.text
            history = await head.get(f"{address}/history")
    async with service.system() as client:
        data = {"raised_on": "2026-03-03", "by_role": "IRO", "held_by": "staff-iro", **words}
        told = {name: body[name] for name in ("categories", "plan_type", "team_id", "risk")}
        event = escalation_service.fact("1", "goldenthread.intake.alert_raised.v1", **told, **data)
        sent = await escalation_service.send(client, event)
        assert sent.status_code == 201, sent.text
        return service.foundations, [
            *steps,
            sent,
            history,
            *await wrong(client, "escalation", "/v1/alerts", body, address),
        ]


async def a_feedback() -> tuple[Any, list[httpx2.Response]]:
    service = feedback_service.Service()
    async with service.system() as client:
        words = {"text": WORDS, "child_ref": CANARY}
        praise = {"channel": "COMPLIMENT", "praised": CANARY, "rating": None, **words}
        await feedback_service.receive(client, **praise)
        address = await feedback_service.receive(client, **words)
        steps = [
            await feedback_service.command(client, f"{address}/response", 1, text=WORDS),
        ]
        change = {"team_id": "team-elm", "themes": ["COMMUNICATION"], "text": WORDS}
        change["feedback"] = [address.rpartition("/")[2]]
        steps.append(await client.post("/v1/changes", json=change, headers=http.new_key()))
        assert [one.status_code for one in steps] == [200, 201], [one.text for one in steps]
        body = feedback_service.feedback(**words)
        problems = await wrong(client, "feedback", "/v1/feedback", body, address)
        history = await client.get(f"{address}/history")
    async with service.person("staff-manager") as manager:
        assert CANARY in (await manager.get(address)).text
    return service.foundations, [*steps, history, *problems]


async def wrong(
    client: httpx2.AsyncClient, service: str, path: str, body: dict[str, Any], address: str
) -> list[httpx2.Response]:
    """The canary where it does not belong: in codes, dates, names of fields, addresses and headers."""
    headers = {**http.bearer("m", authorities=SYSTEM[service]), **http.new_key()}
    bodies: list[Any] = [
        {**body, name: value} for name in body for value in (CANARY + " ", [CANARY], {CANARY: CANARY}, 7)
    ]
    bodies += [
        {**body, CANARY: CANARY},
        {**body, "effective_date": CANARY},
        {**body, "team_id": CANARY},
        CANARY,
        [CANARY],
    ]
    answers = [await client.post(path, json=one, headers={**headers, **http.new_key()}) for one in bodies]
    raw = {**headers, "Content-Type": "application/json"}
    answers += [
        await client.post(path, content=f'{{"{CANARY}'.encode(), headers=raw),
        await client.post(path, content=f'{{"{CANARY}": 1, "{CANARY}": 2}}'.encode(), headers=raw),
        await client.get(f"{path}/{CANARY}", headers=headers),
        await client.get(f"{path}/{CANARY}/{CANARY}", headers=headers),
        await client.get(f"/{CANARY}", headers=headers),
        await client.get(path, params={CANARY: CANARY, "after": CANARY, "limit": CANARY}, headers=headers),
        await client.post(f"{address}/withdrawal", json={"reason": CANARY}, headers={**headers, **http.seen(1)}),
        await client.post(path, json=body, headers={**headers, "If-Match": CANARY, "Traceparent": CANARY}),
        await client.get(address, headers={"Authorization": f"Bearer {CANARY}", "Cookie": f"a={CANARY}"}),
    ]
    event = {"specversion": "1.0", "id": CANARY, "source": "/s", "type": CANARY, "data": {CANARY: CANARY}}
    kind = {"Content-Type": "application/cloudevents+json"}
    answers.append(await client.post("/v1/events", json=event, headers={**headers, **kind}))
    return [one for one in answers if one.status_code >= 400 and "already" not in one.text]


FLOWS: dict[str, Flow] = {"audit": an_audit, "escalation": an_alert, "feedback": a_feedback}


@pytest.fixture(params=FLOWS)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def commits(foundations: Any) -> AsyncIterator[Any]:
    for partition in range(foundations.store.partitions):
        for commit in await foundations.store.read_partition(partition, -1, 10_000):
            yield commit


async def test_a_name_is_in_no_log_no_problem_no_published_event_and_not_in_clear_in_the_store(
    service: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.DEBUG):
        foundations, answers = await FLOWS[service]()
    logged = "".join(capfd.readouterr())
    assert logged.count('"event":"answered"') > 20, "there are logs to look into"
    assert CANARY not in logged
    ours = [one for one in caplog.records if not one.name.startswith("httpx2")]  # the test's own client
    assert CANARY not in "".join(f"{one.getMessage()}{one.args}" for one in ours)
    assert len(answers) > 20
    for answer in answers:
        assert CANARY not in answer.text, f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
        assert CANARY not in str(answer.headers)
    kept = [commit async for commit in commits(foundations)]
    assert CANARY not in repr(kept)
    deciders, tell = PUBLISHING[service].DECIDERS, PUBLISHING[service].tell
    told = [
        published.model_dump_json()
        for commit in kept
        for event in recorded(deciders[_category(commit.stream)], commit)
        if (published := tell(event)) is not None
    ]
    assert told
    assert CANARY not in "".join(told)


def _category(stream: str) -> str:
    return stream.partition("-")[0]


# ---- is every field tried? -----------------------------------------------------------------------------------------

# Words meant for everybody, which the service looks through for names before it takes them (test_changes_of_practice).
PUBLIC_WORDS = {"you_said", "we_did"}
SEALED_THOUGH_SHORT = {"child_ref", "case_ref", "praised", "evidence_ref"}
TRIED = {
    "audit": {
        *(
            "child_ref",
            "case_ref",
            "evidence_ref",
            "text",
            "rationale",
            "strengths",
            "learning",
            "override_reason",
            "concern",
        ),
        *("reason", "discussion", "note", "r1", "r2", "r3", "r4", "decisions", "cases", "words"),
    },
    "escalation": {
        *("child_ref", "narrative", "desired_outcome", "child_view", "text", "actions", "reason", "evidence"),
        *("concern", "agreed"),
    },
    "feedback": {"child_ref", "text", "praised"},
}


def wordy(service: str) -> Iterator[str]:
    """Fields that take long texts, and those that name a child, a case or a person to be praised."""
    for module in _requests(f"services.{service}"):
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == module.__name__:
                for name, field in model.model_fields.items():
                    if name in SEALED_THOUGH_SHORT or _longest(field) >= 1_000:
                        yield name


def _requests(package: str) -> Iterator[ModuleType]:
    """The service's own `requests`, and those of its areas."""
    for found in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
        if found.name.endswith(".requests"):
            yield import_module(found.name)


def _longest(field: FieldInfo) -> int:
    def inside(kind: Any) -> Iterator[int]:
        yield from (one.max_length for one in getattr(kind, "__metadata__", ()) for one in _limits(one))
        for part in get_args(kind):
            yield from inside(part)

    return max([0, *(one.max_length for one in _limits(field)), *inside(field.annotation)])


def _limits(held: Any) -> Iterator[Any]:
    if isinstance(getattr(held, "max_length", None), int):
        yield held
    for one in getattr(held, "metadata", ()):
        yield from _limits(one)


def test_every_field_that_takes_words_is_tried(service: str):
    assert set(wordy(service)) - PUBLIC_WORDS == TRIED[service]
