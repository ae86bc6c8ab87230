"""What the audit service does without being asked: it keeps the register, reacts to what happened, looks at the clock.

A reaction is handed every commit of the service's own log, once at least and in the order of its partition, from a
place of its own that is named after it. It acts on what interests it, through the same decisions as everybody, under
commit ids made of what it reacts to: twice changes nothing. What it raises brings the commit back in the next round,
and until then everything behind it in that partition waits: a rule's refusal is an answer, not an error to raise.
A timer looks at the register and the clock once a round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.audit.comparing.reactions import paired_audits
from services.audit.following_up.reactions import following_up, overdue_timer
from services.audit.programme.reactions import meeting_expectations, opening_months
from services.audit.register import Register
from services.audit.sampling.reactions import sample_audits
from services.audit.work import Work
from shared.event_store.following import Follower, Reaction
from shared.rounds import Rounds
from shared.rounds import Work as Timer
from shared.web.health import Check
from shared.web.service import Hook

# What each area does of its own accord, in the order in which it has its turn in a round.
REACTIONS: Sequence[Callable[[Work, Register], Reaction]] = (
    meeting_expectations,
    sample_audits,
    paired_audits,
    following_up,
)
TIMERS: Sequence[Callable[[Work, Register], Timer]] = (opening_months, overdue_timer)


# How long a round waits for the directory, which after a start takes a moment to learn who is where.
PATIENCE = 1.0


class Background:
    """The rounds of one service on its database. `start` and `stop` are the application's hooks, `alive` its check.

    In a round the register is first: reactions and timers may rely on it to hold everything from before the round, and
    ask it to catch up (`register.catch_up`) when that is not enough. Timers have their turn once the directory has
    caught up (`directory_known`): before that it may still say what has changed since.
    """

    def __init__(
        self,
        work: Work,
        register: Register,
        database: AsyncDatabase[Any],
        seconds: float,
        directory_known: Check | None = None,
    ) -> None:
        cursors = database["cursors"]
        reacting = [reaction(work, register) for reaction in REACTIONS]
        following = [Follower(work.store, cursors, one.name, one.handle_all).catch_up for one in reacting]
        looking = [_once(directory_known, timer(work, register)) for timer in TIMERS]
        self._rounds = Rounds("audit", (*following, *looking), seconds, first=(register.catch_up,))
        self.start: Sequence[Hook] = (register.prepare, self._rounds.start)
        self.stop: Hook = self._rounds.stop
        self.alive = self._rounds.alive

    async def round(self) -> None:
        """One round by hand. Raises an ExceptionGroup of what failed, after everything had its turn."""
        await self._rounds.round()


def _once(known: Check | None, timer: Timer) -> Timer:
    async def look() -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                if known is not None and not await known():
                    return
        except TimeoutError:
            return
        await timer()

    return look
