"""Requests made up from each service's own description: no failure, and nothing answered that was not described.

`GOLDENTHREAD_FUZZ_SEED` and `GOLDENTHREAD_FUZZ_CASES` (for each operation and way of making requests) repeat a run or
make it longer. Half of the requests name things that are there, so that they get past the door.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as how
from pymongo import AsyncMongoClient
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.failures import Failure, FailureGroup

from services.reporting.app import create_app
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings
from tests import http
from tests.assurance.world import clock, directory, running

SEED = int(os.environ.get("GOLDENTHREAD_FUZZ_SEED", "20260401"))
CASES = int(os.environ.get("GOLDENTHREAD_FUZZ_CASES", "5"))
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
SERVICES = ("organisation", "audit", "escalation", "feedback")


@dataclass
class Fuzzing:
    """The services on a loop of their own, because what makes the requests up is not asynchronous."""

    runner: asyncio.Runner
    clients: Mapping[str, httpx2.AsyncClient]
    ids: Mapping[str, str]
    answered: Counter[int] = field(default_factory=Counter)
    asked: int = 0

    def send(self, service: str, case: Case, more: dict[str, str]) -> httpx2.Response:
        made = case.as_transport_kwargs(base_url="http://goldenthread.test", headers=more)
        known = ("method", "url", "headers", "params", "json", "data", "files", "cookies")
        sent = requests.Request(**{name: made[name] for name in known if name in made}).prepare()
        headers = {name.encode("latin-1"): _raw(value) for name, value in sent.headers.items()}
        request = httpx2.Request(sent.method or "GET", sent.url or "", headers=list(headers.items()), content=sent.body)
        answer = self.runner.run(self.clients[service].send(request))
        self.asked += 1
        self.answered[answer.status_code] += 1
        return answer


def _raw(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")


@pytest.fixture(scope="module")
def fuzzing() -> Iterator[Fuzzing]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        world = runner.run(stack.enter_async_context(running()))
        yield Fuzzing(runner, world.clients, world.ids)
        runner.run(stack.aclose())


@pytest.fixture
def reporting(mongo_url: str) -> Iterator[Fuzzing]:
    """Reporting on a real database with nothing in it yet."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield runner.run(_reporting(runner, stack, mongo_url))
        runner.run(stack.aclose())


async def _reporting(runner: asyncio.Runner, stack: AsyncExitStack, mongo_url: str) -> Fuzzing:
    client: AsyncMongoClient[Any] = await stack.enter_async_context(AsyncMongoClient(mongo_url, tz_aware=True))
    settings = http.settings(Settings, mongo_prefix=f"fuzz-{os.getpid()}")
    stack.push_async_callback(client.drop_database, settings.database("reporting"))
    app = create_app(settings, Borrowed(client, directory()), clock)
    talking = await stack.enter_async_context(http.client(app))
    ids = {"regions": "london", "authorities": "901", "service-areas": "901-planning", "teams": "901-elm"}
    return Fuzzing(runner, {"reporting": talking}, ids)


def strong() -> dict[str, str]:
    return http.bearer("system", authorities=("*",))


MODES = pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["well formed", "malformed"]
)


@MODES
@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_is_described_and_none_is_a_failure(fuzzing: Fuzzing, service: str, mode: GenerationMode):
    _everything(fuzzing, service, mode)


@MODES
def test_the_same_of_reports(reporting: Fuzzing, mode: GenerationMode):
    _everything(reporting, "reporting", mode)


def _everything(fuzzing: Fuzzing, service: str, mode: GenerationMode) -> None:
    print(f"seed {SEED}, {CASES} requests for each operation")
    before = fuzzing.asked
    description = fuzzing.runner.run(fuzzing.clients[service].get("/openapi.json")).json()
    operations = [found.ok() for found in schemathesis.openapi.from_dict(description).get_all_operations()]
    wrong = [line for operation in operations for line in _one_operation(fuzzing, service, operation, mode)]
    print(f"{service}: {fuzzing.asked - before} requests, {dict(fuzzing.answered)}")
    assert not wrong, "\n\n".join(wrong)
    assert fuzzing.asked - before >= len(operations)


def _one_operation(fuzzing: Fuzzing, service: str, operation: Any, mode: GenerationMode) -> Iterator[str]:
    """What was wrong with the answers, if anything."""
    noun = operation.path.removeprefix("/v1/").split("/")[0]
    names = [one.name for one in operation.path_parameters]
    ways: list[dict[str, Any]] = [{}]
    if names and noun in fuzzing.ids:
        ways.append({"path_parameters": {names[0]: fuzzing.ids[noun]}})
    for way in ways:
        made = operation.as_strategy(generation_mode=mode, **way)
        try:
            _ask(fuzzing, service, made, mode, deep=bool(way))
        except (Failure, FailureGroup) as failed:
            if "uniqueItems" in str(failed):
                continue  # a set of codes sent with one of them twice is that set
            yield f"{operation.method.upper()} {operation.path}: {failed}"


def _ask(fuzzing: Fuzzing, service: str, made: Any, mode: GenerationMode, *, deep: bool) -> None:
    described = [CHECKS.get_one(name) for name in CHECKED]
    refusing = [*described, CHECKS.get_one("negative_data_rejection")]

    @seed(SEED)
    @how(
        max_examples=CASES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=made)
    def ask(case: Case) -> None:
        fresh = {"If-Match": "*", **http.new_key()} if deep and case.method in ("POST", "PUT") else {}
        more = {**strong(), **fresh}
        answer = fuzzing.send(service, case, more)
        checks = refusing if mode is GenerationMode.NEGATIVE and _shows(case, answer) else described
        case.validate_response(answer, checks=checks, headers=more)

    ask()


def _shows(case: Case, answer: httpx2.Response) -> bool:
    """Would the answer show that what is wrong was accepted?

    Not when it is in a header that ours took the place of. Too large is a refusal like any other, and a batch is
    answered as a whole, with a problem for each event in it.
    """
    return not _wrong_in_a_header(case) and answer.status_code != 413 and case.path != "/v1/events"


def _wrong_in_a_header(case: Case) -> bool:
    components = case.meta.components if case.meta else {}
    return any(where.value == "header" and one.mode.is_negative for where, one in components.items())
