"""What a client reads when something is wrong (RFC 9457): never a value that somebody sent, never our insides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pymongo.errors import ConnectionFailure, ExecutionTimeout, OperationFailure, PyMongoError, WTimeoutError
from starlette.exceptions import HTTPException

from shared.deciding.refusal import NotFound, Refused
from shared.event_store.store import KeyReused, OutcomeUnknown, StoreBusy, StreamMovedOn

TYPES = "https://goldenthread.example/problems/"
RETRY_SECONDS = 1

# slug -> (status, title). The slug and the title are a contract; the detail may be reworded.
KINDS: Mapping[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be understood"),
    "idempotency-key-required": (400, "This request needs an Idempotency-Key"),
    "invalid-cursor": (400, "The cursor is not one of ours, or too old"),
    "invalid-token": (401, "A valid access token is needed"),
    "forbidden": (403, "The access token does not allow this"),
    "not-found": (404, "There is nothing here for you"),
    "method-not-allowed": (405, "This method is not offered here"),
    "not-acceptable": (406, "No such representation"),
    "refused": (409, "A rule says no"),
    "already-sent-differently": (409, "The event was received before with another content"),
    "gone": (410, "It is no longer here"),
    "moved-on": (412, "It has changed since you read it"),
    "too-large": (413, "The request is too large"),
    "media-type": (415, "This media type is not accepted here"),
    "invalid": (422, "A field is not valid"),
    "key-reused": (422, "The Idempotency-Key was used for another request"),
    "version-required": (428, "This request needs an If-Match header"),
    "too-many": (429, "Too many requests"),
    "internal": (500, "Something went wrong on our side"),
    "unavailable": (503, "Not available at the moment"),
}
_BY_STATUS = {status: slug for slug, (status, _) in reversed(list(KINDS.items()))}


class Problem(Exception):
    """Ends a request with this problem. `detail` and `errors` must hold nothing that the client sent."""

    def __init__(
        self,
        slug: str,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.status, self.title = KINDS[slug]
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    def members(self) -> dict[str, Any]:
        """The problem as a JSON object."""
        members: dict[str, Any] = {"type": TYPES + self.slug, "title": self.title, "status": self.status}
        if self.detail:
            members["detail"] = self.detail
        if self.errors:
            members["errors"] = list(self.errors)
        return members


def error(pointer: str, code: str, detail: str) -> dict[str, str]:
    """One entry of `errors`: where in the body, which rule, and the rule in words."""
    return {"pointer": pointer, "code": code, "detail": detail}


def answer(problem: Problem, request_id: str | None = None) -> Response:
    members = problem.members()
    if request_id:
        members["instance"] = f"urn:uuid:{request_id}"
        members["trace_id"] = request_id
    return Response(orjson.dumps(members), problem.status, problem.headers, "application/problem+json")


def install(app: FastAPI) -> None:
    """Let every exception that a route may raise end as a problem."""

    async def as_problem(request: Request, raised: Exception) -> Response:
        known: frozenset[str] = getattr(app.state, "field_names", None) or _learn_field_names(app)
        problem = problem_of(raised, known)
        if problem.slug == "internal" and not isinstance(raised, Problem):
            raise raised  # the edge logs it, and answers
        return answer(problem, request.scope.get("goldenthread.request_id"))

    # A bare ValidationError is not among them: outside a request's body it is a fault of ours.
    for kind in _ANSWERED:
        app.add_exception_handler(kind, as_problem)


# ShutdownInProgress, PrimarySteppedDown, NotWritablePrimary, InterruptedAtShutdown, InterruptedDueToReplStateChange,
# NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary
_TAKING_OVER = frozenset({91, 189, 10107, 11600, 11602, 13435, 13436})

_ANSWERED: tuple[type[Exception], ...] = (
    *(Problem, Refused, NotFound, StreamMovedOn, KeyReused, StoreBusy, OutcomeUnknown),
    *(RequestValidationError, HTTPException, PyMongoError),
)


def problem_of(raised: Exception, known: frozenset[str] = frozenset()) -> Problem:
    """The problem that tells a client of this exception. `known` are the field names that may be named back."""
    match raised:
        case Problem():
            return raised
        case Refused(field=None):
            return Problem("refused", raised.rule)
        case Refused():
            return Problem("invalid", raised.rule, errors=[error(f"#/{raised.field}", "refused", raised.rule)])
        case NotFound():
            return Problem("not-found")
        case RequestValidationError():
            return _invalid(raised.errors(), known)
        case HTTPException():
            return _of_status(raised)
        case _:
            return _of_the_store(raised)


def _of_the_store(raised: Exception) -> Problem:
    wait = {"Retry-After": str(RETRY_SECONDS)}
    match raised:
        case StreamMovedOn(version=None):
            return Problem("unavailable", "Others are changing this: try again.", headers=wait)
        case StreamMovedOn():
            return Problem("moved-on", headers={"ETag": f'"{raised.version}"'})
        case KeyReused():
            return Problem("key-reused")
        case StoreBusy():
            return Problem("unavailable", headers={"Retry-After": str(max(1, round(raised.retry_after)))})
        case OutcomeUnknown():
            return Problem("unavailable", "It may have been kept: send the same request again.", headers=wait)
        case PyMongoError() if is_passing(raised):
            return Problem("unavailable", headers=wait)
        case _:
            return Problem("internal")


def is_passing(error: PyMongoError) -> bool:
    """The database is away for a moment: it restarts, or another member takes over."""
    if isinstance(error, ConnectionFailure | WTimeoutError | ExecutionTimeout):
        return True
    return isinstance(error, OperationFailure) and error.code in _TAKING_OVER


def _of_status(raised: HTTPException) -> Problem:
    slug = _BY_STATUS.get(raised.status_code, "internal" if raised.status_code >= 500 else "bad-request")
    return Problem(slug, headers=raised.headers)


# ---- validation errors -------------------------------------------------------------------------------------------

_WORDS: Mapping[str, str] = {
    "missing": "is required",
    "extra_forbidden": "holds a field that is not known",
    "json_invalid": "is not valid JSON",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} items",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "greater_than": "must be greater than {gt}",
    "less_than": "must be less than {lt}",
    "timezone_aware": "must have a time zone",
    "date_type": "must be a date such as 2026-04-30",
    "date_from_datetime_parsing": "must be a date such as 2026-04-30",
    "datetime_from_date_parsing": "must be a time such as 2026-04-30T12:00:00Z",
}


def invalid(raised: ValidationError, known: frozenset[str]) -> Problem:
    """A 422 for a body validated outside a route."""
    return _invalid([{**dict(e), "loc": ("body", *e["loc"])} for e in raised.errors(include_input=False)], known)


def _invalid(errors: Iterable[Any], known: frozenset[str]) -> Problem:
    return Problem("invalid", errors=[_entry(e, known) for _, e in zip(range(20), errors, strict=False)])


def _entry(found: Mapping[str, Any], known: frozenset[str]) -> dict[str, str]:
    where, *path = found["loc"]
    code = str(found["type"])
    detail = _detail(code, found.get("ctx") or {})
    if where == "body":
        return error("#" + "".join(_segments(path, code, known)), code, detail)
    return {"in": str(where), "parameter": "/".join(str(p) for p in path), "code": code, "detail": detail}


def _detail(code: str, context: Mapping[str, Any]) -> str:
    # pydantic's own messages quote the input here and there (tags, UUIDs, raised ValueErrors): ours never do.
    try:
        return _WORDS.get(code, "is not valid").format_map(context)
    except KeyError:
        return "is not valid"


def _segments(path: Sequence[Any], code: str, known: frozenset[str]) -> Iterator[str]:
    """The way to the field, as far as its names are ours: a name that the client made up is not repeated."""
    if code == "json_invalid":
        return
    for step in path[:-1] if code == "extra_forbidden" else path:
        if not isinstance(step, int) and step not in known:
            return
        yield f"/{step}"


_NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def names_in(schema: Any) -> frozenset[str]:
    """Every field name and enumerated code in a JSON schema: words that are ours, so safe to say back."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            found.update(node.get("properties") or ())
            found.update(code for code in node.get("enum") or () if isinstance(code, str))
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return frozenset(name for name in found if _NAME.fullmatch(name))


def _learn_field_names(app: FastAPI) -> frozenset[str]:
    app.state.field_names = names_in(app.openapi())
    return app.state.field_names  # type: ignore[no-any-return]
