"""Deliveries are signed as Standard Webhooks 1.0.0 says, and what was not signed like that is not believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from services.reporting.sharing.webhooks import signing
from services.reporting.sharing.webhooks.signing import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    Secret,
    signed,
)
from tests.tiers import seeded
from tests.webhooks.checking import CheckingKey, NotGenuine, Seen, checking_key, verified

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR_ID, VECTOR_AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC)
VECTOR_BODY, VECTOR_SIGNATURE = b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
BODY = b'{"type":"goldenthread.improvement_event_published.v1"}'
bodies = st.text(max_size=200).map(str.encode)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
secrets = st.binary(min_size=24, max_size=64).map(Secret)

PAIR = signing.new_key("ed25519")
KEYS = [signing.signing_key(SECRET), PAIR]


def checking(key: signing.SigningKey) -> CheckingKey:
    return checking_key(key.shown)


def test_the_standards_own_example() -> None:
    key = signing.signing_key(SECRET)
    assert signed([key], VECTOR_ID, VECTOR_AT, VECTOR_BODY) == {
        ID: VECTOR_ID,
        TIMESTAMP: "1614265330",
        SIGNATURE: VECTOR_SIGNATURE,
    }
    assert (key.text, key.shown) == (SECRET, SECRET)


@seeded
@given(secrets, moments, bodies)
def test_the_public_library_signs_as_we_do(key: Secret, moment: datetime, body: bytes) -> None:
    ours = signed([key], "evt-1", moment, body)[SIGNATURE]
    assert ours == Webhook(key.text).sign("evt-1", moment, body.decode())


def test_the_public_library_believes_us_and_we_believe_it() -> None:
    present = datetime.now(UTC)
    for algorithm_key in (signing.signing_key(SECRET), signing.new_key("hmac")):
        ours = signed([algorithm_key, PAIR], "evt-1", present, BODY)
        assert Webhook(algorithm_key.text).verify(BODY, ours) == {"type": "goldenthread.improvement_event_published.v1"}
        theirs = Webhook(algorithm_key.text).sign("evt-1", present, BODY.decode())
        headers = {ID: "evt-1", TIMESTAMP: str(int(present.timestamp())), SIGNATURE: theirs}
        assert verified([checking(algorithm_key)], headers, BODY, present) == "evt-1"


def test_known_faults_of_the_library_are_not_ours() -> None:
    """It takes the wall clock of another zone for UTC, and answers a malformed header with an error of Python's own."""
    key = signing.signing_key(SECRET)
    summer = VECTOR_AT.astimezone(timezone(timedelta(hours=1)))
    assert Webhook(SECRET).sign(VECTOR_ID, summer, VECTOR_BODY.decode()) != VECTOR_SIGNATURE
    assert signed([key], VECTOR_ID, summer, VECTOR_BODY)[SIGNATURE] == VECTOR_SIGNATURE
    present = datetime.now(UTC)
    headers = {**signed([key], "evt-1", present, BODY), SIGNATURE: "no comma"}
    with pytest.raises(ValueError, match="unpack"):
        Webhook(SECRET).verify(BODY, headers)
    with pytest.raises(NotGenuine):
        verified([checking(key)], headers, BODY, present)


@pytest.mark.parametrize("key", KEYS, ids=["hmac", "ed25519"])
def test_a_genuine_delivery_is_believed_within_five_minutes_either_way(key: signing.SigningKey) -> None:
    headers = {name.upper(): value for name, value in signed([key], "evt-1", NOW, BODY).items()}
    for minutes in (-5, 0, 5):
        assert verified([checking(key)], headers, BODY, NOW + timedelta(minutes=minutes)) == "evt-1"
    for seconds in (-301, 301, 86_400):
        with pytest.raises(NotGenuine, match="ago"):
            verified([checking(key)], headers, BODY, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("key", KEYS, ids=["hmac", "ed25519"])
def test_whatever_is_altered_is_not_believed(key: signing.SigningKey) -> None:
    headers, check = signed([key], "evt-1", NOW, BODY), [checking(key)]
    version, _, signature = headers[SIGNATURE].partition(",")
    altered = [
        ({**headers, ID: "evt-2"}, BODY),
        ({**headers, TIMESTAMP: str(int(NOW.timestamp()) + 1)}, BODY),
        (headers, BODY + b" "),
        (headers, BODY.replace(b"published", b"retracted")),
        *(({**headers, SIGNATURE: text}, BODY) for text in _signatures(version, signature)),
        *(({name: value for name, value in headers.items() if name != left_out}, BODY) for left_out in headers),
        *(({**headers, TIMESTAMP: text}, BODY) for text in ("", "now", "-1", "1e9", "9" * 40, "²", "1614265330.5")),
    ]
    for said, body in altered:
        with pytest.raises(NotGenuine):
            verified(check, said, body, NOW)
    assert verified(check, headers, BODY, NOW) == "evt-1"


def _signatures(version: str, signature: str) -> list[str]:
    other = {"v1": "v1a", "v1a": "v1"}[version]
    return ["", version, f"{version},", f"{other},{signature}", f"v2,{signature}", f"{version},{signature[:-4]}", "é,é"]


def test_another_key_is_not_believed() -> None:
    headers = signed([signing.new_key("hmac"), signing.new_key("ed25519")], "evt-1", NOW, BODY)
    for key in KEYS:
        with pytest.raises(NotGenuine, match="of this key"):
            verified([checking(key)], headers, BODY, NOW)


@pytest.mark.parametrize("algorithm", ["hmac", "ed25519"])
def test_while_keys_rotate_either_is_enough(algorithm: signing.Algorithm) -> None:
    former, new = signing.new_key(algorithm), signing.new_key(algorithm)
    headers = signed([new, former], "evt-1", NOW, BODY)
    assert len(headers[SIGNATURE].split(" ")) == 2
    for held in (former, new):
        assert verified([checking(held)], headers, BODY, NOW) == "evt-1"
    with pytest.raises(NotGenuine):
        verified([checking(former)], signed([new], "evt-1", NOW, BODY), BODY, NOW)


def test_the_library_checks_what_two_secrets_signed() -> None:
    former, new, present = signing.new_key("hmac"), signing.new_key("hmac"), datetime.now(UTC)
    headers = signed([new, former], "evt-1", present, BODY)
    for held in (former, new):
        assert Webhook(held.text).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_key("hmac").text).verify(BODY, headers)


def test_a_receiver_deals_with_an_id_once() -> None:
    seen = Seen()
    assert seen.first_time("evt-1", NOW)
    assert not seen.first_time("evt-1", NOW + timedelta(hours=24))
    assert seen.first_time("evt-2", NOW + timedelta(hours=24))
    assert seen.first_time("evt-1", NOW + timedelta(hours=24, seconds=1)), "by now its timestamp is too old"


def test_keys_are_read_back_as_they_are_kept() -> None:
    for key in (*KEYS, signing.new_key("hmac")):
        assert signing.signing_key(key.text).text == key.text
    assert signing.new_key("hmac").text != signing.new_key("hmac").text
    assert PAIR.shown.startswith("whpk_")
    assert PAIR.text not in repr(PAIR)


@pytest.mark.parametrize(
    "text",
    ["", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_c2hvcnQ=", PAIR.shown,
     PAIR.text[:20] + ("A" if PAIR.text[20] != "A" else "B") + PAIR.text[21:]],
    ids=count(),
)  # fmt: skip
def test_what_is_no_signing_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        signing.signing_key(text)
    assert len(text) < 8 or text not in str(refused.value)


@pytest.mark.parametrize("text", ["", "whpk_c2hvcnQ=", "whsec_c2hvcnQ=", PAIR.text], ids=count())
def test_what_is_no_receivers_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        checking_key(text)


@pytest.mark.parametrize("id_", ["", "a.b", "a b", "a\r\nb", "é"])
def test_an_id_that_could_be_mistaken_is_never_signed(id_: str) -> None:
    with pytest.raises(ValueError, match="id"):
        signed(KEYS, id_, NOW, BODY)
