"""Standard Webhooks' signature: what a receiver computes itself is what arrives, and the secret never does."""

import base64
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.callouts.signing import make_secret, secret_problem, signature

# the example of the specification
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EXAMPLE = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
OTHER = "whsec_" + base64.b64encode(bytes(range(64))).decode()
BLOCK = 64


def by_hand(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """HMAC as RFC 2104 draws it, from SHA-256 alone."""
    key = base64.b64decode(secret.split("_")[1]).ljust(BLOCK, b"\0")
    inner = bytes(each ^ 0x36 for each in key) + webhook_id.encode() + b"." + timestamp.encode() + b"." + body
    outer = bytes(each ^ 0x5C for each in key) + hashlib.sha256(inner).digest()
    return "v1," + base64.b64encode(hashlib.sha256(outer).digest()).decode()


def test_the_specification_s_example_has_its_signature():
    assert signature([SECRET], *EXAMPLE) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(min_size=24, max_size=64), st.binary(max_size=200))
def test_a_receiver_that_computes_it_by_hand_gets_the_same(key, body):
    secret = "whsec_" + base64.b64encode(key).decode()
    assert signature([secret], "msg_1", "1614265330", body) == by_hand(secret, "msg_1", "1614265330", body)


def test_two_secrets_give_two_signatures_the_first_one_first():
    assert signature([OTHER, SECRET], *EXAMPLE).split(" ") == [
        by_hand(OTHER, *EXAMPLE),
        by_hand(SECRET, *EXAMPLE),
    ]


def test_each_part_of_what_is_signed_changes_the_signature():
    webhook_id, timestamp, body = EXAMPLE
    given = {
        signature([SECRET], *parts)
        for parts in (
            EXAMPLE,
            (webhook_id + "x", timestamp, body),
            (webhook_id, "1614265331", body),
            (webhook_id, timestamp, body + b" "),
            (webhook_id, timestamp, b""),
        )
    }
    assert len(given) == 5


def test_a_made_secret_is_a_good_one_and_new_each_time():
    made = {make_secret() for _ in range(50)}
    assert len(made) == 50
    for each in made:
        assert secret_problem(each) is None
        assert len(base64.b64decode(each.removeprefix("whsec_"), validate=True)) == 32


def test_base64_without_its_padding_is_the_same_secret():
    assert OTHER.endswith("=")
    assert secret_problem(OTHER.rstrip("=")) is None
    assert signature([OTHER.rstrip("=")], *EXAMPLE) == signature([OTHER], *EXAMPLE)


def of_bytes(size: int) -> str:
    return "whsec_" + base64.b64encode(b"k" * size).decode()


def test_24_to_64_bytes_are_taken(subtests):
    for size in [24, 25, 26, 63, 64]:
        with subtests.test(size=size):
            assert secret_problem(of_bytes(size)) is None


WRONG = [
    ("", "begins with whsec_"),
    ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begins with whsec_"),
    ("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begins with whsec_"),
    ("whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begins with whsec_"),
    ("whsec_", "0 bytes"),
    (of_bytes(23), "23 bytes"),
    (of_bytes(65), "65 bytes"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwA", "is Base64"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8I-PZIo2LaLaSw", "is Base64"),
    ("whsec_MfKQ9r8GKYqrTwjU PD8ILPZIo2LaLaSw", "is Base64"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8I=LPZIo2LaLaS", "is Base64"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaß", "is Base64"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa\ud800", "is Base64"),
]


def test_what_is_wrong_with_a_typed_secret_is_said_without_repeating_it(subtests):
    for secret, said in WRONG:
        with subtests.test(secret=secret, said=said):
            problem = secret_problem(secret)
            assert said in problem
            assert not re.search("MfKQ9r8GK[a-zA-Z]", problem)


def test_what_is_no_secret_signs_nothing(subtests):
    for secret in ["whsec_%", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwA"]:
        with subtests.test(secret=secret), pytest.raises(ValueError, match=r"no signing secret\.$"):
            signature([secret], *EXAMPLE)
