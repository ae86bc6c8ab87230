"""Themes, frames, samples and pairs as front ends send them, in the made-up authority of the audit tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.event_store.store import Commit, NewCommit, StoreBusy
from tests import http
from tests.audit.service import Service

THEME = {
    "la_code": "902",
    "theme_code": "NEGLECT",
    "title": "Neglect in early years",
    "quarter": "2026-Q1",
    "rationale": "three re-audits in a row",
    "sample_size": 6,
    "auditors": [{"staff_ref": "qa-3", "role": "QA_OFFICER"}, {"staff_ref": "iro-1", "role": "IRO"}],
    "due_on": "2026-06-30",
}
FORMS = http.bearer("forms", authorities=("902",), minutes=http.WHOLE_RUN)
NEED = {"Golden-Thread-Purpose": "to plan the sample"}


async def commissioned(service: Service, **update: Any) -> str:
    """The id of a new theme."""
    answered = await service.post("head-1", "/v1/themes", {**THEME, **update})
    assert answered.status_code == 201, answered.text
    return str(answered.json()["id"])


def frame(*sizes: tuple[str, int], plan_type: str = "CIN", worker: str | None = "sw-1") -> list[dict[str, Any]]:
    """So many open cases of each team, numbered through."""
    return [
        {
            "team_id": team,
            "plan_type": plan_type,
            "cases": [{"child_ref": f"{team}-{n}", "worker": worker} for n in range(1, size + 1)],
        }
        for team, size in sizes
    ]


def drawing(theme_id: str, **update: Any) -> dict[str, Any]:
    cases = frame(("alder", 10), ("birch", 6), ("elm", 4))
    return {"theme_id": theme_id, "template_id": "practice", "frame": cases, **update}


async def drawn(service: Service, theme_id: str, **update: Any) -> str:
    """The address of a new sample."""
    answered = await service.post("head-1", "/v1/samples", drawing(theme_id, **update))
    assert answered.status_code == 201, answered.text
    return str(answered.headers["location"])


async def planned(service: Service, theme_id: str, **update: Any) -> str:
    """The address of a new sample whose audits are planned."""
    sample = await drawn(service, theme_id, **update)
    answered = await service.post("head-1", f"{sample}/audits", {"period": "2026-04"}, 1)
    assert answered.status_code == 200, answered.text
    return sample


async def shown(service: Service, address: str, who: str = "head-1", **headers: str) -> dict[str, Any]:
    answered = await service.get(who, address, **headers)
    assert answered.status_code == 200, answered.text
    body: dict[str, Any] = answered.json()
    return body


async def involved(service: Service, staff_ref: str, child_ref: str, role: str = "SOCIAL_WORKER") -> None:
    body = {"child_ref": child_ref, "la_code": "902", "staff_ref": staff_ref, "role": role, "since": "2023-05-01"}
    answered = await service.post("forms", "/v1/involvements", body, **FORMS)
    assert answered.status_code == 200, answered.text


@contextmanager
def away(service: Service, category: str) -> Iterator[None]:
    """Meanwhile the store takes nothing for streams of this category."""
    store = service.foundations.store
    taking = store.append

    async def append(commit: NewCommit) -> Commit:
        if commit.stream.partition("-")[0] == category:
            raise StoreBusy
        return await taking(commit)

    store.append = append  # type: ignore[method-assign]
    try:
        yield
    finally:
        store.append = taking  # type: ignore[method-assign]
