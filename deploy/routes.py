"""Writes docs/routes.md from the applications: every address, the scope and the right it asks for. `--check`: stale?

python -m deploy.routes
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from services.audit.app import create_app as audit
from services.audit.settings import Settings as AuditSettings
from services.escalation.app import create_app as escalation
from services.escalation.settings import Settings as EscalationSettings
from services.feedback.app import create_app as feedback
from services.feedback.settings import Settings as FeedbackSettings
from services.organisation.app import create_app as organisation
from services.organisation.settings import Settings as OrganisationSettings
from services.reporting.app import create_app as reporting
from services.reporting.settings import Settings as ReportingSettings
from shared.web.policy import Public, Requirement, authorisation_of

OUT = Path(__file__).parents[1] / "docs" / "routes.md"
RIGHTS = {"C": "create", "R": "read", "U": "update", "A": "approve"}


@dataclass(frozen=True, slots=True)
class Route:
    """One address. `right` is None where everybody may ask, and `scope` then says why."""

    method: str
    path: str
    scope: str
    right: str | None


def main() -> None:
    text = described()
    if "--check" in sys.argv:
        if not OUT.exists() or OUT.read_text() != text:
            sys.exit("docs/routes.md is stale: run `python -m deploy.routes`")
        return
    OUT.write_text(text)


def applications() -> dict[str, FastAPI]:
    """Every service as it is composed; nothing is started and nothing connects."""
    return {
        "organisation": organisation(OrganisationSettings(environment="test")),
        "audit": audit(AuditSettings(environment="test")),
        "escalation": escalation(EscalationSettings(environment="test")),
        "feedback": feedback(FeedbackSettings(environment="test")),
        "reporting": reporting(ReportingSettings(environment="test")),
    }


def routes(app: FastAPI) -> Iterator[Route]:
    """The application's routes in the order in which they are tried."""
    for found in iter_route_contexts(app.routes):
        if isinstance(found.original_route, Mount):
            continue
        scope, right = _asked(authorisation_of(found))
        for method in sorted(found.methods or ()):
            yield Route(method, (found.path or "").replace("{id_}", "{id}"), scope, right)


def described() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Routes"
    yield ""
    yield "Generated from the applications by `python -m deploy.routes`; a test fails when it is stale."
    yield ""
    yield "The scope is what the token must hold; the right is what the person's role must allow somewhere"
    yield "([shared/web/policy.py](../shared/web/policy.py)). Where it is allowed decides each request:"
    yield "[api.md](api.md) says how. `/openapi.json` is not offered in production."
    for service, app in applications().items():
        yield ""
        yield f"## {service}"
        yield ""
        yield "| Method | Address | Scope | Right |"
        yield "|---|---|---|---|"
        for route in sorted(routes(app), key=lambda one: (one.path, one.method)):
            yield _row(route)


def _row(route: Route) -> str:
    scope = f"none: {route.scope}" if route.right is None else f"`{route.scope}`"
    return f"| {route.method} | `{route.path}` | {scope} | {route.right or '-'} |"


def _asked(found: Requirement | Public) -> tuple[str, str | None]:
    if isinstance(found, Public):
        return found.because, None
    return found.scope, f"{RIGHTS[found.action.value]} {found.resource.value}"


if __name__ == "__main__":
    main()
