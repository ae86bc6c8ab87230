"""Words about a child, kept so that they can be read while the child's key exists and never after."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SealedText(BaseModel):
    """Text encrypted under one subject's key (AES-256-GCM).

    `mark` is a keyed digest of the plain text: two seals of the same words under the same key have the same mark,
    which lets a decision see that nothing new was said without being able to read it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    nonce: str
    text: str
    mark: str

    def same_words(self, other: SealedText | None) -> bool:
        return other is not None and self.key == other.key and self.mark == other.mark
