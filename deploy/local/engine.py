"""What every local engine can do: start, stop, be killed, come back on the same port with the same data."""

import os
import shutil
import socket
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.child import Child

HOST = "127.0.0.1"
INSTALL = "pip install 'goldenthread[local]'"

_TEMPORARY = "goldenthread-engine-"
_ATTEMPTS = 5  # at finding a port that nobody takes between our look and the engine's bind


class EngineMissing(Exception):
    """Something the engine is made of is not on this machine. The message ends with what to run."""


class EngineFailed(Exception):
    """The engine is installed but did not start. The message holds the end of its log."""


class _PortTaken(EngineFailed):
    pass


def home() -> Path:
    """The per-user directory that downloads are kept in: `$GOLDENTHREAD_HOME`, else `~/.cache/goldenthread`."""
    return Path(os.environ.get("GOLDENTHREAD_HOME") or Path.home() / ".cache" / "goldenthread")


def free_ports(count: int) -> list[int]:
    """Different loopback ports that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Engine(ABC):
    """One server process.

    `data` is kept when given; otherwise a temporary directory is used and thrown away by `stop`. The ports are free
    ones, chosen at the first start and kept by every later start of the same object, unless they are given: `ports`.
    Methods block (a start takes seconds) and may be called from any thread; use `asyncio.to_thread` beside a loop.
    """

    name: str
    ports_needed: int
    start_timeout = 60.0  # seconds
    stop_grace = 15.0  # seconds

    def __init__(self, data: Path | None, ports: Sequence[int] = ()) -> None:
        self._kept = data
        self._data: Path | None = None
        self._ports = list(ports)
        self._child: Child | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """What a client connects to. Known once started."""

    @abstractmethod
    def _prepare(self) -> list[str | Path]:
        """Write what the server needs into the data directory; answer the command that runs it."""

    @abstractmethod
    def _ready(self) -> bool:
        """Whether clients are served, and by us: until our server has bound its port, another's may answer there."""

    @property
    def data(self) -> Path:
        if self._data is None:
            raise EngineFailed(f"{self.name} has not been started")
        return self._data

    @property
    def port(self) -> int:
        """The port clients use."""
        if not self._ports:
            raise EngineFailed(f"{self.name} has not been started")
        return self._ports[0]

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def log(self) -> Path:
        return self.data / f"{self.name}.log"

    def alive(self) -> bool:
        """Whether the process exists; a frozen one does."""
        return self._child is not None and self._child.alive()

    def start(self) -> Self:
        """Start and wait until clients are served. Errors: EngineMissing, EngineFailed."""
        if self.alive():
            raise EngineFailed(f"{self.name} is already running as process {self.pid}")
        self._data = self._data or self._directory()
        for _ in range(_ATTEMPTS - 1):
            fresh = not self._ports
            self._ports = self._ports or free_ports(self.ports_needed)
            try:
                return self._start_once()
            except _PortTaken:
                if not fresh:
                    raise  # this port was promised to clients
                self._ports = []
        self._ports = free_ports(self.ports_needed)
        return self._start_once()

    def stop(self, *, graceful: bool = True) -> None:
        """End the process and throw away a temporary data directory. Stopping twice is fine."""
        self._end(graceful=graceful)
        if self._data is not None and self._kept is None:
            shutil.rmtree(self._data, ignore_errors=True)
            self._data = None

    def kill(self) -> None:
        """SIGKILL; port and data stay for `restart`."""
        self._running().kill()

    def restart(self, *, graceful: bool = True) -> Self:
        """Start again on the same port and data, ending the process first when it still runs."""
        self._end(graceful=graceful)
        return self.start()

    def freeze(self) -> None:
        """SIGSTOP: the connections stay open and nobody answers."""
        self._running().freeze()

    def thaw(self) -> None:
        self._running().thaw()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _running(self) -> Child:
        if self._child is None:
            raise EngineFailed(f"{self.name} has not been started")
        return self._child

    def _end(self, *, graceful: bool) -> None:
        if self._child is None:
            return
        if graceful:
            self._child.stop(self.stop_grace)
        else:
            self._child.kill()

    def _directory(self) -> Path:
        if self._kept is not None:
            self._kept.mkdir(parents=True, exist_ok=True)
            return self._kept.resolve()
        _sweep()
        return Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}{os.getpid()}-"))

    def _start_once(self) -> Self:
        self._child = Child(self._prepare(), self.log)
        try:
            self._wait_until_ready(self._child)
        except BaseException:  # an interrupted wait must not leave a server behind
            self._child.kill()
            raise
        return self

    def _wait_until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + self.start_timeout
        while not self._ready():
            if not child.alive():
                said = child.said()
                kind = _PortTaken if "ddress already in use" in said else EngineFailed
                raise kind(f"{self.name} ended while starting. It said, in {self.log}:\n{self._complaint(said)}")
            if time.monotonic() > deadline:
                waited = f"{self.name} served nobody for {self.start_timeout:.0f} s"
                raise EngineFailed(f"{waited}. It said, in {self.log}:\n{self._complaint(child.said())}")
            time.sleep(0.05)

    def _complaint(self, said: str) -> str:
        """The part of a log that a person wants to see."""
        return said[-2000:].strip()


def _sweep() -> None:
    """Remove the temporary directories of processes that were killed before they could."""
    for left in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"):
        owner = left.name.removeprefix(_TEMPORARY).split("-")[0]
        if owner.isdigit() and not _exists(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
