"""The keyring on a shelf in memory, and what does not depend on the shelf."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from shared.privacy.keys import InMemoryKeyring, Keyring, read_master_key
from shared.privacy.sealing import SubjectKey, new_key
from tests.privacy.keyring_behaviour import KeyringBehaviour


class TestInMemoryKeyring(KeyringBehaviour):
    @pytest.fixture
    def keyring(self) -> Keyring:
        return InMemoryKeyring()


def test_nonces_never_repeat_in_a_hundred_thousand_seals():
    key = SubjectKey.of("child-a", new_key())
    assert len({key.seal("x", "text").nonce for _ in range(100_000)}) == 100_000


async def test_a_key_is_remembered_for_ten_seconds_and_no_longer():
    seconds = 0.0
    keyring = InMemoryKeyring(ticks=lambda: seconds)
    sealed = await keyring.seal("child-a", "words", field="text")
    await keyring._shelf.destroy("child-a", keyring._clock())  # as another process would
    seconds = 9.9
    assert await keyring.open(sealed, field="text") == "words"
    seconds = 10.0
    assert await keyring.open(sealed, field="text") is None


async def test_the_least_used_key_is_forgotten_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shared.privacy.keys.CACHED_KEYS", 2)
    keyring = InMemoryKeyring()
    for subject in ("a", "b", "a", "c"):
        await keyring.seal(subject, "words", field="text")
    assert list(keyring._recent._kept) == [("subject", "a"), ("subject", "c")]


@pytest.mark.parametrize("text", ["", "c2hvcnQ=", "not base64 at all", "A" * 43])
def test_a_master_key_that_is_no_key_is_refused_without_being_repeated(text: str):
    with pytest.raises(ValueError, match="master key must be") as refused:
        read_master_key(text)
    assert not text or text not in str(refused.value)


def test_keys_show_in_no_representation():
    keyring = InMemoryKeyring()
    assert "master" not in repr(keyring)
    assert "seals" not in repr(SubjectKey.of("child-a", new_key()))
    assert "32" not in repr(SecretStr("32"))
