"""`mock-rmm send` as one types it: what arrives, what is said of the answers, and how it exits."""

import json
import re
import threading
from collections.abc import Callable
from xmlrpc.server import SimpleXMLRPCServer

import pytest
from click.testing import CliRunner, Result

from mock_rmm.callout import FIELDS
from mock_rmm.command import mock_rmm
from mock_rmm.journal.entry import MASK
from mock_rmm.sending.pairs import PAIRS
from mock_rmm.sending.values import SETS, USUAL
from mock_rmm.xml_text import NOT_XML
from tests.delivery.test_signing import SECRET, by_hand
from tests.formats.test_answers import SOAP_1_1, SOAP_1_2, XML_RPC
from tests.mock_rmm.running import BASIC, Mock
from tests.receiver import Answer, Receiver

KEYS = {"MOCK_RMM_SEND_USERNAME": BASIC[0], "MOCK_RMM_SEND_PASSWORD": BASIC[1]}
SOAP = ("--method", "MyWebMethod", "--soap-action", "http://tempuri.org/MyWebMethod")
NAMES = {"soap": SOAP, "soap-1.2": SOAP, "xml-rpc": SOAP[:2], "xml-rpc-positional": SOAP[:2]}
DOORS = {"soap-1.2": "soap", "xml-rpc-positional": "xml-rpc"}


def send(*words: str, text: str = "", **env: str) -> Result:
    result = CliRunner(env=env).invoke(mock_rmm, ["send", *words], input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def report(*words: str, **keywords: str) -> dict:
    return json.loads(send(*words, "--json", **keywords).stdout)


def verdict(receiver: Receiver, answer: Answer, *words: str) -> tuple[int, str]:
    """Send one to a receiver that answers so; give the exit code and what was said."""
    receiver.answers = [answer]
    result = send(receiver.url, *words)
    return result.exit_code, result.stdout


@pytest.mark.parametrize("pair", PAIRS)
def test_each_pair_arrives_at_its_door_with_the_seven_values(mock: Mock, pair: str):
    door = DOORS.get(pair, pair)
    values = {name: f"{name} <&> ü" for name in FIELDS}
    fields = [word for name, value in values.items() for word in ("--field", f"{name}={value}")]
    result = send(mock.address(door), "--pair", pair, *NAMES.get(pair, ()), *fields, **KEYS)
    assert result.exit_code == 0, result.output
    assert "1 of 1 delivered." in result.stdout
    entry = mock.last()
    assert (entry["door"], entry["fields"], entry["authorised"]) == (door, values, True)
    assert (entry["attempt"], len(entry["webhook_id"])) == (1, len("msg_") + 32)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_matrix_sends_every_set_of_values_and_they_arrive_whole(mock: Mock, pair: str):
    result = send(
        mock.address(DOORS.get(pair, pair)), "--matrix", "--pair", pair, *NAMES.get(pair, ()), **KEYS
    )
    assert result.exit_code == 0, result.output
    plain = pair.startswith("name-value")
    sent = [vars(values) for values in SETS.values()]
    expected = [
        {name: text if plain else NOT_XML.sub("\ufffd", text) for name, text in values.items()}
        for values in sent
    ]
    assert [entry["fields"] for entry in mock.journal()] == expected
    assert len({entry["webhook_id"] for entry in mock.journal()}) == len(SETS)
    assert ("1 character of the values can't stand in this format" in result.stdout) is not plain


def test_the_whole_matrix_is_what_a_portal_can_send(receiver: Receiver):
    told = report(receiver.url, "--matrix", *SOAP)
    portal = [name for name, pair in PAIRS.items() if pair.sent_by_portal]
    expected = [(pair, name) for pair in portal for name in SETS]
    assert [(each["pair"], each["name"]) for each in told["callouts"]] == expected
    assert len(receiver.got) == len(expected) == told["sent"] == told["delivered"]


@pytest.mark.parametrize(("pair", "taken"), [("xml-rpc", 1), ("xml-rpc-positional", 7)])
def test_a_receiver_that_python_s_own_xml_rpc_makes_reads_them(pair: str, taken: int):
    got = []
    server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
    server.register_function(lambda *values: got.append(values) or "done", "rmm.changed")
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    result = send(f"http://127.0.0.1:{server.server_address[1]}/", "--pair", pair, "--method", "rmm.changed")
    thread.join()
    server.server_close()
    assert result.exit_code == 0, result.output
    assert len(got[0]) == taken
    assert got[0] == ((vars(USUAL),) if taken == 1 else tuple(vars(USUAL).values()))


ASKED = ", since Retry-After asks for that long."
EARLIER = ": Retry-After asks for 5 s, and its own pause is longer."
ANSWERS = {
    "no content": (Answer(204, b""), (), 0, "HTTP 204 No Content"),
    "a server in trouble": (Answer(503), (), 1, "sends it again in 60 s, as attempt 2 of 11."),
    "a long wait": (Answer(503, headers={"Retry-After": "300"}), (), 1, f"in 300 s, as attempt 2 of 11{ASKED}"),
    "a short wait": (Answer(503, headers={"Retry-After": "5"}), (), 1, f"in 60 s, as attempt 2 of 11{EARLIER}"),
    "the last attempt": (Answer(503), ("--attempt", "11"), 1, "given up: this was attempt 11, and a portal makes 11."),
    "other resends": (Answer(500), ("--resend-seconds=5", "--resend-limit=2"), 1, "in 5 s, as attempt 2 of 3."),
    "a redirect": (Answer(302, headers={"Location": "/new"}), (), 1, "points to /new. Callouts follow no redirects"),
    "not found": (Answer(404), (), 1, "has nothing at this address. Check the URL."),
    "not found, resent anyway": (Answer(404), (), 1, "resent only after errors that may pass would give up at once."),
    "not found, and no resend": (Answer(404), ("--resend-after=passing",), 1, "given up: this callout is resent only"),
    "passing, and resent": (Answer(429), ("--resend-after=passing",), 1, "sends it again in 60 s"),
    "a password that is missing": (Answer(401), (), 1, "none were sent: give --username and --password."),
    "a password that is wrong": (Answer(401), ("--username", "x"), 1, "refuses this user name or password"),
    "a page": (Answer(200, b"<h1>Sign in", {"Content-Type": "text/html"}), (), 0, "Make sure that it is no sign-in"),
    "a long answer": (Answer(200, b"x\n" * 40_000), (), 0, "reads the first 64 KiB"),
    "a status of its own": (Answer(599), (), 1, "HTTP 599 in "),
}  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
def test_it_says_what_a_portal_makes_of_the_answer_and_why(receiver: Receiver, answer: str):
    given, words, code, said = ANSWERS[answer]
    exit_code, output = verdict(receiver, given, *words)
    assert exit_code == code
    assert said in output


@pytest.mark.parametrize(
    ("pair", "body", "text"),
    [
        ("soap", SOAP_1_1, "No such alert"),
        ("soap-1.2", SOAP_1_2, "No such alert"),
        ("xml-rpc", XML_RPC, "No such alert (code 4)"),
    ],
)
def test_a_fault_under_200_is_a_failure(receiver: Receiver, pair: str, body: str, text: str):
    code, output = verdict(receiver, Answer(200, body.encode()), "--pair", pair, *NAMES[pair])
    assert code == 1
    assert f"The receiver answered with a fault, which is an error under any status: {text}\n" in output
    assert "sends it again in 60 s" in output


def test_a_receiver_that_is_not_there_is_told():
    result = send("http://127.0.0.1:9/callouts")
    assert result.exit_code == 1
    assert "127.0.0.1:9 can't be connected to" in result.stdout
    assert "0 of 1 delivered." in result.stdout


def test_the_namespace_is_shown_and_that_asp_net_hides_a_wrong_one(receiver: Receiver):
    _, output = verdict(receiver, Answer(), "--pair", "soap", *SOAP)
    assert "(namespace http://tempuri.org/)" in output
    assert "answers 200 to a wrong namespace too" in output


def test_a_program_gets_the_same_as_json(receiver: Receiver):
    receiver.answers = [Answer(), Answer(503, b"busy", {"Retry-After": "90"}), Answer(410)]
    told = report(receiver.url, *("--pair", "name-value-get", "--pair", "name-value-post", "--times", "2"))
    assert (told["sent"], told["delivered"], told["failed"]) == (4, 1, 3)
    first, second, third, _ = told["callouts"]
    assert first["request"]["method"] == "GET"
    assert first["request"]["url"] == f"{receiver.url}{receiver.got[0].path.removeprefix('/callouts')}"
    assert third["request"]["body"].encode() == receiver.got[2].body
    assert third["request"]["headers"].items() <= receiver.got[2].headers.items()
    assert [(each["verdict"], each["resent_in"], each["error"]) for each in told["callouts"][:3]] == [
        ("delivered", None, None),
        ("resent", 90, "http"),
        ("resent", 60, "http"),
    ]
    assert second["answer"]["status"] == 503
    assert second["answer"]["body"] == "busy"
    assert ["Retry-After", "90"] in second["answer"]["headers"]
    assert third["reason"] == "The receiver says that this address is gone for good."


def test_repeats_bear_one_id_and_count_their_attempts(receiver: Receiver):
    assert send(receiver.url, "--times", "3", "--attempt", "2").exit_code == 0
    assert [each.headers["X-Callout-Attempt"] for each in receiver.got] == ["2", "3", "4"]
    assert len({each.headers["webhook-id"] for each in receiver.got}) == 1
    assert len({each.body for each in receiver.got}) == 1


def test_an_earlier_delivery_can_be_sent_again(receiver: Receiver):
    assert send(receiver.url, "--webhook-id", "msg_earlier", "--attempt", "4").exit_code == 0
    assert receiver.got[0].headers["webhook-id"] == "msg_earlier"


def test_the_receiver_finds_its_own_signature_over_what_arrived(receiver: Receiver):
    assert send(receiver.url, MOCK_RMM_SEND_SIGNING_SECRET=SECRET).exit_code == 0
    (got,) = receiver.got
    signed = by_hand(SECRET, got.headers["webhook-id"], got.headers["webhook-timestamp"], got.body)
    assert got.headers["webhook-signature"] == signed


# How a page, a URL or JSON of Python, PHP and .NET show that password
ECHOED = (
    "p%C3%A4ss%2F%22w%26rd",
    "p%c3%a4ss%2f%22w%26rd",
    "p%C3%A4ss/%22w%26rd",
    "päss/&quot;w&amp;rd",
    'päss\\/\\"w&rd',
    'p\\u00e4ss/\\"w&rd',
    "p\\u00E4ss/\\u0022w\\u0026rd",
    "cMOkc3MvIncmcmQ",
)


def saying(text: str) -> Answer:
    """Answer with that alone, which is no HTTP."""
    return Answer(
        act=lambda connection: connection.sendall(text.encode("utf-8", "surrogateescape") + b"\r\n")
    )


def with_body(text: str) -> Answer:
    return Answer(401, text.encode(), {"X-Echo": "Basic cm1tOnDDpHNzLyJ3JnJk"})


@pytest.mark.parametrize("echo", [with_body, saying])
@pytest.mark.parametrize(
    "words", [(), ("--json",), ("--show-request",), ("--dry-run",), ("--dry-run", "--json")]
)
def test_no_secret_is_shown_even_if_the_receiver_echoes_it(
    receiver: Receiver, words: tuple[str, ...], echo: Callable[[str], Answer]
):
    password = 'päss/"w&rd'
    pair = "cm1tOnDDpHNzLyJ3JnJk"
    echoed = [password, *ECHOED, SECRET, f"Basic {pair}"]
    receiver.answers = [echo(" ".join(echoed))]
    env = {"MOCK_RMM_SEND_USERNAME": "rmm", "MOCK_RMM_SEND_PASSWORD": password}
    result = send(receiver.url, *words, MOCK_RMM_SEND_SIGNING_SECRET=SECRET, **env)
    assert not receiver.got or receiver.got[0].headers["Authorization"] == f"Basic {pair}"
    assert MASK in result.output
    for secret in (password, *ECHOED, pair, SECRET.removeprefix("whsec_")):
        for seen in {secret, secret.encode().decode("latin-1")}:
            assert seen not in result.output
            assert json.dumps(seen)[1:-1] not in result.output


def test_no_part_of_a_secret_is_left_where_a_sentence_is_cut(receiver: Receiver):
    for before in range(180, 201):
        receiver.answers = [saying("x" * before + "open sesame")]
        assert "open" not in send(receiver.url, MOCK_RMM_SEND_PASSWORD="open sesame").stdout


def test_no_secret_is_shown_that_stands_in_the_head_of_an_answer(receiver: Receiver):
    password = "pass-word"
    head = f"HTTP/1.1 401 No {password}\r\nX-{password}: {password}\r\nContent-Length: 0\r\n\r\n".encode()
    receiver.answers = [Answer(act=lambda connection: connection.sendall(head))]
    output = send(receiver.url, "--json", MOCK_RMM_SEND_PASSWORD=password).output
    assert MASK in output
    assert password not in output.lower()


STEERING = "\x1b[2J\x1b]0;owned\x07\u202eevil\r\x9b1m\udc9b"


@pytest.mark.parametrize("words", [(), ("--json",)])
@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, STEERING.encode("utf-8", "surrogateescape"), {"Content-Type": "text/\x1b[1mplain"}),
        saying(STEERING.replace("\r", "\t")),
    ],
    ids=["an answer", "no HTTP"],
)
def test_what_a_receiver_says_cannot_steer_the_terminal(
    receiver: Receiver, answer: Answer, words: tuple[str, ...]
):
    receiver.answers = [answer]
    field = STEERING.removesuffix("\udc9b")
    output = send(receiver.url, "--field", f"udf={field}", "--show-request", *words).stdout
    assert "owned" in output
    assert [char for char in output if not char.isprintable() and char != "\n"] == []


def test_a_dry_run_shows_the_request_and_sends_nothing(receiver: Receiver):
    result = send(receiver.url, "--dry-run", "--pair", "soap", *SOAP)
    assert result.exit_code == 0
    assert '  > SOAPAction: "http://tempuri.org/MyWebMethod"\n' in result.stdout
    assert '<MyWebMethod xmlns="http://tempuri.org/"><id>8176</id>' in result.stdout
    assert receiver.got == []


def test_a_request_is_shown_as_it_was_sent(receiver: Receiver):
    output = send(receiver.url, "--show-request").stdout
    (got,) = receiver.got
    shown = re.findall(r"^  > (.*)$", output, re.MULTILINE)
    assert shown[0] == f"POST {receiver.url}"
    assert f"webhook-id: {got.headers['webhook-id']}" in shown
    assert shown[-1] == got.body.decode()
