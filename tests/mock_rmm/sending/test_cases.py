"""What `mock-rmm send` is asked to send: a file of cases, and whatever is wrong is told before anything is sent."""

import json
import os
import subprocess
import sys
import weakref
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from mock_rmm.sending import command
from mock_rmm.sending.cases import MOST_CASES
from mock_rmm.sending.explaining import Sent
from mock_rmm.sending.letter import Letter
from mock_rmm.sending.pairs import PAIRS
from mock_rmm.sending.sender import Sender
from mock_rmm.sending.values import USUAL
from tests.mock_rmm.sending.test_command import SOAP, send
from tests.receiver import Answer, Receiver


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cases.json"


CASES = [
    {"name": "closed", "fields": {"id": 8177, "status": "Complete", "udf": "ALERT-1"}},
    {
        "name": "in SOAP",
        "pair": "soap",
        "fields": {"udf": ""},
        "method": "Other",
        "soap_action": "urn:x/Other",
    },
    {"pair": "xml-rpc", "method": "rmm.changed", "webhook_id": "msg_of_mine", "attempt": 3},
]


def test_a_file_of_cases_is_sent_in_its_order_and_takes_the_rest_from_the_options(
    receiver: Receiver, file: Path
):
    file.write_text(json.dumps(CASES), encoding="utf-8-sig")
    result = send(receiver.url, "--cases", str(file), *SOAP, "--field", "domain=MINE.COM", "--attempt", "2")
    assert result.exit_code == 0, result.output
    form, soap, xml_rpc = receiver.got
    expected = vars(USUAL) | {"id": "8177", "udf": "ALERT-1", "domain": "MINE.COM"}
    assert dict(parse_qsl(form.body.decode(), keep_blank_values=True)) == expected
    assert form.headers["X-Callout-Attempt"] == soap.headers["X-Callout-Attempt"] == "2"
    assert soap.headers["SOAPAction"] == '"urn:x/Other"'
    assert b'<Other xmlns="urn:x/"><id>8176</id>' in soap.body
    assert b"<domain>MINE.COM</domain><udf></udf></Other>" in soap.body
    assert b"<methodName>rmm.changed</methodName>" in xml_rpc.body
    assert (xml_rpc.headers["webhook-id"], xml_rpc.headers["X-Callout-Attempt"]) == ("msg_of_mine", "3")
    assert "POST, Name Value Pair: closed, attempt 2" in result.stdout
    assert "POST, XML-RPC, one struct: case 3, attempt 3" in result.stdout


def test_cases_may_come_from_the_standard_input_and_go_to_addresses_of_their_own(receiver: Receiver):
    receiver.answers = [Answer(), Answer(500)]
    text = json.dumps([{}, {"url": receiver.url + "/other?key=1"}])
    result = send(receiver.url, "--cases", "-", "--pair", "name-value-get", text=text)
    assert result.exit_code == 1
    assert [each.path.split("id=")[0] for each in receiver.got] == ["/callouts?", "/callouts/other?key=1&"]
    assert "1 of 2 delivered." in result.stdout


def test_a_case_without_a_pair_is_sent_by_each_that_was_chosen(receiver: Receiver, file: Path):
    file.write_text(json.dumps([{"name": "all"}, {"name": "one", "pair": "name-value-post"}]))
    assert (
        send(receiver.url, "--cases", str(file), *(f"--pair={each}" for each in PAIRS), *SOAP).exit_code == 0
    )
    assert len(receiver.got) == len(PAIRS) + 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file of cases isn't JSON"),
        ("{", "The file of cases isn't JSON"),
        ("[" * 100_000, "The file of cases isn't JSON"),
        ("{}", "must be a JSON array with a case or more"),
        ("[]", "must be a JSON array with a case or more"),
        ("[1]", "Case 1: it is not an object."),
        ('[{}, {"feilds": {}}]', "Case 2: 'feilds' is no part of a case: name, pair, url"),
        ('[{"feilds": {}}]', "Did you mean fields?"),
        ('[{"fields": {"createdDate": "x"}}]', "'createdDate' is none of the seven values"),
        ('[{"fields": {"createdDate": "x"}}]', "Did you mean created_datetime?"),
        ('[{"fields": []}]', "Case 1: fields must be an object"),
        ('[{"fields": {"id": null}}]', "Case 1: id must be a text or a whole number."),
        ('[{"fields": {"id": true}}]', "Case 1: id must be a text or a whole number."),
        ('[{"pair": "SOAP 1.2"}]', "'SOAP 1.2' is no pair: name-value-get"),
        ('[{"pair": 1}]', "Case 1: pair must be a text."),
        ('[{"attempt": 0}]', "Case 1: attempt must be a whole number from 1 to 1,000,000."),
        ('[{"attempt": true}]', "Case 1: attempt must be a whole number"),
        ('[{"method": 1}]', "Case 1: method must be a text."),
        ('[{"url": "rmm.example"}]', "The URL is not absolute."),
        ('[{"webhook_id": "a b"}]', "A webhook-id has 1 to 200 printable ASCII characters and no spaces."),
        ('[{"pair": "soap"}]', "POST, SOAP needs --method: the callout's Method Name."),
        ('[{"pair": "soap", "method": "m", "soap_action": "ü"}]', "carries plain ASCII only"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_case_and_nothing_is_sent(
    receiver: Receiver, text: str, said: str
):
    result = send(receiver.url, "--cases", "-", text=text)
    assert result.exit_code == 2
    assert said in result.stderr
    assert receiver.got == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--field", "status"], "--field 'status' is not NAME=VALUE"),
        (["--field", "Status=x"], "Did you mean status?"),
        (["--pair", "soap"], "POST, SOAP needs --soap-action"),
        (["--pair", "soap", "--method", "1st"], "'1st' can't be the method: it becomes an XML element"),
        (["--pair", "soap", "--method", "a:b"], "'a:b' can't be the method"),
        (
            ["--pair", "soap", "--method", "m", "--soap-action", '"urn:m"'],
            "Leave the quotes out of --soap-action",
        ),
        (["--pair", "soap", "--method", "m", "--soap-action", "urn:m\r\nX: 1"], "carries plain ASCII only"),
        (["--pair", "xml-rpc", "--method", "a-b"], "XML-RPC knows letters, digits"),
        (["--matrix", "--cases", "-"], "Give --cases or --matrix, not both."),
        (["--matrix", "--webhook-id", "x"], "--webhook-id names one callout"),
        (["--webhook-id", "a\r\nX: 1"], "A webhook-id has 1 to 200 printable ASCII characters"),
        (["--username", "a:b"], "holds a colon, which HTTP Basic can't carry."),
        (["--attempt", "0"], "0 is not in the range"),
        (["--timeout", "nan"], "Invalid value for '--timeout'"),
        (["--unknown"], "No such option"),
        (["--cases", "/no/such/file"], "No such file"),
    ],
)
def test_what_is_wrong_with_the_options_is_told_and_nothing_is_sent(
    receiver: Receiver, words: list[str], said: str
):
    result = send(receiver.url, *words)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert receiver.got == []


@pytest.mark.parametrize(
    "url",
    [
        *("rmm.example/callouts", "ftp://rmm.example/", "http://", "http://rmm.example:0/", "http://[::1/", "https:///x"),
        *("http://rmm.example/a b", "http://me:secret@rmm.example/", "http://rmm.example/#part", "http://rmm.example\\x"),
        *("http://rmm.example:70000/", "http://rmm.example/\r\nX: 1", "http://..example/"),
    ],
)  # fmt: skip
def test_a_url_that_no_callout_can_have_is_refused(url: str):
    result = send(url)
    assert result.exit_code == 2
    assert "Error: The URL " in result.stderr
    assert "secret" not in result.output


@pytest.mark.parametrize("secret", ["s3cr3t", "whsec_s3cr3t!", "whsec_s3cr3t", "whsec_" + "s3cr3tss" * 20])
def test_a_signing_secret_that_is_none_is_refused_and_not_repeated(receiver: Receiver, secret: str):
    result = send(receiver.url, "--signing-secret", secret)
    assert result.exit_code == 2
    assert "A signing secret" in result.stderr
    assert "s3cr3t" not in result.output
    assert receiver.got == []


def test_all_that_is_wrong_is_told_at_once_and_once():
    text = json.dumps([{"pair": "soap"}, {"pair": "soap"}, {"pair": "xml-rpc"}])
    result = send("rmm.example", "--cases", "-", text=text)
    assert result.stderr.count("The URL is not absolute.") == 1
    assert result.stderr.count("needs --soap-action") == 1
    assert result.stderr.count("needs --method") == 2


def test_so_many_callouts_are_refused_that_nobody_can_have_meant_them():
    result = send("http://127.0.0.1:9/", "--cases", "-", "--times", "100", text=json.dumps([{}] * 101))
    assert result.exit_code == 2
    assert f"These are 10,100 callouts; {MOST_CASES:,} are the most." in result.stderr


def test_a_file_of_too_many_cases_is_refused_before_any_is_looked_at():
    result = send("http://127.0.0.1:9/", "--cases", "-", text=json.dumps([1] * (MOST_CASES + 1)))
    assert result.exit_code == 2
    assert f"These are 10,001 callouts; {MOST_CASES:,} are the most." in result.stderr
    assert "Case 1" not in result.stderr


def test_cases_are_counted_by_the_pairs_that_each_is_sent_by():
    rows = json.dumps([{"pair": "name-value-get"}] * 60 + [{}] * 40)
    words = ("--cases", "-", "--pair=name-value-get", "--pair=name-value-post", "--dry-run")
    assert send("http://127.0.0.1:9/", *words, "--times=71", text=rows).exit_code == 0
    result = send("http://127.0.0.1:9/", *words, "--times=72", text=rows)
    assert result.exit_code == 2
    assert "These are 10,080 callouts" in result.stderr


def test_a_file_that_is_too_large_is_refused_and_not_cut(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "LARGEST_FILE", 100)
    assert send(receiver.url, "--cases", "-", text="[{}]".ljust(100)).exit_code == 0
    result = send(receiver.url, "--cases", "-", text="[{}]".ljust(101))
    assert result.exit_code == 2
    assert "The file of cases is too large: 100 bytes are the most." in result.stderr
    assert len(receiver.got) == 1


def test_what_was_told_of_a_case_is_let_go(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    sent: list[weakref.ref] = []
    alive = []
    one = Sender.send

    def watched(sender: Sender, letter: Letter) -> Sent:
        alive.append(sum(each() is not None for each in sent))
        each = one(sender, letter)
        sent.append(weakref.ref(each))
        return each

    monkeypatch.setattr(Sender, "send", watched)
    assert send(receiver.url, "--times", "10").exit_code == 0
    assert len(alive) == 10
    assert max(alive) <= 1


def run(*words: str, **environ: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "mock_rmm", *words],
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.processes
def test_the_program_exits_with_what_came_of_it(receiver: Receiver):
    receiver.answers = [Answer(), Answer(500)]
    done = [
        run("send", receiver.url, PYTHONIOENCODING="ascii", MOCK_RMM_SEND_PASSWORD="päss") for _ in range(2)
    ]
    done.append(run("send", "nowhere"))
    assert [each.returncode for each in done] == [0, 1, 2]
    assert [each.stderr for each in done[:2]] == ["", ""]
    assert "1 of 1 delivered." in done[0].stdout
    assert "Traceback" not in done[2].stderr


@pytest.mark.processes
def test_the_program_tells_its_version_and_its_commands_and_still_serves_by_name():
    assert run("--version").stdout.startswith("mock-rmm, version ")
    assert all(word in run("--help").stdout for word in ("send", "serve"))
    assert run("receive").returncode == 2
    serving = run("serve", MOCK_RMM_PORT="x")
    assert serving.returncode == 2
    assert "mock-rmm can't start: MOCK_RMM_PORT is 'x': make it a number" in serving.stderr
