"""Partners as processes: the example programs, killed and started again at random moments."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"


class Receiver:
    """One example program, and the file in which it keeps what it received."""

    def __init__(self, program: str, into: Path, *arguments: str, **environment: str) -> None:
        self.into = into
        self.kills = 0
        self._command = [sys.executable, str(EXAMPLES / program), *arguments, "--into", str(into)]
        self._environment = {**os.environ, **environment}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, env=self._environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )

    async def kill(self) -> None:
        """SIGKILL, at whatever it is doing."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
            self.kills += 1

    async def suffer(self, chance: random.Random, times: int) -> None:
        """Killed and started again this often; it runs when this is over."""
        for _ in range(times):
            await self.start()
            await asyncio.sleep(chance.uniform(0.2, 1.2))
            await self.kill()
        await self.start()

    def events(self) -> list[dict[str, Any]]:
        """What it has, in the order of its file; a line that is being written is none yet."""
        text = self.into.read_text() if self.into.exists() else ""
        return [json.loads(line) for line in text.rpartition("\n")[0].splitlines()]

    def numbers(self) -> list[int]:
        return [int(one["subscriptionseq"]) for one in self.events()]

    async def has(self, newest: int, seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while newest not in self.numbers():
                await asyncio.sleep(0.1)
