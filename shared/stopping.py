"""Leaving in time: whatever hangs, a process that was told to stop is gone before it would be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

STOP_SECONDS = 22.0  # platforms kill after 25 or 30
HOOK_SECONDS = 4.0  # for one step of an orderly end
LEFT_BEHIND = 75  # exit code: out in time, but something did not end by itself; a start goes on where it was


def leave_in_time(seconds: float = STOP_SECONDS) -> None:
    """From now on the process has this long. A thread counts, so a loop that is stuck cannot keep it."""
    timer = threading.Timer(seconds, os._exit, (LEFT_BEHIND,))
    timer.daemon = True
    timer.start()


def leave_at_once_until_served(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


async def ended(work: Awaitable[Any], seconds: float = HOOK_SECONDS) -> bool:
    """Wait for a step of an orderly end, but not for ever; False when it was left behind. Raises what it raises."""
    task = asyncio.ensure_future(work)
    await asyncio.wait([task], timeout=seconds)
    if not task.done():
        task.cancel()
        return False
    if not task.cancelled():
        task.result()
    return True


async def cut_short(work: Awaitable[Any], seconds: float = HOOK_SECONDS) -> None:
    """Do the work; when it is cancelled it has this long to put things in order. Raises what it raises."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task], timeout=seconds)
        task.cancel()
        await asyncio.wait([task])
        raise
    task.result()


async def until_told(work: Awaitable[Any], told: Callable[[], None], seconds: float = STOP_SECONDS) -> None:
    """Do the work until SIGTERM or Ctrl-C cancels it; `told` is called at that moment. Raises what the work raises."""
    task = asyncio.ensure_future(work)

    def stop() -> None:
        if not task.cancelling():
            leave_in_time(seconds)
            told()
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
