"""Rules that a reader may rely on anywhere in the code: exceptions are few, listed here, and say why."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT, Source, sources

PRODUCT = ("shared", "services", "deploy")

# Who may ask what time it is, or make an id: the edge, and what keeps its own books. Never a decision or an event.
ASKS = {
    "shared/calendar/clock.py": {"datetime.now"},  # the one place; everybody else is given a clock
    "shared/web/desk.py": {"time.time_ns"},  # ids made where a command comes in
    "shared/web/session.py": {"time.time"},  # how long a browser keeps its cookie
    "shared/projecting/redriving.py": {"now"},  # an operator's note of when a stream was read again
    "shared/projecting/rebuilding.py": {"now"},  # the same for a stream set aside
}
ASKING = re.compile(
    r"(now|utcnow|datetime\.(datetime\.)?(now|utcnow|today)|(datetime\.)?date\.today|time\.time(_ns)?|(uuid\.)?uuid[1467])"
)

# Where any exception at all is caught, how often, each with its reason beside it.
BROAD = {
    "shared/event_store/mongo.py": 2,
    "shared/event_store/following.py": 1,
    "shared/messaging/directory_feed.py": 1,
    "shared/messaging/relay.py": 3,
    "shared/projecting/projector.py": 2,
    "shared/projecting/folding.py": 1,
    "shared/projecting/rebuilding.py": 1,
    "shared/web/edge.py": 1,
    "shared/web/health.py": 1,
    "shared/web/intake.py": 1,
    "shared/web/service.py": 1,
    "shared/rounds.py": 1,
    "services/reporting/behind.py": 1,
    "services/reporting/dashboard/errors.py": 1,
    "deploy/installation.py": 1,
    "deploy/local/cluster.py": 1,
    "deploy/local/engine.py": 1,
    "deploy/local/jars.py": 1,
    "shared/privacy/shelves.py": 1,  # one question asked for many: each of them is told
}


def test_imports_keep_to_the_contracts():
    asked = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "0 broken" in said.stdout


def test_the_contracts_cover_every_service_and_every_domain():
    configured = (ROOT / "pyproject.toml").read_text()
    for service in (path.name for path in (ROOT / "services").iterdir() if (path / "__init__.py").exists()):
        assert f'"services.{service}"' in configured
    assert '"services.*.domain"' in configured


def test_the_clock_is_asked_and_ids_are_made_at_the_edge_only():
    found: dict[str, set[str]] = {}
    for one in sources("shared", "services"):
        asked = {name for name, _ in one.calls() if ASKING.fullmatch(name)}
        if asked:
            found[one.path] = asked
    assert found == {path: asked for path, asked in ASKS.items() if path in found}
    assert not any("/domain/" in path for path in found)


def test_no_domain_does_any_work_but_deciding():
    """No input, no output, no threads, no loop, no randomness, no environment."""
    banned = re.compile(r"(os|sys|io|asyncio|threading|random|secrets|socket|subprocess|logging|structlog|time)(\..*)?")
    for one in sources("services", "shared"):
        if "/domain/" not in one.path and not one.path.startswith("shared/deciding/"):
            continue
        imported = [
            name
            for node in ast.walk(one.tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        ]
        assert not [name for name in imported if banned.fullmatch(name)], one.path
        assert not [node for node in ast.walk(one.tree) if isinstance(node, ast.AsyncFunctionDef | ast.Await)], one.path


def test_nothing_is_published_in_batches_without_keys_nor_through_a_driver_past_its_end():
    for one in sources(*PRODUCT, "benchmarks"):
        assert not [name for name, _ in one.calls() if name.endswith("publish_batch")], one.path
        assert not re.search(r"^\s*(import|from) motor\b", one.text, re.MULTILINE), one.path


def _broad(one: Source) -> list[ast.ExceptHandler]:
    return [
        node
        for node in ast.walk(one.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or re.search(r"\b(Base)?Exception\b", ast.unparse(node.type)))
    ]


def test_any_exception_is_caught_in_few_places_only():
    found = {one.path: len(_broad(one)) for one in sources(*PRODUCT) if _broad(one)}
    assert {path: n for path, n in found.items() if n > BROAD.get(path, 0)} == {}


@pytest.mark.parametrize("path", sorted(BROAD))
def test_whoever_catches_any_exception_raises_it_again_or_says_why(path: str):
    (one,) = (known for known in sources(*PRODUCT) if known.path == path)
    for handler in _broad(one):
        again = any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
        around = "\n".join(one.line(n) for n in (handler.lineno - 1, handler.lineno, handler.body[0].lineno))
        assert again or "  # " in around, f"{path}:{handler.lineno} catches everything and gives no reason"


def test_what_few_need_is_not_loaded_by_every_service_and_relay():
    """A second of starting and 50 MiB, in each of nine processes: that is what the solver alone would cost."""
    asked = "import sys, deploy.cli; print([one for one in ('scipy', 'numpy') if one in sys.modules])"
    said = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert said.stdout.strip() == "[]", said.stdout + said.stderr


def test_functions_are_short():
    """The size guide is a median of 10 and 40 for all but one in twenty; 60 is where a function is two."""
    lengths = sorted(
        (function.end_lineno or 0) - function.lineno + 1
        for one in sources(*PRODUCT)
        for function in one.functions()
        if not any(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for node in ast.walk(function)
            if node is not function
        )
    )
    middle, nearly_all = statistics.median(lengths), lengths[int(len(lengths) * 0.95)]
    said = f"{len(lengths)} functions: median {middle:.0f} lines, 95th percentile {nearly_all}, longest {lengths[-1]}"
    print(said)
    assert middle <= 10, said
    assert nearly_all <= 40, said
    assert lengths[-1] <= 60, said


def test_nothing_is_left_to_do_and_nothing_is_skipped():
    for one in sources(*PRODUCT, "tests"):
        if one.path == "tests/architecture/test_rules_of_the_code.py":
            continue
        assert not re.search(r"\b(TODO|FIXME|XXX)\b", one.text), one.path
        skipping = [name for name, _ in one.calls() if name in ("pytest.skip", "pytest.mark.skip", "pytest.mark.xfail")]
        assert not skipping, one.path
