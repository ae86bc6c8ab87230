"""What the audit service does without being asked: it keeps the register, reacts to what happened, looks at the clock.

A reaction is handed every commit of the service's own log, once at least and in the order of its partition, from a
place of its own that is named after it. It acts on what interests it, through the same decisions as everybody, under
commit ids made of what it reacts to: twice changes nothing. What it raises brings the commit back in the next round,
and until then everything behind it in that partition waits: a rule's refusal is an answer, not an error to raise.
A timer looks at the register and the clock once a round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.audit.following_up.reactions import flag_reaction, overdue_timer, re_audit_reaction
from services.audit.register import Register
from services.audit.work import Work
from shared.event_store.following import Follower, Reaction
from shared.rounds import Rounds
from shared.rounds import Work as Timer
from shared.web.service import Hook

# What each area does of its own accord, in the order in which it has its turn in a round.
REACTIONS: Sequence[Callable[[Work, Register], Reaction]] = (re_audit_reaction, flag_reaction)
TIMERS: Sequence[Callable[[Work, Register], Timer]] = (overdue_timer,)


class Background:
    """The rounds of one service on its database. `start` and `stop` are the application's hooks, `alive` its check.

    In a round the register is first: reactions and timers may rely on it to hold everything from before the round, and
    ask it to catch up (`register.catch_up`) when that is not enough.
    """

    def __init__(self, work: Work, register: Register, database: AsyncDatabase[Any], seconds: float) -> None:
        reacting = [reaction(work, register) for reaction in REACTIONS]
        following = [Follower(work.store, database["cursors"], one.name, one.handle).catch_up for one in reacting]
        looking = [timer(work, register) for timer in TIMERS]
        self._rounds = Rounds("audit", (*following, *looking), seconds, first=(register.catch_up,))
        self.start: Sequence[Hook] = (register.prepare, self._rounds.start)
        self.stop: Hook = self._rounds.stop
        self.alive = self._rounds.alive

    async def round(self) -> None:
        """One round by hand. Raises an ExceptionGroup of what failed, after everything had its turn."""
        await self._rounds.round()
