"""Signing in with a browser: the access token in a cookie that scripts cannot read and other sites cannot send."""

from __future__ import annotations

import time
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from shared.web.identity import SECURE_COOKIE, Identity, public
from shared.web.problems import Problem

_OPEN = public("whoever signs in or out has no session yet, or none any more")


def session_router(page: str = "/sign-in", home: str = "/") -> APIRouter:
    """POST /sign-in (form: token, next) and POST /sign-out. `page` shows the form, which the service itself offers.

    A token that proves nothing leads back to `page` with `?failed=1`. Both need the Origin of one of our own pages.
    """
    router = APIRouter(dependencies=[_OPEN], include_in_schema=False)

    @router.post("/sign-in")
    async def sign_in(
        request: Request,
        token: Annotated[str, Form(max_length=8192)] = "",
        next: Annotated[str, Form()] = "",  # noqa: A002 - the form's word
    ) -> Response:
        identity: Identity = request.app.state.identity
        identity.same_origin(request)
        try:
            expires = await identity.expiry_of(token.strip())
        except Problem as problem:
            if problem.status != 401:
                raise
            return RedirectResponse(f"{page}?failed=1", 303)
        answer = RedirectResponse(_own_path(next) or home, 303)
        _set(answer, identity.cookie, token.strip(), max(0, expires - int(time.time())))
        return answer

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        identity: Identity = request.app.state.identity
        identity.same_origin(request)
        answer = RedirectResponse(page, 303)
        _set(answer, identity.cookie, "", 0)
        return answer

    return router


def _own_path(asked: str) -> str | None:
    """The path if it leads to ourselves: a sign-in form must not send people to somebody else's site."""
    parts = urlsplit(asked)
    own = asked.startswith("/") and not asked.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return asked if own and asked.isprintable() else None


def _set(answer: Response, cookie: str, token: str, seconds: int) -> None:
    secure = cookie == SECURE_COOKIE
    answer.set_cookie(cookie, token, max_age=seconds, path="/", secure=secure, httponly=True, samesite="strict")
    answer.headers["Cache-Control"] = "no-store"
