"""The authorisation matrix: what every route of every service asks of whoever calls it.

    python -m tests.assurance.matrix

writes the committed file again from the code. The difference is then read, line by line, by whoever made it: the
file is what was agreed, the code is what is done, and the tests hold the two together.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from services.audit import app as audit
from services.audit.settings import Settings as AuditSettings
from services.escalation import app as escalation
from services.escalation.settings import Settings as EscalationSettings
from shared.web.policy import Public, authorisation_of
from tests import http
from tests.assurance.world import applications, clock, foundations, nowhere

FILE = Path(__file__).parent / "authorisation_matrix.csv"
COLUMNS = ("service", "method", "path", "scope", "resource", "action", "open_to_all_because")
Line = tuple[str, str, str, str, str, str, str]


def lines(apps: Mapping[str, FastAPI]) -> list[Line]:
    return sorted({line for service, app in apps.items() for line in _of(service, app)})


def _of(service: str, app: FastAPI) -> Iterator[Line]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            continue
        said = authorisation_of(route)
        for method in sorted(route.methods or ()):
            if isinstance(said, Public):
                yield service, method, route.path or "", "", "", "", said.because
            else:
                yield service, method, route.path or "", said.scope, said.resource.value, said.action.value, ""


def everything() -> dict[str, FastAPI]:
    """The five applications with every route that they can have."""
    none = nowhere()
    return {
        **applications(),
        "audit": audit.create_app(http.settings(AuditSettings), foundations(), clock, none["audit"]),
        "escalation": escalation.create_app(
            http.settings(EscalationSettings), foundations(), clock, none["escalation"]
        ),
    }


def agreed() -> list[Line]:
    with FILE.open(newline="") as file:
        rows = csv.DictReader(file)
        return [tuple(row[column] for column in COLUMNS) for row in rows]  # type: ignore[misc]


def main() -> None:
    with FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(lines(everything()))


if __name__ == "__main__":
    main()
