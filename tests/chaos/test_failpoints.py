"""Failpoints fail where, how and as often as they are told to, and never in production."""

import os
import signal
import subprocess
import sys
import time

import pytest
from pymongo.errors import AutoReconnect

from shared.failpoints import PLACES, armed

TEST = {"GOLDENTHREAD_ENVIRONMENT": "test"}
PLACE = "projection.before_commit"


def told(text: str) -> dict[str, str]:
    return {**TEST, "GOLDENTHREAD_FAILPOINTS": text}


def child(text: str, *, environment: str = "test") -> subprocess.Popen[str]:
    script = f"from shared.failpoints import failpoint; print('here', flush=True); failpoint({PLACE!r}); print('past')"
    env = {**os.environ, "GOLDENTHREAD_ENVIRONMENT": environment, "GOLDENTHREAD_FAILPOINTS": text}
    return subprocess.Popen(
        [sys.executable, "-c", script], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_without_the_variable_a_visit_does_nothing_anywhere() -> None:
    visit = armed({})
    assert [visit(place) for place in PLACES] == [None] * len(PLACES)


def test_only_the_place_that_was_named_fails() -> None:
    visit = armed(told(f"{PLACE}:1:raise"))
    for place in PLACES - {PLACE}:
        visit(place)
    with pytest.raises(AutoReconnect):
        visit(PLACE)


def test_the_probability_is_kept() -> None:
    visit = armed(told(f"{PLACE}:0.25:raise"))
    failures = 0
    for _ in range(4_000):
        try:
            visit(PLACE)
        except AutoReconnect:
            failures += 1
    assert 800 < failures < 1_200


def test_sleeping_takes_the_time_that_was_asked_for() -> None:
    began = time.monotonic()
    armed(told(f"{PLACE}:1:sleep(0.2)"))(PLACE)
    assert time.monotonic() - began >= 0.2


def test_exit_ends_the_process_as_a_kill_would() -> None:
    with child(f"{PLACE}:1:exit") as process:
        said, _ = process.communicate(timeout=20)
    assert (said, process.returncode) == ("here\n", 137)


def test_stop_freezes_the_process_until_it_is_thawed() -> None:
    with child(f"{PLACE}:1:stop") as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        said, _ = process.communicate(timeout=20)
    assert said == "here\npast\n"


def test_production_refuses_to_start() -> None:
    with child(f"{PLACE}:0:exit", environment="production") as process:
        _, complaint = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "production refuses it" in complaint


@pytest.mark.parametrize("text", ["nowhere:1:exit", f"{PLACE}:1:explode", f"{PLACE}:1:sleep", f"{PLACE}:exit", PLACE])
def test_a_text_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not place:probability:action"):
        armed(told(text))
