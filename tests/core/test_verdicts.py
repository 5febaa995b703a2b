"""What becomes of a delivery: every outcome under every policy, at every attempt."""

import math
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.callouts.judge import MAX_RETRY_AFTER, asked_wait, decide, retry_after, trouble
from portal.core.callouts import RESEND_CHOICES, RESEND_PRESETS
from portal.core.verdicts import (
    LONG_PAUSES,
    Answered,
    Delivered,
    ErrorKind,
    GaveUp,
    Outcome,
    Policy,
    Refused,
    Resends,
    Trouble,
    TryAgain,
    Unreachable,
    Verdict,
    policy_of,
    status_line,
)
from portal.core.wire import Fault

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
HOST = "rmm.example"
FAULT = Fault("No such alert")

# What may come of an attempt, and whether it may pass by itself ("resend after: errors that may pass").
FAILURES: dict[str, tuple[Outcome, Fault | None, bool]] = {
    **{
        f"no answer: {kind}": (Unreachable(kind, f"Trouble: {kind}."), None, True)
        for kind in ErrorKind
        if kind not in {ErrorKind.HTTP, ErrorKind.FAULT, ErrorKind.REDIRECT, ErrorKind.REFUSED_ADDRESS}
    },
    **{
        f"HTTP {status}": (Answered(status), None, status in {408, 425, 429} or status >= 500)
        for status in (
            *(100, 101, 103, 199, 300, 301, 302, 303, 304, 307, 308, 399),
            *(400, 401, 403, 404, 405, 407, 408, 409, 410, 413, 415, 418, 422, 425, 429, 451, 499),
            *(500, 501, 502, 503, 504, 505, 511, 599, 999),
        )
    },
    **{
        f"a fault under HTTP {status}": (Answered(status), FAULT, True)
        for status in (200, 202, 204, 302, 400, 401, 500)
    },
}
SUCCESSES = {f"HTTP {status}": Answered(status) for status in (200, 201, 202, 203, 204, 205, 206, 226, 299)}
ATTEMPTS = range(1, 14)


def verdict(outcome: Outcome, meaning: Fault | None, attempt: int, policy: Policy) -> Verdict:
    return decide(outcome, trouble(outcome, meaning, HOST), attempt, policy, NOW)


def test_a_2xx_without_a_fault_delivers_at_every_attempt(subtests):
    for resend_after in RESEND_CHOICES:
        for answer, outcome in SUCCESSES.items():
            with subtests.test(resend_after=resend_after, answer=answer):
                for attempt in ATTEMPTS:
                    policy = Policy(resend_after=resend_after)
                    assert verdict(outcome, None, attempt, policy) == Delivered()


def test_any_error_is_sent_again_after_60_seconds_up_to_ten_times(subtests):
    for failure, (outcome, meaning, _) in FAILURES.items():
        with subtests.test(failure=failure):
            verdicts = [verdict(outcome, meaning, attempt, Policy()) for attempt in ATTEMPTS]
            assert verdicts == [TryAgain(STAMP + 60)] * 10 + [GaveUp()] * 3


def test_only_errors_that_may_pass_are_sent_again_where_one_chose_so(subtests):
    for failure, (outcome, meaning, may_pass) in FAILURES.items():
        with subtests.test(failure=failure):
            verdicts = [
                verdict(outcome, meaning, attempt, Policy(resend_after="passing")) for attempt in ATTEMPTS
            ]
            assert verdicts == ([TryAgain(STAMP + 60)] * 10 + [GaveUp()] * 3 if may_pass else [GaveUp()] * 13)


def test_410_is_given_up_at_once_where_one_chose_so_whatever_its_body_says(subtests):
    for meaning in [None, FAULT]:
        with subtests.test(meaning=meaning):
            assert verdict(Answered(410), meaning, 1, Policy(resend_after="passing")) == GaveUp()
            assert verdict(Answered(410), meaning, 1, Policy()) == TryAgain(STAMP + 60)


ORIGINAL = Policy(60, 10)


def test_as_the_original_means_the_numbers_of_the_settings():
    assert policy_of(Resends("passing"), Policy(7, 3)) == Policy(7, 3, "passing")


def test_a_custom_schedule_has_its_own_numbers():
    policy = policy_of(Resends("any", "custom", 5, 2), ORIGINAL)
    assert [verdict(Answered(503), None, attempt, policy) for attempt in (1, 2, 3)] == [
        TryAgain(STAMP + 5),
        TryAgain(STAMP + 5),
        GaveUp(),
    ]
    assert policy.tries == 3


def test_half_a_custom_schedule_is_none(subtests):
    for resends in [Resends("any", "custom", None, 2), Resends("any", "custom", 5, None)]:
        with subtests.test(resends=resends):
            assert policy_of(resends, ORIGINAL) == ORIGINAL


def long_pauses(chance: float) -> list[int]:
    """The pauses of the long schedule, one after the other, until it gives up."""
    policy, pauses = policy_of(Resends("any", "long"), ORIGINAL), []
    for attempt in range(1, policy.tries + 1):
        found = trouble(Answered(503), None, HOST)
        judged = decide(Answered(503), found, attempt, policy, NOW, chance)
        if isinstance(judged, TryAgain):
            pauses.append(judged.at - STAMP)
    assert judged == GaveUp()
    return pauses


def test_the_long_schedule_grows_and_lasts_over_27_hours():
    pauses = long_pauses(0.0)
    assert pauses == sorted(pauses) == [5, 300, 1800, 7200, 18_000, 36_000, 36_000]
    assert 27 * 3600 < sum(pauses) < 28 * 3600


@given(st.floats(0, 1, exclude_max=True))
def test_chance_makes_a_long_pause_longer_by_up_to_a_tenth_and_never_shorter(chance: float):
    for pause, least in zip(long_pauses(chance), LONG_PAUSES, strict=True):
        assert least <= pause <= math.ceil(least * 1.1)


@pytest.mark.parametrize("preset", RESEND_PRESETS)
@given(asked=st.integers(0, 86_400), attempt=st.integers(1, 7), chance=st.floats(0, 0.99))
def test_no_schedule_asks_earlier_than_the_receiver_wants(
    preset: str, asked: int, attempt: int, chance: float
):
    outcome = Answered(503, headers=(("Retry-After", str(asked)),))
    policy = policy_of(Resends("any", preset, 3, 1000), ORIGINAL)
    judged = decide(outcome, trouble(outcome, None, HOST), attempt, policy, NOW, chance)
    assert isinstance(judged, TryAgain)
    assert judged.at >= STAMP + max(asked, policy.pause(attempt, chance))
    assert asked_wait(outcome, NOW) == asked


def test_what_the_portal_refuses_to_send_is_never_sent_again(subtests):
    for resend_after in RESEND_CHOICES:
        for kind in [ErrorKind.REFUSED_ADDRESS, ErrorKind.REQUEST]:
            with subtests.test(resend_after=resend_after, kind=kind):
                refused = Refused(kind, "The portal does not send there.")
                for attempt in ATTEMPTS:
                    assert verdict(refused, None, attempt, Policy(resend_after=resend_after)) == GaveUp()


def test_the_number_of_resends_is_a_setting(subtests):
    for limit in [0, 1, 3]:
        with subtests.test(limit=limit):
            policy = Policy(resend_seconds=1, resend_limit=limit)
            tries = [verdict(Answered(503), None, attempt, policy) for attempt in range(1, limit + 3)]
            assert tries == [TryAgain(STAMP + 1)] * limit + [GaveUp()] * 2


def test_a_resend_is_due_at_a_whole_second_and_never_early():
    late = NOW + timedelta(milliseconds=1)
    found = trouble(Answered(503), None, HOST)
    assert decide(Answered(503), found, 1, Policy(), late) == TryAgain(STAMP + 61)
    assert decide(Answered(503), found, 1, Policy(), NOW) == TryAgain(STAMP + 60)


def http_date(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")


RETRY_AFTER = {
    # seconds
    "120": 120,
    " 120 ": 120,
    "0": 0,
    "1": 1,
    "0000000000120": 120,
    "86400": 86_400,
    "86401": MAX_RETRY_AFTER,
    "999999999": MAX_RETRY_AFTER,
    "9" * 10_000: MAX_RETRY_AFTER,
    # a date, in each of the three forms of RFC 9110
    http_date(90): 90,
    "Thu, 01 Jan 2026 12:02:00 -0000": 120,
    "Thursday, 01-Jan-26 12:02:00 GMT": 120,
    "Thu Jan  1 12:02:00 2026": 120,
    "Thu, 01 Jan 2026 07:02:00 -0500": 120,
    http_date(86_400 * 30): MAX_RETRY_AFTER,
    "Fri, 31 Dec 9999 23:59:59 GMT": MAX_RETRY_AFTER,
    "Fri, 31 Dec 9999 23:59:59 -0500": MAX_RETRY_AFTER,
    # a date that has passed
    http_date(-1): 0,
    http_date(-86_400 * 365): 0,
    "Mon, 01 Jan 0001 00:00:00 +2300": 0,
    # neither
    "": 0,
    " ": 0,
    "-5": 0,
    "+5": 0,
    "1.5": 0,
    "1e9": 0,
    "0x10": 0,
    "soon": 0,
    "٣٠٠": 0,
    "²": 0,
    "120, 240": 0,
    "120 seconds": 0,
    "Thu, 32 Jan 2026 12:02:00 GMT": 0,
    "Wed, 21 Oct 9999999 07:28:00 GMT": 0,
    f"Thu, 01 Jan 2026 12:02:00 +{'9' * 30}": 0,
    f"Thu, 01 Jan {'9' * 5000} 12:02:00 GMT": 0,
    "\x00": 0,
    ",": 0,
}


def test_retry_after_is_seconds_or_a_date_and_believed_up_to_a_day(subtests):
    for value, seconds in RETRY_AFTER.items():
        with subtests.test(value=value, seconds=seconds):
            assert retry_after(value, NOW) == seconds


@settings(max_examples=100, deadline=None, database=None)
@given(st.text(max_size=30) | st.from_regex(r"Thu, \d{1,12} Jan \d{1,12} \d\d:\d\d:\d\d [+-]\d{1,40}"))
def test_reading_retry_after_never_raises(value: str):
    assert 0 <= retry_after(value, NOW) <= MAX_RETRY_AFTER


def test_retry_after_is_honoured_when_it_asks_for_longer(subtests):
    for name in ["Retry-After", "retry-after", "RETRY-AFTER"]:
        for value, wait in [
            ("300", 300),
            ("59", 60),
            ("0", 60),
            ("nonsense", 60),
            (http_date(90), 90),
            ("-9", 60),
        ]:
            with subtests.test(name=name, value=value, wait=wait):
                answer = Answered(503, headers=(("Content-Type", "text/plain"), (name, value)))
                for resend_after in RESEND_CHOICES:
                    assert verdict(answer, None, 1, Policy(resend_after=resend_after)) == TryAgain(
                        STAMP + wait
                    )


def test_retry_after_does_not_lengthen_the_number_of_tries():
    answer = Answered(429, headers=(("Retry-After", "300"),))
    assert verdict(answer, None, 11, Policy()) == GaveUp()


def test_retry_after_is_honoured_with_a_fault_too():
    answer = Answered(200, headers=(("Retry-After", "300"),))
    assert verdict(answer, FAULT, 1, Policy()) == TryAgain(STAMP + 300)


def test_trouble_is_told_in_one_word_and_one_sentence(subtests):
    for outcome, meaning, kind, sentence in [
        (Answered(400), None, ErrorKind.HTTP, "HTTP 400 Bad Request from rmm.example."),
        (
            Answered(401, "Go Away"),
            None,
            ErrorKind.HTTP,
            (
                "HTTP 401 Go Away from rmm.example: the receiver refused the user name or password. Check both "
                "on the callout's General tab."
            ),
        ),
        (
            Answered(404),
            None,
            ErrorKind.HTTP,
            (
                "HTTP 404 Not Found from rmm.example: the receiver has nothing at this address. Check the URL on "
                "the callout's General tab."
            ),
        ),
        (
            Answered(503),
            None,
            ErrorKind.HTTP,
            (
                "HTTP 503 Service Unavailable from rmm.example: the receiver is in trouble. What it said stands "
                "in its answer."
            ),
        ),
        (Answered(499), None, ErrorKind.HTTP, "HTTP 499 from rmm.example."),
        (Answered(103), None, ErrorKind.HTTP, "HTTP 103 Early Hints from rmm.example."),
        (
            Answered(304),
            None,
            ErrorKind.REDIRECT,
            (
                "HTTP 304 Not Modified from rmm.example: the receiver says that nothing has changed since it was last "
                "asked, as if to a browser. Choose POST, or have its operator see that neither it nor a cache before "
                "it keeps this address."
            ),
        ),
        (
            Answered(302, headers=(("location", "https://new.example/{x}?a={0}"),)),
            None,
            ErrorKind.REDIRECT,
            (
                "HTTP 302 Found from rmm.example: the receiver pointed to https://new.example/{x}?a={0}. Callouts "
                "follow no redirects: enter the URL that answers itself."
            ),
        ),
        (
            Answered(301),
            None,
            ErrorKind.REDIRECT,
            (
                "HTTP 301 Moved Permanently from rmm.example: the receiver has moved to another address. Callouts "
                "follow no redirects: enter the new URL."
            ),
        ),
        (
            Answered(200, "OK"),
            FAULT,
            ErrorKind.FAULT,
            "HTTP 200 OK from rmm.example: the receiver answered with a fault: No such alert",
        ),
        (Unreachable(ErrorKind.DNS, "No such name."), None, ErrorKind.DNS, "No such name."),
        (Refused(ErrorKind.REFUSED_ADDRESS, "Not there."), None, ErrorKind.REFUSED_ADDRESS, "Not there."),
    ]:
        with subtests.test(outcome=outcome, meaning=meaning, kind=kind, sentence=sentence):
            assert trouble(outcome, meaning, HOST) == Trouble(kind, sentence)


def test_a_receiver_that_wants_another_sign_in_than_basic_is_told(subtests):
    for challenges, wanted in [
        (['Digest realm="a, Basic b", qop="auth", nonce="x"'], "Digest"),
        (['Bearer realm="x"'], "Bearer"),
        (["NTLM"], "NTLM"),
        (["Negotiate, ntlm TlRMTVNTUAACAA=="], "Negotiate or NTLM"),
        (["bearer", 'DIGEST realm = "a\\", Basic"'], "Bearer or Digest"),
    ]:
        with subtests.test(challenges=challenges, wanted=wanted):
            headers = tuple(("WWW-Authenticate", each) for each in challenges)
            found = trouble(Answered(401, headers=headers), None, HOST)
            assert found is not None
            assert (
                f"from rmm.example: the receiver wants a sign-in by {wanted}, and callouts send Basic."
                in found.text
            )
            also_basic = (*headers, ("www-authenticate", "Basic realm=x"))
            found = trouble(Answered(401, headers=also_basic), None, HOST)
            assert found is not None
            assert "refused the user name or password" in found.text


def test_a_redirect_is_trouble_that_says_where_it_pointed(subtests):
    for status in [301, 302, 303, 307, 308]:
        with subtests.test(status=status):
            found = trouble(Answered(status, headers=(("Location", "https://new.example/"),)), None, HOST)
            assert found is not None
            assert found.kind is ErrorKind.REDIRECT
            assert "https://new.example/" in found.text


def test_a_sentence_stays_one_line_of_a_readable_length_whatever_the_receiver_sends():
    headers = (("Location", "https://new.example/\r\n " + "x" * 60_000),)
    for answer in (Answered(302, "Found\n" * 20_000, headers), Answered(503, "y" * 60_000)):
        found = trouble(answer, None, HOST)
        assert found is not None
        assert len(found.text) < 1200
        assert len(found.text.splitlines()) == 1


def test_every_status_but_a_2xx_is_trouble(subtests):
    for status in HTTPStatus:
        with subtests.test(status=status):
            found = trouble(Answered(status), None, HOST)
            assert (found is None) == (200 <= status < 300)
            if found:
                assert found.text.startswith(f"HTTP {status} {status.phrase} from rmm.example")
                assert (found.kind is ErrorKind.REDIRECT) == (300 <= status < 400)


def test_a_status_without_a_phrase_gets_the_standards(subtests):
    for status, reason, line in [
        (503, "", "HTTP 503 Service Unavailable"),
        (503, "Maintenance", "HTTP 503 Maintenance"),
        (503, "SERVICE UNAVAILABLE", "HTTP 503 Service Unavailable"),
        (599, "", "HTTP 599"),
        (0, "", "HTTP 0"),
    ]:
        with subtests.test(status=status, reason=reason, line=line):
            assert status_line(status, reason) == line
