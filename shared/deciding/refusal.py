"""What a decision answers when the rules say no."""

from __future__ import annotations


class Refused(Exception):
    """A rule of the domain says no; nothing was recorded.

    `rule` is the sentence shown to the person. It names things, never values that a person typed.
    `field` names the part of the command at fault (as the HTTP body spells it), when there is one:
    the edge then answers 422 for that field instead of 409.
    """

    def __init__(self, rule: str, *, field: str | None = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.field = field


class NotFound(Exception):
    """There is no such thing, or none within this person's reach: both answer the same 404."""
