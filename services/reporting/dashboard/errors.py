"""Error pages: browsers read what went wrong in the service's own design, other clients get the problem as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from starlette.responses import RedirectResponse

from services.reporting.dashboard.templating import Templates
from shared.web.problems import Problem, problem_of

Handler = Callable[[Request, Any], Response | Awaitable[Response]]

WORDS = {
    401: ("Sign in", "You need to sign in to see this page."),
    403: ("You cannot see this page", "Your role does not include this page. Ask your administrator if you need it."),
    404: (
        "Page not found",
        "There is no such page, or it is not within what you may see. If you typed the address, check it.",
    ),
    422: (
        "There is a problem with the address",
        "Part of the address of this page is not valid. Start from the overview.",
    ),
    503: ("Sorry, the service is not available", "Try again in a few minutes. Nothing you entered was lost."),
}
SORRY = ("Sorry, there is a problem with the service", "Try again later.")


def wants_page(request: Request) -> bool:
    """A browser asking for one of our pages, not a client of the interface."""
    accepts = request.headers.get("accept", "")
    return "text/html" in accepts and not request.url.path.startswith("/v1/")


def install_error_pages(app: FastAPI, templates: Templates) -> None:
    """From now on browsers get pages for what `shared.web.problems` answers; call it after that was installed."""
    for kind, handler in list(app.exception_handlers.items()):
        app.exception_handlers[kind] = _for_browsers(handler, templates)


def error_page(templates: Templates, problem: Problem) -> Response:
    title, advice = WORDS.get(problem.status, SORRY)
    answer = templates.page("error.html", problem.status, title=title, advice=advice)
    answer.headers.update({name: value for name, value in problem.headers.items() if name == "Retry-After"})
    return answer


def _for_browsers(handler: Handler, templates: Templates) -> Handler:
    async def handle(request: Request, raised: Exception) -> Response:
        if not wants_page(request):
            answer = handler(request, raised)
            return answer if isinstance(answer, Response) else await answer
        problem = problem_of(raised)
        if problem.status == 401 and request.method == "GET":
            return RedirectResponse(f"/sign-in?{urlencode({'next': _own_address(request)})}", 303)
        return error_page(templates, problem)

    return handle


def _own_address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
