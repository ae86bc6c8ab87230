"""The project's own source, as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("organisation", "audit", "escalation", "feedback", "reporting")
WRITING = SERVICES  # each keeps events of its own


@dataclass(frozen=True)
class Source:
    """One file; `path` is relative to the root, such as "shared/web/desk.py"."""

    path: str
    text: str
    tree: ast.Module

    def line(self, number: int) -> str:
        return self.text.splitlines()[number - 1]

    def calls(self) -> Iterator[tuple[str, int]]:
        """What is called, as it is spelled, and where."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node.lineno

    def names(self) -> frozenset[str]:
        """Every name that is used in the file's code."""
        return frozenset(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    found = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(_read(path) for path in found)


@cache
def source(path: str) -> Source:
    return _read(ROOT / path)


def _read(path: Path) -> Source:
    text = path.read_text()
    return Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text))
