"""Every version of every published contract as a JSON Schema: kept for ever, one file a revision.

`json_schemas/<name>/<major>.<revision>.json`; the name and the major are those of the CloudEvents type
`goldenthread.<name>.v<major>`. A file is never changed: what changes compatibly gets the next revision.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "json_schemas"


def name_of(type_: str) -> tuple[str, int]:
    """`goldenthread.audit_graded.v1` is ("audit_graded", 1)."""
    _, name, major = type_.split(".")
    return name, int(major.removeprefix("v"))


def revisions(type_: str) -> list[Path]:
    """The files of this type's major, oldest first."""
    name, major = name_of(type_)
    return sorted((FOLDER / name).glob(f"{major}.*.json"), key=lambda path: int(path.stem.split(".")[1]))


@cache
def address(type_: str) -> str:
    """The path of the newest revision under a service's address: an event's `dataschema` ends with it."""
    newest = revisions(type_)[-1]
    return f"/schemas/{newest.parent.name}/{newest.stem}"


@cache
def addresses() -> Mapping[str, Path]:
    """All paths, with their files: they never change while a service runs."""
    return {f"/schemas/{path.parent.name}/{path.stem}": path for path in FOLDER.glob("*/*.json")}
