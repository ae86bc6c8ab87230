"""A database that is away for a moment is no fault of the service, and nothing that the client did."""

from __future__ import annotations

import pytest
from pymongo.errors import AutoReconnect, NotPrimaryError, OperationFailure, PyMongoError, ServerSelectionTimeoutError

from shared.web.problems import problem_of


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("connection refused"),
        ServerSelectionTimeoutError("nobody there"),
        NotPrimaryError("stepped down"),
        OperationFailure("node is recovering", 11600),
    ],
)
def test_an_engine_that_is_away_answers_try_again(error: PyMongoError) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.headers["Retry-After"]) == (503, "1")


def test_any_other_error_of_the_database_is_ours() -> None:
    assert problem_of(OperationFailure("bad operator", 2)).status == 500
