"""Places where a test makes a process fail at the worst moment.

`GOLDENTHREAD_FAILPOINTS="projection.before_commit:0.01:stop; relay.before_cursor:0.05:exit"` names each place, how
likely a visit to it fails (0 to 1), and how: `exit` as if killed, `stop` frozen (SIGSTOP) until somebody sends SIGCONT,
`sleep(0.5)` the whole process for so many seconds, `raise` as if the connection was lost just here. A process that
believes itself in production refuses to start with it, and without it a visit does nothing at all.
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable, Mapping

from pymongo.errors import AutoReconnect

VARIABLE = "GOLDENTHREAD_FAILPOINTS"
PLACES = frozenset(
    {
        "store.after_insert",  # kept by the majority, and nobody was told
        "relay.before_cursor",  # sent, and the cursor does not say so
        "partner_topic.before_cursor",  # on the partner's topic, and the cursor does not say so
        "projection.before_commit",  # everything written, nothing committed
        "projection.after_commit",  # committed, and the process does not know
    }
)
_FORM = re.compile(
    r"(?P<place>[a-z._]+):(?P<chance>[0-9.]+):(?P<action>exit|stop|raise|sleep)(\((?P<seconds>[0-9.]+)\))?"
)
_KILLED = 137  # what a shell says of a process that ended by SIGKILL

Visit = Callable[[str], None]


def armed(environment: Mapping[str, str]) -> Visit:
    """What a visit does under these environment variables.

    Errors: ValueError for a text that is not of the form above, RuntimeError in production.
    """
    text = environment.get(VARIABLE, "")
    if not text.strip():
        return _nothing
    if environment.get("GOLDENTHREAD_ENVIRONMENT", "production") == "production":
        raise RuntimeError(f"{VARIABLE} is for tests: production refuses it")
    faults = [_fault(one.strip()) for one in text.split(";") if one.strip()]

    def visit(place: str) -> None:
        for where, chance, action in faults:
            if where == place and random.random() < chance:
                action()

    return visit


def _fault(text: str) -> tuple[str, float, Callable[[], None]]:
    form = _FORM.fullmatch(text)
    if form is None or form["place"] not in PLACES or (form["action"] == "sleep") != (form["seconds"] is not None):
        raise ValueError(f"{VARIABLE}: {text!r} is not place:probability:action with one of {sorted(PLACES)}")
    seconds = float(form["seconds"] or 0)
    actions: dict[str, Callable[[], None]] = {
        "exit": _gone,
        "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
        "raise": _cut_off,
        "sleep": lambda: time.sleep(seconds),  # blocks the event loop too, as a machine under pressure would
    }
    return form["place"], float(form["chance"]), actions[form["action"]]


def _nothing(place: str) -> None:
    """No failpoints: the usual case."""


def _gone() -> None:
    os._exit(_KILLED)


def _cut_off() -> None:
    raise AutoReconnect("a failpoint cut the connection")


failpoint: Visit = armed(os.environ)
