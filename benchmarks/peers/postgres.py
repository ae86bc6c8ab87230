"""A real PostgreSQL for the one peer that needs it, from the binaries that a wheel brings into its environment."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

from deploy.local.engine import HOST, Engine, EngineFailed

USER = "postgres"
_UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


class LocalPostgres(Engine):
    """PostgreSQL on loopback with its own durable defaults; `url` is `host:port`, `USER` needs no password."""

    name = "postgres"
    ports_needed = 1

    def __init__(self, binaries: Path) -> None:
        super().__init__(None)
        self._binaries = binaries

    @property
    def url(self) -> str:
        return f"{HOST}:{self.port}"

    def create_database(self, name: str) -> None:
        self._run("createdb", "-h", HOST, "-p", str(self.port), "-U", USER, name)

    def _prepare(self) -> list[str | Path]:
        cluster = self.data / "cluster"
        if not cluster.exists():
            self._give_away(cluster)
            self._run("initdb", "-D", str(cluster), "-U", USER, "--auth=trust", "--encoding=UTF8")
        server = [str(self._binaries / "postgres"), "-D", str(cluster), "-h", HOST, "-p", str(self.port), "-k", ""]
        return [*_unprivileged(), *server]

    def _ready(self) -> bool:
        asked = [*_unprivileged(), str(self._binaries / "psql"), "-h", HOST, "-p", str(self.port), "-U", USER]
        done = subprocess.run([*asked, "-c", "select 1"], capture_output=True, check=False)  # noqa: S603 - ours
        return not done.returncode

    def _give_away(self, cluster: Path) -> None:
        cluster.mkdir(mode=0o700)
        if os.geteuid() == 0:
            self.data.chmod(0o711)
            os.chown(cluster, pwd.getpwnam(_UNPRIVILEGED).pw_uid, -1)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*_unprivileged(), str(self._binaries / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.data)  # noqa: S603 - ours
        if done.returncode:
            raise EngineFailed(f"{program} failed: {done.stderr.strip()}")


def _unprivileged() -> list[str]:
    """What makes root's command an unprivileged one. With the user the kernel forgets who dies with whom: tell it."""
    if os.geteuid() != 0:
        return []
    return ["/usr/bin/setpriv", f"--reuid={_UNPRIVILEGED}", "--clear-groups", "--pdeathsig=KILL", "--"]
