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
SOON = 1.0  # seconds in which a program that was started is expected to receive something
LOOK = 0.01


class Receiver:
    """One example program, and the file in which it keeps what it received. `kills` counts its own."""

    def __init__(self, program: str, into: Path, *arguments: str, **environment: str) -> None:
        self.into = into
        self.kills = 0
        self._words = into.with_suffix(".said")
        self._command = [sys.executable, str(EXAMPLES / program), *arguments, "--into", str(into), "--verbose"]
        self._environment = {**os.environ, **environment}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, **environment: str) -> None:
        """What the environment says now it says from here on."""
        self._environment |= environment
        with self._words.open("a") as words:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, env=self._environment, stdout=words, stderr=words
            )

    async def end(self) -> None:
        """Whatever it is doing (SIGKILL)."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def suffer(self, chance: random.Random, times: int) -> None:
        """Killed and started again this often, in the middle of receiving if it can be; it runs when this is over."""
        for _ in range(times):
            await self.start()
            await self._received_something(SOON)
            await asyncio.sleep(chance.uniform(0, 0.1))
            await self.end()
            self.kills += 1
        await self.start()

    async def _received_something(self, seconds: float) -> None:
        """Or nothing, after so many seconds."""
        had, deadline = self._size(), asyncio.get_running_loop().time() + seconds
        while self._size() == had and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(LOOK)

    def _size(self) -> int:
        return self.into.stat().st_size if self.into.exists() else 0

    def events(self) -> list[dict[str, Any]]:
        """What it has, by number; a line that is being written is none yet."""
        text = self.into.read_text() if self.into.exists() else ""
        found = [json.loads(line) for line in text.rpartition("\n")[0].splitlines()]
        return sorted(found, key=lambda event: int(event["subscriptionseq"]))

    def numbers(self) -> list[int]:
        return [int(one["subscriptionseq"]) for one in self.events()]

    @property
    def words(self) -> str:
        return self._words.read_text() if self._words.exists() else ""

    def dropped(self) -> int:
        """How often something came that it had already."""
        return self.words.count("came again: dropped")

    async def has_all(self, newest: int, seconds: float = 60) -> None:
        wanted = list(range(1, newest + 1))
        async with asyncio.timeout(seconds):
            while self.numbers() != wanted:
                await asyncio.sleep(0.1)
