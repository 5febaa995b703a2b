"""Each thing that may be wrong with a request is found, called by its name, and told with what to do."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import mock_rmm.diagnosis
from mock_rmm.credentials import Credentials
from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.diagnose import ABOUT_SENDER
from mock_rmm.diagnosis.finding import SEVERITIES
from mock_rmm.endpoints.receiver import KINDS, LENIENT, STRICT
from tests.mock_rmm.diagnosis.cases import (
    basic,
    body,
    case_of,
    contract,
    findings,
    header,
    read_anew,
    value,
    whole_body,
)
from tests.mock_rmm.diagnosis.wrong import AUTH, WRONG
from tests.mock_rmm.pairs import ENDPOINTS, PAIRS


def in_utf_16(case: Case) -> Case:
    document = case.arrival.body.partition(b"?>")[2].decode()
    return whole_body(document.encode("utf-16"))(case)


def changed(kind: str) -> Case:
    pair, options, changes, *_ = WRONG[kind]
    case = case_of(pair, **options)
    for change in changes:
        case = change(case)
    return case


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_found_once_and_explained(kind: str):
    """By its code, in short whole sentences; what follows from a mistake isn't reported as if it were another."""
    code, severity, words = WRONG[kind][3:]
    found = findings(changed(kind))
    by_code = {finding.code: finding for finding in found}
    assert by_code[code].severity == severity
    assert words in by_code[code].sentence
    together = (
        {"namespace", "soap-action"} if "out of a wrong" in kind or kind == "another SOAP Action" else set()
    )
    together |= {"wrong-username", "wrong-password"} if kind == "a user's case" else set()
    grave = {finding.code for finding in found if finding.severity == "problem"}
    assert len(grave) <= 1 or grave == together, found
    for finding in found:
        assert len(finding.sentence) < 700
        assert finding.sentence[-1] in ".?…"
        assert "  " not in finding.sentence
    if code not in {"http-method", "too-large"}:
        for mode in KINDS[ENDPOINTS[WRONG[kind][0]]].modes:
            if mode != LENIENT:
                assert_agrees_with_the_contract(kind, mode)


def assert_agrees_with_the_contract(kind: str, mode: str) -> None:
    """What a contract refuses is a problem, and what it takes is none."""
    case = changed(kind)
    case = replace(case, receiver=replace(case.receiver, mode=mode))
    refused = read_anew(case).problem
    problems = [finding for finding in findings(case) if finding.severity == "problem"]
    about_content = [finding for finding in problems if finding.code not in ABOUT_SENDER]
    if mode == STRICT:
        assert bool(about_content) == bool(refused), (about_content, refused)
    else:  # an ASP.NET service takes what it does not understand
        assert about_content or not refused
    assert "refused" not in {finding.code for finding in problems} or kind == "no Body", problems


def test_of_what_a_portal_sends_there_is_only_good_to_say(subtests: pytest.Subtests):
    for pair, mode in [(each, mode) for each in PAIRS for mode in KINDS[ENDPOINTS[each]].modes]:
        with subtests.test(pair=pair, mode=mode):
            style = "positional" if pair.endswith("positional") else "struct"
            required = contract(style=style, required=("id", "status", "udf"))
            (finding,) = findings(case_of(pair, mode=mode, receiver_contract=required))
            assert (finding.code, finding.severity) == ("all-seven", "note")
            assert finding.sentence.startswith("All seven values came, by ")


TAKEN = {
    "a form that begins with an ampersand": ("name-value-post", [whole_body(b"&id=1")]),
    "a form that begins with another name": ("name-value-post", [whole_body(b"$v=1&id=1")]),
    "a form that begins with a bracket": ("name-value-post", [whole_body(b"[x]=1&id=1")]),
    "a form in Latin-1": (
        "name-value-post",
        [header("Content-Type", "application/x-www-form-urlencoded; charset=latin-1"), whole_body(b"id=%FC")],
    ),
    "an envelope after many spaces": ("soap", [body(b"<?xml", b" " * 2500 + b"<?xml")]),
    "an envelope after a long comment": (
        "soap",
        [body(b"<soap:Env", b"<!--" + b"x" * 2500 + b"--><soap:Env")],
    ),
    "an envelope in UTF-16 that is told by its mark alone": (
        "soap",
        [header("Content-Type", "text/xml"), in_utf_16],
    ),
    "a mark for UTF-8 before an unknown encoding": (
        "soap",
        [header("Content-Type", "text/xml"), body("utf-8", "klingon"), body(b"<?xml", b"\xef\xbb\xbf<?xml")],
    ),
    "a name of XML-RPC with an element in it": ("xml-rpc", [body("<name>id", "<name><a/>id")]),
    "an action without its last quote": (
        "soap-1.2",
        [header("Content-Type", 'application/soap+xml; action="urn:x')],
    ),
    "a query beside a charset": ("name-value-get", [header("Content-Type", "text/plain; charset=utf-16")]),
    "a query beside bytes of another charset": ("name-value-get", [whole_body(b"Z\xfcrich")]),
    "a query beside a charset that isn't one": (
        "name-value-get",
        [header("Content-Type", "text/plain; charset=klingon")],
    ),
}


def test_of_what_a_receiver_takes_no_problem_is_told(subtests: pytest.Subtests):
    for kind, (pair, changes) in TAKEN.items():
        with subtests.test(kind=kind):
            mode = STRICT if pair in {"soap-1.2", "xml-rpc"} else LENIENT
            case = case_of(pair, mode=mode)
            for change in changes:
                case = change(case)
            reading = read_anew(case)
            assert reading.fields
            assert not reading.problem
            assert [finding for finding in findings(case) if finding.severity == "problem"] == []


def test_the_gravest_is_told_first():
    case = header("webhook-id", None)(header(AUTH, None)(case_of("soap", **value(id="x"))))
    severities = [finding.severity for finding in findings(case)]
    assert set(severities) == set(SEVERITIES)
    assert severities == sorted(severities, key=SEVERITIES.index)


def test_every_finding_there_is_is_shown_here_or_among_the_deliveries():
    written = set()
    for file in Path(mock_rmm.diagnosis.__file__).parent.rglob("*.py"):
        written |= set(
            re.findall(r'\b(?:Finding|problem|warning|note)\(\s*"([a-z0-9.-]+)"', file.read_text())
        )
    elsewhere = {"all-seven", "repeat", "repeat-differs", "repeat-rewritten", "attempt-repeated"}
    elsewhere |= {"packed-body"}  # a door's
    assert written - elsewhere == {row[3] for row in WRONG.values()}


def test_no_password_is_told(subtests: pytest.Subtests):
    for given in ["rmm-secret", "another-secret"]:
        with subtests.test(given=given):
            ways = [basic("x", given), basic("rmm", given + " "), f"Bearer {given}", given, f"Basic {given}"]
            if given == "rmm-secret":  # the two exchanged: any other is a name, and is told as one
                ways += [basic(given, "rmm"), basic(f" {given}", "")]
            for auth in ways:
                sentences = " ".join(
                    finding.sentence for finding in findings(header(AUTH, auth)(case_of("soap")))
                )
                assert given not in sentences
                assert auth.rpartition(" ")[2] not in sentences


def test_a_right_user_name_that_is_the_password_too_is_not_told_as_exchanged():
    case = replace(case_of("soap"), credentials=Credentials("rmm", "rmm"))
    problems = [
        each.code for each in findings(header(AUTH, basic("rmm", "x"))(case)) if each.severity == "problem"
    ]
    assert problems == ["wrong-password"]


def test_long_values_are_cut():
    case = case_of("soap", **value(id="x" * 100_000, status="\x1b[31m", created_datetime="9" * 100_000))
    for finding in findings(body("udf>", "u" * 50_000 + ">")(case)):
        assert len(finding.sentence) < 700
        assert "\x1b" not in finding.sentence
