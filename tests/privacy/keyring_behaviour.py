"""What every keyring promises, on whatever shelf its keys lie."""

from __future__ import annotations

import asyncio
import re

import pytest

from shared.privacy.keys import KeyDestroyed, KeyMissing, Keyring, SealBroken, UnderLegalHold

WORDS = "She said nobody told her about the move. 🏠"


class KeyringBehaviour:
    async def test_what_was_sealed_can_be_opened(self, keyring: Keyring):
        sealed = await keyring.seal("child-a", WORDS, field="feedback.text")
        assert await keyring.open(sealed, field="feedback.text") == WORDS
        assert WORDS[:8] not in sealed.model_dump_json()

    async def test_text_under_a_destroyed_key_is_gone_and_others_are_not(self, keyring: Keyring):
        one = await keyring.seal("child-a", WORDS, field="text")
        other = await keyring.seal("child-b", WORDS, field="text")
        await keyring.destroy("child-a")
        assert await keyring.open(one, field="text") is None
        assert await keyring.open(other, field="text") == WORDS

    async def test_a_destroyed_key_is_never_made_anew(self, keyring: Keyring):
        await keyring.seal("child-a", WORDS, field="text")
        await keyring.destroy("child-a")
        await keyring.destroy("child-a")
        with pytest.raises(KeyDestroyed):
            await keyring.seal("child-a", WORDS, field="text")

    async def test_a_subject_can_be_destroyed_before_anything_was_sealed(self, keyring: Keyring):
        await keyring.destroy("child-never-seen")
        with pytest.raises(KeyDestroyed):
            await keyring.seal("child-never-seen", WORDS, field="text")

    async def test_a_legal_hold_refuses_destruction_until_every_reason_is_lifted(self, keyring: Keyring):
        sealed = await keyring.seal("child-a", WORDS, field="text")
        await keyring.legal_hold("child-a", "inquiry")
        await keyring.legal_hold("child-a", "claim")
        await keyring.lift_hold("child-a", "inquiry")
        with pytest.raises(UnderLegalHold):
            await keyring.destroy("child-a")
        assert await keyring.open(sealed, field="text") == WORDS
        await keyring.lift_hold("child-a", "claim")
        await keyring.destroy("child-a")
        assert await keyring.open(sealed, field="text") is None

    async def test_a_hold_may_come_before_the_first_word(self, keyring: Keyring):
        await keyring.legal_hold("child-later", "inquiry")
        with pytest.raises(UnderLegalHold):
            await keyring.destroy("child-later")

    async def test_nothing_can_be_held_that_was_destroyed(self, keyring: Keyring):
        await keyring.destroy("child-a")
        with pytest.raises(KeyDestroyed):
            await keyring.legal_hold("child-a", "inquiry")

    async def test_a_part_is_destroyed_on_its_own(self, keyring: Keyring):
        whole = await keyring.seal("child-a", WORDS, field="text")
        part, other = [await keyring.seal(f"child-a/{one}", WORDS, field="text") for one in ("audit-1", "audit-2")]
        await keyring.destroy("child-a/audit-1")
        assert await keyring.open(part, field="text") is None
        assert [await keyring.open(one, field="text") for one in (whole, other)] == [WORDS, WORDS]
        with pytest.raises(KeyDestroyed):
            await keyring.seal("child-a/audit-1", WORDS, field="text")

    async def test_a_whole_takes_its_parts_along(self, keyring: Keyring):
        part = await keyring.seal("child-a/audit-1", WORDS, field="text")
        assert await keyring.open(part, field="text") == WORDS
        await keyring.destroy("child-a")
        assert await keyring.open(part, field="text") is None
        with pytest.raises(KeyDestroyed):
            await keyring.seal("child-a/audit-2", WORDS, field="text")

    async def test_a_hold_on_the_whole_holds_its_parts(self, keyring: Keyring):
        part = await keyring.seal("child-a/audit-1", WORDS, field="text")
        await keyring.legal_hold("child-a", "inquiry")
        with pytest.raises(UnderLegalHold):
            await keyring.destroy("child-a/audit-1")
        assert await keyring.open(part, field="text") == WORDS

    async def test_a_part_without_its_whole_is_a_loss_not_an_expiry(self, keyring: Keyring):
        part = await keyring.seal("child-a/audit-1", WORDS, field="text")
        with pytest.raises(KeyMissing):
            await keyring.open(part.model_copy(update={"key": "child-unknown/audit-1"}), field="text")

    async def test_text_opens_only_as_what_it_was_sealed_as(self, keyring: Keyring):
        sealed = await keyring.seal("child-a", WORDS, field="feedback.text")
        with pytest.raises(SealBroken):
            await keyring.open(sealed, field="feedback.child_ref")

    async def test_text_moved_to_another_child_does_not_open(self, keyring: Keyring):
        sealed = await keyring.seal("child-a", WORDS, field="text")
        await keyring.seal("child-b", WORDS, field="text")
        with pytest.raises(SealBroken):
            await keyring.open(sealed.model_copy(update={"key": "child-b"}), field="text")

    @pytest.mark.parametrize("part", ["nonce", "text"])
    async def test_altered_text_does_not_open(self, keyring: Keyring, part: str):
        sealed = await keyring.seal("child-a", WORDS, field="text")
        altered = getattr(sealed, part)
        swapped = ("B" if altered[0] == "A" else "A") + altered[1:]
        for broken in (swapped, "", "not base64!"):
            with pytest.raises(SealBroken):
                await keyring.open(sealed.model_copy(update={part: broken}), field="text")

    async def test_the_same_words_have_the_same_mark_under_one_key_only(self, keyring: Keyring):
        one, again = [await keyring.seal("child-a", WORDS, field="text") for _ in range(2)]
        other = await keyring.seal("child-b", WORDS, field="text")
        different = await keyring.seal("child-a", WORDS + "!", field="text")
        assert one.same_words(again)
        assert one.nonce != again.nonce
        assert one.text != again.text
        assert not one.same_words(different)
        assert one.mark != other.mark

    async def test_twenty_first_seals_at_once_make_one_key(self, keyring: Keyring):
        sealed = await asyncio.gather(*(keyring.seal("child-new", WORDS, field="text") for _ in range(20)))
        assert len({one.mark for one in sealed}) == 1
        assert {await keyring.open(one, field="text") for one in sealed} == {WORDS}

    async def test_sealed_text_without_any_key_is_a_loss_not_an_expiry(self, keyring: Keyring):
        sealed = await keyring.seal("child-a", WORDS, field="text")
        with pytest.raises(KeyMissing):
            await keyring.open(sealed.model_copy(update={"key": "child-unknown"}), field="text")

    async def test_a_pseudonym_is_the_same_every_time_and_says_nothing(self, keyring: Keyring):
        one = await keyring.pseudonym("902", "MOSAIC-12345")
        assert one == await keyring.pseudonym("902", "  MOSAIC-12345 ")
        assert re.fullmatch("[0-9a-f]{24}", one)
        assert one != await keyring.pseudonym("902", "MOSAIC-12346")

    async def test_a_child_known_to_two_authorities_has_two_pseudonyms(self, keyring: Keyring):
        assert await keyring.pseudonym("902", "12345") != await keyring.pseudonym("903", "12345")
