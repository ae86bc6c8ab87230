"""Whoever knows one service finds their way in the others."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.source import ROOT, SERVICES, WRITING, source

FILES = {"__init__.py", "api.py", "app.py", "publishing.py", "reactions.py", "requests.py", "settings.py"}
AGGREGATE = {"__init__.py", "events.py", "state.py", "decisions.py"}
LAYERS = {"utils", "util", "helpers", "common", "manager", "base", "core", "impl", "misc"}

AGGREGATES = sorted(
    folder.relative_to(ROOT).as_posix()
    for service in WRITING
    for folder in (ROOT / "services" / service / "domain").iterdir()
    if folder.is_dir() and folder.name != "__pycache__"
)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_files_that_every_service_has(service: str):
    folder = ROOT / "services" / service
    assert {path.name for path in folder.glob("*.py")} >= FILES
    assert (folder / "domain" / "__init__.py").is_file()


@pytest.mark.parametrize("folder", AGGREGATES)
def test_an_aggregate_has_events_a_state_and_decisions(folder: str):
    assert {path.name for path in (ROOT / folder).glob("*.py")} >= AGGREGATE


def test_there_are_aggregates():
    assert len(AGGREGATES) >= 11


@pytest.mark.parametrize("folder", AGGREGATES)
def test_a_state_has_a_decider_and_an_evolve_that_forgets_no_event(folder: str):
    state = source(f"{folder}/state.py")
    assert {"evolve"} <= {function.name for function in state.functions()}
    assert "assert_never" in state.names()
    assigned = {
        target.id
        for node in state.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    assert "DECIDER" in assigned


@pytest.mark.parametrize("service", SERVICES)
def test_a_composition_root_is_short_and_starts_nothing_when_imported(service: str):
    app = source(f"services/{service}/app.py")
    assert len(app.text.splitlines()) <= 80
    allowed = (ast.Expr, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    assert [ast.unparse(node) for node in app.tree.body if not isinstance(node, allowed)] == []
    assert {"create_app"} <= {function.name for function in app.functions()}


def test_no_file_is_named_after_a_layer():
    named = [path for folder in ("shared", "services", "deploy") for path in (ROOT / folder).rglob("*.py")]
    assert [path.as_posix() for path in named if path.stem.strip("_") in LAYERS] == []


def test_every_module_of_the_product_says_what_it_is_about():
    silent = [
        path.relative_to(ROOT).as_posix()
        for folder in ("shared", "services", "deploy")
        for path in (ROOT / folder).rglob("*.py")
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []
