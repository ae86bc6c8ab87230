"""Turns pages into HTML: the design system's macros, our own templates, and addresses of static files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, PrefixLoader, select_autoescape
from starlette.responses import HTMLResponse

from services.reporting.labels import label
from shared.web.principal import Principal

STATIC = Path(__file__).parent / "static"
KINDS: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def static_files() -> Mapping[str, bytes]:
    """Every file that browsers may ask for, by name; they are small and never change while the service runs."""
    return {path.name: path.read_bytes() for path in sorted(STATIC.iterdir()) if path.suffix in KINDS}


def static_address(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep what they have for ever."""
    return f"/static/{name}?v={hashlib.sha256(static_files()[name]).hexdigest()[:12]}"


def who(reader: Principal) -> dict[str, Any]:
    """What every page says of whoever looks at it."""
    return {"signed_in": True, "may_operate": "ops" in reader.scopes}


NEW = "This is a new service. Check a figure against the record before you act on it."


class Templates:
    """The templates of one installation: `council` is whose service it is, `notice` stands above every page."""

    def __init__(self, council: str, notice: str) -> None:
        ours = PackageLoader("services.reporting.dashboard")
        design_system = PackageLoader("govuk_frontend_jinja")
        self._environment = Environment(
            loader=PrefixLoader({"pages": ours, "govuk_frontend_jinja": design_system}),
            autoescape=select_autoescape(default_for_string=True, default=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            council=council, notice=notice or NEW, static=static_address, label=label, service_name="Golden Thread"
        )

    def page(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The template `name` as an answer that no cache keeps: pages hold what one person may see."""
        html = self._environment.get_template(f"pages/{name}").render(**values)
        return HTMLResponse(html, status, {"Cache-Control": "private, no-store"})
