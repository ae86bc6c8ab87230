"""Tables that promise everything hold everything, and nothing else."""

from __future__ import annotations

import re
from functools import cache

from deploy.cli import app
from deploy.installation import SERVICES
from deploy.routes import OUT, described, routes
from deploy.routes import applications as composed
from services.audit.settings import Settings as AuditSettings
from services.escalation.settings import Settings as EscalationSettings
from services.feedback.settings import Settings as FeedbackSettings
from services.organisation.settings import Settings as OrganisationSettings
from services.reporting.settings import Settings as ReportingSettings
from shared.settings import ServiceSettings
from shared.web.policy import ROLES
from shared.web.problems import KINDS
from tests.docs.reading import blocks, first_cells, prose, read, spans

SETTINGS = (
    ServiceSettings,
    OrganisationSettings,
    AuditSettings,
    EscalationSettings,
    FeedbackSettings,
    ReportingSettings,
)
applications = cache(composed)


def test_every_setting_is_told_with_its_variable_and_default() -> None:
    text = read("docs/running.md")
    fields = {name: field for kind in SETTINGS for name, field in kind.model_fields.items()}
    assert sorted(first_cells(text, "Settings")) == sorted(fields)
    for name, field in fields.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        assert f"`GOLDENTHREAD_{name.upper()}`" in row
        if isinstance(field.default, str | int | float) and "the demo's" not in row and field.default != "":
            assert f"`{field.default}`" in row


def test_every_problem_is_told_with_its_status() -> None:
    text = read("docs/api.md")
    assert sorted(first_cells(text, "Problems")) == sorted(KINDS)
    for slug, (status, _) in KINDS.items():
        assert f"| `{slug}` | {status} |" in text


def test_every_route_is_told() -> None:
    assert OUT.read_text() == described(), "run `python -m deploy.routes`"


def test_every_address_in_the_texts_is_a_route() -> None:
    known = [_pattern(route.path) for app in applications().values() for route in routes(app)]
    for document in ("README.md", "docs/api.md", "docs/running.md"):
        for address in re.findall(r"`(?:GET |POST )?(/[a-z][^\s`?]*)", prose(read(document))):
            whole = address.removesuffix("/")
            assert address == "/v1/" or any(pattern.fullmatch(whole) for pattern in known), address


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))


def test_every_event_that_services_take_in_is_told() -> None:
    told = {span for span in spans(read("docs/api.md")) if span.startswith("goldenthread.intake.")}
    assert told == {one for app in applications().values() for one in _accepted(app.openapi())}


def _accepted(description: dict) -> set[str]:  # type: ignore[type-arg]
    intake = description["paths"].get("/v1/events")
    if intake is None:
        return set()
    event = intake["post"]["requestBody"]["content"]["application/cloudevents+json"]["schema"]
    return set(event["properties"]["type"]["enum"])


def test_every_scope_is_told() -> None:
    asked = {route.scope for app in applications().values() for route in routes(app) if route.right is not None}
    assert asked <= set(spans(read("docs/api.md")))


def test_every_role_has_a_word() -> None:
    assert set(ROLES) <= set(spans(read("docs/language.md")))


def test_every_command_is_somewhere_explained() -> None:
    texts = "".join(read(path) for path in ("README.md", "docs/running.md"))
    code = "\n".join([*spans(texts), *blocks(texts, "sh")])
    commands = {one.name or one.callback.__name__ for one in app.registered_commands if one.callback}
    for group in app.registered_groups:
        commands |= {f"{group.name} {one.name}" for one in group.typer_instance.registered_commands}
    assert {name for name in commands if f"goldenthread {name}" not in code} == set()


def test_every_service_is_named_in_the_readme() -> None:
    assert {f"services/{service}" for service in SERVICES} <= set(spans(read("README.md")))
