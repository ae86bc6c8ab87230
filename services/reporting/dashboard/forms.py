"""Forms that change something: tied to the session that was shown them, and told what was wrong field by field."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from pydantic import ValidationError

from services.reporting.dashboard.errors import StaleForm
from services.reporting.domain.partner_release.decisions import Identifying
from shared.deciding.refusal import Refused
from shared.event_store.handling import Asked
from shared.event_store.store import KeyReused, StreamMovedOn
from shared.web.desk import Desk
from shared.web.principal import Principal
from shared.web.problems import invalid, problem_of

TOKEN, KEY, VERSION = "form_token", "form_key", "form_version"
ANSWERED = (Refused, ValidationError, StreamMovedOn, KeyReused)
"""What the page that was sent says itself; anything else ends in a page of its own."""

_WHOLE: Mapping[str, str] = {
    "moved-on": "It has changed since you read it. Read it again, then decide",
    "key-reused": "This form was sent before with something else in it. Look at what came of it",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with a form, by field. Lines end as a text has them, not as forms send them."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "")

    def chosen(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))

    def filled(self, *names: str) -> dict[str, str]:
        """Those fields in which something stands."""
        return {name: self.text(name).strip() for name in names if self.text(name).strip()}


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was wrong: words by field, and of the form as a whole."""

    fields: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""

    def __bool__(self) -> bool:
        return bool(self.fields or self.whole)

    def __getitem__(self, name: str) -> dict[str, str] | None:
        """As the design system's macros take the error of a field."""
        return {"text": self.fields[name]} if name in self.fields else None


NOTHING_WRONG = Wrong()


class Forms:
    """`secret` makes tokens that only the session has that was shown the form."""

    def __init__(self, desk: Desk, secret: bytes) -> None:
        self._desk = desk
        self._secret = secret

    def marks(self, request: Request, version: int | None = None) -> dict[str, str]:
        """What stands hidden in a form: whose it is, what makes it one command, and the version that was read."""
        said = {} if version is None else {VERSION: str(version)}
        return {TOKEN: self._token(request), KEY: self._desk.new_id(), **said}

    async def sent(self, request: Request) -> Sent:
        """Raises StaleForm unless this session was shown the form."""
        values: dict[str, list[str]] = {}
        for name, value in (await request.form()).multi_items():
            if isinstance(value, str):
                values.setdefault(name, []).append(value.replace("\r\n", "\n"))
        found = Sent(values)
        if not hmac.compare_digest(found.text(TOKEN).encode(), self._token(request).encode()):
            raise StaleForm
        return found

    def asked(self, request: Request, principal: Principal, sent: Sent, *, la_code: str = "") -> Asked:
        version = sent.text(VERSION)
        seen = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None
        return self._desk.entered(request, principal, la_code=la_code, key=sent.text(KEY), if_version=seen)

    def id_for(self, asked: Asked) -> str:
        return self._desk.id_for(asked)

    def _token(self, request: Request) -> str:
        """Another one for every session: what proves who is asking goes into it."""
        proof = request.headers.get("authorization") or request.cookies.get(request.app.state.identity.cookie, "")
        return hmac.digest(self._secret, b"form|" + proof.encode(), "sha256").hex()


def wrong_with(raised: Exception, labels: Mapping[str, str]) -> Wrong:
    """In the words of the form; `labels` are what its fields are called there."""
    if isinstance(raised, Identifying):
        return Wrong({raised.findings[0].field: "Take out what may say who somebody is: the places are marked"})
    known = frozenset(labels)
    problem = invalid(raised, known) if isinstance(raised, ValidationError) else problem_of(raised, known)
    if not problem.errors:
        return Wrong(whole=_WHOLE.get(problem.slug) or _sentence(problem.detail))
    fields = {name: _of_field(one, labels[name]) for one in problem.errors if (name := _name(one)) in labels}
    whole = next((one["detail"] for one in problem.errors if _name(one) not in labels), "")
    return Wrong(fields, _sentence(whole))


def _name(found: Mapping[str, Any]) -> str:
    return str(found.get("pointer", "")).removeprefix("#/").partition("/")[0]


def _of_field(found: Mapping[str, Any], name: str) -> str:
    said = str(found["detail"])
    return _sentence(said) if found["code"] == "refused" else f"{name} {said}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
