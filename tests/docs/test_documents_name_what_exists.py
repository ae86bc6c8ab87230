"""What the documents point at is there: links, files, commands and words of the code."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import typer

from deploy.cli import app
from tests.docs.reading import DOCUMENTS, ROOT, anchors, calls_of, links, name, read, spans

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
FOLDERS = ("benchmarks", "data", "deploy", "docs", "services", "shared", "tests")
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=name)


@each_document
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in links(document.read_text()):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


@each_document
def test_every_file_named_is_there(document: Path) -> None:
    for span in spans(document.read_text()):
        if re.fullmatch(rf"({'|'.join(FOLDERS)})/[\w./*-]+", span):
            assert list(ROOT.glob(span)), span


@each_document
def test_every_make_target_named_is_there(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    assert {words[0] for words in calls_of("make", document.read_text()) if words} <= targets


@each_document
def test_every_command_of_ours_is_there_with_its_options(document: Path) -> None:
    for words in calls_of("goldenthread", document.read_text()):
        if words[:1] == ["--data"]:
            words = words[2:]
        if not words or words == ["--help"]:
            continue
        assert words[0] in COMMANDS, words
        command = COMMANDS[words[0]]
        if hasattr(command, "commands"):  # a group, such as `report verify`
            assert words[1] in command.commands, words
            command = command.commands[words[1]]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word.partition("=")[0] for word in words[1:] if word.startswith("--")} <= known, words


@each_document
def test_every_module_run_by_hand_is_there(document: Path) -> None:
    for words in calls_of("python", document.read_text()):
        if words[:1] == ["-m"]:
            module = ROOT / words[1].replace(".", "/")
            assert module.with_suffix(".py").exists() or module.is_dir(), words


def test_every_code_name_of_the_language_is_in_the_code() -> None:
    words = words_of_the_code()
    for span in spans(read("docs/language.md")):
        parts = [span] if "/" in span else re.split(r"[.\s]", span)
        missing = [part for part in parts if part not in words and not (ROOT / part).exists()]
        assert not missing, span


@cache
def words_of_the_code() -> frozenset[str]:
    code = [path.read_text() for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py")]
    return frozenset(re.findall(r"[A-Za-z_][\w-]*", "\n".join(code)))


def test_the_changelog_tells_of_the_version_there_is() -> None:
    version = re.search(r'^version = "(.+)"', read("pyproject.toml"), re.MULTILINE)
    newest = re.search(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert version
    assert newest
    assert newest[1] == version[1]
