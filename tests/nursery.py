"""Processes to kill: forked from one that has imported everything already, so that each costs milliseconds.

A nursery is a child of the test and dies with it; what it bears dies with the nursery.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_PR_SET_PDEATHSIG = 1


class Born:
    """One process. `said` is what it wrote so far."""

    def __init__(self, pid: int, log: Path) -> None:
        self.pid = pid
        self._fd = os.pidfd_open(pid)  # a number may be given to another process later, this never
        self._log = log

    def send(self, what: signal.Signals) -> None:
        signal.pidfd_send_signal(self._fd, what)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self.alive():
            self.send(signal.SIGKILL)
        assert self.ended(10), "a killed process is gone"

    def ended(self, timeout: float) -> bool:
        return bool(select.select([self._fd], [], [], timeout)[0])

    def alive(self) -> bool:
        return not self.ended(0)

    def frozen(self) -> bool:
        """Whether it has stopped itself, or was stopped, and waits for SIGCONT."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def said(self) -> str:
        return self._log.read_text()


class Nursery:
    """Bears processes that call `function` (its module has it at the top level) with JSON arguments."""

    def __init__(self, function: Any, folder: Path) -> None:
        self._folder = folder
        self._n = 0
        where = f"{function.__module__}:{function.__name__}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery", str(os.getpid()), where],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent.parent,
            text=True,
        )

    def bear(self, *arguments: Any, **environment: str) -> Born:
        """A new process, with further environment variables."""
        self._n += 1
        log = self._folder / f"born-{self._n}.log"
        order = {"arguments": arguments, "environment": environment, "log": str(log)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Born(int(self._process.stdout.readline()), log)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _live(work: Any, order: dict[str, Any], parent: int) -> None:
    _die_with(parent)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(order["environment"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    work(*order["arguments"])


def _bear_as_told(parent: int, where: str) -> None:
    _die_with(parent)
    module, _, name = where.partition(":")
    work = getattr(importlib.import_module(module), name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave nothing behind
    me, orders = os.getpid(), sys.stdin
    for line in orders:
        if (pid := os.fork()) == 0:
            _live(work, json.loads(line), me)
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    _bear_as_told(int(sys.argv[1]), sys.argv[2])
