"""Error pages: browsers read what went wrong in the service's own design, other clients get the problem as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse

from services.reporting.dashboard.templating import Templates
from shared.logging_ import frames
from shared.web.problems import Problem, problem_of

Handler = Callable[[Request, Any], Response | Awaitable[Response]]

WORDS = {
    401: ("Sign in", "You need to sign in to see this page."),
    403: ("You cannot see this page", "Your role does not include this page. Ask your administrator if you need it."),
    404: (
        "Page not found",
        "There is no such page, or it is not within what you may see. If you typed the address, check it.",
    ),
    413: ("Too many rows for one file", "Go back and choose fewer months, or a smaller unit."),
    422: (
        "There is a problem with the address",
        "Part of the address of this page is not valid. Start from the overview.",
    ),
    503: ("Sorry, the service is not available", "Try again in a few minutes. Nothing you entered was lost."),
}
STALE = ("This form has expired", "Nothing was changed. Go back, load the page again, and send it once more.")
SORRY = ("Sorry, there is a problem with the service", "Try again later.")


class StaleForm(Problem):
    """A form that this session was not shown: by another site, or before signing in anew."""

    def __init__(self) -> None:
        super().__init__("forbidden", "The form was not made for this session.")


def wants_page(request: Request) -> bool:
    """A browser asking for one of our pages, not a client of the interface."""
    accepts = request.headers.get("accept", "")
    return "text/html" in accepts and not request.url.path.startswith("/v1/")


def page_route(templates: Templates) -> type[APIRoute]:
    """Routes that answer browsers with a page whatever goes wrong in them, and send them to sign in when needed."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = super().get_route_handler()

            async def handle(request: Request) -> Response:
                try:
                    return await handler(request)
                except Exception as raised:
                    if not wants_page(request):
                        raise
                    return page_for(raised, request, templates)

            return handle

    return PageRoute


def install_error_pages(app: FastAPI, templates: Templates) -> None:
    """The same for addresses that lead to no route; call it after `shared.web.problems` was installed."""
    for kind, handler in list(app.exception_handlers.items()):
        app.exception_handlers[kind] = _for_browsers(handler, templates)


def page_for(raised: Exception, request: Request, templates: Templates) -> Response:
    """The page that says what went wrong. What nobody foresaw is logged, without what the request held."""
    problem = problem_of(raised)
    if problem.status == 401 and request.method == "GET":
        return RedirectResponse(f"/sign-in?{urlencode({'next': _own_address(request)})}", 303)
    if problem.status == 403 and request.url.path == "/" and request.scope.get("goldenthread.partner"):
        return RedirectResponse("/partners", 303)  # the overview is of authorities: a partner's pages begin there
    if problem.slug == "internal":
        known_as = request.scope.get("goldenthread.request_id")
        request.app.state.log.error(
            "unexpected", error=type(raised).__name__, frames=frames(raised), request_id=known_as
        )
    title, advice = STALE if isinstance(raised, StaleForm) else WORDS.get(problem.status, SORRY)
    answer = templates.page("error.html", problem.status, title=title, advice=advice)
    told = ("Retry-After", "WWW-Authenticate")
    answer.headers.update({name: value for name, value in problem.headers.items() if name in told})
    return answer


def _for_browsers(handler: Handler, templates: Templates) -> Handler:
    async def handle(request: Request, raised: Exception) -> Response:
        if wants_page(request):
            return page_for(raised, request, templates)
        answer = handler(request, raised)
        return answer if isinstance(answer, Response) else await answer

    return handle


def _own_address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
