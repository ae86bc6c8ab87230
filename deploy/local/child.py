"""One operating-system process that belongs to us and dies with us."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_LAUNCH = Path(__file__).with_name("launch.py")

# The kernel's death signal follows the *thread* that forked, so every child is forked by one thread that ends only with
# the process. A caller may then start engines from any thread, asyncio.to_thread included.
_forker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engines")


class Child:
    """A running command. Its output is appended to `log`; `pid` is the command's own, not a wrapper's."""

    def __init__(self, command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None) -> None:
        launch = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), *map(str, command)]
        self._log = log
        with log.open("ab") as output:
            self._log_start = output.tell()
            self._process = _forker.submit(
                subprocess.Popen,
                launch,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal reaches us only, and we stop engines in order
                env={**os.environ, **(env or {})},
            ).result()

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def said(self) -> str:
        """Everything this run wrote to its log."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def wait(self, timeout: float) -> bool:
        """Wait for the end, at most `timeout` seconds. True when the process has ended."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask it to end, and wait for nothing."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self, grace: float) -> None:
        """Ask it to end; after `grace` seconds, insist. A frozen process is thawed so that it can hear."""
        self._process.send_signal(signal.SIGTERM)
        self._process.send_signal(signal.SIGCONT)
        if not self.wait(grace):
            self.kill()

    def kill(self) -> None:
        """SIGKILL, and wait until the process is gone."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)
