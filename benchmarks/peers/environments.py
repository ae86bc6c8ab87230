"""A virtual environment for each peer, made on first use from its pinned requirements and kept between runs."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "peers"


class CannotRun(Exception):
    """A peer cannot be run here. The message says why, in one line."""


def environment(name: str) -> Path:
    """The folder of an environment that holds what `<name>.txt` pins. Errors: CannotRun."""
    requirements = HERE / f"{name}.txt"
    folder, digest = BUILD / name, hashlib.sha256(requirements.read_bytes()).hexdigest()
    mark = folder / "installed"
    if not mark.is_file() or mark.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--no-deps", "--requirement", str(requirements)])
        mark.write_text(digest)
    return folder


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - all of it is ours
    if done.returncode:
        said = done.stderr.strip().splitlines() or done.stdout.strip().splitlines() or ["no reason given"]
        raise CannotRun(said[-1])
