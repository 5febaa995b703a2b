"""`portal send`: what it sends, what it says of answers, and how it ends. It has neither app nor database."""

import json
import re
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mock_rmm.command import mock_rmm
from portal.cli import portal
from portal.cli.send_pairs import PAIRS, SETS
from tests.certificates import self_signed, server_context
from tests.delivery.test_http import raw_server
from tests.receiver import Answer, Receiver, listening, reset

SOAP = ("--pair", "soap", "--method", "Changed", "--soap-action", "http://tempuri.org/Changed")
SECRET = "whsec_" + "QUFB" * 10
MANUAL = (Path(__file__).parents[2] / "docs" / "send.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as each:
        yield each


def send(*arguments: str, text: str = "", **environ: str) -> Result:
    return CliRunner().invoke(portal, ["send", *arguments], input=text, env=environ)


def report(*arguments: str, **options: str) -> dict:
    done = send(*arguments, "--json", **options)
    assert done.exit_code in {0, 1}, done.output
    return json.loads(done.stdout)


def test_it_sends_what_the_portal_sends(receiver):
    done = send(receiver.url, "--field", "udf=a b", "--username", "acme", PORTAL_SEND_PASSWORD="secret-99")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "1 of 1 delivered.")
    (got,) = receiver.got
    assert got.body.startswith(b"id=8176&number=T20211120.0001&status=Complete&")
    assert got.body.endswith(b"&udf=a+b")
    assert got.headers["X-Callout-Attempt"] == "1"
    assert got.headers["Authorization"] == "Basic YWNtZTpzZWNyZXQtOTk="


@pytest.mark.parametrize(
    ("answer", "options", "verdict", "reason"),
    [
        (Answer(204, b""), (), "delivered", None),
        (Answer(503, headers={"Retry-After": "300"}), (), "resent", "HTTP 503 Service Unavailable from"),
        (Answer(404), ("--resend-after", "passing"), "given up", "has nothing at this address"),
        (Answer(503), ("--attempt", "11"), "given up", "in trouble"),
        (Answer(act=reset), (), "resent", " without an answer"),
        (
            Answer(200, b"<x:Fault xmlns:x='urn:x'><faultstring>No</faultstring></x:Fault>"),
            SOAP,
            "resent",
            ": No",
        ),
    ],
)
def test_an_answer_is_judged_as_the_portal_judges_it(receiver, answer, options, verdict, reason):
    receiver.answers = [answer]
    (told,) = report(receiver.url, *options)["callouts"]
    assert told["verdict"] == verdict
    assert told["resent_in"] == {"resent": 300 if "Retry-After" in answer.headers else 60}.get(verdict)
    assert reason is None if told["reason"] is None else reason in told["reason"]


def test_what_is_odd_about_an_answer_that_counts_is_remarked(receiver):
    receiver.answers = [Answer(200, b"<html><p>Welcome</p></html>")]
    done = send(receiver.url, *SOAP)
    assert done.exit_code == 0
    assert "  Note: The answer is an HTML page." in done.stdout


def test_a_program_gets_both_sides_of_each_callout(receiver):
    receiver.answers = [Answer(500, b"\x00oops")]
    told = report(receiver.url, *SOAP, "--pair", "name-value-get", "--field", "udf=\x0b")
    assert (told["sent"], told["delivered"], told["failed"]) == (2, 0, 2)
    soap, form = told["callouts"]
    assert soap["request"]["headers"]["SOAPAction"] == '"http://tempuri.org/Changed"'
    assert soap["request"]["body"] == receiver.got[0].body.decode()
    assert soap["answer"]["body"] == "\x00oops"
    assert (soap["error"], soap["pair"], form["pair"]) == ("http", "soap", "name-value-get")
    assert soap["remarks"] == [
        "1 character of the values can't stand in this format: U+FFFD went in place of each."
    ]
    assert form["request"]["url"].endswith("&udf=%0B")


def test_soap_1_2_can_be_tried_which_no_portal_sends(receiver):
    (told,) = report(receiver.url, *SOAP, "--pair", "soap-1.2")["callouts"][1:]
    assert receiver.got[1].headers["Content-Type"].startswith("application/soap+xml; charset=utf-8; action=")
    assert b'xmlns:soap="http://www.w3.org/2003/05/soap-envelope"' in receiver.got[1].body
    assert "A portal never sends this pair: its SOAP is 1.1." in told["remarks"]


def test_no_secret_is_shown_even_where_the_receiver_repeats_it(receiver):
    receiver.answers = [Answer(401, f"not secret-99, nor {SECRET}".encode(), {"X-Got": "secret-99"})]
    environ = {"PORTAL_SEND_PASSWORD": "secret-99", "PORTAL_SEND_SIGNING_SECRET": SECRET}
    for options in (("--show-request",), ("--json",)):
        done = send(receiver.url, *options, **environ)
        assert done.exit_code == 1
        assert "•••" in done.output
        assert "secret-99" not in done.output
        assert SECRET not in done.output


def test_the_matrix_is_each_pair_of_the_portal_with_each_set_of_values():
    done = send("http://rmm.example/x", *SOAP[2:], "--matrix", "--dry-run", "--json")
    told = [(each["pair"], each["name"]) for each in json.loads(done.stdout)["callouts"]]
    assert told == [(pair, name) for pair in PAIRS if pair != "soap-1.2" for name in SETS]


def test_a_file_says_exactly_what_to_send_and_the_options_the_rest(receiver):
    cases = [
        {"name": "a resend", "webhook_id": "msg_1", "attempt": 2},
        {"pair": "name-value-get", "fields": {"id": 7}, "url": receiver.url + "/other"},
    ]
    told = report(
        receiver.url, "--cases", "-", "--field", "status=New", "--times", "2", text=json.dumps(cases)
    )
    assert [(each["name"], each["attempt"]) for each in told["callouts"]] == [
        ("a resend", 2),
        ("a resend", 3),
        ("case 2", 1),
        ("case 2", 2),
    ]
    assert receiver.got[2].path.startswith("/callouts/other?id=7&number=T20211120.0001&status=New&")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rmm.example",), "absolute URL"),
        (("http://rmm.example/", "--pair", "soap"), "--method for POST, SOAP: Method Name is required"),
        (("http://rmm.example/", *SOAP[:-1], "a\u00fc"), "plain ASCII characters only"),
        (("http://rmm.example/", "--field", "state=New"), "none of the seven values"),
        (("http://rmm.example/", "--signing-secret", "whsec_x"), "is Base64"),
        (
            ("http://rmm.example/", "--webhook-id", "a", "--matrix", "--pair", "name-value-get"),
            "names one callout",
        ),
        (("http://rmm.example/", "--cases", "-"), "Case 1: Expected `int` >= 1 - at `$.attempt`."),
    ],
)
def test_what_is_asked_wrongly_is_said_and_nothing_is_sent(arguments, said):
    done = send(*arguments, text='[{"attempt": 0}, {"fields": {"x": 1}}]')
    assert done.exit_code == 2
    assert said in done.output


def test_a_certificate_is_verified_unless_told_otherwise(tmp_path):
    context = server_context(self_signed(tmp_path))

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            got = b""
            while not got.endswith(b"MY_UDF_VALUE") and (more := tls.recv(65536)):
                got += more
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with raw_server(serve) as url:
        secure = url.replace("http:", "https:")
        assert report(secure)["callouts"][0]["error"] == "tls"
        assert report(secure, "--insecure")["delivered"] == 1


def test_the_manual_shows_what_there_is(receiver, tmp_path, monkeypatch):
    (cases,) = (text for language, text in BLOCKS if language == "json")
    monkeypatch.chdir(tmp_path)
    Path("cases.json").write_text(cases, encoding="utf-8")
    for text in [text for language, text in BLOCKS if language == "sh"]:
        program, *words = shlex.split(text.replace("\\\n", " "))
        assert (program, CliRunner().invoke(portal, [*words, "--dry-run"]).exit_code) == ("portal", 0)
    assert re.findall(r"^\| `([a-z0-9.-]+)`", MANUAL, re.MULTILINE) == list(PAIRS)
    (shown,) = (text for language, text in BLOCKS if not language)
    receiver.answers = [Answer(503, b"busy\n", {"Content-Type": "text/plain", "Retry-After": "300"})]
    said = send(receiver.url, "--field", "udf=ALERT-1").stdout
    said = re.sub(r"in \d+ ms", "in 12 ms", said.replace(receiver.url, "https://rmm.example/callouts"))
    assert said.replace("127.0.0.1", "rmm.example") == shown


def test_the_mocks_command_says_where_it_went():
    done = CliRunner().invoke(mock_rmm, ["send", "http://rmm.example/", "--pair", "soap"])
    assert done.exit_code == 2
    assert "portal send" in done.output
